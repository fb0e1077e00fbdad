/* queue.c - tail drop and CoDel: queue.h. */
#include "lab/world/queue.h"

enum {
	MAX_PACKET = 1500, /* one of these may always be queued: RFC 8289 section 4.2 */
};

bool queue_add(struct queue *q, struct packet *p, nsec_t now)
{
	const struct queue_config *c = &q->config;

	if (q->packets >= (c->limit ? c->limit : QUEUE_LIMIT) ||
		(c->limit_bytes && q->bytes + p->len > c->limit_bytes))
		return false;
	p->at = now;
	p->next = NULL;
	if (q->last)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
	q->packets++;
	q->bytes += p->len;
	return true;
}

static struct packet *take(struct queue *q)
{
	struct packet *p = q->first;

	if (!p)
		return NULL;
	q->first = p->next;
	if (!q->first)
		q->last = NULL;
	q->packets--;
	q->bytes -= p->len;
	p->next = NULL;
	return p;
}

/* --- CoDel: RFC 8289 section 5.5 -------------------------------------------------------------- */

static nsec_t interval_of(const struct queue *q)
{
	return q->config.interval ? q->config.interval : CODEL_INTERVAL;
}

static uint64_t square_root(uint64_t n)
{
	uint64_t root = 0;

	for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root;
}

/* t + interval / sqrt(count), in integers. */
static nsec_t control_law(const struct queue *q, nsec_t t)
{
	uint64_t interval = (uint64_t)interval_of(q) / (uint64_t)NSEC_USEC;

	return t + (nsec_t)square_root(interval * interval / q->count) * NSEC_USEC;
}

/* The next packet, and whether it was queued above the target for an interval. */
static struct packet *do_dequeue(struct queue *q, nsec_t now, bool *ok_to_drop)
{
	struct packet *p = take(q);
	nsec_t target = q->config.target ? q->config.target : CODEL_TARGET;

	*ok_to_drop = false;
	if (!p || now - p->at < target || q->bytes <= MAX_PACKET)
		q->first_above_time = 0;
	else if (q->first_above_time == 0)
		q->first_above_time = now + interval_of(q);
	else
		*ok_to_drop = now >= q->first_above_time;
	return p;
}

static struct packet *drop_and_take(struct queue *q, struct node *n, struct packet *p, bool *ok)
{
	packet_drop(n, p, "CoDel");
	return do_dequeue(q, n->world->now, ok);
}

static struct packet *codel(struct queue *q, struct node *n)
{
	nsec_t now = n->world->now;
	bool ok;
	struct packet *p = do_dequeue(q, now, &ok);

	if (q->dropping) {
		q->dropping = ok;
		while (q->dropping && now >= q->drop_next) {
			q->count++;
			p = drop_and_take(q, n, p, &ok);
			q->dropping = ok;
			if (ok)
				q->drop_next = control_law(q, q->drop_next);
		}
	} else if (ok) {
		uint32_t delta = q->count - q->last_count;

		p = drop_and_take(q, n, p, &ok);
		q->dropping = true;
		q->count = delta > 1 && now - q->drop_next < 16 * interval_of(q) ? delta : 1;
		q->drop_next = control_law(q, now);
		q->last_count = q->count;
	}
	return p;
}

struct packet *queue_take(struct queue *q, struct node *n)
{
	return q->config.codel ? codel(q, n) : take(q);
}

void queue_drop_all(struct queue *q, struct node *n, const char *reason)
{
	struct packet *p;

	while ((p = take(q)))
		packet_drop(n, p, reason);
}
