/* password_attempt_test.c - PASS and OPER: waiting for the hash, and limits on guessing. */
#include <stdio.h>
#include <stdlib.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/cmd/hasher.h"
#include "chat/out/conn_table.h"
#include "chat/proto/password.h"

static struct fake_net net;

/* "secret", hashed once for all tests, as settings. */
static struct {
	char hash[PASSWORD_HASH_MAX];
	char pass[PASSWORD_HASH_MAX + 32], oper[PASSWORD_HASH_MAX + 32];
} made;

static int make_hash(void **state)
{
	assert_true(password_hash(made.hash, "secret"));
	snprintf(made.pass, sizeof(made.pass), "server.password=%s", made.hash);
	snprintf(made.oper, sizeof(made.oper), "oper.boss.password=%s", made.hash);
	return 0;
}

static struct server *server_with(const char *first, const char *second)
{
	const char *const settings[] = {first, second, NULL};

	return fake_server(&net, settings);
}

static const char *heard(int i)
{
	return net.conns[i].out;
}

static struct conn *conn_of(struct server *s, int i)
{
	return server_conn(s, net.conns[i].tag);
}

static int stranger(struct server *s)
{
	int i = fake_connect(&net);

	fake_turns(s, 1);
	return i;
}

TEST(the_lines_behind_a_password_wait_for_it)
{
	struct server *s = server_with(made.pass, NULL);
	int a = stranger(s), b = stranger(s);

	fake_say(&net, a, "PASS secret\r\nNICK a\r\nUSER a 0 * :a\r\nPING after\r\n");
	fake_say(&net, b, "PASS wrong\r\nNICK b\r\nUSER b 0 * :b\r\n");
	fake_turns(s, 4);
	assert_non_null(strstr(heard(a), " 001 a "));
	assert_true(strstr(heard(a), " 001 a ") < strstr(heard(a), "PONG"));
	assert_non_null(strstr(heard(b), " 464 b "));
	assert_false(net.conns[b].open);
	fake_end(&net, s);
}

TEST(the_last_pass_counts)
{
	struct server *s = server_with(made.pass, NULL);
	int a = stranger(s), b = stranger(s);

	fake_say(&net, a, "PASS wrong\r\nPASS secret\r\nNICK a\r\nUSER a 0 * :a\r\n");
	fake_say(&net, b, "PASS secret\r\nPASS wrong\r\nNICK b\r\nUSER b 0 * :b\r\n");
	fake_turns(s, 8);
	assert_non_null(strstr(heard(a), " 001 a "));
	assert_non_null(strstr(heard(b), " 464 b "));
	fake_end(&net, s);
}

TEST(a_line_that_needs_oper_may_follow_in_the_same_packet)
{
	struct server *s = server_with(made.oper, NULL);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");

	fake_say(&net, a, "CAP REQ :labeled-response batch\r\n");
	fake_turns(s, 2);
	fake_forget(&net, a);
	fake_say(&net, a, "@label=1 OPER boss wrong\r\n@label=2 OPER boss secret\r\nKILL b :x\r\n");
	fake_turns(s, 6);
	assert_non_null(strstr(heard(a), "@label=1 :irc.burble.local 464 a "));
	assert_non_null(strstr(heard(a), "@label=2 :irc.burble.local BATCH +"));
	assert_null(strstr(heard(a), "ACK"));
	assert_true(strstr(heard(a), " 464 ") < strstr(heard(a), " 381 "));
	assert_false(net.conns[b].open);
	fake_end(&net, s);
}

TEST(others_are_answered_while_it_is_hashed)
{
	struct server *s = server_with(made.oper, NULL);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");

	fake_forget(&net, a);
	fake_forget(&net, b);
	fake_say(&net, a, "OPER boss wrong\r\nPING after\r\n");
	fake_say(&net, b, "PING b\r\n");
	fake_turns(s, 1);
	assert_non_null(strstr(heard(b), "PONG"));
	assert_null(strstr(heard(a), "PONG"));
	fake_turns(s, 1);
	assert_non_null(strstr(heard(a), " 464 "));
	assert_non_null(strstr(heard(a), "PONG"));
	fake_end(&net, s);
}

