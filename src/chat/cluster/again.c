/*
 * again.c - messages of this node's log, once more, for a node that has not got them:
 *
 *     of an earlier start of this node    from the store
 *     of this start                       from the store, then those in memory, which are the last
 *
 * The store has only those with something for the history. They are sent as they were.
 */
#include "chat/cluster/again.h"

#include "chat/history/history_append.h"

#include <stdlib.h>

void again_keep(struct network *n, const uint8_t *bytes, size_t len)
{
	struct server *s = n->server;
	struct store_request r = {.op = STORE_LOG_APPEND};

	if (!history_keeps(s, false))
		return;
	r.u.frame = (struct store_frame){n->number, n->begun, n->seq,
		s->wall > 0 ? s->wall / NSEC_MSEC : 0, {(const char *)bytes, len}};
	if (store_submit(s->store, &r) != STORE_OK)
		server_count(s, COUNT_NOT_KEPT);
}

/* A page that the store reads for a node. */
struct page {
	struct network *n;
	struct node *to;
	uint32_t number; /* of the answer */
	bool old;
};

static void send_page(struct page *p, const struct store_reply *r)
{
	struct answer *a = &p->to->answer;
	uint64_t *next = p->old ? &a->old_next : &a->next;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct store_frame *f = &r->frames[i];

		*next = f->seq + 1;
		if (f->ms >= a->since)
			network_publish(p->n, "to", p->to->number, (const uint8_t *)f->bytes.p,
				f->bytes.len);
	}
	if (r->count && r->status == STORE_OK)
		return;
	if (p->old)
		a->old_next = 0;
	else
		a->stored = true;
}

static void page_read(void *arg, const struct store_reply *r)
{
	struct page *p = arg;
	struct answer *a = &p->to->answer;

	if (a->number == p->number) { /* else it has asked for something else */
		a->reading = false;
		send_page(p, r);
	}
	p->n->server->net->ops->wake(p->n->server->net);
	free(p);
}

static void read_page(struct network *n, struct node *o, bool old)
{
	struct answer *a = &o->answer;
	struct store_request r = {.op = STORE_LOG_READ, .done = page_read};
	struct page *p = calloc(1, sizeof(*p));

	r.u.frame = (struct store_frame){.node = n->number,
		.incarnation = old ? a->old_begun : n->begun,
		.seq = old ? a->old_next : a->next};
	r.arg = p;
	a->reading = p;
	if (p) {
		*p = (struct page){n, o, a->number, old};
		a->reading = store_submit(n->server->store, &r) == STORE_OK;
	}
	if (a->reading)
		return;
	free(p); /* the store is off, or busy: without what it has */
	a->old_next = 0;
	a->stored = true;
}

/* Those in memory. */
static void send_kept(struct network *n, struct node *o)
{
	uint32_t at = network_kept(n, o->answer.next);
	size_t sent = 0;

	while (at < n->kept.count && sent < REPLAY_TURN && n->kept.at[at].seq <= o->answer.seq) {
		const struct logged *l = &n->kept.at[at++];

		if (l->ms >= o->answer.since)
			network_publish(n, "to", o->number, l->bytes, l->len);
		sent += l->len;
		o->answer.next = l->seq + 1;
	}
	if (at == n->kept.count || n->kept.at[at].seq > o->answer.seq)
		o->answer.next = 0;
}

/* Whether memory has all from that number on. */
static bool has_all(const struct network *n, const struct answer *a)
{
	uint32_t at = network_kept(n, a->next);

	return at < n->kept.count &&
	       (n->kept.at[at].seq == a->next || n->kept.at[at].ms < a->since);
}

bool again_turn(struct network *n, struct node *o)
{
	struct answer *a = &o->answer;

	if (!history_keeps(n->server, false)) {
		a->old_next = 0;
		a->stored = true;
	}
	if (a->reading)
		return true;
	if (a->old_next)
		read_page(n, o, true);
	else if (a->next && !a->stored && !has_all(n, a))
		read_page(n, o, false);
	else if (a->next)
		send_kept(n, o);
	else
		return false;
	return true;
}
