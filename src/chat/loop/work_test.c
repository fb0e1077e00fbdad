/*
 * work_test.c - bounds on the work that clients cause: per turn, per connection, and its charge to
 * the flood limit. Nothing is timed: work and turns are counted.
 */
#include <stdio.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/model/banlist.h"
#include "chat/model/metadata.h"
#include "chat/model/registry.h"
#include "chat/out/conn_table.h"
#include "chat/out/monitor.h"

enum {
	CROWD = 40,    /* clients that request much */
	MEMBERS = 500, /* users without a connection to this server */
	CHANNELS = 5000,
	SLACK = 1 << 20, /* the last line of a share may exceed it */
};

static struct fake_net net;

static struct user *members[MEMBERS];

static struct server *server_with(const char *a, const char *b)
{
	const char *const settings[] = {"limits.flood_rate=0", a, a ? b : NULL, NULL};

	return fake_server(&net, settings);
}

static const char *heard(int i)
{
	return net.conns[i].out;
}

static void make_channels(struct server *s)
{
	char name[CHANNEL_BYTES_MAX];

	for (int i = 0; i < CHANNELS; i++) {
		snprintf(name, sizeof(name), "#%050d", i);
		for (char *p = name; *p; p++)
			*p = *p == '0' ? 'a' : *p;
		assert_non_null(channel_join(
			registry_make_channel(s, name), members[i % MEMBERS], MEMBER_OP));
	}
}

static const char *nick_of(int i)
{
	static char nick[16];

	snprintf(nick, sizeof(nick), "c%d", i);
	return nick;
}

/* CROWD users, connections 0 and following. */
static void make_crowd(struct server *s)
{
	for (int i = 0; i < CROWD; i++)
		fake_user(&net, s, nick_of(i));
}

/* Runs turns until `done` clients of the crowd have received `end`; no turn may exceed the bound.
 * Returns the number of turns. */
static int turns_until(struct server *s, int done, const char *end)
{
	int turns = 0, ended = 0;

	while (ended < done) {
		uint64_t before = s->work;

		fake_turns(s, 1);
		assert_true(s->work - before <= TURN_WORK_MAX + CONN_WORK_MAX + SLACK);
		assert_true(++turns < 10000);
		ended = 0;
		for (int i = 0; i < CROWD; i++)
			ended += strstr(heard(i), end) != NULL;
	}
	return turns;
}

static void say_all(const char *line)
{
	for (int i = 0; i < CROWD; i++) {
		fake_forget(&net, i);
		fake_say(&net, i, line);
	}
}

static const char dear_list[] =
	"LIST *a?a?a?a?a?a?a?a?a?a?a?b*,*??????????b*,*a*a*a*b,*a??????????????b*,"
	"*aaaaaaaaaaaaaaaaaaaaab*,*b*b,*??b,*????????????????????????b\r\n";

