/* confirm_test.c - confirmed messages: what a node answers for, and what a receipt waits for. */
#include "chat/cluster/confirm.h"

#include "base/test/test.h"
#include "chat/store/store_ops.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	OTHER = 2, /* the number of the other node */
	HELD = 8,
};

/* A node, another one, and a store and a bus that note what they are given. */
struct world {
	struct server server;
	struct network n;
	struct store store;
	struct store_request held[HELD]; /* appends that are not committed yet */
	int count;
	enum store_status refuse; /* of appends */
	struct bus bus;
	char said[200]; /* ranges, and the results of receipts */
};

static void note(struct world *w, const char *text)
{
	snprintf(w->said + strlen(w->said), sizeof(w->said) - strlen(w->said), "%s ", text);
}

static enum store_status hold(struct store *s, const struct store_request *r)
{
	struct world *w = container_of(s, struct world, store);

	if (w->refuse == STORE_OK)
		w->held[w->count++] = *r;
	return w->refuse;
}

static bool hear(struct bus *b, const char *subject, const uint8_t *bytes, size_t len)
{
	struct world *w = container_of(b, struct world, bus);
	struct entry_in in = entry_read(bytes, len);
	struct entry e;
	char text[64];

	assert_string_equal(subject, "burble.net.to.2");
	assert_true(entry_next(&in, &e));
	assert_int_equal(e.number[HEADER_WHAT], WHAT_HAVE);
	assert_true(entry_next(&in, &e));
	snprintf(text, sizeof(text), "%d-%d", (int)e.number[HAVE_FIRST], (int)e.number[HAVE_LAST]);
	note(w, text);
	return true;
}

static int begin(void **state)
{
	static const struct store_ops store_ops = {.submit = hold};
	static const struct bus_ops bus_ops = {.publish = hear};
	struct world *w = calloc(1, sizeof(*w));

	w->store.ops = &store_ops;
	w->bus.ops = &bus_ops;
	w->server.store = &w->store;
	w->n.server = &w->server;
	w->n.bus = &w->bus;
	w->n.number = 1;
	snprintf(w->n.token, sizeof(w->n.token), "net");
	w->n.node_count = 1;
	w->n.node[0] = (struct node){.number = OTHER, .state = NODE_UP};
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	VEC_FREE(&w->n.other.bytes);
	VEC_FREE(&w->n.confirms);
	free(w);
	return 0;
}

#define WORLD(name) TEST_OF(name, struct world, w, begin, end)

/* A message of the other node, after the one that its node says. */
static void arrives(struct world *w, uint64_t id, uint64_t after)
{
	struct arrival a = {.n = &w->n, .from = &w->n.node[0]};
	struct entry e = {.kind = ENTRY_MESSAGE,
		.number = {[SAID_ID] = id, [SAID_FLAGS] = SAID_CONFIRM, [SAID_AFTER] = after}};
	struct store_request r = {.op = STORE_APPEND};

	confirm_submit(&a, &e, &r);
}

static void commit(struct world *w, enum store_status status)
{
	struct store_reply reply = {.status = status};
	struct store_request r = w->held[0];

	memmove(w->held, w->held + 1, (size_t)--w->count * sizeof(r));
	r.done(r.arg, &reply);
}

WORLD(what_was_committed_in_a_turn_is_one_answer)
{
	arrives(w, 5, 0);
	arrives(w, 7, 5);
	arrives(w, 9, 7);
	confirm_end_turn(&w->n);
	assert_string_equal(w->said, "");
	commit(w, STORE_OK);
	commit(w, STORE_OK);
	confirm_end_turn(&w->n);
	commit(w, STORE_OK);
	confirm_end_turn(&w->n);
	confirm_end_turn(&w->n);
	assert_string_equal(w->said, "5-7 9-9 ");
}

WORLD(a_message_that_was_missed_is_in_no_range)
{
	arrives(w, 5, 0);
	arrives(w, 9, 7);
	commit(w, STORE_OK);
	commit(w, STORE_OK);
	confirm_end_turn(&w->n);
	assert_string_equal(w->said, "5-5 9-9 ");
}

