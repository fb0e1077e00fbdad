/*
 * past.c - the past of other nodes.
 *
 *     place    of each other node's log: all up to there is in the history here. The store has it,
 *              as an empty frame of that node
 *     ask      for the page after it             -> that node reads its store
 *     page     what is for the history of some messages of the log, in one message, and the place
 *              behind it; the last one says so   -> from then on the log itself advances the place
 *
 * After a lost page the node asks again, from the same place; a message that the history has
 * already stays as it is. A node has a log for each of its starts: pages go through them in order.
 */
#include "chat/cluster/past.h"

#include "chat/cluster/nodes.h"
#include "chat/history/history_append.h"

#include <stdlib.h>

/* --- the store --- */

static void put_frame(struct network *n, struct store_frame f)
{
	struct server *s = n->server;
	struct store_request r = {.op = STORE_LOG_APPEND, .u.frame = f};

	r.u.frame.ms = s->wall > 0 ? s->wall / NSEC_MSEC : 0;
	if (store_submit(s->store, &r) != STORE_OK)
		server_count(s, COUNT_NOT_KEPT);
}

void past_keep(struct network *n, const uint8_t *bytes, size_t len)
{
	if (history_keeps(n->server, NULL, false))
		put_frame(n, (struct store_frame){.node = n->number,
				     .incarnation = n->begun,
				     .seq = n->seq,
				     .bytes = {(const char *)bytes, len}});
}

static void mark(struct network *n, struct node *o)
{
	o->mark_due = n->server->now + MARK_EVERY;
	if (o->marked == o->past.seq || !history_keeps(n->server, NULL, false))
		return;
	o->marked = o->past.seq;
	put_frame(n, (struct store_frame){
			     .node = o->number, .incarnation = o->past.begun, .seq = o->past.seq});
}

static bool is_before(struct log_place a, struct log_place b)
{
	return a.begun != b.begun ? a.begun < b.begun : a.seq < b.seq;
}

static void ends_read(void *arg, const struct store_reply *r)
{
	struct network *n = arg;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct store_log_end *e = &r->ends[i];
		struct log_place place = {e->incarnation, e->last};
		struct node *o = e->node == n->number ? NULL : nodes_make(n, e->node);

		if (e->node == n->number && !VEC_PUSH(&n->starts, e->incarnation, STARTS_MAX))
			server_count(n->server, COUNT_NO_MEMORY);
		if (o && is_before(o->past, place)) {
			o->past = place;
			o->marked = place.seq;
		}
	}
}

void past_start(struct network *n)
{
	struct store_request r = {.op = STORE_LOG_ENDS, .done = ends_read, .arg = n};

	if (!history_keeps(n->server, NULL, false))
		return;
	if (store_submit(n->server->store, &r) == STORE_OK)
		store_drain(n->server->store);
	/* starts are in order, although a clock is not */
	if (n->starts.count && n->begun <= n->starts.at[n->starts.count - 1])
		n->begun = n->starts.at[n->starts.count - 1] + 1;
}

/* --- asking --- */

void past_ask(struct network *n, struct node *o)
{
	struct entry e = {.kind = ENTRY_PAST};

	if (!history_keeps(n->server, NULL, false))
		return;
	if (o->past.begun > o->begun) /* it has lost that disk, and its clock goes wrong */
		o->past = (struct log_place){0};
	e.number[PAST_BEGUN] = o->past.begun;
	e.number[PAST_FROM] = o->past.seq + 1;
	o->page_asked = n->server->now;
	network_begin(n, WHAT_PAST, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "to", o->number);
}

void past_taken(struct node *o)
{
	if (o->whole && o->seq > o->past.seq)
		o->past.seq = o->seq;
}

void past_tick(struct network *n, struct node *o)
{
	nsec_t now = n->server->now;

	if (o->state == NODE_UP && !o->whole && now - o->page_asked >= ASK_AGAIN)
		past_ask(n, o);
	if (now >= o->mark_due)
		mark(n, o);
}

bool past_page(struct arrival *a, const struct entry *e)
{
	struct node *o = a->from;
	struct log_place next = {e->number[PAGE_NEXT_BEGUN], e->number[PAGE_NEXT] - 1};

	if (o->state != NODE_UP || o->whole || e->number[PAGE_BEGUN] != o->past.begun ||
		e->number[PAGE_FROM] != o->past.seq + 1)
		return false;
	if (e->number[PAGE_MORE] && !is_before(o->past, next)) {
		network_count(a->n, NETWORK_REFUSED);
		return false;
	}
	a->past = true;
	if (next.begun != o->past.begun)
		o->marked = 0;
	o->past = next;
	o->whole = !e->number[PAGE_MORE];
	if (o->whole)
		past_taken(o);
	else
		past_ask(a->n, o);
	return true;
}

