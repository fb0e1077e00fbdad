/*
 * tcp_diag.c - the TCP sockets of an instance, a bucket at a time: tcp_diag.h. The tables' own scan
 * keeps the place while they grow and shrink; what hibernates or wakes in between stays in its
 * place.
 */
#include "stack/tcp/tcp_diag.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_info.h"

struct diag_walk {
	struct stack *s;
	uint32_t states;
	void (*see)(const struct tcp_diag *d, void *arg);
	void *arg;
};

static void whole(struct stack *s, const struct tcp_conn *c, struct tcp_diag *d)
{
	d->whole = true;
	d->ifindex = c->extra ? c->extra->ifindex : 0;
	d->shut = c->shut;
	d->v6 = tcp_is(c, TCPB_V6);
	d->v6only = (c->bind_flags & TCP_BIND_V6ONLY) != 0;
	d->cc = c->cc->name;
	tcp_meminfo_of(c, d->mem);
	tcp_info_of(s, c, &d->info);
	d->cc_len = tcp_cc_info_of(c, &d->cc_info);
}

static void see_conn(const struct diag_walk *w, const struct tcp_conn *c)
{
	struct tcp_diag d = {.owner = tcp_owner(c)};
	struct tcp_conn awake;
	struct tcp_active active;

	if (!(w->states & 1u << c->key.state))
		return;
	tcp_row_see(&c->key, &d.row);
	if (tcp_is_idle(c)) {
		tcp_idle_peek(w->s, tcp_idle_of(c), &awake, &active);
		c = &awake;
	}
	whole(w->s, c, &d);
	w->see(&d, w->arg);
}

static void see_record(struct hash_node *n, void *arg)
{
	const struct diag_walk *w = arg;
	const struct tcp_key *k = container_of(n, struct tcp_key, node);
	struct tcp_diag d = {.v6 = (k->bits & TCPB_V6) != 0};

	if (k->kind == TCP_KIND_CONN || k->kind == TCP_KIND_IDLE) {
		see_conn(w, container_of(k, struct tcp_conn, key));
		return;
	}
	tcp_row_see(k, &d.row);
	if (!(w->states & 1u << d.row.state))
		return;
	if (k->kind == TCP_KIND_REQ) {
		const struct tcp_req *r = container_of(k, struct tcp_req, key);

		d.v6 = tcp_is(r->listener, TCPB_V6);
		d.ifindex = r->ifindex;
	} else {
		d.ifindex = container_of(k, struct tcp_tw, key)->ifindex;
	}
	w->see(&d, w->arg);
}

/* All listeners of one port. */
static void see_listeners(struct hash_node *n, void *arg)
{
	const struct tcp_conn *c = container_of(n, struct tcp_conn, key.node);

	for (; c; c = c->listen->next)
		see_conn(arg, c);
}

bool tcp_diag_next(struct stack *s, struct tcp_diag_cursor *at,
	void (*see)(const struct tcp_diag *d, void *arg), void *arg)
{
	struct diag_walk w = {s, at->states ? at->states : UINT32_MAX, see, arg};

	if (at->done)
		return false;
	if (!at->listeners_done) {
		at->place = hash_scan(&s->tcp->listeners, at->place, see_listeners, &w);
		at->listeners_done = at->place == 0;
		return true;
	}
	at->place = hash_scan(&s->tcp->table, at->place, see_record, &w);
	at->done = at->place == 0;
	return !at->done;
}

void tcp_states(const struct stack *s, uint32_t counts[TCPS_COUNT])
{
	memcpy(counts, s->tcp->in_state, sizeof(s->tcp->in_state));
	counts[TCPS_SYN_RCVD] += (uint32_t)s->tcp->reqs.live;
}

const struct histogram *tcp_rtt_histogram(const struct stack *s)
{
	return &s->tcp->rtt;
}