WORLD(a_message_that_the_store_refuses_is_in_no_range)
{
	arrives(w, 5, 0);
	w->refuse = STORE_BUSY;
	arrives(w, 7, 5);
	w->refuse = STORE_OK;
	arrives(w, 9, 7);
	commit(w, STORE_OK);
	commit(w, STORE_OK);
	confirm_end_turn(&w->n);
	assert_string_equal(w->said, "5-5 9-9 ");
}

WORLD(a_message_whose_commit_fails_is_in_no_range)
{
	arrives(w, 5, 0);
	arrives(w, 7, 5);
	arrives(w, 9, 7);
	commit(w, STORE_OK);
	commit(w, STORE_DISK_FULL);
	commit(w, STORE_OK);
	confirm_end_turn(&w->n);
	assert_string_equal(w->said, "5-5 9-9 ");
}

WORLD(what_is_not_to_be_confirmed_is_not_answered_for)
{
	struct arrival a = {.n = &w->n, .from = &w->n.node[0]};
	struct entry e = {.kind = ENTRY_MESSAGE, .number = {[SAID_ID] = 5}};
	struct store_request r = {.op = STORE_APPEND};

	confirm_submit(&a, &e, &r);
	assert_null(w->held[0].done);
}

/* --- the origin --- */

struct receipt {
	struct world *w;
	const char *name;
};

static void done(void *arg, bool confirmed)
{
	struct receipt *r = arg;
	char text[64];

	snprintf(text, sizeof(text), "%s %s", r->name, confirmed ? "confirmed" : "not");
	note(r->w, text);
}

static void have(struct world *w, uint64_t first, uint64_t last)
{
	confirm_heard(&w->n, &(struct entry){.number = {[HAVE_FIRST] = first, [HAVE_LAST] = last}});
}

WORLD(each_message_says_which_one_is_before_it)
{
	struct entry e[2] = {{.number = {[SAID_ID] = 5}}, {.number = {[SAID_ID] = 7}}};

	confirm_mark(&w->n, &e[0]);
	confirm_mark(&w->n, &e[1]);
	assert_int_equal(e[0].number[SAID_AFTER], 0);
	assert_int_equal(e[1].number[SAID_AFTER], 5);
	assert_int_equal(e[1].number[SAID_FLAGS], SAID_CONFIRM);
}

WORLD(receipts_within_the_range_are_confirmed)
{
	struct receipt r[] = {{w, "a"}, {w, "b"}, {w, "c"}};

	confirm_wait(&w->n.cluster, 5, done, &r[0]);
	confirm_wait(&w->n.cluster, 7, done, &r[1]);
	confirm_wait(&w->n.cluster, 9, done, &r[2]);
	have(w, 6, 8);
	assert_string_equal(w->said, "b confirmed ");
	have(w, 1, 100);
	assert_string_equal(w->said, "b confirmed a confirmed c confirmed ");
}

WORLD(a_receipt_that_no_node_confirms_is_ended_in_time)
{
	struct receipt r[] = {{w, "a"}, {w, "b"}};

	confirm_wait(&w->n.cluster, 5, done, &r[0]);
	w->server.now = NSEC_SEC;
	confirm_wait(&w->n.cluster, 7, done, &r[1]);
	w->server.now = CONFIRM_WAIT;
	confirm_tick(&w->n);
	assert_string_equal(w->said, "");
	w->server.now++;
	confirm_tick(&w->n);
	assert_string_equal(w->said, "a not ");
}

WORLD(a_node_whose_snapshot_is_on_its_way_may_confirm)
{
	struct receipt r = {w, "a"};

	w->n.node[0].state = NODE_ASKED;
	confirm_wait(&w->n.cluster, 5, done, &r);
	confirm_tick(&w->n);
	assert_string_equal(w->said, "");
	have(w, 5, 5);
	assert_string_equal(w->said, "a confirmed ");
}

WORLD(without_another_node_receipts_do_not_wait)
{
	struct receipt r[] = {{w, "a"}, {w, "b"}};

	confirm_wait(&w->n.cluster, 5, done, &r[0]);
	w->n.node[0].state = NODE_GONE;
	confirm_tick(&w->n);
	assert_string_equal(w->said, "a not ");
	confirm_wait(&w->n.cluster, 7, done, &r[1]);
	assert_string_equal(w->said, "a not b not ");
}
