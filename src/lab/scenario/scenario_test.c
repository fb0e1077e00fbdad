/*
 * scenario_test.c - the scenario language: its functions, its errors, and its determinism.
 */
#include "lab/scenario/test/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char printed[4096];

static void take_print(void *ctx, nsec_t at, const char *line)
{
	size_t n = strlen(printed);

	snprintf(printed + n, sizeof(printed) - n, "%s\n", line);
}

static bool run_set(
	const char *source, uint64_t seed, const char *const *settings, struct scenario_result *r)
{
	struct scenario_options o = {.seed = seed, .settings = settings, .print = take_print};

	printed[0] = '\0';
	return script_run(source, o, r);
}

static bool run_seed(const char *source, uint64_t seed, struct scenario_result *r)
{
	return run_set(source, seed, NULL, r);
}

TEST(programs_talk_and_wait_for_each_other)
{
	passes(PAIR "b:run(function()\n"
		    "  local c, from = b:listen(80):accept()\n"
		    "  expect_equal(from, '10.0.0.1')\n"
		    "  expect_equal(c:recv_all(5), 'hello')\n"
		    "  c:send 'world' c:close()\n"
		    "end)\n"
		    "a:run(function()\n"
		    "  local s = a:connect('10.0.0.2', 80)\n"
		    "  expect_near(now(), 0.02, 1e-6, 'one round trip')\n"
		    "  s:send 'hello'\n"
		    "  expect_equal(s:recv_all(100), 'world')\n"
		    "  expect_equal(s:recv(1), '')\n"
		    "end)\n");
}

TEST(a_call_that_fails_returns_nil_and_the_name_of_the_error)
{
	passes(PAIR "a:run(function()\n"
		    "  local s, err = a:connect('10.0.0.2', 81)\n"
		    "  expect(s == nil and err == 'ECONNREFUSED', err)\n"
		    "  local ok, err = a:socket():setsockopt('TCP_NODELAY', true)\n"
		    "  expect(ok)\n"
		    "end)\n");
}

TEST(a_client_without_power_is_noticed_by_keepalive)
{
	passes(PAIR "b:run(function()\n"
		    "  local c = b:listen(80):accept()\n"
		    "  c:keepalive(60, 5, 3)\n"
		    "  local data, err = c:recv(1)\n"
		    "  expect_equal(err, 'ETIMEDOUT')\n"
		    "  expect_near(now(), 75, 0.1)\n"
		    "end)\n"
		    "a:run(function() a:connect('10.0.0.2', 80) end)\n"
		    "sleep(1)\n"
		    "a:power_off()\n");
}

TEST(a_filter_names_the_packets_that_are_lost)
{
	passes(PAIR "wire:drop('S.', 1)\n"
		    "b:run(function() b:listen(80):accept() end)\n"
		    "a:run(function()\n"
		    "  a:connect('10.0.0.2', 80)\n"
		    "  expect_near(now(), 1.02, 0.001, 'the second one')\n"
		    "end)\n");
	passes(PAIR
		"wire:drop(function(p) return p.seq == 1449 end, 1)\n"
		"b:run(function() local c = b:listen(80):accept()\n"
		"  expect_equal(#c:recv_all(5000), 5000) end)\n"
		"a:run(function() a:connect('10.0.0.2', 80):send(string.rep('x', 5000)) sleep(5)\n"
		"  expect_equal(a:counter 'TcpRetransSegs', 1) end)\n");
}

