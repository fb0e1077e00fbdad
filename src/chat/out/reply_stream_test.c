/*
 * reply_stream_test.c - reply streams reach a client that reads, whatever its queue holds, while
 * members and channels come and go.
 */
#include <stdio.h>
#include <stdlib.h>

#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/model/registry.h"

enum {
	MANY = 10000,
	SOCKET_ROOM = 8000, /* bytes that the client's socket takes each turn */
};

static const char *const settings[] = {"limits.sendq=64k", "limits.flood_rate=0", NULL};

static struct fake_net net;

/* Members without a connection to this server: m0, m1, ... */
static struct user *members[MANY];

static void join_all(struct server *s, const char *name)
{
	struct channel *ch = registry_make_channel(s, name);

	for (int i = 0; i < MANY; i++)
		assert_non_null(channel_join(ch, members[i], 0));
}

/* Everything that arrives at i until `end`, while the socket takes a little each turn and between()
 * runs. Owned by the caller. */
static char *read_all(struct server *s, int i, const char *end, void (*between)(struct server *s))
{
	struct fake_conn *c = &net.conns[i];
	char *all = calloc(1, 1);
	size_t len = 0;

	for (int turn = 0; turn < 100000 && !strstr(all + (len > 600 ? len - 600 : 0), end);
		turn++) {
		c->room = SOCKET_ROOM;
		c->ready |= NET_OUT;
		fake_turns(s, 1);
		all = realloc(all, len + c->out_len + 1);
		memcpy(all + len, c->out, c->out_len + 1);
		len += c->out_len;
		fake_forget(&net, i);
		if (between)
			between(s);
	}
	c->room = SIZE_MAX;
	c->ready |= NET_OUT;
	assert_true(c->open);
	assert_int_equal(s->counters[COUNT_SENDQ_EXCEEDED], 0);
	assert_non_null(strstr(all, end));
	return all;
}

/* The number of occurrences of `what` in text. */
static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Counts in seen[] the members listed in the 353 lines of text. */
static void count_names(const char *text, uint8_t seen[MANY])
{
	memset(seen, 0, MANY);
	for (const char *line = text; (line = strstr(line, " 353 "));) {
		const char *end = strstr(line, "\r\n"), *p = strchr(line, ':');

		for (; p && p < end; p = strchr(p + 1, ' '))
			if (p[1] == 'm')
				seen[strtol(p + 2, NULL, 10)]++;
		line = end;
	}
}

TEST(a_join_lists_all_names_of_a_channel_of_ten_thousand)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	uint8_t seen[MANY];
	char *text;

	fake_members(s, members, MANY);
	join_all(s, "#big");
	fake_forget(&net, a);
	fake_say(&net, a, "JOIN #big\r\nPING after\r\n");
	text = read_all(s, a, "PONG", NULL);
	count_names(text, seen);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(count(text, " 366 "), 1);
	assert_true(strstr(text, " 366 ") < strstr(text, "PONG"));
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

TEST(who_lists_all_members_of_a_channel_of_ten_thousand)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	char *text;

	fake_members(s, members, MANY);
	join_all(s, "#big");
	fake_forget(&net, a);
	fake_say(&net, a, "WHO #big\r\nPING after\r\n");
	text = read_all(s, a, "PONG", NULL);
	assert_int_equal(count(text, " 352 "), MANY);
	assert_int_equal(count(text, " 315 "), 1);
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

TEST(who_lists_all_users_that_match_a_mask)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	char *text;

	fake_members(s, members, MANY);
	fake_forget(&net, a);
	fake_say(&net, a, "WHO m*\r\nWHO m77 %na,42\r\n");
	text = read_all(s, a, " 315 a m77 ", NULL);
	assert_int_equal(count(text, " 352 "), MANY);
	assert_int_equal(count(text, " 354 a m77 0\r\n"), 1);
	assert_int_equal(count(text, " 315 "), 2);
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

