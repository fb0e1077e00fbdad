/*
 * tcp_watch.c - the connections of an instance as rows, like those of ss: all, one, or the
 * listeners of a port; and the watcher of their changes.
 */
#include "stack/tcp/tcp_watch.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_priv.h"
#include "stack/tcp/tcp_timer.h"

static void idle_row(const struct tcp_key *k, struct tcp_row *row)
{
	struct tcp_conn *c = container_of(k, struct tcp_conn, key);
	const struct stack_timer *t = tcp_idle_timer(tcp_idle_of(c));

	*row = (struct tcp_row){.state = k->state, .expires = NSEC_MAX, .conn = c};
	tcp_local(c, &row->local);
	tcp_peer(c, &row->peer);
	if (t) {
		row->timer = 2;
		row->expires = t->t.when;
	}
}

void tcp_row_see(const struct tcp_key *k, struct tcp_row *row)
{
	if (k->kind == TCP_KIND_IDLE) {
		idle_row(k, row);
		return;
	}
	*row = (struct tcp_row){.local = {k->laddr, k->lport, 0},
		.peer = {k->raddr, k->rport, 0},
		.state = k->state,
		.expires = NSEC_MAX};
	if (k->kind == TCP_KIND_CONN) {
		const struct tcp_conn *c = container_of(k, struct tcp_conn, key);
		const struct tcp_active *b = c->active;

		row->conn = c;
		row->rqueue = c->listen ? c->listen->queued : seq_span(c->rcv_nxt, c->copied_seq);
		row->wqueue = c->listen ? c->listen->backlog : seq_span(c->write_seq, c->snd_una);
		row->retrans = b->loss.retransmits;
		row->drops = b->drops;
		if (tcp_timers_rtx_at(b) < NSEC_MAX) {
			row->timer = b->loss.timer == LOSS_TIMER_NONE ? 4 : 1;
			row->expires = tcp_timers_rtx_at(b);
			if (row->timer == 4)
				row->retrans = b->snd.probes_out;
		} else if (b->hs.tfo_req && stack_timer_runs(&b->hs.tfo_req->timer)) {
			row->timer = 1; /* its SYN-ACK is sent again */
			row->retrans = b->hs.tfo_req->retrans;
			row->expires = b->hs.tfo_req->timer.t.when;
		} else if (stack_timer_runs(&b->timers.life)) {
			row->timer = 2;
			row->retrans = b->snd.probes_out;
			row->expires = b->timers.life.t.when;
		}
	} else if (k->kind == TCP_KIND_TW) {
		const struct tcp_tw *tw = container_of(k, struct tcp_tw, key);

		row->state = tw->substate; /* also the record of an orphan in FIN-WAIT-2 */
		row->timer = 3;
		row->expires = tw->timer.t.when;
	} else {
		row->timer = 1;
		row->retrans = container_of(k, struct tcp_req, key)->retrans;
		row->expires = container_of(k, struct tcp_req, key)->timer.t.when;
	}
}

void tcp_watch_changes(struct stack *s, struct tcp_watcher w)
{
	s->tcp->watcher = w;
}

static void see_chain(
	const struct tcp_conn *c, void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	struct tcp_row row;

	for (; c; c = c->listen->next) {
		tcp_row_see(&c->key, &row);
		see(&row, arg);
	}
}

void tcp_each_listener(struct stack *s, uint16_t port,
	void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	see_chain(tcp_port_chain(s, port), see, arg);
}

bool tcp_row_of(struct stack *s, const struct tcp_end *local, const struct tcp_end *peer,
	struct tcp_row *row)
{
	struct tcp_tuple t = {local->addr, peer->addr, local->port, peer->port};
	const struct tcp_key *k = tcp_find(s, &t);

	if (k)
		tcp_row_see(k, row);
	return k != NULL;
}

void tcp_each(struct stack *s, void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	struct hash_iter it = hash_walk(&s->tcp->listeners);
	struct hash_node *n;
	struct tcp_row row;

	for (n = hash_next(&it); n; n = hash_next(&it))
		see_chain(container_of(n, struct tcp_conn, key.node), see, arg);
	it = hash_walk(&s->tcp->table);
	for (n = hash_next(&it); n; n = hash_next(&it)) {
		tcp_row_see(container_of(n, struct tcp_key, node), &row);
		see(&row, arg);
	}
}