TEST(a_filter_neither_waits_nor_touches_hosts)
{
	static const char *const acts[] = {"sleep(1)", "u:recv(1)", "u:send 'x'",
		"u:poll('POLLIN', 1)", "m:recv()", "b:reboot()", "b:power_off()", "b:crash()",
		"u:ready()", "b:address '10.0.0.3/24'", "b:no_address '10.0.0.2/24'",
		"b:route '0.0.0.0/0'", "b:sysctl('net.ipv4.tcp_sack', 0)", "b:counter 'TcpInSegs'"};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		snprintf(text, sizeof(text),
			PAIR "local m, u = raw 'm', b:socket 'udp'\n"
			     "wire:filter(function(p) %s end)\n"
			     "a:run(function() a:connect('10.0.0.2', 80) end)\n",
			acts[i]);
		fails(text,
			"at 0 s: test.lua:4: a filter only looks: what it wants done, or waited "
			"for, goes into after(0, function() ... end)");
		snprintf(text, sizeof(text),
			PAIR "local m, u = raw 'm', b:socket 'udp' u:nonblock(true)\n"
			     "wire:filter(function(p) after(0, function() %s end) end)\n"
			     "after(0, function() m:send { from = '10.0.0.9', to = '10.0.0.2',\n"
			     "  flags = 'S' } end)\n"
			     "a:run(function() a:socket 'udp':sendto('x', '10.0.0.2', 1)\n"
			     "  expect(true) end)\n duration(5)\n",
			acts[i]);
		passes(text);
	}
}

TEST(a_frozen_program_reads_nothing_while_its_host_acknowledges)
{
	passes(PAIR "b:run(function() local c = b:listen(80):accept()\n"
		    "  c:recv(1) expect(now() > 9, 'not while it is frozen') end)\n"
		    "a:run(function() local s = a:connect('10.0.0.2', 80)\n"
		    "  sleep(1) s:send 'x' sleep(1)\n"
		    "  expect_equal(s:ioctl 'SIOCOUTQ', 0, 'acknowledged') end)\n"
		    "sleep(0.5) b:freeze() sleep(9) b:thaw()\n");
}

TEST(a_wall_clock_is_set_and_time_goes_on)
{
	passes("local a = host 'a'\n"
	       "expect_equal(a:clock(), 1767225600.0) sleep(10)\n"
	       "expect_equal(a:clock(), 1767225610.0)\n"
	       "a:set_clock(1000) sleep(5)\n"
	       "expect_equal(a:clock(), 1005.0) expect_equal(now(), 15.0)\n");
}

TEST(two_insiders_with_one_port_get_two_outside)
{
	passes("local net, box, b = lan 'net', nat { public = '192.0.2.1' }, host 'b'\n"
	       "net:join(box, 'inside', nil, 'default')\n"
	       "link { box, 'outside', b, '192.0.2.2/24' }\n"
	       "local ports = {}\n"
	       "b:run(function() local l = b:listen(80)\n"
	       "  for i = 1, 2 do local c, from, port = l:accept() ports[i] = port end\n"
	       "  expect(ports[1] ~= ports[2])\n"
	       "  expect(ports[1] == 5000 or ports[2] == 5000, 'the port is kept where it is "
	       "free')\n"
	       "end)\n"
	       "for i = 1, 2 do\n"
	       "  local a = host('a' .. i)\n"
	       "  net:join(a, '10.0.0.' .. i .. '/24')\n"
	       "  a:route('0.0.0.0/0')\n"
	       "  a:run(function() local s = a:socket() s:bind('0.0.0.0', 5000)\n"
	       "    expect(s:connect('192.0.2.2', 80)) end)\n"
	       "end\n");
}

TEST(an_icmp_error_finds_its_way_back_through_a_nat)
{
	passes("local a, r, b = host 'a', host 'r', host 'b'\n"
	       "local box = nat { public = '192.0.2.1' }\n"
	       "link { a, '10.0.0.2/24', box, 'inside' }\n"
	       "link { box, 'outside', r, '192.0.2.9/24' }\n"
	       "link { r, '198.51.100.1/24', b, '198.51.100.2/24' }\n"
	       "a:route('0.0.0.0/0') b:route('0.0.0.0/0', '198.51.100.1')\n"
	       "r:sysctl('net.ipv4.ip_forward', 1)\n"
	       "a:run(function() local s, err = a:connect('203.0.113.1', 80)\n"
	       "  expect_equal(err, 'ENETUNREACH') expect(now() < 1, now()) end)\n");
}