/* --- answering --- */

/* A page that the store reads. */
struct page {
	struct network *n;
	struct node *to;
	struct log_place asked, from; /* where the store reads may be a later start */
	uint64_t seq;                 /* of the log when it was asked */
};

/* The first of this node's starts that is not before `begun`. */
static uint64_t start_from(const struct network *n, uint64_t begun)
{
	for (uint32_t i = 0; i < n->starts.count; i++)
		if (n->starts.at[i] >= begun)
			return n->starts.at[i];
	return n->begun;
}

/* Copies what is for the history of a message of the log. */
static bool put_past(struct entry_out *out, const struct store_frame *f)
{
	struct entry_in in = entry_read((const uint8_t *)f->bytes.p, f->bytes.len);
	const uint8_t *from = in.p;
	struct entry e;

	for (; entry_next(&in, &e); from = in.p) {
		uint32_t len = (uint32_t)(in.p - from);

		if (e.kind < ENTRY_MESSAGE)
			continue;
		if (!VEC_RESERVE(&out->bytes, len, ENTRY_MESSAGE_MAX))
			return false;
		memcpy(out->bytes.at + out->bytes.count, from, len);
		out->bytes.count += len;
	}
	return true;
}

/* So many of the messages go into a page. */
static uint32_t page_count(const struct store_reply *r)
{
	size_t bytes = 0;
	uint32_t i = 0;

	while (i < r->count && (i == 0 || bytes + r->frames[i].bytes.len <= PAGE_BYTES))
		bytes += r->frames[i++].bytes.len;
	return i;
}

static void send_page(struct page *p, const struct store_reply *r)
{
	struct network *n = p->n;
	uint32_t count = page_count(r);
	struct entry e = {.kind = ENTRY_PAGE,
		.number = {[PAGE_BEGUN] = p->asked.begun,
			[PAGE_FROM] = p->asked.seq,
			[PAGE_NEXT_BEGUN] = p->from.begun,
			[PAGE_NEXT] = count ? r->frames[count - 1].seq + 1 : p->seq + 1,
			[PAGE_MORE] = count > 0}};
	bool whole;

	network_begin(n, WHAT_PAGE, NULL, false);
	whole = n->other.bytes.count && entry_put(&n->other, &e);
	for (uint32_t i = 0; whole && i < count; i++)
		whole = put_past(&n->other, &r->frames[i]);
	if (!whole) {
		n->other.bytes.count = 0;
		server_count(n->server, COUNT_NO_MEMORY);
	}
	network_send(n, "to", p->to->number);
}

static void page_read(void *arg, const struct store_reply *r);

static bool read_page(struct page *p)
{
	struct store_request r = {.op = STORE_LOG_READ, .done = page_read, .arg = p};

	r.u.frame = (struct store_frame){
		.node = p->n->number, .incarnation = p->from.begun, .seq = p->from.seq};
	return store_submit(p->n->server->store, &r) == STORE_OK;
}

/* There may be no more of that start: then the next one's follow. */
static void page_read(void *arg, const struct store_reply *r)
{
	struct page *p = arg;

	if (r->status == STORE_OK && r->count == 0 && p->from.begun != p->n->begun) {
		p->from = (struct log_place){start_from(p->n, p->from.begun + 1), 1};
		if (read_page(p))
			return;
	} else if (r->status == STORE_OK) {
		send_page(p, r);
	}
	p->to->answer.reading = false; /* if it failed the other node asks again */
	free(p);
}

void past_asked(struct network *n, struct node *o, const struct entry *e)
{
	struct log_place asked = {e->number[PAST_BEGUN], e->number[PAST_FROM]};
	struct page *p;

	if (o->answer.reading || asked.begun > INT64_MAX || asked.seq > INT64_MAX)
		return;
	if (!history_keeps(n->server, NULL, false)) {
		send_page(&(struct page){n, o, asked, {n->begun, 1}, n->seq},
			&(struct store_reply){.status = STORE_OK});
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		server_count(n->server, COUNT_NO_MEMORY);
		return;
	}
	network_flush(n);
	*p = (struct page){n, o, asked, asked, n->seq};
	p->from.begun = start_from(n, asked.begun);
	if (p->from.begun != p->asked.begun)
		p->from.seq = 1;
	o->answer.reading = read_page(p);
	if (!o->answer.reading)
		free(p);
}

void past_stop(struct network *n)
{
	for (uint32_t i = 0; history_keeps(n->server, NULL, false) && i < n->node_count; i++)
		mark(n, &n->node[i]);
}
