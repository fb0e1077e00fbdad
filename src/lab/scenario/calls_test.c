/*
 * calls_test.c - the socket API in scenarios: every call returns the result of Linux's, in Lua's
 * types, or nil and the name of the error.
 */
#include "lab/scenario/test/script.h"

#include <stdio.h>

/* Two hosts with both versions of IP. */
#define PAIR6                                                                                      \
	"local a, b = host 'a', host 'b'\n"                                                        \
	"link { a, {'10.0.0.1/24', '2001:db8::1/64'}, b, {'10.0.0.2/24', '2001:db8::2/64'},\n"     \
	"  delay = '10ms' }\n"

TEST(writev_gathers_and_readv_scatters)
{
	passes(PAIR6 "b:run(function() local c = b:listen(80):accept() sleep(1)\n"
		     "  local parts = c:readv(4, 3, 100)\n"
		     "  expect_equal(table.concat(parts, '|'), 'head|bod|y')\n"
		     "  expect_equal(#c:readv(4, 4), 0, 'the end') end)\n"
		     "a:run(function() local s = a:connect('10.0.0.2', 80)\n"
		     "  expect_equal(s:writev { 'head', '', 'body' }, 8) s:close()\n"
		     "  local n, err = a:socket():writev { 'x' }\n"
		     "  expect_equal(err, 'EPIPE') end)\n");
}

TEST(messages_carry_control_data_both_ways)
{
	passes(PAIR6
		"b:run(function() local u = b:socket 'udp' u:bind('0.0.0.0', 53)\n"
		"  u:setsockopt('IP_RECVTTL', 1) u:setsockopt('IP_RECVTOS', 1)\n"
		"  local m = u:recvmsg(100)\n"
		"  expect_equal(m.data, 'onetwo') expect_equal(m.flags, '')\n"
		"  expect_equal(m.address, '10.0.0.1') expect_equal(m.port, 5000)\n"
		"  expect_equal(m.control[1].type, 'IP_TTL') expect_equal(m.control[1].value, 9)\n"
		"  expect_equal(m.control[2].level, 'SOL_IP') expect_equal(m.control[2].data, "
		"'\\x10')\n"
		"  m = u:recvmsg(3) expect_equal(m.data, 'lon') expect_equal(m.flags, "
		"'MSG_TRUNC')\n"
		"  expect_equal(u:recv(3, 'MSG_TRUNC'), 'lon', 'no more than there is room for') "
		"end)\n"
		"a:run(function() local u = a:socket 'udp' u:bind('10.0.0.1', 5000) sleep(1)\n"
		"  local to = { data = { 'one', 'two' }, address = '10.0.0.2', port = 53, control "
		"= {\n"
		"    { level = 'SOL_IP', type = 'IP_TTL', value = 9 },\n"
		"    { level = 'SOL_IP', type = 'IP_TOS', data = string.pack('i4', 16) } } }\n"
		"  expect_equal(u:sendmsg(to), 6)\n"
		"  to.control[1].value = 999\n"
		"  local n, err = u:sendmsg(to) expect_equal(err, 'EINVAL')\n"
		"  u:sendto('longer', '10.0.0.2', 53) u:sendto('longer', '10.0.0.2', 53) end)\n");
}

TEST(the_error_queue_names_the_unreachable_destination)
{
	static const char talk[] =
		"a:run(function() local u = a:socket('udp', v)\n"
		"  u:setsockopt(v == 6 and 'IPV6_RECVERR' or 'IP_RECVERR', 1)\n"
		"  u:sendto('x', to, 53) sleep(1)\n"
		"  expect_equal(u:ready(), 'out err')\n"
		"  local m = u:recvmsg(10, 'MSG_ERRQUEUE')\n"
		"  expect_equal(m.data, 'x') expect_equal(m.flags, 'MSG_ERRQUEUE')\n"
		"  expect_equal(m.address, to) expect_equal(m.port, 53)\n"
		"  local e = m.control[1]\n"
		"  expect_equal(e.type, v == 6 and 'IPV6_RECVERR' or 'IP_RECVERR')\n"
		"  expect_equal(e.errno, 'ECONNREFUSED')\n"
		"  expect_equal(e.icmp_type, v == 6 and 1 or 3) end)\n";
	char text[1024];

	snprintf(text, sizeof(text), PAIR6 "local v, to = 4, '10.0.0.2'\n%s", talk);
	passes(text);
	snprintf(text, sizeof(text), PAIR6 "local v, to = 6, '2001:db8::2'\n%s", talk);
	passes(text);
}

