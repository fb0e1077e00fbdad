/* nats_queue.c - a list with its end, and a copy in one block: nats_queue.h. */
#include "bus/nats_queue.h"

#include <stdlib.h>

void nats_queue_init(struct nats_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
	q->bytes = 0;
}

void nats_queue_add(struct nats_queue *q, struct nats_message *m)
{
	m->next = NULL;
	*q->end = m;
	q->end = &m->next;
	q->bytes += m->size;
}

struct nats_message *nats_queue_take(struct nats_queue *q)
{
	struct nats_message *m = q->first;

	if (!m)
		return NULL;
	q->first = m->next;
	q->bytes -= m->size;
	if (!q->first)
		nats_queue_init(q);
	return m;
}

uint64_t nats_queue_clear(struct nats_queue *q)
{
	struct nats_message *m;
	uint64_t count = 0;

	for (; (m = nats_queue_take(q)); count++)
		free(m);
	return count;
}

/* Copies a text behind the block's end so far; NULL stays NULL. */
static const char *put(char **at, const char *text)
{
	char *p = *at;

	if (!text)
		return NULL;
	*at = stpcpy(p, text) + 1;
	return p;
}

static size_t room_for(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

struct nats_message *nats_message_copy(const struct nats_message *m)
{
	size_t size = sizeof(*m) + room_for(m->subject) + room_for(m->reply) +
		      room_for(m->expected) + m->len;
	struct nats_message *c = malloc(size);
	char *at;

	if (!c)
		return NULL;
	*c = *m;
	at = (char *)(c + 1);
	c->subject = put(&at, m->subject);
	c->reply = put(&at, m->reply);
	c->expected = put(&at, m->expected);
	c->bytes = (const uint8_t *)at;
	c->size = size;
	if (m->len)
		memcpy(at, m->bytes, m->len);
	return c;
}