TEST(a_nat_takes_no_corrupted_packet_for_a_connection)
{
	passes("local a, b = host 'a', host 'b'\n"
	       "local box = nat { public = '192.0.2.1' }\n"
	       "local wire = link { a, '10.0.0.1/24', box, 'inside', corrupt = 1 }\n"
	       "link { box, 'outside', b, '192.0.2.2/24' }\n"
	       "a:route('0.0.0.0/0')\n"
	       "a:run(function() a:connect('192.0.2.2', 80) end)\n"
	       "sleep(30)\n"
	       "expect_equal(box:connections(), 0, 'every packet was corrupted')\n"
	       "wire:set { corrupt = 0 }\n"
	       "sleep(60)\n"
	       "expect_equal(box:connections(), 1, 'the first that was not')\n");
}

TEST(hosts_of_a_lan_reach_each_other)
{
	passes("local net, hosts = lan 'net', {}\n"
	       "for i = 1, 20 do\n"
	       "  hosts[i] = host('h' .. i)\n"
	       "  net:join(hosts[i], '10.0.0.' .. i .. '/24', { delay = '1ms' })\n"
	       "end\n"
	       "hosts[20]:run(function() local l = hosts[20]:listen(80)\n"
	       "  for i = 1, 19 do expect_equal(select(2, l:accept()), '10.0.0.' .. i) end end)\n"
	       "for i = 1, 19 do hosts[i]:run(function()\n"
	       "  sleep(i / 100) hosts[i]:connect('10.0.0.20', 80) end) end\n");
}

TEST(a_flood_has_its_rate_and_spoofed_addresses)
{
	passes("local b, attacker = host 'b', flooder { 'attacker' }\n"
	       "local wire = link { attacker, '', b, '10.0.0.1/24' }\n"
	       "b:route('0.0.0.0/0')\n"
	       "b:listen(80, 16)\n"
	       "local seen, answers = {}, 0\n"
	       "wire:filter(function(p)\n"
	       "  if p.flags == 'S' then seen[p.src] = true else answers = answers + 1 end end)\n"
	       "attacker:start { to = '10.0.0.1', port = 80, rate = 100, from = '203.0.113.0',\n"
	       "  sources = 256, flags = 'S' }\n"
	       "sleep(1.001)\n"
	       "attacker:stop()\n"
	       "local n = 0\n"
	       "for _ in pairs(seen) do n = n + 1 end\n"
	       "expect_equal(attacker:sent(), 101)\n"
	       "expect(n > 70, n)\n"
	       "expect(b:counter 'TcpExtSyncookiesSent' > 50, 'cookies')\n"
	       "expect(answers > 90, answers)\n");
}

TEST(the_sockets_of_a_host_are_listed_as_ss_does)
{
	passes(PAIR "b:run(function() b:listen(80, 5) sleep(5) end)\n"
		    "a:run(function() a:connect('10.0.0.2', 80):send 'hello' end)\n"
		    "sleep(1)\n"
		    "local l, c = b:ss { state = 'LISTEN' }, b:ss { state = 'ESTAB', port = 80 }\n"
		    "expect_equal(#b:ss(), 2)\n"
		    "expect_equal(l[1].recv_q, 1) expect_equal(l[1].send_q, 5)\n"
		    "expect_equal(c[1].recv_q, 5) expect_equal(c[1].peer, '10.0.0.1')\n"
		    "expect_equal(#b:ss { port = 81 }, 0)\n");
	fails("host 'a':ss { state = 'SYN-RCVD' }",
		"at 0 s: test.lua:1: ss has no state 'SYN-RCVD': write \"ESTAB\", \"SYN-RECV\", "
		"\"TIME-WAIT\" ...");
}

TEST(an_idle_connection_takes_a_few_hundred_bytes)
{
	passes(PAIR "b:listen(80)\n"
		    "a:run(function() local none = a:memory()\n"
		    "  a:connect('10.0.0.2', 80) sleep(10)\n"
		    "  local one = a:memory() - none expect(one > 50 and one < 1000, one) end)\n");
}

