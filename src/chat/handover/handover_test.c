/*
 * handover_test.c - a server goes on as another one on the same network: what it has is there, what
 * is cut or from elsewhere is refused, and the states that earlier releases have written are read.
 *
 * With BURBLE_FIXTURE=PATH in the environment the state of the first test is written there.
 */
#include "chat/handover/handover.h"

#include "base/test/test.h"
#include "chat/model/banlist.h"
#include "chat/model/quota.h"
#include "chat/model/registry.h"
#include "chat/test/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const settings[] = {"limits.flood_rate=0", "limits.connect_rate=0",
	"oper.o.password=plain:p", "oper.o.hosts=*@*", NULL};

struct world {
	struct fake_net net,
		dead; /* dead: of the old server, once the new one has its connections */
	struct server *server;
};

static void say(struct world *w, int i, const char *text)
{
	fake_say(&w->net, i, text);
	fake_turns(w->server, 3);
}

static bool heard(const struct world *w, int i, const char *text)
{
	return strstr(w->net.conns[i].out, text) != NULL;
}

/* Two users in a channel with all kinds of state, and a connection that is not registered. */
static void populate(struct world *w)
{
	w->server = fake_server(&w->net, settings);
	assert_int_equal(fake_user(&w->net, w->server, "ann"), 0);
	assert_int_equal(fake_user(&w->net, w->server, "bob"), 1);
	say(w, 0, "CAP REQ :echo-message message-tags draft/multiline batch\r\nJOIN #x\r\n");
	say(w, 1, "JOIN #x\r\nAWAY :lunch\r\nMONITOR + carol\r\nSILENCE +x!*@*\r\n");
	say(w, 0, "MODE #x +kbjf key *!*@bad 5:10 *6:20\r\nTOPIC #x :about\r\nINVITE bob #y\r\n");
	say(w, 0,
		"OPER o p\r\nMETADATA #x SET url :http\r\nMETADATA * SUB url\r\nPRIVMSG #x :a\r\n");
	say(w, 0, "BATCH +1 draft/multiline #x\r\n@batch=1 PRIVMSG #x :one\r\n");
	say(w, 1, "NICK robert\r\nACCEPT ann\r\nPRIVMSG #x :hal");
	assert_int_equal(fake_connect(&w->net), 2);
	fake_turns(w->server, 1);
	say(w, 2, "NICK half\r\nCAP LS 302\r\n");
}

/* The old server gets a network of its own, so that its end reaches no client. */
static void end_old(struct world *w, struct server *old)
{
	memset(&w->dead, 0, sizeof(w->dead));
	w->dead.net.ops = w->net.net.ops;
	w->dead.now = w->net.now;
	for (int i = 0; i < w->net.opened; i++)
		w->dead.conns[fake_connect(&w->dead)].room = 0;
	old->net = &w->dead.net;
	fake_end(&w->dead, old);
}

static void write_fixture(const struct handover *h)
{
	const char *path = getenv("BURBLE_FIXTURE");
	FILE *f = path ? fopen(path, "wxe") : NULL;

	if (f) {
		fwrite(h->bytes.at, 1, h->bytes.len, f);
		fclose(f);
	}
}

static const char *go_on(struct world *w, const struct handover *h)
{
	struct server *old = w->server;
	struct handover_in in;
	const char *why =
		handover_open(&in, h->bytes.at, h->bytes.len, h->handles.at, h->handles.count);

	if (why)
		return why;
	w->server = fake_server_on(&w->net, settings);
	assert_true(handover_listeners(&in, &w->net.net));
	handover_keys(&in, &w->server->key, &w->server->cloak_key);
	why = handover_read(&in, w->server);
	if (old)
		end_old(w, old);
	return why;
}

static void hand_over(struct world *w)
{
	struct handover h = {0};

	assert_null(handover_settle(w->server));
	assert_true(handover_write(&h, w->server));
	write_fixture(&h);
	assert_null(go_on(w, &h));
	handover_free(&h);
	fake_turns(w->server, 2);
}

