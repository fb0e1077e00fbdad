/*
 * boxes_test.c - NATs, middleboxes and peers without a stack in scenarios.
 */
#include "lab/scenario/test/script.h"

#include <stdio.h>

#define NAT                                                                                        \
	"local a, b = host 'a', host 'b'\n"                                                        \
	"local box = nat { 'box', public = '192.0.2.1', established = param('life', 300) }\n"      \
	"link { a, '10.0.0.2/24', box, 'inside' }\n"                                               \
	"local far = link { box, 'outside', b, '192.0.2.2/24', delay = '10ms' }\n"                 \
	"a:route('0.0.0.0/0')\n"

TEST(a_nat_shows_its_own_address_and_forgets_idle_connections)
{
	passes(NAT "b:run(function()\n"
		   "  local c, from = b:listen(80):accept()\n"
		   "  expect_equal(from, '192.0.2.1')\n"
		   "  c:send 'welcome'\n"
		   "  sleep(400)\n"
		   "  c:setsockopt('TCP_USER_TIMEOUT', 20000)\n"
		   "  c:send 'anybody?'\n"
		   "  local data, err = c:recv(1)\n"
		   "  expect_equal(err, 'ETIMEDOUT', 'nothing reaches the inside')\n"
		   "end)\n"
		   "a:run(function()\n"
		   "  local s = a:connect('192.0.2.2', 80)\n"
		   "  expect_equal(s:recv_all(7), 'welcome')\n"
		   "  expect_equal(box:connections(), 1)\n"
		   "end)\n");
}

TEST(an_icmp_error_of_ipv6_finds_its_way_back_through_a_box)
{
	static const char world[] =
		"local a, r, q, b = host 'a', host 'r', host 'q', host 'b'\n"
		"link { a, '2001:db8::2/64', box, 'inside' }\n"
		"link { box, 'outside', r, '2001:db8:1::9/64' }\n"
		"link { r, '2001:db8:2::1/64', q, '2001:db8:2::2/64', mtu = 1300 }\n"
		"link { q, '2001:db8:3::1/64', b, '2001:db8:3::2/64' }\n"
		"a:route '::/0' b:route('::/0', '2001:db8:3::1') q:route('::/0', '2001:db8:2::1')\n"
		"r:route('2001:db8:3::/64', '2001:db8:2::2', 2) r:route('2001:db8::/64', nil, 1)\n"
		"r:sysctl('net.ipv6.conf.all.forwarding', 1)\n"
		"q:sysctl('net.ipv6.conf.all.forwarding', 1)\n"
		"b:run(function() local c = b:listen(80, 9, 6):accept()\n"
		"  expect_equal(#c:recv_all(9000), 9000) end)\n"
		"a:run(function() local s = a:connect('2001:db8:3::2', 80)\n"
		"  s:send(('x'):rep(9000)) sleep(0.1)\n"
		"  expect_equal(s:getsockopt 'TCP_INFO'.pmtu, 1300)\n"
		"  expect_equal(s:ioctl 'SIOCOUTQ', 0) end)\n";
	char text[2048];

	snprintf(text, sizeof(text), "local box = nat { public = '2001:db8:1::1' }\n%s", world);
	passes(text);
	snprintf(text, sizeof(text), "local box = nat {}\n%s", world);
	passes(text);
}

TEST(a_middlebox_strips_lowers_and_sets_options)
{
	passes("local a, b = host 'a', host 'b'\n"
	       "local box = middlebox { 'box', mss = 1200, wscale = 2, sack_ok = false, [8] = "
	       "false }\n"
	       "link { a, '10.0.0.1/24', box, 'inside' }\n"
	       "local far, seen = link { box, 'outside', b, '10.0.0.2/24' }, {}\n"
	       "far:filter(function(p) seen[p.flags] = seen[p.flags] or p end)\n"
	       "b:run(function() expect_equal(b:listen(80):accept():recv_all(5), 'hello') end)\n"
	       "a:run(function() a:connect('10.0.0.2', 80):send 'hello' end)\n"
	       "sleep(1)\n"
	       "local p = seen['S']\n"
	       "expect_equal(p.mss, 1200) expect_equal(p.wscale, 2)\n"
	       "expect_equal(p.sack_ok, nil) expect_equal(p.tsval, nil)\n"
	       "expect_equal(box:changed(), 2, 'SYN and SYN-ACK, and checksums hold')\n"
	       "expect_equal(b:counter 'TcpInCsumErrors', 0)\n");
	fails("middlebox { 'box', speed = 1 }", "at 0 s: test.lua:1: 'speed' is not a TCP option");
	fails("middlebox { 'box', sack_ok = 3 }",
		"at 0 s: test.lua:1: option 4 can only be stripped: false");
}

