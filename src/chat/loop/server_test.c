/*
 * server_test.c - whole turns of the loop on a network in memory.
 */
#include <errno.h>
#include <stdio.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "base/utf8.h"
#include "chat/loop/accept.h"
#include "chat/model/registry.h"
#include "chat/out/deliver.h"
#include "chat/out/reply_barrier.h"

static const char *const defaults[] = {NULL};

static struct fake_net net;

static const char *heard(int i)
{
	return net.conns[i].out;
}

TEST(a_message_reaches_every_other_member_once)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b"), c = fake_user(&net, s, "c");

	for (int i = 0; i < 3; i++)
		fake_say(&net, i, "JOIN #x\r\n");
	fake_turns(s, 2);
	for (int i = 0; i < 3; i++)
		fake_forget(&net, i);
	fake_say(&net, a, "PRIVMSG #x :one\r\nPRIVMSG #x :two\r\n");
	fake_turns(s, 1);
	assert_string_equal(heard(a), "");
	assert_string_equal(heard(b), ":a!a@192.0.2.1 PRIVMSG #x :one\r\n"
				      ":a!a@192.0.2.1 PRIVMSG #x :two\r\n");
	assert_string_equal(heard(b), heard(c));
	fake_end(&net, s);
}

TEST(all_lines_of_a_turn_are_one_send)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");
	uint32_t before = net.conns[b].sends;

	for (int i = 0; i < 10; i++)
		fake_say(&net, a, "PRIVMSG b :x\r\n");
	fake_turns(s, 1);
	assert_int_equal(net.conns[b].sends - before, 1);
	fake_end(&net, s);
}

TEST(a_reader_that_is_too_slow_is_dropped_and_the_others_are_not)
{
	static const char *const settings[] = {"limits.sendq=16384", "limits.flood_rate=0", NULL};
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a"), slow = fake_user(&net, s, "slow"),
	    b = fake_user(&net, s, "b");
	char line[512];

	for (int i = 0; i < 3; i++)
		fake_say(&net, i, "JOIN #x\r\n");
	fake_turns(s, 2);
	fake_forget(&net, b);
	net.conns[slow].room = 0;
	memset(line, 'x', sizeof(line));
	memcpy(line, "PRIVMSG #x :", 12);
	strcpy(line + 400, "\r\n");
	for (int i = 0; i < 100; i++) {
		fake_say(&net, a, line);
		fake_turns(s, 1);
	}
	fake_turns(s, 2);
	assert_false(net.conns[slow].open);
	assert_true(net.conns[a].open && net.conns[b].open);
	assert_non_null(strstr(heard(b), ":slow!slow@192.0.2.1 QUIT :SendQ exceeded\r\n"));
	assert_int_equal(s->counters[COUNT_SENDQ_EXCEEDED], 1);
	fake_end(&net, s);
}

TEST(a_full_socket_gets_the_remainder_when_it_has_room)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");

	fake_forget(&net, b);
	net.conns[b].room = 10;
	fake_say(&net, a, "PRIVMSG b :first\r\n");
	fake_turns(s, 3);
	fake_say(&net, a, "PRIVMSG b :second\r\n");
	fake_turns(s, 3);
	assert_string_equal(heard(b), ":a!a@192.0");
	assert_int_equal(s->queued,
		strlen(":a!a@192.0.2.1 PRIVMSG b :first\r\n:a!a@192.0.2.1 PRIVMSG b :second\r\n") -
			10);
	net.conns[b].room = SIZE_MAX;
	net.conns[b].ready = NET_OUT;
	fake_turns(s, 1);
	assert_string_equal(heard(b), ":a!a@192.0.2.1 PRIVMSG b :first\r\n"
				      ":a!a@192.0.2.1 PRIVMSG b :second\r\n");
	fake_end(&net, s);
}