TEST(a_turn_is_bounded_and_every_client_is_served)
{
	struct server *s = server_with(NULL, NULL);

	fake_members(s, members, MEMBERS);
	make_channels(s);
	make_crowd(s);
	say_all(dear_list);
	assert_true(turns_until(s, CROWD, " 323 ") > 10);
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(a_small_request_is_answered_in_the_next_turn)
{
	struct server *s = server_with(NULL, NULL);
	int honest;

	fake_members(s, members, MEMBERS);
	make_channels(s);
	make_crowd(s);
	honest = fake_user(&net, s, "honest");
	say_all(dear_list);
	fake_turns(s, 2);
	for (int i = 0; i < 5; i++) {
		fake_forget(&net, honest);
		fake_say(&net, honest, "PING x\r\n");
		fake_turns(s, 1);
		assert_non_null(strstr(heard(honest), "PONG"));
	}
	assert_null(strstr(heard(CROWD - 1), " 323 ")); /* not finished yet */
	turns_until(s, CROWD, " 323 ");
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(waiting_connections_take_turns)
{
	struct server *s = server_with(NULL, NULL);

	fake_members(s, members, MEMBERS);
	make_channels(s);
	make_crowd(s);
	say_all("WHO *u?u?u?u?x*\r\n");
	for (int i = 0; i < 3 * CROWD; i++)
		fake_say(&net, i % CROWD, dear_list);
	for (int i = 0; i < CROWD; i++)
		fake_say(&net, i, "PING end\r\n");
	turns_until(s, 1, "PONG");
	for (int i = 0; i < CROWD; i++) /* no client is a whole reply behind the first */
		assert_non_null(strstr(heard(i), " 315 "));
	turns_until(s, CROWD, "PONG");
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(an_expensive_line_is_charged_and_the_debt_has_a_bound)
{
	static const char *const settings[] = {NULL};
	struct server *s = fake_server(&net, settings);
	int a, b;
	nsec_t burst = s->config->limits.flood_burst * (NSEC_SEC / s->config->limits.flood_rate);

	fake_members(s, members, MEMBERS);
	make_channels(s);
	a = fake_user(&net, s, "a");
	b = fake_user(&net, s, "b");
	net.now += 100 * NSEC_SEC;
	fake_say(&net, a, dear_list);
	fake_say(&net, b, "PRIVMSG a :x\r\nPRIVMSG a :x\r\nPRIVMSG a :x\r\nPRIVMSG a :x\r\n");
	fake_turns(s, 100);
	nsec_t dear = server_conn(s, net.conns[a].tag)->flood - s->now;
	nsec_t plain = server_conn(s, net.conns[b].tag)->flood - s->now;

	assert_true(plain == 4 * NSEC_SEC / s->config->limits.flood_rate);
	assert_true(dear > 5 * plain);
	for (int i = 0; i < 10; i++) {
		fake_say(&net, a, dear_list);
		fake_turns(s, 100);
		net.now += 2 * NSEC_SEC;
	}
	dear = server_conn(s, net.conns[a].tag)->flood - s->now;
	assert_true(dear <= burst + WORK_DEBT_MAX);
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(many_simultaneous_departures_are_announced_over_turns)
{
	struct server *s = server_with("limits.channels=1000", NULL);
	char name[16];

	fake_members(s, members, MEMBERS);
	make_crowd(s);
	for (int c = 0; c < 400; c++) {
		snprintf(name, sizeof(name), "#big%d", c);
		for (int m = 0; m < MEMBERS; m++)
			assert_non_null(
				channel_join(registry_make_channel(s, name), members[m], 0));
		for (int i = 0; i < CROWD; i++)
			assert_non_null(channel_join(registry_make_channel(s, name),
				registry_registered(s, nick_of(i)), 0));
	}
	say_all("QUIT :x\r\n");
	fake_turns(s, 1);
	assert_true(s->conn_count > 0); /* not all in one turn */
	turns_until(s, CROWD, "ERROR :Closing Link");
	fake_turns(s, 1);
	assert_int_equal(s->conn_count, 0);
	assert_int_equal(s->user_count, 0);
	for (int i = 0; i < CROWD; i++)
		assert_false(net.conns[i].open);
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(names_that_are_not_shown_cost_turns_too)
{
	struct server *s = server_with(NULL, NULL);
	int a = fake_user(&net, s, "a");
	struct channel *ch = registry_make_channel(s, "#x");

	fake_members(s, members, MEMBERS);
	for (int i = 0; i < MEMBERS; i++) {
		members[i]->modes |= USER_INVISIBLE;
		assert_non_null(channel_join(ch, members[i], 0));
	}
	fake_forget(&net, a);
	fake_say(&net, a, "NAMES #x\r\n");
	fake_turns(s, 2);
	assert_null(strstr(heard(a), " 353 "));
	assert_non_null(strstr(heard(a), " 366 "));
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

/* Replies longer than the queue reach a client that reads a little at a time, complete. */
static void read_slowly(struct server *s, int i, const char *line, const char *row, int rows)
{
	const char *p;
	int count = 0;

	fake_forget(&net, i);
	fake_say(&net, i, line);
	fake_say(&net, i, "PING end\r\n");
	for (int turn = 0; turn < 5000 && !strstr(heard(i), " PONG "); turn++) {
		net.conns[i].room = 4000;
		net.conns[i].ready |= NET_OUT;
		fake_turns(s, 1);
	}
	net.conns[i].room = SIZE_MAX;
	assert_true(net.conns[i].open);
	assert_int_equal(s->counters[COUNT_SENDQ_EXCEEDED], 0);
	for (p = heard(i); (p = strstr(p, row)); p++)
		count++;
	assert_int_equal(count, rows);
}

TEST(a_list_of_masks_is_sent_over_turns)
{
	struct server *s = server_with("limits.sendq=16k", "limits.list_entries=2000");
	int a = fake_user(&net, s, "a");
	char text[300];

	fake_say(&net, a, "JOIN #x\r\n");
	fake_turns(s, 2);
	for (int i = 0; i < 1000; i++) {
		int n = snprintf(text, 250, "%0200d!*@*", i) + 1;

		strcpy(text + n, "a");
		banlist_add(
			registry_channel(s, "#x"), BANLIST_BAN, &(struct mask){.text = text}, 2000);
	}
	read_slowly(s, a, "MODE #x b\r\n", " 367 ", 1000);
	assert_non_null(strstr(heard(a), " 368 "));
	fake_end(&net, s);
}

TEST(a_mask_removed_meanwhile_hides_no_other)
{
	struct server *s = server_with(NULL, NULL);
	struct channel *ch;
	int a = fake_user(&net, s, "a");
	char text[16];

	fake_say(&net, a, "JOIN #x\r\n");
	fake_turns(s, 2);
	ch = registry_channel(s, "#x");
	for (int i = 0; i < 10; i++) {
		memcpy(text, "m0\0a", 5);
		text[1] = (char)('0' + i);
		banlist_add(ch, BANLIST_BAN, &(struct mask){.text = text}, 100);
	}
	assert_string_equal(banlist_after(ch, BANLIST_BAN, 3)->text, "m3");
	banlist_remove(ch, BANLIST_BAN, "m1");
	banlist_remove(ch, BANLIST_BAN, "m3");
	assert_string_equal(banlist_after(ch, BANLIST_BAN, 3)->text, "m4");
	assert_null(banlist_after(ch, BANLIST_BAN, 10));
	assert_null(banlist_after(ch, BANLIST_EXCEPT, 0));
	fake_end(&net, s);
}

TEST(bans_watches_and_whowas_are_sent_over_turns)
{
	struct server *s = server_with("limits.sendq=16k", "limits.monitor=5000");
	int a = fake_user(&net, s, "a");
	struct user *u = registry_registered(s, "a");
	char text[64];

	for (int i = 0; i < 3000; i++) {
		struct store_ban ban = {.kind = BAN_USER, .mask = {text, 0}};

		ban.mask.len = (size_t)snprintf(text, sizeof(text), "u%d@host.%d.example", i, i);
		assert_int_equal(bans_add(&s->bans, &ban, NULL), BAN_OK);
		snprintf(text, sizeof(text), "nick_with_a_length_%d", i);
		assert_int_equal(monitor_add(s, u->conn, text), WATCH_DONE);
	}
	fake_members(s, members, MEMBERS);
	for (int i = 0; i < MEMBERS; i++)
		whowas_add(&s->whowas, members[i], 0, 100000);
	u->modes |= USER_OPER;
	u->oper = OPER_ALL;
	s->oper_count++;
	read_slowly(s, a, "STATS k\r\n", " 216 ", 3000);
	read_slowly(s, a, "MONITOR L\r\n", "nick_with_a_length_", 3000);
	read_slowly(s, a, "MONITOR S\r\n", "nick_with_a_length_", 3000);
	read_slowly(s, a, "WHOWAS m*\r\n", " 314 ", 50);
	read_slowly(s, a, "WHOWAS zz*\r\n", " 406 ", 1);
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(metadata_sync_is_bounded_and_reports_that_there_is_more)
{
	struct server *s = server_with("limits.channels=1000", NULL);
	int a = fake_user(&net, s, "a");
	struct user *u = registry_registered(s, "a");
	uint64_t before;
	char name[32];

	fake_members(s, members, MEMBERS);
	fake_say(&net, a, "CAP REQ :draft/metadata-3 batch\r\nMETADATA * SUB nothing\r\n");
	for (int i = 0; i < MEMBERS; i++)
		for (int k = 0; k < METADATA_KEYS_MAX; k++) {
			snprintf(name, sizeof(name), "key%d", k);
			assert_int_equal(
				metadata_set(&members[i]->metadata, name, "v"), METADATA_DONE);
		}
	for (int i = 0; i < METADATA_SUBS_MAX - 1; i++) {
		snprintf(name, sizeof(name), "sub%d", i);
		metadata_subscribe(&u->metadata, name);
	}
	for (int c = 0; c < 100; c++) {
		snprintf(name, sizeof(name), "#c%d", c);
		assert_non_null(channel_join(registry_make_channel(s, name), u, 0));
		for (int i = 0; i < MEMBERS; i++)
			assert_non_null(channel_join(registry_channel(s, name), members[i], 0));
	}
	fake_turns(s, 2);
	fake_forget(&net, a);
	before = s->work;
	fake_say(&net, a, "METADATA * SYNC\r\n");
	fake_turns(s, 1);
	assert_true(s->work - before <= CONN_WORK_MAX + SLACK);
	assert_non_null(strstr(heard(a), " 774 "));
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}

TEST(many_keys_removed_at_once_are_announced_in_one_pass)
{
	struct server *s = server_with(NULL, NULL);
	int a = fake_user(&net, s, "a"), b = fake_user(&net, s, "b");
	uint64_t one, all;
	char line[64];

	fake_say(&net, a, "CAP REQ :draft/metadata-3\r\nJOIN #x\r\n");
	fake_say(&net, b, "CAP REQ :draft/metadata-3\r\nJOIN #x\r\nMETADATA * SUB k1 k2\r\n");
	for (int i = 0; i < METADATA_KEYS_MAX; i++) {
		snprintf(line, sizeof(line), "METADATA * SET k%d :v\r\n", i);
		fake_say(&net, a, line);
	}
	fake_turns(s, 3);
	fake_members(s, members, MEMBERS);
	for (int i = 0; i < MEMBERS; i++)
		assert_non_null(channel_join(registry_channel(s, "#x"), members[i], 0));
	fake_forget(&net, b);
	one = s->work;
	fake_say(&net, a, "METADATA * SET k0\r\n");
	fake_turns(s, 1);
	one = s->work - one;
	all = s->work;
	fake_say(&net, a, "METADATA * CLEAR\r\n");
	fake_turns(s, 1);
	all = s->work - all;
	assert_true(all <= one + METADATA_KEYS_MAX * (uint64_t)(WORK_REPLY + 2 * WORK_LOOK) +
				   2 * WORK_REPLY);
	assert_non_null(strstr(heard(b), " 766 b a k1 "));
	assert_non_null(strstr(heard(b), " 766 b a k2 "));
	assert_null(strstr(heard(b), " 766 b a k3 "));
	fake_members_gone(s, members, MEMBERS);
	fake_end(&net, s);
}
