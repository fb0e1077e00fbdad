/* cluster_test.c - several servers in one process, on an engine in memory. */
#include "chat/cluster/network.h"

#include "base/test/test.h"
#include "chat/cmd/presence.h"
#include "chat/test/bus_model.h"
#include "chat/test/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SERVERS = 3,
	STEP_MS = 5,
};

/* The servers, which share one time. */
struct world {
	struct bus_model *engine;
	struct fake_net net[SERVERS];
	struct server *server[SERVERS];
	struct bus *bus[SERVERS];
	int count;
	nsec_t now;
};

static void no_wake(void *arg)
{
}

static void pass(struct world *w, nsec_t time)
{
	for (nsec_t end = w->now + time; w->now < end;) {
		w->now += STEP_MS * NSEC_MSEC;
		bus_model_step(w->engine, w->now);
		for (int i = 0; i < w->count; i++) {
			w->net[i].now = w->now;
			if (w->server[i])
				fake_turns(w->server[i], 1);
		}
	}
}

/* Starts server i, as node i + 1. */
static void start(struct world *w, int i)
{
	char name[64];
	const char *settings[] = {name, "limits.flood_burst=1000", NULL};

	snprintf(name, sizeof(name), "server.name=n%d.example", i + 1);
	w->server[i] = fake_server(&w->net[i], settings);
	w->net[i].now = w->now;
	fake_turns(w->server[i], 1);
	prng_seed(&w->server[i]->prng, (uint64_t)i + 100); /* sessions differ */
	w->bus[i] = bus_model_join(w->engine, no_wake, NULL);
	assert_true(cluster_start(w->server[i], w->bus[i], (uint16_t)(i + 1)));
	w->count = i + 1 > w->count ? i + 1 : w->count;
}

static void *begin_with(int servers)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000 * NSEC_SEC;
	w->engine = bus_model_new(&(struct bus_model_options){.seed = 1,
		.delay_min = NSEC_MSEC,
		.delay_max = 3 * NSEC_MSEC,
		.patience = 2 * NSEC_SEC});
	for (int i = 0; i < servers; i++)
		start(w, i);
	pass(w, 2 * NSEC_SEC);
	return w;
}

static int begin_two(void **state)
{
	*state = begin_with(2);
	return 0;
}

static int begin_three(void **state)
{
	*state = begin_with(3);
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < w->count; i++)
		if (w->server[i])
			fake_end(&w->net[i], w->server[i]);
	bus_model_free(w->engine);
	free(w);
	return 0;
}

#define TWO(name)   TEST_OF(name, struct world, w, begin_two, end)
#define THREE(name) TEST_OF(name, struct world, w, begin_three, end)

static void say(struct world *w, int server, int conn, const char *line)
{
	char text[600];

	snprintf(text, sizeof(text), "%s\r\n", line);
	fake_say(&w->net[server], conn, text);
	pass(w, 50 * NSEC_MSEC);
}

/* A client that has said who it is. */
static int join_server(struct world *w, int server, const char *nick)
{
	int c = fake_connect(&w->net[server]);
	char text[200];

	pass(w, 10 * NSEC_MSEC);
	snprintf(text, sizeof(text),
		"CAP REQ :batch message-tags away-notify extended-join setname chghost\r\nCAP "
		"END\r\n"
		"NICK %s\r\nUSER %s 0 * :%s\r\n",
		nick, nick, nick);
	fake_say(&w->net[server], c, text);
	pass(w, 100 * NSEC_MSEC);
	return c;
}

static const char *heard(struct world *w, int server, int conn)
{
	return w->net[server].conns[conn].out;
}

#define HEARD(server, conn, text)     assert_non_null(strstr(heard(w, server, conn), text))
#define NOT_HEARD(server, conn, text) assert_null(strstr(heard(w, server, conn), text))

static void forget(struct world *w, int server, int conn)
{
	fake_forget(&w->net[server], conn);
}

/* Two users in one channel, on two servers. */
static void meet(struct world *w, int *ann, int *bob)
{
	*ann = join_server(w, 0, "ann");
	*bob = join_server(w, 1, "bob");
	say(w, 0, *ann, "JOIN #x");
	say(w, 1, *bob, "JOIN #x");
}

TWO(users_of_two_servers_share_a_channel)
{
	int ann, bob;

	meet(w, &ann, &bob);
	HEARD(0, ann, ":bob!bob@192.0.2.1 JOIN #x * :bob\r\n");
	HEARD(1, bob, " 353 bob = #x :bob @ann\r\n");
	say(w, 0, ann, "PRIVMSG #x :hello all");
	HEARD(1, bob, ":ann!ann@192.0.2.1 PRIVMSG #x :hello all\r\n");
	say(w, 1, bob, "PRIVMSG ann :hello ann");
	HEARD(0, ann, ":bob!bob@192.0.2.1 PRIVMSG ann :hello ann\r\n");
}

