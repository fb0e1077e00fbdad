/*
 * hold.c - the queue of answers behind an open ticket.
 */
#include "chat/out/hold.h"

#include "chat/conn_priv.h"
#include "chat/out/deliver.h"

#include <stdlib.h>

bool answer_full(const struct conn *c)
{
	uint32_t held = c->hold ? c->hold->bytes : 0;

	return c->out.bytes + held > u32_min(ANSWER_OUT_MAX, c->queue_max / 2);
}

static void ticket_free(struct hold_ticket *t)
{
	free(t->data);
	free(t);
}

struct hold_ticket *hold_open(struct server *s, struct conn *c)
{
	struct hold_ticket *t = calloc(1, sizeof(*t));

	if (t && !c->hold)
		c->hold = calloc(1, sizeof(*c->hold));
	if (!t || !c->hold) {
		server_count(s, COUNT_NO_MEMORY);
		free(t);
		return NULL;
	}
	t->conn = c;
	t->open = true;
	if (c->hold->last)
		c->hold->last->next = t;
	else
		c->hold->first = t;
	c->hold->last = t;
	return t;
}

static bool ticket_put(struct hold_ticket *t, const char *p, size_t n)
{
	size_t need = t->len + n, size = size_max(t->size, 128);
	char *data = t->data;

	while (size < need)
		size *= 2;
	if (size != t->size) {
		data = realloc(data, size);
		if (!data)
			return false;
		t->data = data;
		t->size = (uint32_t)size;
	}
	memcpy(data + t->len, p, n);
	t->len += (uint32_t)n;
	return true;
}

/* The ready entry at the end, made if the end is an open ticket. */
static struct hold_ticket *tail(struct server *s, struct conn *c)
{
	struct hold_ticket *t = c->hold->last;

	if (t && !t->open)
		return t;
	t = hold_open(s, c);
	if (t)
		t->open = false;
	return t;
}

bool hold_add(struct server *s, struct conn *c, struct hold_ticket *t, struct piece p)
{
	if (c->hold->bytes + c->out.bytes + p.len > c->queue_max) {
		if (c->flags & CONN_LEAVING)
			return false; /* counted, and told, when the first line did not fit */
		conn_cut(s, c, COUNT_SENDQ_EXCEEDED, "SendQ exceeded");
		return false;
	}
	t = t ? t : tail(s, c);
	if (!t || p.len == 0 || !ticket_put(t, p.chunk->data + p.at, p.len)) {
		conn_cut(s, c, COUNT_NO_MEMORY, "Out of memory");
		return false;
	}
	c->hold->bytes += p.len;
	return true;
}

/* Sends bytes again as what they are: already in the client's form. */
static void send_bytes(struct server *s, struct conn *c, const char *p, size_t n)
{
	while (n) {
		size_t part = size_min(n, CHUNK_BYTES);
		char *room = chunks_reserve(&s->chunks, c->form | FORM_OWN, part);

		if (!room) {
			conn_cut(s, c, COUNT_NO_MEMORY, "Out of memory");
			return;
		}
		memcpy(room, p, part);
		conn_queue(s, c, chunks_commit(&s->chunks, c->form | FORM_OWN, part));
		p += part;
		n -= part;
	}
}

/* Sends what is ready at the front. */
static void release(struct server *s, struct conn *c)
{
	struct hold *h = c->hold;

	while (h->first && !h->first->open) {
		struct hold_ticket *t = h->first;

		h->first = t->next;
		h->bytes -= t->len;
		send_bytes(s, c, t->data, t->len);
		ticket_free(t);
	}
	if (!h->first) {
		free(h);
		c->hold = NULL;
	}
	if (conn_waits(c) && !answer_full(c))
		server_ready(s, c);
}

void hold_settle(struct server *s, struct hold_ticket *t, const char *replacement)
{
	struct conn *c = t->conn;

	assert(t->open);
	t->open = false;
	if (!c) {
		ticket_free(t);
		return;
	}
	if (replacement) {
		c->hold->bytes -= t->len;
		t->len = 0;
		if (ticket_put(t, replacement, strlen(replacement)))
			c->hold->bytes += t->len;
		else
			conn_leave(s, c, "Out of memory");
	}
	release(s, c);
}

void hold_drop(struct conn *c)
{
	struct hold_ticket *t = c->hold ? c->hold->first : NULL;

	while (t) {
		struct hold_ticket *next = t->next;

		if (t->open)
			t->conn = NULL;
		else
			ticket_free(t);
		t = next;
	}
	free(c->hold);
	c->hold = NULL;
}