/* The state made by populate() is there. */
static void check(struct world *w, uint32_t users)
{
	struct channel *ch = registry_channel(w->server, "#x");
	struct user *ann = registry_registered(w->server, "ann");
	struct user *bob = registry_registered(w->server, "robert");

	assert_non_null(ch);
	assert_true(ann && bob && ch->count == 2);
	assert_int_equal(channel_member(ch, ann)->modes & MEMBER_OP, MEMBER_OP);
	assert_string_equal(ch->topic, "about");
	assert_string_equal(ch->key, "key");
	assert_int_equal(ch->modes & (CHANNEL_KEY | CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE),
		CHANNEL_KEY | CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE);
	assert_int_equal(banlist_rows(ch, BANLIST_BAN)->count, 1);
	assert_string_equal(user_away(bob), "lunch");
	assert_true(user_may(ann, OPER_KILL));
	assert_int_equal(w->server->oper_count, 1);
	assert_int_equal(w->server->user_count, users);
	assert_int_equal(w->server->conn_count, 3);
	assert_int_equal(bob->conn->watch_count, 1);
	assert_int_equal(bob->guard->silenced.count, 1);
	assert_true(ann->quota && ch->payer == ann->quota);
}

TEST(a_server_goes_on_as_another)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	populate(&w);
	hand_over(&w);
	check(&w, 2);
	for (int i = 0; i < 3; i++)
		fake_forget(&w.net, i);
	say(&w, 1, "f a line\r\nMODE #x +b\r\nWHOWAS bob\r\n");
	assert_true(heard(&w, 0, "PRIVMSG #x :half a line"));
	assert_true(heard(&w, 1, " 367 robert #x *!*@bad"));
	assert_true(heard(&w, 1, " 314 robert bob"));
	say(&w, 0, "@batch=1 PRIVMSG #x :two\r\nBATCH -1\r\n");
	assert_true(heard(&w, 1, "PRIVMSG #x :one") && heard(&w, 1, "PRIVMSG #x :two"));
	say(&w, 2, "CAP END\r\nUSER h 0 * :H\r\n");
	assert_true(heard(&w, 2, " 001 half "));
	hand_over(&w);
	check(&w, 3);
	fake_end(&w.net, w.server);
}

TEST(one_that_cannot_go_along_quits)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	populate(&w);
	w.net.conns[1].stays = true;
	hand_over(&w);
	assert_true(heard(&w, 0, ":robert!~bob@") || heard(&w, 0, ":robert!bob@"));
	assert_true(heard(&w, 0, "QUIT :This connection cannot outlast the upgrade"));
	assert_null(registry_user(w.server, "robert"));
	fake_end(&w.net, w.server);
}

TEST(output_that_was_not_sent_is_sent_once)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	populate(&w);
	fake_forget(&w.net, 1);
	w.net.conns[1].room = 10;
	say(&w, 0, "PRIVMSG robert :a text that does not fit\r\n");
	hand_over(&w);
	assert_int_equal(w.net.conns[1].out_len, 10);
	w.net.conns[1].room = SIZE_MAX;
	w.net.conns[1].ready = NET_OUT;
	fake_turns(w.server, 2);
	assert_true(heard(&w, 1, ":a text that does not fit\r\n"));
	assert_int_equal(w.net.conns[1].out[0], ':');
	assert_int_equal(w.server->queued, 0);
	fake_end(&w.net, w.server);
}

TEST(a_state_that_was_cut_is_refused)
{
	static struct world w;
	struct handover h = {0};
	struct handover_in in;

	memset(&w, 0, sizeof(w));
	populate(&w);
	assert_true(handover_write(&h, w.server));
	for (size_t n = 0; n < h.bytes.len; n++)
		assert_non_null(handover_open(&in, h.bytes.at, n, h.handles.at, h.handles.count));
	h.bytes.at[12] = HANDOVER_VERSION + 1;
	assert_non_null(handover_open(&in, h.bytes.at, h.bytes.len, h.handles.at, h.handles.count));
	handover_free(&h);
	fake_end(&w.net, w.server);
}

/* The state that a release has written, on a network with as many connections. */
static void read_fixture(const char *path)
{
	static struct world w;
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "re");
	int fds[] = {FAKE_LISTENER, 0, 1, 2};
	struct handover h = {0};

	assert_non_null(f);
	memset(&w, 0, sizeof(w));
	h.bytes.at = bytes;
	h.bytes.len = fread(bytes, 1, sizeof(bytes), f);
	h.handles.at = fds;
	h.handles.count = ARRAY_SIZE(fds);
	fclose(f);
	w.net.now = NSEC_SEC;
	for (int i = 0; i < 3; i++)
		fake_connect(&w.net);
	w.net.accepted = 3;
	assert_null(go_on(&w, &h));
	check(&w, 2);
	fake_end(&w.net, w.server);
}

TEST(the_state_of_format_1_is_read)
{
	read_fixture("src/chat/handover/fixture/v1");
}