TWO(a_message_has_the_same_id_everywhere)
{
	int ann, bob;
	char id[32];
	const char *at;

	meet(w, &ann, &bob);
	say(w, 0, ann, "CAP REQ :echo-message");
	say(w, 0, ann, "PRIVMSG #x :where");
	at = strstr(heard(w, 0, ann), "msgid=");
	assert_non_null(at);
	snprintf(id, sizeof(id), "%.19s", at);
	HEARD(1, bob, id);
}

TWO(a_message_of_several_lines_arrives_whole)
{
	int ann, bob, cid;

	meet(w, &ann, &bob);
	say(w, 1, bob, "CAP REQ :draft/multiline");
	cid = join_server(w, 1, "cid");
	say(w, 1, cid, "JOIN #x");
	say(w, 0, ann, "CAP REQ :draft/multiline");
	say(w, 0, ann, "BATCH +1 draft/multiline #x");
	say(w, 0, ann, "@batch=1 PRIVMSG #x :one");
	say(w, 0, ann, "@batch=1 PRIVMSG #x :two");
	say(w, 0, ann, "BATCH -1");
	HEARD(1, bob, " draft/multiline #x\r\n");
	HEARD(1, bob, ":ann!ann@192.0.2.1 PRIVMSG #x :two\r\n");
	HEARD(1, cid, ":ann!ann@192.0.2.1 PRIVMSG #x :one\r\n");
	HEARD(1, cid, ":ann!ann@192.0.2.1 PRIVMSG #x :two\r\n");
}

TWO(questions_about_a_user_of_another_server_are_answered)
{
	int ann, bob;

	meet(w, &ann, &bob);
	say(w, 0, ann, "WHOIS bob");
	HEARD(0, ann, " 311 ann bob bob 192.0.2.1 * :bob\r\n");
	HEARD(0, ann, " 312 ann bob n2.example :");
	say(w, 0, ann, "WHO #x");
	HEARD(0, ann, " 352 ann #x bob 192.0.2.1 n2.example bob H :0 bob\r\n");
	say(w, 0, ann, "LUSERS");
	HEARD(0, ann, ":There are 2 users and 0 invisible on 2 servers\r\n");
	say(w, 0, ann, "LINKS");
	HEARD(0, ann, " 364 ann n2.example n1.example :1 ");
}

TWO(what_a_user_changes_is_seen_on_the_other_server)
{
	int ann, bob;

	meet(w, &ann, &bob);
	say(w, 0, ann, "AWAY :lunch");
	HEARD(1, bob, ":ann!ann@192.0.2.1 AWAY :lunch\r\n");
	say(w, 0, ann, "SETNAME :Ann B");
	HEARD(1, bob, ":ann!ann@192.0.2.1 SETNAME :Ann B\r\n");
	say(w, 0, ann, "NICK anna");
	HEARD(1, bob, ":ann!ann@192.0.2.1 NICK anna\r\n");
	say(w, 0, ann, "QUIT :bye");
	HEARD(1, bob, ":anna!ann@192.0.2.1 QUIT :Quit: bye\r\n");
	say(w, 1, bob, "WHOIS anna");
	HEARD(1, bob, " 401 bob anna ");
}

TWO(channels_change_on_both_servers)
{
	int ann, bob;

	meet(w, &ann, &bob);
	say(w, 0, ann, "TOPIC #x :a topic");
	HEARD(1, bob, ":ann!ann@192.0.2.1 TOPIC #x :a topic\r\n");
	say(w, 0, ann, "MODE #x +vlkb bob 10 secret *!*@bad");
	HEARD(1, bob, ":ann!ann@192.0.2.1 MODE #x +vlkb bob 10 secret *!*@bad\r\n");
	forget(w, 1, bob);
	say(w, 1, bob, "MODE #x");
	HEARD(1, bob, " 324 bob #x +klnt secret 10\r\n");
	say(w, 1, bob, "MODE #x b");
	HEARD(1, bob, " 367 bob #x *!*@bad ann ");
	say(w, 0, ann, "MODE #x -k+i *");
	forget(w, 1, bob);
	say(w, 1, bob, "MODE #x");
	HEARD(1, bob, " 324 bob #x +lint 10\r\n");
	say(w, 0, ann, "KICK #x bob :out");
	HEARD(1, bob, ":ann!ann@192.0.2.1 KICK #x bob :out\r\n");
	say(w, 1, bob, "JOIN #x");
	HEARD(1, bob, " 473 bob #x :");
	say(w, 0, ann, "INVITE bob #x");
	HEARD(1, bob, ":ann!ann@192.0.2.1 INVITE bob #x\r\n");
	say(w, 1, bob, "JOIN #x");
	HEARD(0, ann, ":bob!bob@192.0.2.1 JOIN #x");
	say(w, 0, ann, "PART #x :gone");
	HEARD(1, bob, ":ann!ann@192.0.2.1 PART #x :gone\r\n");
	HEARD(1, bob, " MODE #x +o bob\r\n");
}