TEST(lines_and_bytes_are_counted_in_both_directions)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b"), c = fake_user(&net, s, "c");
	uint64_t in, out, replies;

	for (int i = 0; i < 3; i++)
		fake_say(&net, i, "JOIN #x\r\n");
	fake_turns(s, 2);
	assert_int_equal(s->listeners[0].conns, 3);
	in = s->counters[COUNT_BYTES_IN];
	out = s->counters[COUNT_BYTES_OUT];
	replies = s->counters[COUNT_REPLIES];
	s->counters[COUNT_DELIVERIES] = 0;
	fake_say(&net, a, "PRIVMSG #x :one\r\n");
	fake_say(&net, b, "PING x\r\n");
	fake_turns(s, 1);
	assert_int_equal(s->counters[COUNT_DELIVERIES], 2);
	assert_int_equal(s->counters[COUNT_REPLIES] - replies, 1);
	assert_int_equal(s->counters[COUNT_BYTES_IN] - in, strlen("PRIVMSG #x :one\r\nPING x\r\n"));
	assert_int_equal(s->counters[COUNT_BYTES_OUT] - out,
		2 * strlen(":a!a@192.0.2.1 PRIVMSG #x :one\r\n") +
			strlen(":irc.burble.local PONG irc.burble.local :x\r\n"));
	assert_int_equal(s->queued, 0);
	net.conns[c].eof = true;
	net.conns[c].ready = NET_IN;
	fake_turns(s, 2);
	assert_int_equal(s->listeners[0].conns, 2);
	fake_end(&net, s);
}

TEST(a_flooding_client_is_slowed_and_loses_nothing)
{
	static const char *const settings[] = {
		"limits.flood_rate=10", "limits.flood_burst=5", NULL};
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");
	int lines = 0;

	net.now += 10 * NSEC_SEC;
	fake_forget(&net, b);
	for (int i = 0; i < 50; i++)
		fake_say(&net, a, "PRIVMSG b :x\r\n");
	fake_turns(s, 5);
	for (const char *p = heard(b); (p = strstr(p, "PRIVMSG")); p++)
		lines++;
	assert_int_equal(lines, 5);
	for (int i = 0; i < 60; i++) {
		net.now += NSEC_SEC / 10;
		fake_turns(s, 2);
	}
	for (const char *p = heard(b); (p = strstr(p, "PRIVMSG")); p++)
		lines++;
	assert_int_equal(lines, 5 + 50);
	fake_end(&net, s);
}

TEST(no_client_gets_more_than_its_share_of_a_turn)
{
	static const char *const settings[] = {"limits.flood_rate=0", NULL};
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");
	uint32_t before = net.conns[a].recvs;

	for (int i = 0; i < 10000; i++)
		fake_say(&net, a, "PING x\r\n");
	fake_say(&net, b, "PING mine\r\n");
	fake_turns(s, 1);
	assert_int_equal(net.conns[a].recvs - before, 1);
	assert_non_null(strstr(heard(b), "PONG irc.burble.local :mine"));
	fake_turns(s, 400);
	assert_int_equal(net.conns[a].in_len, 0);
	fake_end(&net, s);
}

TEST(without_descriptors_accepting_pauses_and_goes_on_later)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");
	uint32_t before;

	net.accept_error = -EMFILE;
	fake_connect(&net);
	before = net.accepts;
	fake_turns(s, 50);
	assert_int_equal(net.accepts - before, 1);
	fake_say(&net, a, "PING still\r\n");
	fake_turns(s, 1);
	assert_non_null(strstr(heard(a), ":still"));
	net.accept_error = 0;
	net.watch_error = -ENOMEM; /* continuing needs no memory */
	net.now += NSEC_SEC;
	fake_turns(s, 1);
	net.watch_error = 0;
	fake_turns(s, 1);
	assert_int_equal(s->conn_count, 2);
	fake_end(&net, s);
}

TEST(a_client_that_does_not_register_in_time_is_closed_with_an_error)
{
	struct server *s = fake_server(&net, defaults);
	int i = fake_connect(&net);

	fake_turns(s, 1);
	net.now += s->config->net.registration + NSEC_SEC;
	fake_turns(s, 2);
	assert_false(net.conns[i].open);
	assert_non_null(
		strstr(heard(i), "ERROR :Closing Link: 192.0.2.1 (Registration timed out)"));
	fake_end(&net, s);
}