TEST(a_filter_marks_ecn_capable_packets_and_drops_others)
{
	passes(PAIR "local seen = {}\n"
		    "wire:filter(function(p) seen[#seen + 1] = p.flags .. ' ' .. p.ecn\n"
		    "  if p.payload > 0 and #seen == 4 then return 'mark' end end)\n"
		    "a:sysctl('net.ipv4.tcp_ecn', param('ecn', 1))\n"
		    "b:run(function() expect_equal(b:listen(80):accept():recv(9), 'x') end)\n"
		    "a:run(function() a:connect('10.0.0.2', 80):send 'x' sleep(1)\n"
		    "  expect_equal(table.concat(seen, ', ', 1, 4),\n"
		    "    'SEW not-ect, S.E not-ect, . not-ect, P. ect0')\n"
		    "  expect_equal(b:counter 'IpExtInCEPkts', 1)\n"
		    "  a:sysctl('net.ipv4.tcp_ecn', 0) seen = {}\n"
		    "  a:connect('10.0.0.2', 80):send 'x' sleep(1)\n"
		    "  expect_equal(a:counter 'TcpRetransSegs', 1) end)\n");
}

TEST(a_filter_sees_the_options_of_a_syn)
{
	passes(PAIR "wire:filter(function(p) if p.flags == 'S' then\n"
		    "  expect(p.mss == 1460 and p.sack_ok == 1 and p.wscale and p.tsval) end end)\n"
		    "a:run(function() a:connect('10.0.0.2', 80) end)\n");
}

TEST(a_socket_from_before_a_reboot_is_an_error_not_another_socket)
{
	fails(PAIR "local s = a:socket()\n"
		   "a:reboot()\n"
		   "expect(true)\n"
		   "s:listen()\n",
		"at 0 s: test.lua:6: a socket of a that has been closed");
}

TEST(an_unmet_expectation_is_reported_with_place_time_and_text)
{
	fails("sleep '1.5s'\nexpect(1 == 2, 'arithmetic')", "test.lua:2: at 1.5 s: arithmetic");
	fails("expect_equal(1, 2, 'sum')", "test.lua:1: at 0 s: sum: 1, not 2");
}

TEST(a_scenario_that_expects_nothing_is_refused)
{
	fails("sleep(1)", "test.lua: nothing was expected: a scenario says with expect() what must "
			  "happen");
}

TEST(errors_name_the_line_and_the_time)
{
	fails("expect(true)\nsleep(2)\nlocal x = nil + 1",
		"at 2 s: test.lua:3: attempt to perform arithmetic on a nil value");
	fails("x =", "test.lua:1: unexpected symbol near <eof>");
	fails("link { host 'a', '10.0.0.1/24', host 'b', '10.0.0.2/24', delya = 1 }",
		"at 0 s: test.lua:1: a link has no parameter 'delya'");
	fails("sleep 'a while'", "at 0 s: test.lua:1: 'a while' is not a time: write a number of "
				 "seconds, or \"20ms\"");
	fails("host 'a':sysctl('net.ipv4.nonsense', 1)",
		"at 0 s: test.lua:1: net.ipv4.nonsense: no such parameter");
}

TEST(an_endless_loop_is_stopped)
{
	struct scenario_result r;

	assert_false(run_seed("expect(true)\nwhile true do end", 1, &r));
	assert_non_null(strstr(r.error, "an endless loop?"));
}

TEST(an_endless_filter_is_stopped)
{
	struct scenario_result r;

	assert_false(run_seed(PAIR "wire:filter(function() while true do end end)\n"
				   "expect(true) a:run(function() a:connect('10.0.0.2', 80) end)",
		1, &r));
	assert_non_null(strstr(r.error, "an endless loop?"));
}

TEST(a_filter_that_returns_an_unknown_word_is_an_error)
{
	fails(PAIR "wire:filter(function(p)\n"
		   "  return 'dorp' end)\n"
		   "expect(true) a:run(function() a:connect('10.0.0.2', 80) end)",
		"at 0 s: test.lua:3: a filter returns nothing, \"drop\", \"duplicate\" or "
		"\"mark\", not 'dorp'");
}

