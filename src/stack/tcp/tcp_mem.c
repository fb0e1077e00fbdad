/*
 * tcp_mem.c - memory of all queues, by Linux's arithmetic, against the three marks of tcp_mem:
 * above the second, memory is under pressure until it falls below the first, and windows and
 * buffers stop growing; above the third, nothing more is queued.
 *
 *     low ........ pressure ........ high
 *      | leave        | enter          | refuse
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

void tcp_mem_charge(struct stack *s, uint32_t n)
{
	s->tcp->mem += n;
	mark(s);
}

void tcp_mem_release(struct stack *s, uint32_t n)
{
	assert(s->tcp->mem >= n);
	s->tcp->mem -= n;
	mark(s);
}

bool tcp_mem_full(const struct stack *s)
{
	return s->tcp->mem >= s->sysctl.tcp_mem[2] * TCP_PAGE;
}

void tcp_memory(const struct stack *s, struct tcp_memory *m)
{
	const struct tcp_state *t = s->tcp;

	*m = (struct tcp_memory){.awake = t->conns.live,
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