#define GUARD(a, b)                                                                                \
	"local a, b = host 'a', host 'b'\n"                                                        \
	"local guard = synproxy { 'guard' }\n"                                                     \
	"link { a, '" a "', guard, 'outside', delay = '10ms' }\n"                                  \
	"local inner = link { guard, 'inside', b, '" b "', delay = '1ms' }\n"

TEST(a_syn_proxy_opens_inside_only_for_a_returned_cookie)
{
	static const char talk[] =
		"b:run(function() local c = b:listen(80, 10, v):accept()\n"
		"  c:send(('x'):rep(300000)) expect_equal(#c:recv_all(300000), 300000)\n"
		"  c:close() end)\n"
		"a:run(function() local s = a:connect(server, 80)\n"
		"  local n = 0\n"
		"  inner:drop(function(p) if p.payload and p.payload > 0 then n = n + 1 return n % "
		"50 == 9 end end)\n"
		"  s:send(('y'):rep(300000)) expect_equal(#s:recv_all(300000), 300000)\n"
		"  expect_equal(s:recv(1), '') s:close() end)\n"
		"sleep(100)\n"
		"expect_equal(guard:counted().cookie_valid, 1)\n"
		"expect(a:counter 'TcpExtTCPSackRecovery' > 0 and b:counter "
		"'TcpExtTCPSackRecovery' > 0, "
		"'SACK')\n"
		"expect_equal(a:counter 'TcpExtPAWSEstab' + b:counter 'TcpExtPAWSEstab', 0)\n";
	char text[2048];

	snprintf(text, sizeof(text), "local server, v = '10.0.0.2', 4\n%s%s",
		GUARD("10.0.0.1/24", "10.0.0.2/24"), talk);
	passes(text);
	snprintf(text, sizeof(text), "local server, v = '2001:db8::2', 6\n%s%s",
		GUARD("2001:db8::1/64", "2001:db8::2/64"), talk);
	passes(text);
	passes("local guard, f, b = synproxy { 'guard' }, flooder { 'f' }, host 'b'\n"
	       "link { f, '', guard, 'outside' } link { guard, 'inside', b, '10.0.0.2/24' }\n"
	       "b:listen(80)\n"
	       "f:start { to = '10.0.0.2', from = '10.0.0.9', sources = 1, flags = 'S', rate = "
	       "100, count = 50 }\n"
	       "sleep(1)\n"
	       "f:start { to = '10.0.0.2', from = '10.0.0.9', sources = 1, flags = '.', rate = "
	       "100, count = 50 }\n"
	       "sleep(1)\n"
	       "expect_equal(guard:counted().syn_received, 50)\n"
	       "expect_equal(guard:counted().cookie_invalid, 50)\n"
	       "expect_equal(guard:connections(), 0)\n"
	       "expect_equal(b:counter 'TcpInSegs', 0, 'the server sees none of it')\n");
}

TEST(a_syn_proxy_takes_no_corrupted_packet)
{
	passes("local a, b = host 'a', host 'b'\n"
	       "local guard = synproxy { 'guard' }\n"
	       "link { a, '10.0.0.1/24', guard, 'outside', corrupt = 1 }\n"
	       "link { guard, 'inside', b, '10.0.0.2/24' }\n"
	       "a:run(function() a:connect('10.0.0.2', 80) end)\n"
	       "sleep(30) expect_equal(guard:counted().syn_received, 0)\n");
}

