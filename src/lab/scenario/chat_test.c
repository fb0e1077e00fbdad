/* chat_test.c - the chat server in the lab: start and end, disk, and replies to clients. */
#include "lab/scenario/test/script.h"

/* A client with receipts, and a reader of the history. */
#define CLIENT                                                                                     \
	PAIR "local caps = 'batch draft/chathistory echo-message message-tags'\n"                  \
	     "local function past()\n"                                                             \
	     "  local s, texts = a:irc('10.0.0.2', 6667, 'past', caps), {}\n"                      \
	     "  s:say 'JOIN #c' s:say 'CHATHISTORY LATEST #c * 10'\n"                              \
	     "  repeat local m = s:message()\n"                                                    \
	     "    if m.command == 'PRIVMSG' then texts[#texts + 1] = m[2] end\n"                   \
	     "  until m.command == 'BATCH' and m[1]:find '^-'\n"                                   \
	     "  return table.concat(texts, ' ')\n"                                                 \
	     "end\n"

TEST(a_client_registers_and_talks)
{
	passes(PAIR "local chat = b:chat { port = 6667, server = { network = 'lab' } }\n"
		    "a:run(function()\n"
		    "  local s = a:irc('10.0.0.2', 6667, 'alice')\n"
		    "  expect_near(now(), 0.04, 1e-6, 'two round trips')\n"
		    "  local m repeat m = s:message() until m.command == '422'\n"
		    "  s:say 'PING :are you there'\n"
		    "  m = s:message()\n"
		    "  expect_equal(m.command .. m.source .. #m, 'PONGirc.burble.local2')\n"
		    "  expect_equal(m[2], 'are you there')\n"
		    "  expect_equal(chat:counter 'accepted', 1)\n"
		    "end)\n");
}

TEST(a_kill_loses_what_is_not_committed_and_nothing_else)
{
	passes(CLIENT
		"b:chat { port = 6667, commit = '1s' }\n"
		"a:run(function()\n"
		"  local s = a:irc('10.0.0.2', 6667, 'alice', caps)\n"
		"  s:say 'JOIN #c' s:say 'PRIVMSG #c first'\n"
		"  local m repeat m = s:message() until m.command == 'PRIVMSG'\n"
		"  expect(now() > 1 and m:tag 'msgid', 'the receipt comes after the commit')\n"
		"  s:say 'PRIVMSG #c second'\n"
		"  sleep '500ms'\n"
		"  b:crash()\n"
		"  local m, err = s:message()\n"
		"  expect_equal(err, 'EOF')\n"
		"  b:chat { port = 6667 }\n"
		"  expect_equal(past(), 'first')\n"
		"end)\n");
}

TEST(a_loss_of_power_loses_no_receipted_message)
{
	passes(CLIENT "b:chat { port = 6667 }\n"
		      "a:run(function()\n"
		      "  local s = a:irc('10.0.0.2', 6667, 'alice', caps)\n"
		      "  s:say 'JOIN #c' s:say 'PRIVMSG #c first'\n"
		      "  local m repeat m = s:message() until m.command == 'PRIVMSG'\n"
		      "  b:power_off()\n"
		      "  sleep(1)\n"
		      "  b:reboot()\n"
		      "  b:chat { port = 6667 }\n"
		      "  expect_equal(past(), 'first')\n"
		      "end)\n");
}

TEST(a_server_that_is_stopped_says_so)
{
	passes(CLIENT "local chat = b:chat { port = 6667 }\n"
		      "a:run(function()\n"
		      "  local s = a:irc('10.0.0.2', 6667, 'alice')\n"
		      "  chat:stop()\n"
		      "  local m repeat m = s:message() until m.command == 'ERROR'\n"
		      "  expect(m[1]:find 'shutting down', m[1])\n"
		      "  sleep(1)\n"
		      "  expect(not chat:running())\n"
		      "  expect_equal(select(2, a:connect('10.0.0.2', 6667)), 'ECONNREFUSED')\n"
		      "  b:chat { port = 6667 }\n"
		      "  expect(chat:running() and a:irc('10.0.0.2', 6667, 'alice'))\n"
		      "end)\n");
}

TEST(a_frozen_server_answers_when_it_thaws)
{
	passes(PAIR "b:chat { port = 6667 }\n"
		    "b:freeze()\n"
		    "at(5, function() b:thaw() end)\n"
		    "a:run(function()\n"
		    "  a:irc('10.0.0.2', 6667, 'alice')\n"
		    "  expect_near(now(), 5.01, 0.001)\n"
		    "end)\n");
}

TEST(a_full_disk_refuses_a_message_and_says_why)
{
	passes(PAIR
		"b:chat { port = 6667, disk = '200K' }\n"
		"a:run(function()\n"
		"  local s = a:irc('10.0.0.2', 6667, 'alice', 'standard-replies echo-message')\n"
		"  local m\n"
		"  s:say 'JOIN #c'\n"
		"  for i = 1, 1000 do\n"
		"    s:say('PRIVMSG #c ' .. ('x'):rep(400))\n"
		"    repeat m = s:message() until m.command == 'PRIVMSG' or m.command == 'FAIL'\n"
		"    if m.command == 'FAIL' then break end\n"
		"  end\n"
		"  expect(m[#m]:find 'full', m[#m])\n"
		"end)\n");
}