TEST(an_error_within_the_prelude_names_the_line_that_called_it)
{
	struct scenario_result r;

	assert_false(run_seed("expect(true)\nhost('a'):listen('x')", 1, &r));
	assert_memory_equal(r.error, "test.lua:2: at 0 s: ", 20);
}

TEST(a_loop_in_which_no_time_passes_is_stopped)
{
	fails("expect(true)\nsleep(1)\nwhile true do sleep(0) end",
		"at 1 s: time does not pass: a loop over links without delay, or of sleep(0)?");
}

TEST(the_sandbox_has_no_access_to_the_outside)
{
	passes("for _, name in ipairs { 'io', 'os', 'require', 'load', 'loadfile', 'dofile', "
	       "'debug',\n"
	       "    'collectgarbage', 'package', 'coroutine' } do\n"
	       "  expect(_G[name] == nil, name)\n"
	       "end\n"
	       "expect(math.random == nil and string.dump == nil)\n"
	       "expect(not pcall(setmetatable, {}, { __gc = print }))\n"
	       "expect(not pcall(string.format, '%p', {}))\n"
	       "expect_equal(tostring({}), 'table')\n");
}

TEST(pairs_goes_through_keys_in_their_order)
{
	struct scenario_result r;

	assert_true(run_seed("local t = { z = 1, a = 2, [3] = 3, [1] = 4, m = 5, [2.5] = 6 }\n"
			     "local keys = {}\n"
			     "for k in pairs(t) do keys[#keys + 1] = tostring(k) end\n"
			     "print(table.concat(keys, ' '))\n"
			     "local l = {}\n"
			     "for i = 1, 500 do l[i] = (i * 7919) % 501 end\n"
			     "table.sort(l)\n"
			     "for i = 2, 500 do expect(l[i - 1] <= l[i]) end\n",
		1, &r));
	assert_string_equal(printed, "1 2.5 3 a m z\n");
}

static const char *const set[] = {"n=7", "word=hello", "on=true", NULL};

TEST(settings_of_the_command_line_replace_defaults)
{
	struct scenario_result r;
	bool ok = run_set("expect_equal(param('n', 1), 7)\n"
			  "expect_equal(param('word', ''), 'hello')\n"
			  "expect_equal(param('on', false), true)\n"
			  "expect_equal(param('other', 5), 5)\n",
		1, set, &r);

	if (!ok)
		fail_msg("%s", r.error);
}

TEST(a_setting_that_is_never_read_is_an_error)
{
	struct scenario_result r;

	assert_false(run_set("expect(param('n', 1))\nexpect(param('word', 'x'))\n", 1, set, &r));
	assert_string_equal(
		r.error, "test.lua: --set on=true: the scenario has no param() of that name");
}

TEST(random_numbers_depend_on_the_seed)
{
	static const char source[] = "expect(true) print(random(1000000), random())";
	struct scenario_result r;
	char first[sizeof(printed)];

	assert_true(run_seed(source, 1, &r));
	snprintf(first, sizeof(first), "%s", printed);
	assert_true(run_seed(source, 1, &r));
	assert_string_equal(printed, first);
	assert_true(run_seed(source, 2, &r));
	assert_string_not_equal(printed, first);
}

TEST(things_happen_at_after_and_every)
{
	struct scenario_result r;

	assert_true(run_seed("expect(true)\n"
			     "at(3, function() print('at', now()) end)\n"
			     "after('500ms', function() print('after', now()) end)\n"
			     "every(1, function() print('every', now()) end)\n",
		1, &r));
	assert_string_equal(printed, "after\t0.5\nevery\t1.0\nevery\t2.0\nat\t3.0\nevery\t3.0\n");
}

TEST(title_and_story_are_read_without_running_the_scenario)
{
	static const char source[] =
		"title 'Power'\nstory [[It goes.]]\nlocal a = host 'a'\nerror 'no'";
	struct scenario_result r;

	assert_true(scenario_describe("test.lua", source, strlen(source), &r));
	assert_string_equal(r.title, "Power");
	assert_string_equal(r.story, "It goes.");
	free(r.story);
}