TEST(a_link_local_address_names_its_interface)
{
	passes("local a, b, c = host 'a', host 'b', host 'c'\n"
	       "link { a, 'fe80::11/64', c, 'fe80::2/64' }\n"
	       "link { a, 'fe80::12/64', b, 'fe80::2/64' }\n"
	       "b:run(function() local s, from = b:listen(80, 9, 6):accept()\n"
	       "  expect_equal(from, 'fe80::12%eth0') s:send 'hi' end)\n"
	       "a:run(function() local s = a:connect('fe80::2%eth1', 80)\n"
	       "  expect_equal(s:getpeername(), 'fe80::2%eth1') expect_equal(s:recv(5), 'hi')\n"
	       "  expect_equal(s:getsockname(), 'fe80::12%eth1')\n"
	       "  local _, err = a:connect('fe80::2', 80) expect_equal(err, 'EINVAL')\n"
	       "  _, err = a:connect('fe80::2%eth0', 80) expect_equal(err, 'ECONNREFUSED')\n"
	       "  _, err = a:connect('fe80::2%eth7', 80) expect_equal(err, 'ENETUNREACH')\n"
	       "  s = a:socket('tcp', 6) expect(s:bind('fe80::12%eth1', 0))\n"
	       "  expect_equal(s:getsockopt 'SO_BINDTOIFINDEX', 3)\n"
	       "  _, err = s:connect('fe80::2%eth0', 80) expect_equal(err, 'EINVAL')\n"
	       "  s = a:socket('tcp', 6) _, err = s:bind('fe80::12%eth7', 0)\n"
	       "  expect_equal(err, 'ENODEV') end)\n");
}

TEST(a_link_local_peer_is_answered_on_its_interface)
{
	static const char world[] = "local a, b, c = host 'a', host 'b', host 'c'\n"
				    "b:sysctl('net.ipv4.tcp_syncookies', cookies)\n"
				    "link { b, 'fe80::11/64', c, 'fe80::2/64' }\n"
				    "link { b, 'fe80::12/64', a, 'fe80::2/64' }\n"
				    "b:run(function() local s, from = b:listen(80, 9, 6):accept()\n"
				    "  expect_equal(from, 'fe80::2%eth1') s:send 'hi'\n"
				    "  expect_equal(s:recv_all(3), 'you') end)\n"
				    "a:run(function() local s = a:connect('fe80::12%eth0', 80)\n"
				    "  expect_equal(s:recv(5), 'hi') s:send 'you' end)\n";
	char text[1024];

	for (int cookies = 1; cookies <= 2; cookies++) {
		snprintf(text, sizeof(text), "local cookies = %d\n%s", cookies, world);
		passes(text);
	}
}

TEST(poll_waits_for_many_sockets)
{
	passes(PAIR6 "b:run(function() local l = b:listen(80, 9, 6)\n"
		     "  expect_equal(l:poll('POLLIN', 5), 'in')\n"
		     "  local one, two = l:accept(), l:accept()\n"
		     "  local r = b:poll({ { one, 'POLLIN' }, { two, 'POLLIN', 'POLLRDHUP' } })\n"
		     "  expect_equal(#r, 1) expect(r[1].socket == two)\n"
		     "  expect_equal(r[1].events, 'in rdhup')\n"
		     "  expect_equal(#b:poll({ { one, 'POLLIN' } }, 3), 0, 'the time is over')\n"
		     "  local r, err = one:poll('POLLIN', 3) expect_equal(err, 'timeout') end)\n"
		     "a:run(function() local one = a:connect('2001:db8::2', 80)\n"
		     "  local two = a:connect('10.0.0.2', 80)\n"
		     "  sleep(2) two:shutdown 'wr' sleep(9) one:close() end)\n");
}

TEST(epoll_reports_levels_edges_and_single_shots)
{
	passes(PAIR6
		"b:run(function() local c = b:listen(80):accept() sleep(1)\n"
		"  local level, edge, once = b:epoll_create(), b:epoll_create(), b:epoll_create()\n"
		"  expect(level:ctl('EPOLL_CTL_ADD', c, 'EPOLLIN'))\n"
		"  expect(edge:ctl('EPOLL_CTL_ADD', c, 'EPOLLIN', 'EPOLLET'))\n"
		"  expect(once:ctl('EPOLL_CTL_ADD', c, 'EPOLLIN', 'EPOLLONESHOT'))\n"
		"  local ok, err = level:ctl('EPOLL_CTL_ADD', c, 'EPOLLIN') expect_equal(err, "
		"'EEXIST')\n"
		"  ok, err = level:ctl('EPOLL_CTL_MOD', b:socket(), 'EPOLLIN') expect_equal(err, "
		"'ENOENT')\n"
		"  local e = level:wait() expect(e[1].socket == c) expect_equal(e[1].events, "
		"'in')\n"
		"  expect_equal(#level:wait(9, 0), 1, 'again as long as it holds')\n"
		"  expect_equal(#edge:wait(9, 0), 1) expect_equal(#edge:wait(9, 0), 0, 'told "
		"once')\n"
		"  expect_equal(#once:wait(9, 0), 1)\n"
		"  sleep(2) expect_equal(#edge:wait(9, 0), 1, 'more has come')\n"
		"  expect_equal(#once:wait(9, 0), 0)\n"
		"  expect(once:ctl('EPOLL_CTL_MOD', c, 'EPOLLIN', 'EPOLLONESHOT'))\n"
		"  expect_equal(#once:wait(9, 0), 1)\n"
		"  local outer = b:epoll_create() outer:ctl('EPOLL_CTL_ADD', level, 'EPOLLIN')\n"
		"  expect(outer:wait()[1].socket == level)\n"
		"  expect(level:ctl('EPOLL_CTL_DEL', c)) expect_equal(#level:wait(9, 1), 0)\n"
		"  ok, err = outer:ctl('EPOLL_CTL_ADD', edge, 'EPOLLIN', 'EPOLLEXCLUSIVE')\n"
		"  expect_equal(err, 'EINVAL', 'of a set') expect(outer:close()) end)\n"
		"a:run(function() local s = a:connect('10.0.0.2', 80)\n"
		"  s:send 'x' sleep(2) s:send 'y' sleep(9) end)\n");
}