TEST(a_server_reads_the_wall_clock_of_its_host)
{
	passes(PAIR "b:set_clock(86400)\n"
		    "b:chat { port = 6667 }\n"
		    "a:run(function()\n"
		    "  local s, m = a:irc('10.0.0.2', 6667, 'alice')\n"
		    "  repeat m = s:message() until m.command == '003'\n"
		    "  expect(m[2]:find '1970%-01%-02', m[2])\n"
		    "end)\n");
}

TEST(an_unknown_setting_is_an_error)
{
	fails(PAIR "b:chat { limits = { clinets = 1 } }\n",
		"test.lua:3: at 0 s: limits.clinets=1: unknown key: expected "
		"section.key=value");
	fails(PAIR "b:chat { prot = 6667 }\n", "test.lua:3: at 0 s: chat: 'prot' is no section");
	fails(PAIR "b:chat { server = { motd = '/etc/passwd' } }\n",
		"test.lua:3: at 0 s: server.motd is a file, which a scenario has not");
	fails(PAIR "b:chat {} b:chat {}\n",
		"test.lua:3: at 0 s: a chat server runs on this host already");
	fails(PAIR "b:power_off() b:chat {}\n", "test.lua:3: at 0 s: this host is off");
	fails(PAIR "b:chat {}:counter 'x'\n",
		"at 0 s: test.lua:3: no server is running, or it has no counter 'x'");
	fails(PAIR "b:listen(6667) b:chat { port = 6667 }\n",
		"test.lua:3: at 0 s: chat cannot listen on 0.0.0.0:6667: Address already in use");
}

TEST(a_stream_is_read_line_by_line)
{
	passes(PAIR "a:run(function()\n"
		    "  local s = a:listen(80):accept()\n"
		    "  expect_equal(s:line(), 'one')\n"
		    "  expect_equal(s:line(), '')\n"
		    "  expect_equal(#s:line(), 5000)\n"
		    "  local line, err = s:line()\n"
		    "  expect(line == nil and err == 'EOF', 'half a line is none')\n"
		    "end)\n"
		    "b:run(function()\n"
		    "  local s = b:connect('10.0.0.1', 80)\n"
		    "  s:send 'o' sleep(1) s:send('ne\\r\\n\\n' .. ('x'):rep(5000) .. '\\nha')\n"
		    "  s:close()\n"
		    "end)\n");
	fails(PAIR "a:run(function()\n"
		   "  local s = a:listen(80):accept()\n"
		   "  s:line() s:recv(1)\n"
		   "end)\n"
		   "b:run(function() b:connect('10.0.0.1', 80):send 'one\\ntwo' end)\n",
		"at 0.03 s: test.lua:5: recv() after line(): 3 bytes are in line()'s buffer");
}

TEST(a_message_is_parsed)
{
	passes(PAIR "a:run(function()\n"
		    "  local s = a:listen(80):accept()\n"
		    "  local m = s:message()\n"
		    "  expect_equal(m.source, 'n!u@h') expect_equal(m.command, 'PRIVMSG')\n"
		    "  expect_equal(m[1], '#c') expect_equal(m[2], 'a :b ') expect_equal(#m, 2)\n"
		    "  expect_equal(m:tag 'id', 'x;y z\\\\w') expect_equal(m:tag 'i', '')\n"
		    "  expect_equal(m:tag 'd', nil) expect_equal(m:tag 'last', '1')\n"
		    "  m = s:message()\n"
		    "  expect(m.command == 'CAP' and #m == 1 and m[1] == 'END' and not m.source)\n"
		    "  expect_equal(m:tag 'id', nil)\n"
		    "  m = s:message()\n"
		    "  expect_equal(m.command, '')\n"
		    "end)\n"
		    "b:run(function()\n"
		    "  local s = b:connect('10.0.0.1', 80)\n"
		    "  s:say '@id=x\\\\:y\\\\sz\\\\\\\\w;i;last=1 :n!u@h  PRIVMSG  #c :a :b '\n"
		    "  s:say 'CAP END  ' s:say ''\n"
		    "  sleep(1)\n"
		    "end)\n");
}

TEST(a_client_answers_ping_by_itself)
{
	passes(PAIR "local chat = b:chat { port = 6667, net = { ping_interval = '10s', "
		    "ping_timeout = '5s' } }\n"
		    "a:run(function()\n"
		    "  local reads = a:irc('10.0.0.2', 6667, 'reads')\n"
		    "  local silent = a:irc('10.0.0.2', 6667, 'silent')\n"
		    "  a:run(function() repeat until not reads:message() end)\n"
		    "  sleep(60)\n"
		    "  expect_equal(chat:counter 'ping-timeout', 1)\n"
		    "  expect_equal(#b:ss { state = 'ESTAB' }, 1)\n"
		    "  b:power_off()\n"
		    "end)\n"
		    "duration(100)\n");
}