TEST(a_syn_proxy_reports_refusal_and_passes_connections_from_inside)
{
	passes(GUARD("10.0.0.1/24",
		"10.0.0.2/24") "a:run(function()\n"
			       "  local s = a:connect('10.0.0.2', 81)\n"
			       "  expect(s, 'the proxy answers for every port')\n"
			       "  local data, err = s:recv(1)\n"
			       "  expect_equal(err, 'ECONNRESET')\n"
			       "  expect_equal(a:listen(80):accept():recv_all(5), 'hello') end)\n"
			       "b:run(function() sleep(1) b:connect('10.0.0.1', 80):send 'hello' "
			       "end)\n");
}

TEST(a_syn_proxy_tries_again_when_the_client_asks_for_the_window)
{
	passes(GUARD("10.0.0.1/24",
		"10.0.0.2/24") "inner:drop('S', 1)\n"
			       "b:run(function() local c = b:listen(80):accept()\n"
			       "  expect_equal(c:recv_all(5), 'hello') end)\n"
			       "a:run(function() a:connect('10.0.0.2', 80):send 'hello' end)\n"
			       "sleep(10)\n"
			       "expect_equal(guard:counted().cookie_retrans, 1, 'a window "
			       "probe')\n");
}

#define RAW_GUARD(config)                                                                          \
	"local net, c, b = lan 'net', raw 'c', host 'b'\n"                                         \
	"local guard = synproxy { 'guard'" config " }\n"                                           \
	"net:join(c, '10.0.0.1') net:join(guard, 'outside', nil, '10.0.0.2')\n"                    \
	"local inner = link { guard, 'inside', b, '10.0.0.2/24' }\n"                               \
	"local syn inner:filter(function(p) if p.flags == 'S' then syn = p end end)\n"             \
	"b:listen(80)\n"                                                                           \
	"local function say(flags, seq, ack, t) t = t or {}\n"                                     \
	"  t.from, t.to, t.sport, t.dport = '10.0.0.1', '10.0.0.2', 5000, 80\n"                    \
	"  t.flags, t.seq, t.ack = flags, seq, ack and ack & 0xffffffff c:send(t) end\n"

TEST(a_syn_proxy_recovers_options_from_cookie_and_timestamp)
{
	passes(RAW_GUARD(
		"") "say('S', 99, 0, { mss = 1300, wscale = 3, sack_ok = true, tsval = 7 })\n"
		    "local p = c:recv() expect_equal(p.flags, 'S.') expect_equal(p.win, 0)\n"
		    "expect_equal(p.mss, 1460) expect_equal(p.wscale, 7)\n"
		    "expect_equal(p.sack_ok, 1) expect_equal(p.tsecr, 7)\n"
		    "say('.', 100, p.seq_raw + 1, { tsval = 8, tsecr = p.tsval, win = 500 })\n"
		    "p = c:recv() expect_equal(p.flags, '.') expect(p.win > 0)\n"
		    "expect_equal(syn.seq_raw, 99) expect_equal(syn.mss, 1220, 'the next lower')\n"
		    "expect_equal(syn.wscale, 3) expect_equal(syn.sack_ok, 1)\n"
		    "expect_equal(syn.tsval, 8) expect_equal(syn.win, 500)\n");
	passes(RAW_GUARD(
		", mss = 1000") "say('S', 99, 0, { wscale = 3, sack_ok = true })\n"
				"local p = c:recv() expect_equal(p.mss, 1000) "
				"expect_equal(p.wscale, nil)\n"
				"expect_equal(p.sack_ok, nil) expect_equal(p.tsval, nil)\n"
				"say('.', 100, p.seq_raw + 1) expect_equal(c:recv().flags, '.')\n"
				"expect_equal(syn.mss, 536) expect_equal(syn.wscale, nil)\n"
				"expect_equal(syn.sack_ok, nil) expect_equal(syn.tsval, nil)\n");
	passes(RAW_GUARD(
		", timestamps = false") "say('S', 99, 0, { mss = 1460, wscale = 3, tsval = 7 })\n"
					"local p = c:recv() expect_equal(p.wscale, nil) "
					"expect_equal(p.tsval, nil)\n");
	passes(RAW_GUARD(
		", sack_ok = false, wscale = 2") "say('S', 99, 0, { mss = 1460, wscale = 3, "
						 "sack_ok = true, tsval = 7 })\n"
						 "local p = c:recv() expect_equal(p.wscale, 2) "
						 "expect_equal(p.sack_ok, nil)\n");
}