TWO(a_server_that_starts_later_learns_what_is_there)
{
	int ann, bob, cid;

	meet(w, &ann, &bob);
	say(w, 0, ann, "TOPIC #x :a topic");
	say(w, 0, ann, "MODE #x +mb *!*@bad");
	say(w, 1, bob, "AWAY :lunch");
	start(w, 2);
	pass(w, 3 * NSEC_SEC);
	cid = join_server(w, 2, "cid");
	say(w, 2, cid, "JOIN #x");
	HEARD(2, cid, " 332 cid #x :a topic\r\n");
	HEARD(2, cid, "@ann");
	HEARD(2, cid, "bob");
	say(w, 2, cid, "MODE #x");
	HEARD(2, cid, " 324 cid #x +mnt\r\n");
	say(w, 2, cid, "WHOIS bob");
	HEARD(2, cid, " 301 cid bob :lunch\r\n");
	HEARD(0, ann, ":cid!cid@192.0.2.1 JOIN #x");
	HEARD(1, bob, ":cid!cid@192.0.2.1 JOIN #x");
}

TWO(of_two_changes_at_once_the_later_holds_on_both)
{
	int ann, bob;

	meet(w, &ann, &bob);
	say(w, 0, ann, "MODE #x +o bob");
	fake_say(&w->net[0], ann, "MODE #x +m\r\n");
	pass(w, 5 * NSEC_MSEC);
	fake_say(&w->net[0], ann, "MODE #x -m\r\nMODE #x +k ann\r\n");
	fake_say(&w->net[1], bob, "MODE #x +m\r\nMODE #x +k bob\r\n");
	pass(w, 100 * NSEC_MSEC);
	assert_int_equal(registry_channel(w->server[0], "#x")->modes,
		registry_channel(w->server[1], "#x")->modes);
	assert_string_equal(registry_channel(w->server[0], "#x")->key,
		registry_channel(w->server[1], "#x")->key);
}

THREE(users_of_a_silent_node_quit_as_one_netsplit)
{
	int ann, bob, cid;

	meet(w, &ann, &bob);
	cid = join_server(w, 1, "cid");
	say(w, 1, cid, "JOIN #x");
	bus_model_connect(w->engine, 1, false);
	forget(w, 0, ann);
	pass(w, 3500 * NSEC_MSEC);
	HEARD(0, ann, " netsplit n1.example n2.example\r\n");
	HEARD(0, ann, ":bob!bob@192.0.2.1 QUIT :n1.example n2.example\r\n");
	HEARD(0, ann, ":cid!cid@192.0.2.1 QUIT :n1.example n2.example\r\n");
	assert_null(registry_user(w->server[2], "bob"));
	/* the other side has split, too, and both go on */
	HEARD(1, bob, ":ann!ann@192.0.2.1 QUIT :n2.example n1.example\r\n");
	say(w, 1, bob, "PRIVMSG #x :alone");
	HEARD(1, cid, "PRIVMSG #x :alone\r\n");
	forget(w, 0, ann);
	bus_model_connect(w->engine, 1, true);
	pass(w, 3 * NSEC_SEC);
	HEARD(0, ann, " netjoin n1.example n2.example\r\n");
	HEARD(0, ann, "@batch=");
	HEARD(0, ann, ":bob!bob@192.0.2.1 JOIN #x");
	HEARD(1, bob, ":ann!ann@192.0.2.1 JOIN #x");
	say(w, 1, bob, "PRIVMSG #x :together");
	HEARD(0, ann, "PRIVMSG #x :together\r\n");
}

TWO(what_was_missed_in_a_short_cut_is_asked_for)
{
	int ann, bob;

	meet(w, &ann, &bob);
	bus_model_cut(w->engine, 1);
	say(w, 0, ann, "PRIVMSG #x :one");
	say(w, 0, ann, "PRIVMSG #x :two");
	NOT_HEARD(1, bob, "PRIVMSG #x :one");
	bus_model_cut(w->engine, 0);
	pass(w, 3 * NSEC_SEC);
	HEARD(1, bob, "PRIVMSG #x :one\r\n");
	HEARD(1, bob, "PRIVMSG #x :two\r\n");
	NOT_HEARD(1, bob, "QUIT");
}