TEST(a_quiet_client_is_pinged_and_dropped_if_it_does_not_answer)
{
	struct server *s = fake_server(&net, defaults);
	int dead = fake_user(&net, s, "dead"), alive = fake_user(&net, s, "alive");

	fake_forget(&net, alive);
	net.now += s->config->net.ping_interval + NSEC_SEC;
	fake_turns(s, 1);
	assert_string_equal(heard(alive), "PING :irc.burble.local\r\n");
	fake_say(&net, alive, "PONG irc.burble.local\r\n");
	fake_turns(s, 1);
	net.now += s->config->net.ping_timeout + NSEC_SEC;
	fake_turns(s, 2);
	assert_false(net.conns[dead].open);
	assert_true(net.conns[alive].open);
	fake_end(&net, s);
}

TEST(what_is_said_leaves_at_once_unless_configured_otherwise)
{
	static const char *const later[] = {"net.nodelay=no", NULL};
	struct server *s = fake_server(&net, defaults);

	assert_true(net.tuning.nodelay);
	s->config->net.nodelay = 0;
	server_tune(s);
	assert_false(net.tuning.nodelay);
	fake_end(&net, s);
	s = fake_server(&net, later);
	assert_false(net.tuning.nodelay);
	fake_end(&net, s);
}

TEST(clients_that_connect_together_are_pinged_one_by_one)
{
	enum {
		USERS = 16,
		STEPS = 32
	};
	struct server *s = fake_server(&net, defaults);
	nsec_t span = s->config->net.keepalive_idle, begun = net.now;
	int user[USERS], asked = 0;
	char nick[8];

	for (int i = 0; i < USERS; i++) {
		snprintf(nick, sizeof(nick), "u%d", i);
		user[i] = fake_user(&net, s, nick);
		fake_forget(&net, user[i]);
	}
	assert_true(span < s->config->net.ping_interval);
	for (int step = 0; step < STEPS; step++) {
		int now = 0;

		net.now = begun + span / 4 + span / 2 * (step + 1) / STEPS;
		fake_turns(s, 1);
		for (int i = 0; i < USERS; i++)
			if (strstr(heard(user[i]), "PING :")) {
				fake_forget(&net, user[i]);
				now++;
			}
		assert_true(now <= 2);
		asked += now;
	}
	assert_int_equal(asked, USERS);
	fake_end(&net, s);
}

TEST(a_pong_does_not_overtake_an_answer_that_waits_for_its_commit)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");
	struct conn *c = registry_user(s, "a")->conn;
	struct barrier_ticket *one = barrier_open(s, c), *two = barrier_open(s, c);
	struct line_out l = {0};

	fake_forget(&net, a);
	line_adds(&l, "ONE");
	barrier_add(s, c, one, line_encode(&s->outbufs, &l, 0));
	l.part[0].p = "TWO";
	barrier_add(s, c, two, line_encode(&s->outbufs, &l, 0));
	fake_say(&net, a, "PING x\r\n");
	fake_turns(s, 1);
	assert_string_equal(heard(a), "");
	barrier_settle(s, two, "FAILED\r\n");
	fake_turns(s, 1);
	assert_string_equal(heard(a), "");
	barrier_settle(s, one, NULL);
	fake_turns(s, 1);
	assert_string_equal(
		heard(a), "ONE\r\nFAILED\r\n:irc.burble.local PONG irc.burble.local :x\r\n");
	assert_null(c->barrier);
	fake_end(&net, s);
}

TEST(a_ticket_outlives_its_connection)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");
	struct barrier_ticket *t = barrier_open(s, registry_user(s, "a")->conn);

	fake_say(&net, a, "QUIT\r\n");
	fake_turns(s, 2);
	assert_false(net.conns[a].open);
	barrier_settle(s, t, NULL);
	fake_end(&net, s);
}

TEST(a_nick_is_free_again_when_its_user_has_left)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "Nick"), b;

	net.conns[a].eof = true;
	net.conns[a].ready = NET_IN | NET_GONE;
	fake_turns(s, 2);
	b = fake_user(&net, s, "nick");
	assert_non_null(strstr(heard(b), " 001 nick "));
	fake_end(&net, s);
}