TEST(a_cookie_of_a_syn_proxy_is_valid_for_a_minute_or_two)
{
	static const char handshake[] =
		"sleep(30) say('S', 99, 0, { mss = 1460 }) local p = c:recv() sleep(wait)\n"
		"say('.', 100 + off, p.seq_raw + 1 + aside)\n"
		"local q = c:recv(1) local n = guard:counted()\n"
		"expect_equal(n.cookie_valid, valid) expect_equal(n.cookie_invalid, 1 - valid)\n"
		"expect_equal(q and q.flags, valid == 1 and '.' or nil)\n";
	static const char *const cases[] = {"60, 0, 0, 1", "130, 0, 0, 0", "1, 5, 0, 0",
		"1, 0, 1, 0", "1, 0, 4096, 0", "1, -1, 0, 1"};
	char text[2048];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), RAW_GUARD("") "local wait, off, aside, valid = %s\n%s",
			cases[i], handshake);
		passes(text);
	}
}

TEST(a_port_may_pass_a_syn_proxy_again_after_its_connection_has_ended)
{
	passes(RAW_GUARD(
		"") "for i = 1, 3 do\n"
		    "  say('S', 1000 * i, 0, { mss = 1460 }) local p = c:recv()\n"
		    "  say('.', 1000 * i + 1, p.seq_raw + 1) expect_equal(c:recv().flags, '.')\n"
		    "  say('R', 1000 * i + 1) sleep(1) end\n"
		    "expect_equal(guard:counted().cookie_valid, 3)\n"
		    "expect_equal(guard:connections(), 1)\n"
		    "expect_equal(b:counter 'TcpPassiveOpens', 3)\n");
}

TEST(boxes_for_tcp_let_other_packets_pass)
{
	static const char *const boxes[] = {
		"synproxy { 'box' }", "middlebox { 'box', [8] = false }"};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(boxes); i++) {
		snprintf(text, sizeof(text),
			"local a, b, box = host 'a', host 'b', %s\n"
			"link { a, '10.0.0.1/24', box, 'outside' } link { box, 'inside', b, "
			"'10.0.0.2/24' }\n"
			"b:run(function() local u = b:socket 'udp' u:bind('0.0.0.0', 53)\n"
			"  expect_equal(u:recv(10), 'ask') end)\n"
			"a:run(function() a:socket 'udp':sendto('ask', '10.0.0.2', 53) end)\n",
			boxes[i]);
		passes(text);
	}
}