TWO(a_nick_has_one_user_of_the_network)
{
	int ann = join_server(w, 0, "ann"), other = join_server(w, 1, "ANN"), third;

	HEARD(0, ann, " 001 ann ");
	HEARD(1, other, " 433 ");
	NOT_HEARD(1, other, " 001 ");
	say(w, 1, other, "NICK bob");
	HEARD(1, other, " 001 bob ");
	say(w, 1, other, "NICK ann");
	HEARD(1, other, " 433 bob ann ");
	say(w, 0, ann, "QUIT");
	say(w, 1, other, "NICK ann");
	HEARD(1, other, ":bob!ANN@192.0.2.1 NICK ann\r\n");
	third = join_server(w, 0, "bob");
	HEARD(0, third, " 001 bob ");
}

TWO(two_who_want_a_nick_at_once_get_one)
{
	int a = fake_connect(&w->net[0]), b = fake_connect(&w->net[1]);
	bool first, second;

	pass(w, 10 * NSEC_MSEC);
	fake_say(&w->net[0], a, "NICK ann\r\nUSER a 0 * :a\r\n");
	fake_say(&w->net[1], b, "NICK ann\r\nUSER b 0 * :b\r\n");
	pass(w, 200 * NSEC_MSEC);
	first = strstr(heard(w, 0, a), " 001 ");
	second = strstr(heard(w, 1, b), " 001 ");
	assert_true(first != second);
	assert_non_null(strstr(first ? heard(w, 1, b) : heard(w, 0, a), " 433 "));
}

TWO(while_the_engine_elects_a_nick_is_refused_after_a_bound)
{
	int ann = join_server(w, 0, "ann"), late;

	bus_model_elect(w->engine, w->now + 20 * NSEC_SEC);
	late = join_server(w, 1, "late");
	pass(w, NSEC_SEC);
	NOT_HEARD(1, late, " 001 ");
	pass(w, 6 * NSEC_SEC);
	HEARD(1, late, " 433 ");
	HEARD(0, ann, " 001 ");
	pass(w, 20 * NSEC_SEC);
	say(w, 1, late, "NICK late");
	HEARD(1, late, " 001 late ");
}

TWO(apart_each_server_has_its_names_and_later_the_older_keeps_it)
{
	int ann, other;

	bus_model_connect(w->engine, 0, false);
	bus_model_connect(w->engine, 1, false);
	pass(w, 4 * NSEC_SEC);
	ann = join_server(w, 0, "ann");
	pass(w, NSEC_SEC);
	other = join_server(w, 1, "ann");
	HEARD(0, ann, " 001 ann ");
	HEARD(1, other, " 001 ann ");
	bus_model_connect(w->engine, 0, true);
	bus_model_connect(w->engine, 1, true);
	pass(w, 5 * NSEC_SEC);
	NOT_HEARD(0, ann, " NICK ");
	HEARD(1, other, ":ann!ann@192.0.2.1 NICK Guest-");
	assert_int_equal(w->server[0]->nicks.count, 2);
	assert_int_equal(w->server[1]->nicks.count, 2);
}

TWO(nicks_of_a_dead_node_are_free)
{
	int ann = join_server(w, 0, "ann"), again;

	HEARD(0, ann, " 001 ");
	bus_model_connect(w->engine, 0, false);
	pass(w, 15 * NSEC_SEC);
	again = join_server(w, 1, "ann");
	HEARD(1, again, " 001 ann ");
}

TWO(a_user_of_another_server_can_be_killed_only_there)
{
	int ann, bob;

	meet(w, &ann, &bob);
	presence_end(w->server[0], registry_user(w->server[0], "bob"), "Killed (test)");
	assert_non_null(registry_user(w->server[0], "bob"));
	pass(w, 100 * NSEC_MSEC);
	assert_null(registry_user(w->server[0], "bob"));
	HEARD(0, ann, ":bob!bob@192.0.2.1 QUIT :Killed (test)\r\n");
}

TWO(what_is_no_message_is_refused_and_counted)
{
	struct network *n = network_of(w->server[0]->cluster);
	uint8_t text[] = "B\1not a message";

	w->bus[1]->ops->publish(w->bus[1], "burble.burble.log.2", text, sizeof(text));
	pass(w, 100 * NSEC_MSEC);
	assert_true(n->counter[NETWORK_REFUSED] >= 1);
}

TWO(a_server_without_a_cluster_has_no_larger_users)
{
	assert_int_equal(sizeof(struct user), 136);
}