TEST(a_connection_that_keeps_guessing_is_cut)
{
	struct server *s = server_with(made.oper, NULL);
	int a = fake_user(&net, s, "a");

	for (int i = 0; i < PASSWORD_TRIES_MAX; i++) {
		net.now += 10 * NSEC_SEC;
		fake_say(&net, a, "OPER boss wrong\r\n");
		fake_turns(s, 3);
		assert_true(net.conns[a].open);
	}
	net.now += 10 * NSEC_SEC;
	fake_say(&net, a, "OPER boss wrong\r\n");
	fake_turns(s, 3);
	assert_false(net.conns[a].open);
	assert_non_null(strstr(heard(a), "(Too many passwords)"));
	assert_int_equal(s->counters[COUNT_PASSWORD_WRONG], PASSWORD_TRIES_MAX);
	assert_int_equal(s->counters[COUNT_PASSWORD_TRIES], 1);
	fake_end(&net, s);
}

TEST(an_address_that_keeps_guessing_is_ignored)
{
	struct server *s = server_with("oper.boss.password=plain:secret", "limits.password_rate=6");
	int user[4];

	for (int i = 0; i < 4; i++)
		user[i] = fake_user(&net, s, (const char *[]){"a", "b", "c", "d"}[i]);
	for (int i = 0; i < 6; i++) {
		fake_say(&net, user[i % 2], "OPER boss wrong\r\n");
		fake_turns(s, 2);
	}
	fake_say(&net, user[2], "OPER boss secret\r\n");
	fake_turns(s, 2);
	assert_non_null(strstr(heard(user[2]), " 263 c OPER :Too many wrong passwords"));
	assert_null(strstr(heard(user[2]), " 381 "));
	assert_int_equal(s->counters[COUNT_PASSWORD_REFUSED], 1);
	net.now += 10 * NSEC_SEC; /* one more attempt by now */
	fake_say(&net, user[3], "OPER boss secret\r\n");
	fake_turns(s, 2);
	assert_non_null(strstr(heard(user[3]), " 381 "));
	fake_end(&net, s);
}

/* The flood allowance that a line of i is charged. */
static nsec_t price(struct server *s, int i, const char *line)
{
	nsec_t before;

	net.now += 100 * NSEC_SEC;
	fake_turns(s, 1);
	before = s->now;
	fake_say(&net, i, line);
	fake_turns(s, 3);
	return conn_of(s, i)->flood - before;
}

TEST(a_hash_is_charged_also_for_an_unknown_name)
{
	struct server *s = server_with(made.oper, NULL);
	int a = fake_user(&net, s, "a");
	/* The hash's own processor time comes on top of it, and varies. */
	nsec_t least = PASSWORD_LINES * (NSEC_SEC / s->config->limits.flood_rate);

	assert_true(price(s, a, "OPER boss wrong\r\n") >= least);
	assert_true(price(s, a, "OPER nobody wrong\r\n") >= least);
	assert_true(price(s, a, "OPER somebody secret\r\n") >= least);
	assert_null(strstr(heard(a), " 381 "));
	fake_end(&net, s);
}

TEST(a_client_may_leave_while_its_password_is_hashed)
{
	struct server *s = server_with(made.oper, "oper.root.password=plain:x");
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");

	fake_say(&net, a, "OPER boss secret\r\n");
	fake_say(&net, b, "OPER root x\r\nKILL a :go\r\n"); /* in the same turn as a's line */
	fake_turns(s, 3);
	assert_false(net.conns[a].open);
	assert_null(strstr(heard(a), " 381 "));
	assert_int_equal(s->oper_count, 1);
	fake_end(&net, s);
}

static bool unwanted(struct hash_job *j)
{
	(void)j;
	return false;
}

static void fill(struct hasher *h)
{
	uint64_t round = 0;

	for (int i = 0; i < HASHER_JOBS_MAX; i++) {
		struct hash_job *j = calloc(1, sizeof(*j));

		j->wanted = unwanted;
		assert_true(hasher_submit(h, j, &round));
	}
}

TEST(a_client_that_finds_the_queue_full_must_try_again)
{
	struct server *s = server_with(made.oper, NULL);
	int a = fake_user(&net, s, "a");

	fill(s->hasher);
	fake_say(&net, a, "OPER boss secret\r\nPING after\r\n");
	fake_turns(s, 1);
	assert_non_null(strstr(heard(a), " 263 a OPER :Too many passwords are being checked"));
	assert_non_null(strstr(heard(a), "PONG"));
	assert_int_equal(s->counters[COUNT_PASSWORD_REFUSED], 1);
	fake_say(&net, a, "OPER boss secret\r\n");
	fake_turns(s, 3);
	assert_non_null(strstr(heard(a), " 381 a "));
	fake_end(&net, s);
}

int main(void)
{
	return test_run(make_hash, NULL);
}
