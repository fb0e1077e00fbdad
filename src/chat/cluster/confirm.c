/* confirm.c - confirmed messages. */
#include "chat/cluster/confirm.h"

#include "chat/cluster/nodes.h"

#include <stdlib.h>

/* --- at another node --- */

/* The append of a message until it is committed. */
struct commit {
	struct network *n;
	uint64_t id;
	uint16_t node;
	bool follows; /* the message before it is in the store, or on its way there */
};

static void send_have(struct network *n, struct node *o)
{
	struct entry e = {.kind = ENTRY_HAVE,
		.number = {[HAVE_FIRST] = o->have_first, [HAVE_LAST] = o->have_last}};

	o->have_first = 0;
	network_begin(n, WHAT_HAVE, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "to", o->number);
}

/* The store commits in the order of submission. */
static void committed(void *arg, const struct store_reply *reply)
{
	struct commit *c = arg;
	struct node *o = nodes_find(c->n, c->node);
	bool stored = reply->status == STORE_OK;

	if (o->have_first && !(stored && c->follows))
		send_have(c->n, o);
	if (stored && !o->have_first)
		o->have_first = c->id;
	if (stored)
		o->have_last = c->id;
	free(c);
}

enum store_status confirm_submit(
	const struct arrival *a, const struct entry *e, struct store_request *r)
{
	struct node *o = a->from;
	struct commit *c = NULL;
	enum store_status status;

	if (e->number[SAID_FLAGS] & SAID_CONFIRM)
		c = malloc(sizeof(*c));
	if (c) {
		*c = (struct commit){a->n, e->number[SAID_ID], o->number,
			e->number[SAID_AFTER] == o->have_submitted};
		r->done = committed;
		r->arg = c;
	}
	status = store_submit(a->n->server->store, r);
	if (status == STORE_OK && c)
		o->have_submitted = c->id;
	else
		free(c);
	return status;
}

void confirm_end_turn(struct network *n)
{
	for (uint32_t i = 0; i < n->node_count; i++)
		if (n->node[i].have_first)
			send_have(n, &n->node[i]);
}

/* --- at the origin --- */

void confirm_mark(struct network *n, struct entry *e)
{
	e->number[SAID_FLAGS] |= SAID_CONFIRM;
	e->number[SAID_AFTER] = n->confirm_last;
	n->confirm_last = e->number[SAID_ID];
}

/* Ends the waits from first to last, or of before a time. */
static void end_waits(
	struct network *n, uint64_t first, uint64_t last, nsec_t before, bool confirmed)
{
	uint32_t kept = 0, count = n->confirms.count;

	for (uint32_t i = 0; i < count; i++) {
		struct confirm c = n->confirms.at[i];

		if ((c.id >= first && c.id <= last) && c.since < before) {
			network_count(n, confirmed ? NETWORK_CONFIRMED : NETWORK_UNCONFIRMED);
			c.done(c.arg, confirmed);
		} else {
			n->confirms.at[kept++] = c;
		}
	}
	assert(n->confirms.count == count); /* done() says nothing */
	n->confirms.count = kept;
}

void confirm_heard(struct network *n, const struct entry *have)
{
	end_waits(n, have->number[HAVE_FIRST], have->number[HAVE_LAST], INT64_MAX, true);
}

/* One whose snapshot is still on its way may well have this node's messages. */
static bool is_alone(const struct network *n)
{
	for (uint32_t i = 0; i < n->node_count; i++)
		if (n->node[i].state != NODE_GONE)
			return false;
	return true;
}

void confirm_wait(struct cluster *c, uint64_t id, cluster_confirmed *done, void *arg)
{
	struct network *n = network_of(c);

	if (!is_alone(n) &&
		VEC_PUSH(&n->confirms, ((struct confirm){id, n->server->now, done, arg}),
			CONFIRMS_MAX))
		return;
	network_count(n, NETWORK_UNCONFIRMED);
	done(arg, false);
}

void confirm_tick(struct network *n)
{
	nsec_t now = n->server->now;

	if (n->confirms.count)
		end_waits(n, 0, UINT64_MAX, is_alone(n) ? INT64_MAX : now - CONFIRM_WAIT, false);
}

void confirm_stop(struct network *n)
{
	end_waits(n, 0, UINT64_MAX, INT64_MAX, false);
	VEC_FREE(&n->confirms);
}
