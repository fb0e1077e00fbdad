/* reply_barrier.c - queue of replies after an open ticket. */
#include "chat/out/reply_barrier.h"

#include "chat/out/conn_table.h"
#include "chat/out/deliver.h"

#include <stdlib.h>

bool conn_output_full(const struct conn *c)
{
	uint32_t held = c->barrier ? c->barrier->bytes : 0;

	return c->out.bytes + held > u32_min(ANSWER_OUT_MAX, c->queue_max / 2);
}

static void ticket_free(struct barrier_ticket *t)
{
	VEC_FREE(&t->data);
	free(t);
}

struct barrier_ticket *barrier_open(struct server *s, struct conn *c)
{
	struct barrier_ticket *t = calloc(1, sizeof(*t));

	if (t && !c->barrier)
		c->barrier = calloc(1, sizeof(*c->barrier));
	if (!t || !c->barrier) {
		server_count(s, COUNT_NO_MEMORY);
		free(t);
		return NULL;
	}
	t->conn = c;
	t->open = true;
	if (c->barrier->last)
		c->barrier->last->next = t;
	else
		c->barrier->first = t;
	c->barrier->last = t;
	return t;
}

static bool ticket_put(struct barrier_ticket *t, const char *p, size_t n)
{
	if (!VEC_RESERVE(&t->data, n, UINT32_MAX))
		return false;
	memcpy(t->data.at + t->data.count, p, n);
	t->data.count += (uint32_t)n;
	return true;
}

/* Returns the ready entry at the end, created if the last is an open ticket. */
static struct barrier_ticket *tail(struct server *s, struct conn *c)
{
	struct barrier_ticket *t = c->barrier->last;

	if (t && !t->open)
		return t;
	t = barrier_open(s, c);
	if (t)
		t->open = false;
	return t;
}

bool barrier_add(struct server *s, struct conn *c, struct barrier_ticket *t, struct piece p)
{
	if (c->barrier->bytes + c->out.bytes + p.len > c->queue_max) {
		if (c->flags & CONN_LEAVING)
			return false; /* already counted and reported */
		conn_cut(s, c, COUNT_SENDQ_EXCEEDED, "SendQ exceeded");
		return false;
	}
	t = t ? t : tail(s, c);
	if (!t || p.len == 0 || !ticket_put(t, p.buf->data + p.at, p.len)) {
		conn_out_of_memory(s, c);
		return false;
	}
	c->barrier->bytes += p.len;
	server_count(s, COUNT_REPLIES);
	return true;
}

/* Queues bytes that are already encoded in the client's form. */
static void send_bytes(struct server *s, struct conn *c, const char *p, size_t n)
{
	while (n) {
		size_t part = size_min(n, OUTBUF_BYTES);
		char *room = outbufs_reserve(&s->outbufs, c->form | FORM_OWN, part);

		if (!room) {
			conn_out_of_memory(s, c);
			return;
		}
		memcpy(room, p, part);
		conn_queue(s, c, outbufs_commit(&s->outbufs, c->form | FORM_OWN, part));
		p += part;
		n -= part;
	}
}

/* Sends the ready entries at the front. */
static void release(struct server *s, struct conn *c)
{
	struct reply_barrier *h = c->barrier;

	while (h->first && !h->first->open) {
		struct barrier_ticket *t = h->first;

		h->first = t->next;
		h->bytes -= t->data.count;
		send_bytes(s, c, t->data.at, t->data.count);
		ticket_free(t);
	}
	if (!h->first) {
		free(h);
		c->barrier = NULL;
	}
	/* Where all was released, the queue may be full of it until the end of the turn: no other
	 * commit will come, and no event of the socket if the send takes it all. */
	if (conn_waits(c) && (!conn_output_full(c) || !(c->barrier || (c->flags & CONN_BLOCKED))))
		server_ready(s, c);
}

void barrier_settle(struct server *s, struct barrier_ticket *t, const char *replacement)
{
	struct conn *c = t->conn;

	assert(t->open);
	t->open = false;
	if (!c) {
		ticket_free(t);
		return;
	}
	if (replacement) {
		c->barrier->bytes -= t->data.count;
		t->data.count = 0;
		if (ticket_put(t, replacement, strlen(replacement)))
			c->barrier->bytes += t->data.count;
		else
			conn_out_of_memory(s, c);
	}
	release(s, c);
}

void barrier_drop(struct conn *c)
{
	struct barrier_ticket *t = c->barrier ? c->barrier->first : NULL;

	while (t) {
		struct barrier_ticket *next = t->next;

		if (t->open)
			t->conn = NULL;
		else
			ticket_free(t);
		t = next;
	}
	free(c->barrier);
	c->barrier = NULL;
}