TEST(a_raw_peer_makes_segments_by_hand)
{
	static const char talk[] =
		"net:join(b, server .. slash) net:join(mallory, client)\n"
		"b:run(function() local c, from, port = b:listen(80, 9, v):accept()\n"
		"  expect_equal(from, client) expect_equal(port, 5000)\n"
		"  expect_equal(c:recv_all(5), 'hello') c:send 'world!'\n"
		"  expect_equal(c:getsockopt 'TCP_INFO'.snd_mss, 588, '600 without timestamps')\n"
		"  local data, err = c:recv(1) expect_equal(err, 'ECONNRESET') end)\n"
		"local function say(t) t.from, t.to, t.sport, t.dport = client, server, 5000, 80\n"
		"  mallory:send(t) end\n"
		"say { flags = 'S', seq = 4294967295, mss = 600, wscale = 2, tsval = 7 }\n"
		"local p = mallory:recv() expect_equal(p.flags, 'S.') expect_equal(p.ack_raw, 0)\n"
		"expect_equal(p.tsecr, 7) expect_equal(p.seq, 0)\n"
		"say { flags = '.', seq = 0, ack = p.seq_raw + 1 & 0xffffffff, tsval = 8, tsecr = "
		"p.tsval }\n"
		"say { flags = 'P.', seq = 0, ack = p.seq_raw + 1 & 0xffffffff, tsval = 8, tsecr = "
		"p.tsval,\n"
		"  data = 'hullo', bad_checksum = true }\n"
		"say { flags = 'P.', seq = 0, ack = p.seq_raw + 1 & 0xffffffff, tsval = 8, tsecr = "
		"p.tsval,\n"
		"  data = 'hello' }\n"
		"p = mallory:recv() expect_equal(p.ack_raw, 5)\n"
		"p = mallory:recv() expect_equal(p.data, 'world!')\n"
		"local q, err = mallory:recv(0.1) expect_equal(err, 'timeout')\n"
		"say { flags = 'R', seq = 5 }\n"
		"expect_equal(b:counter 'TcpInCsumErrors', 1)\n";
	static const char world[] = "local net, b, mallory = lan 'net', host 'b', raw 'mallory'\n";
	char text[4096];

	snprintf(text, sizeof(text),
		"%slocal server, client, slash, v = '10.0.0.1', '10.0.0.9', '/24', 4\n%s", world,
		talk);
	passes(text);
	snprintf(text, sizeof(text),
		"%slocal server, client, slash, v = '2001:db8::1', '2001:db8::9', '/64', 6\n%s",
		world, talk);
	passes(text);
	fails("local m = raw 'm' m:send { from = '10.0.0.1', to = '::1', flags = 'S' }",
		"at 0 s: test.lua:1: from and to are of different IP versions");
	fails("local m = raw 'm' m:send { from = '::1', to = '::1', flags = 'S', colour = 1 }",
		"at 0 s: test.lua:1: a segment has no field 'colour'");
	fails("local m = raw 'm' m:send { from = '::1', to = '::1', flags = '.', tsval = 1,\n"
	      "  sack = { {1, 2}, {3, 4}, {5, 6}, {7, 8} } }",
		"at 0 s: test.lua:1: more than 40 bytes of options");
}

TEST(a_task_waiting_for_a_raw_peer_may_end)
{
	passes("local a, m, net = host 'a', raw 'm', lan 'net'\n"
	       "net:join(a, '10.0.0.1/24') net:join(m, '10.0.0.9')\n"
	       "a:run(function() m:recv() expect(false, 'its host has crashed') end)\n"
	       "sleep(1) a:crash() a:run(function() a:connect('10.0.0.9', 80) end)\n"
	       "expect_equal(m:recv().flags, 'S') expect_equal(m:recv(2).flags, 'S')\n");
	fails("local a, m = host 'a', raw 'm'\n"
	      "a:run(function() m:recv() end) sleep(1) m:recv()\n",
		"at 1 s: test.lua:2: another program is already waiting for packets of m");
}

TEST(a_segment_is_injected_into_a_link)
{
	passes(PAIR "local port\n"
		    "b:run(function() local c, from, p = b:listen(80):accept() port = p\n"
		    "  local data, err = c:recv(1) expect_equal(err, 'ECONNRESET') end)\n"
		    "local last wire:filter(function(p) if p.from == 'b' then last = p end end)\n"
		    "a:run(function() a:connect('10.0.0.2', 80) end)\n"
		    "sleep(1) wire:inject({ from = '10.0.0.1', to = '10.0.0.2', sport = port,\n"
		    "  dport = 80, flags = 'R', seq = last.ack_raw }, a)\n");
}

TEST(a_nat_drops_connections_from_outside)
{
	passes(NAT "a:run(function() a:listen(80):accept() expect(false, 'nobody comes') end)\n"
		   "b:run(function()\n"
		   "  local s, err = b:connect('192.0.2.1', 80)\n"
		   "  expect_equal(err, 'ETIMEDOUT')\n"
		   "end)\n");
}