TEST(list_lists_all_of_twenty_thousand_channels)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	char name[32], *text;

	fake_members(s, members, MANY);
	for (int i = 0; i < 2 * MANY; i++) {
		struct channel *ch;

		snprintf(name, sizeof(name), "#channel%d", i);
		ch = registry_make_channel(s, name);
		assert_non_null(channel_join(ch, members[i / 2], 0));
		assert_true(channel_set_topic(ch, "what is spoken about here", "m", 0));
	}
	fake_forget(&net, a);
	fake_say(&net, a, "LIST\r\nPING after\r\n");
	text = read_all(s, a, "PONG", NULL);
	assert_int_equal(count(text, " 322 "), 2 * MANY);
	assert_int_equal(count(text, " 321 "), 1);
	assert_int_equal(count(text, " 323 "), 1);
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

static int gone; /* members who have left so far */

static void some_leave(struct server *s)
{
	for (int i = 0; i < 50 && gone < MANY / 2; i++, gone++)
		fake_members_gone(s, &members[2 * gone], 1);
}

TEST(members_that_stay_are_listed_though_others_leave_meanwhile)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	uint8_t seen[MANY];
	char *text;

	fake_members(s, members, MANY);
	join_all(s, "#big");
	fake_forget(&net, a);
	gone = 0;
	fake_say(&net, a, "NAMES #big\r\nPING after\r\n");
	text = read_all(s, a, "PONG", some_leave);
	count_names(text, seen);
	assert_true(gone > 100);
	for (int i = 1; i < MANY; i += 2)
		assert_true(seen[i] >= 1);
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

static void rename_channel(struct server *s)
{
	struct channel *ch = registry_channel(s, "#big");

	if (ch)
		assert_true(registry_rename_channel(s, ch, "#other"));
}

TEST(a_channel_freed_in_the_middle_ends_its_reply)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	char *text;

	fake_members(s, members, MANY);
	join_all(s, "#big");
	fake_forget(&net, a);
	fake_say(&net, a, "WHO #big\r\nPING after\r\n");
	text = read_all(s, a, "PONG", rename_channel);
	assert_true(count(text, " 352 ") < MANY);
	assert_int_equal(count(text, " 315 "), 1);
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

TEST(a_long_reply_with_a_label_is_one_batch)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");
	char *text;

	fake_members(s, members, MANY);
	join_all(s, "#big");
	fake_say(&net, a, "CAP REQ :batch labeled-response\r\n");
	fake_turns(s, 1);
	fake_forget(&net, a);
	fake_say(&net, a, "@label=7 WHO #big\r\n@label=8 JOIN #big\r\n@label=9 PING after\r\n");
	text = read_all(s, a, "PONG", NULL);
	assert_int_equal(count(text, " labeled-response\r\n"), 2);
	assert_int_equal(count(text, "@label="), 3);
	assert_int_equal(count(text, "@batch=1 :irc.burble.local 352 "), MANY);
	assert_int_equal(count(text, "@batch=1 :irc.burble.local 315 "), 1);
	assert_true(strstr(text, " 315 ") < strstr(text, " BATCH -1\r\n"));
	assert_true(strstr(text, " BATCH -1\r\n") < strstr(text, "@label=8 "));
	assert_int_equal(count(text, "@batch=2 :a!a@192.0.2.1 JOIN #big"), 1);
	assert_int_equal(count(text, "@batch=2 :irc.burble.local 366 "), 1);
	assert_true(strstr(text, " 366 ") < strstr(text, " BATCH -2\r\n"));
	free(text);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}

TEST(a_reply_ends_when_its_client_leaves)
{
	struct server *s = fake_server(&net, settings);
	int a = fake_user(&net, s, "a");

	fake_members(s, members, MANY);
	join_all(s, "#big");
	net.conns[a].room = 0;
	fake_say(&net, a, "WHO #big\r\nLIST\r\nNAMES #big\r\n");
	fake_turns(s, 3);
	net.now += 600 * NSEC_SEC; /* it has read nothing, and so not answered PING */
	fake_turns(s, 2);
	net.now += 600 * NSEC_SEC;
	fake_turns(s, 2);
	assert_false(net.conns[a].open);
	fake_members_gone(s, members, MANY);
	fake_end(&net, s);
}