TEST(at_shutdown_every_client_gets_the_reason)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");

	server_stop(s, "Server is shutting down");
	fake_turns(s, 1);
	assert_true(server_stopped(s));
	assert_non_null(
		strstr(heard(a), "ERROR :Closing Link: 192.0.2.1 (Server is shutting down)"));
	fake_end(&net, s);
}

TEST(at_shutdown_a_full_socket_is_waited_for)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b"), c = fake_user(&net, s, "c");

	fake_forget(&net, a);
	net.conns[a].room = net.conns[c].room = 0;
	fake_say(&net, b, "PRIVMSG a :before the end\r\n");
	fake_turns(s, 2);
	server_stop(s, "Server is shutting down");
	fake_turns(s, 3);
	assert_false(net.conns[b].open);
	assert_true(net.conns[a].open);
	assert_false(server_stopped(s));
	net.conns[a].room = 10;
	net.conns[a].ready = NET_OUT;
	fake_turns(s, 2);
	assert_true(net.conns[a].open);
	net.conns[a].room = SIZE_MAX;
	net.conns[a].ready = NET_OUT;
	fake_turns(s, 2);
	assert_false(net.conns[a].open);
	assert_non_null(strstr(heard(a), "PRIVMSG a :before the end\r\n"));
	assert_non_null(strstr(heard(a), "(Server is shutting down)\r\n"));
	assert_true(net.conns[c].open); /* never reads: the caller decides when to give up */
	assert_false(server_stopped(s));
	fake_end(&net, s);
	assert_false(net.conns[c].open);
}

TEST(replies_are_utf8_whatever_was_sent)
{
	static const char odd[] = "0123456789012345678901234567890123456789012345678901234567890"
				  "12\xc3\xa9"; /* 65 bytes: many replies show 64 */
	static const char *const lines[] = {"\xdc", "X\xdcY a", "@label=a\xff PING x", "%s",
		"NICK %s", "PART #%s", "PRIVMSG %s,x,y,z,%s :t", "METADATA %s GET %s",
		"STATS \xc3\xa9", "MODE a \xc3\xa9", "MODE #c +\xc3\xa9", "QUIT :%s%s%s%s%s%s"};
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");
	char text[1024];

	fake_say(&net, a, "CAP REQ :labeled-response batch\r\nJOIN #c\r\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text), lines[i], odd, odd, odd, odd, odd, odd);
		fake_say(&net, a, text);
		fake_say(&net, a, "\r\n");
		fake_turns(s, 2);
		if (!utf8_valid(heard(a), net.conns[a].out_len))
			fail_msg("%s: %s", lines[i], heard(a));
	}
	assert_non_null(strstr(heard(a), "FAIL * INVALID_UTF8 "));
	assert_null(strstr(heard(a), "label=a"));
	assert_int_equal(s->user_count, 0);
	fake_end(&net, s);
}

TEST(an_address_has_a_limit_of_connections)
{
	static const char *const settings[] = {"limits.per_address=2", NULL};
	struct server *s = fake_server(&net, settings);
	int c[3];

	for (int i = 0; i < 3; i++)
		c[i] = fake_connect(&net);
	fake_turns(s, 2);
	assert_true(net.conns[c[1]].open);
	assert_false(net.conns[c[2]].open);
	assert_non_null(strstr(heard(c[2]), "Too many connections"));
	fake_end(&net, s);
}

TEST(the_uptime_does_not_follow_a_clock_that_is_set)
{
	struct server *s = fake_server(&net, defaults);
	int a = fake_user(&net, s, "a");

	net.now += 90 * NSEC_SEC;
	net.clock_step = -3600 * NSEC_SEC;
	fake_turns(s, 1);
	fake_forget(&net, a);
	fake_say(&net, a, "STATS u\r\n");
	fake_turns(s, 1);
	assert_non_null(strstr(heard(a), " 242 a :Server Up 0 days 0:01:30\r\n"));
	fake_end(&net, s);
}
