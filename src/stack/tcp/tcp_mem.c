/*
 * tcp_mem.c - memory of all queues, computed as in Linux, against the three marks of tcp_mem: above
 * the second, memory is under pressure until it falls below the first, and windows and buffers stop
 * growing; above the third, nothing more is queued.
 *
 *     low ........ pressure ........ high
 *      | leave        | enter          | refuse
 *
 * A connection reserves whole pages and fills them: it holds its queues and less than a page, or a
 * reserve for a segment that was then merged into another's memory.
 */
#include "stack/tcp/tcp_mem.h"

static void mark(struct stack *s)
{
	struct tcp_state *t = s->tcp;

	if (!t->pressure && t->mem > s->sysctl.tcp_mem[1] * TCP_PAGE) {
		t->pressure = true;
		t->pressure_at = s->now;
		stack_count(s, MIB_TcpExtTCPMemoryPressures);
	} else if (t->pressure && t->mem <= s->sysctl.tcp_mem[0] * TCP_PAGE) {
		t->pressure = false;
		mib_add(&s->mib, MIB_TcpExtTCPMemoryPressuresChrono,
			(uint64_t)((s->now - t->pressure_at) / NSEC_MSEC));
	}
}

/* Bytes in whole pages that c needs for n more. */
static uint32_t lacking(const struct tcp_conn *c, uint32_t n)
{
	uint32_t have = c->active->reserved;

	return n <= have ? 0 : (n - have + TCP_PAGE - 1) / TCP_PAGE * TCP_PAGE;
}

static void reserve(struct stack *s, struct tcp_conn *c, uint32_t pages)
{
	s->tcp->mem += pages;
	c->active->reserved += pages;
	mark(s);
}

bool tcp_mem_ample(const struct stack *s, uint32_t n)
{
	return s->tcp->mem + (n + TCP_PAGE - 1) / TCP_PAGE * TCP_PAGE <=
	       s->sysctl.tcp_mem[2] * TCP_PAGE;
}

bool tcp_mem_schedule(struct stack *s, struct tcp_conn *c, uint32_t n)
{
	uint32_t pages = lacking(c, n);

	if (pages > 0 && s->tcp->mem + pages > s->sysctl.tcp_mem[2] * TCP_PAGE)
		return false;
	if (pages > 0)
		reserve(s, c, pages);
	return true;
}

void tcp_mem_charge(struct stack *s, struct tcp_conn *c, uint32_t n)
{
	uint32_t pages = lacking(c, n);

	if (pages > 0)
		reserve(s, c, pages);
	assert(c->active->reserved >= n);
	c->active->reserved -= n;
}

void tcp_mem_release(struct stack *s, struct tcp_conn *c, uint32_t n)
{
	uint32_t pages;

	c->active->reserved += n;
	pages = c->active->reserved / TCP_PAGE * TCP_PAGE;
	c->active->reserved -= pages;
	assert(s->tcp->mem >= pages);
	s->tcp->mem -= pages;
	mark(s);
}

bool tcp_mem_full(const struct stack *s)
{
	return s->tcp->mem >= s->sysctl.tcp_mem[2] * TCP_PAGE;
}

/* Objects in use in all pools. */
static size_t records(const struct tcp_state *t)
{
	const struct pool *all[] = {&t->conns, &t->actives, &t->extras, &t->reqs, &t->tws,
		&t->port_pool, &t->recs, &t->littles, &t->pieces, &t->ofos, &t->replies, &t->rtx,
		&t->listens, &t->md5_keys, &t->ao_keys, &t->aos};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		n += all[i]->live;
	for (size_t i = 0; i < ARRAY_SIZE(t->idles); i++)
		n += t->idles[i].live;
	return n;
}

void tcp_memory(const struct stack *s, struct tcp_memory *m)
{
	const struct tcp_state *t = s->tcp;

	*m = (struct tcp_memory){.records = records(t),
		.queued = (size_t)t->mem,
		.awake = t->conns.live,
		.orphans = t->orphans,
		.awake_bytes = t->conns.live * t->conns.size + t->actives.live * t->actives.size,
		.table_bytes = ((size_t)t->table.cur_size + t->table.old_size) * sizeof(void *),
		.port_bytes = t->port_pool.live * t->port_pool.size +
			      ((size_t)t->ports.cur_size + t->ports.old_size) * sizeof(void *)};
	assert(t->conns.live == t->actives.live);
	for (size_t i = 0; i < ARRAY_SIZE(t->idles); i++) {
		m->idle += t->idles[i].live;
		m->idle_bytes += t->idles[i].live * t->idles[i].size;
	}
}