TEST(a_socket_whose_address_was_removed_has_no_network)
{
	passes(PAIR6
		"a:route('0.0.0.0/0')\n"
		"a:run(function() local s, u, v = a:socket 'udp', a:socket 'udp', "
		"a:socket('udp', 6)\n"
		"  s:bind('10.0.0.1', 1) s:connect('10.0.0.2', 53) u:bind('10.0.0.1', 2)\n"
		"  v:bind('2001:db8::1', 3) expect_equal(s:send 'x', 1)\n"
		"  a:no_address '10.0.0.1/24' a:no_address '2001:db8::1/64' a:route '::/0'\n"
		"  local n, err = s:send 'x' expect_equal(err, 'ENETUNREACH')\n"
		"  n, err = u:sendto('x', '10.0.0.2', 53) expect_equal(err, 'ENETUNREACH')\n"
		"  expect_equal(v:sendto('x', '2001:db8::2', 53), 1, 'IPv6 does not ask')\n"
		"  local t = a:socket() t:setsockopt('IP_FREEBIND', 1)\n"
		"  expect(t:bind('10.0.0.66', 0))\n"
		"  n, err = t:connect('10.0.0.2', 80) expect_equal(err, 'ENETUNREACH') end)\n");
}

TEST(data_without_a_route_stays_unsent_and_is_retried)
{
	passes(PAIR6 "b:listen(80)\n"
		     "a:run(function() local s = a:connect('10.0.0.2', 80) s:send 'x' sleep(1)\n"
		     "  a:no_address '10.0.0.1/24' expect_equal(s:send 'yyy', 3)\n"
		     "  expect_equal(s:ioctl 'SIOCOUTQNSD', 3) expect_equal(a:ss()[1].timer, "
		     "'persist')\n"
		     "  sleep(1) a:address '10.0.0.1/24' sleep(1)\n"
		     "  expect_equal(s:ioctl 'SIOCOUTQ', 0)\n"
		     "  expect_equal(a:counter 'TcpRetransSegs', 0) end)\n");
}

TEST(options_are_read_as_they_are_set)
{
	passes(PAIR6
		"b:listen(80)\n"
		"a:run(function() local s = a:connect('10.0.0.2', 80)\n"
		"  s:setsockopt('SO_RCVTIMEO', '1.5s') expect_equal(s:getsockopt 'SO_RCVTIMEO', "
		"1.5)\n"
		"  s:setsockopt('SO_LINGER', { 1, 7 })\n"
		"  local l = s:getsockopt 'SO_LINGER' expect_equal(l[1], 1) expect_equal(l[2], 7)\n"
		"  s:setsockopt('TCP_CONGESTION', 'reno')\n"
		"  expect_equal(s:getsockopt 'TCP_CONGESTION', 'reno')\n"
		"  expect_equal(#s:getsockopt 'SO_MEMINFO', 36, 'the bytes of a structure')\n"
		"  s:send 'x' sleep(1)\n"
		"  local i = s:getsockopt 'TCP_INFO'\n"
		"  expect_equal(i.bytes_acked, 2, 'SYN and one byte') expect_equal(i.min_rtt, "
		"20000)\n"
		"  expect_equal(i.snd_wscale, 10)\n"
		"  local d = s:dup() s:close() expect_equal(d:send 'y', 1)\n"
		"  expect_equal(d:fcntl 'F_GETFL' & 2048, 0) d:nonblock(true)\n"
		"  expect_equal(d:fcntl 'F_GETFL' & 2048, 2048)\n"
		"  d:ioctl('FIONBIO', 0) expect_equal(d:fcntl 'F_GETFL' & 2048, 0) end)\n");
}
