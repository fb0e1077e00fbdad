/*
 * tcp_conn.c - connection allocation, notification and teardown. tcp_done() ends a connection; it
 * is freed only when neither an owner nor an accept queue refers to it.
 */
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_fast_in.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_icmp.h"
#include "stack/tcp/tcp_in.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_prefetch.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_reasm.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timer.h"

static const struct ip_transport transport = {.input = tcp_input,
	.error = tcp_error,
	.fast_input = tcp_fast_in,
	.prefetch = tcp_prefetch};

struct tcp_state *tcp_state_new(struct stack *s)
{
	struct tcp_state *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->stack = s;
	hash_init(&t->table);
	hash_init(&t->ports);
	hash_init(&t->listeners);
	pool_init(&t->conns, sizeof(struct tcp_conn), 0);
	pool_init(&t->actives, sizeof(struct tcp_active), 0);
	pool_init(&t->extras, sizeof(struct tcp_extra), 0);
	pool_init(&t->reqs, sizeof(struct tcp_req), 0);
	pool_init(&t->tws, sizeof(struct tcp_tw), 0);
	pool_init(&t->port_pool, sizeof(struct tcp_port), 0);
	pool_init(&t->port_idles, sizeof(struct tcp_idles), 0);
	pool_init(&t->recs, sizeof(struct tcp_rec), 0);
	pool_init(&t->littles, sizeof(struct tcp_little), 0);
	pool_init(&t->pieces, sizeof(struct tcp_piece), 0);
	pool_init(&t->ofos, sizeof(struct tcp_ofo), 0);
	pool_init(&t->replies, sizeof(struct tcp_reply), 0);
	pool_init(&t->rtx, sizeof(struct rtx), 0);
	pool_init(&t->listens, sizeof(struct tcp_listen), 0);
	pool_init(&t->md5_keys, sizeof(struct tcp_md5_key), 0);
	pool_init(&t->ao_keys, sizeof(struct tcp_ao_key), 0);
	pool_init(&t->aos, sizeof(struct tcp_ao), 0);
	list_init(&t->dirty);
	list_init(&t->dirty_reqs);
	t->hash_key = stack_key(s);
	t->isn_key = stack_key(s);
	t->ts_key = stack_key(s);
	t->cookie_key = stack_key(s);
	t->port_key = stack_key(s);
	for (size_t i = 0; i < PORT_CLASSES; i++)
		t->ephemeral.perturb[i] = (uint32_t)prng_u64(&s->prng);
	t->env = (struct loss_env){&s->sysctl, &s->mib, &t->rtx, &s->prng, &t->rtt};
	s->tcp = t;
	if (!tcp_idle_init(t)) {
		tcp_state_free(s);
		return NULL;
	}
	ip_register(s, IP_PROTO_TCP, &transport);
	return t;
}

/* Drops every queue: of the connections in the table, and of those that have left it and wait for
 * the flush that frees them. */
static void drop_queues(struct stack *s)
{
	struct tcp_state *t = s->tcp;
	struct hash_iter it = hash_walk(&t->table);
	struct hash_node *n;
	struct list *l;

	for (n = hash_next(&it); n; n = hash_next(&it)) {
		struct tcp_key *k = container_of(n, struct tcp_key, node);

		if (k->kind == TCP_KIND_CONN)
			tcp_queues_drop(s, container_of(k, struct tcp_conn, key));
	}
	list_for_each(l, &t->dirty)
		tcp_queues_drop(s, list_entry(l, struct tcp_active, dirty)->conn);
}

void tcp_state_free(struct stack *s)
{
	struct tcp_state *t = s->tcp;

	drop_queues(s);
	while (t->reply_first) {
		struct tcp_reply *r = t->reply_first;

		t->reply_first = r->next;
		pkt_free(r->p);
		pool_put(&t->replies, r);
	}
	hash_free(&t->table);
	hash_free(&t->ports);
	hash_free(&t->listeners);
	struct pool *all[] = {&t->conns, &t->actives, &t->extras, &t->reqs, &t->tws, &t->port_pool,
		&t->port_idles, &t->recs, &t->littles, &t->pieces, &t->ofos, &t->replies, &t->rtx,
		&t->listens, &t->md5_keys, &t->ao_keys, &t->aos};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		pool_free(all[i]);
	tcp_idle_free(t);
	free(t->tfo);
	free(t);
	s->tcp = NULL;
}

void tcp_set_events(struct stack *s, const struct tcp_events *ev)
{
	s->tcp->ev = *ev;
}

void tcp_active_init(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	c->active = b;
	b->conn = c;
	list_init(&b->dirty);
	list_init(&b->hs.queue);
	list_init(&b->quiet);
	tree_init(&b->rcv.q.ofo);
	b->rcv.lowat = 1;
	tcp_timers_init(b);
	loss_init(&b->loss, &s->tcp->env, c->snd_una, s->now);
}

struct tcp_conn *tcp_conn_new(struct stack *s, const struct cc_ops *cc)
{
	struct tcp_conn *c = pool_get(&s->tcp->conns);
	struct tcp_active *b;

	assert(cc);
	if (!c)
		return NULL;
	c->key.kind = TCP_KIND_CONN;
	c->key.state = TCPS_CLOSED;
	list_init(&c->port_link);
	c->cc = cc;
	c->rcvbuf = (uint32_t)s->sysctl.tcp_rmem[1];
	c->sndbuf = (uint32_t)s->sysctl.tcp_wmem[1];
	c->scaling = TCP_SCALING_DEFAULT;
	c->mss = TCP_MSS_DEFAULT4;
	b = pool_get(&s->tcp->actives);
	if (!b) {
		pool_put(&s->tcp->conns, c);
		return NULL;
	}
	tcp_active_init(s, c, b);
	return c;
}

struct tcp_conn *tcp_new(struct stack *s, void *owner, bool v6)
{
	struct tcp_conn *c = tcp_conn_new(s, cc_find(s->sysctl.tcp_congestion_control));

	if (!c)
		return NULL;
	tcp_mark(c, TCPB_V6, v6);
	c->key.laddr = c->key.raddr = v6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4;
	if (s->sysctl.ip_no_pmtu_disc != 0) {
		if (!tcp_extra(s, c)) {
			tcp_conn_free(s, c);
			return NULL;
		}
		c->extra->pmtudisc = TCP_PMTUDISC_DONT;
	}
	c->owner = owner;
	return c;
}

const struct tcp_extra *tcp_extra_none(void)
{
	static const struct tcp_extra none = {.pmtudisc = TCP_PMTUDISC_WANT,
		.pmtudisc6 = TCP_PMTUDISC_WANT,
		.max_pacing = TCP_PACING_ANY};

	return &none;
}

/* A record of its own with the values of x, but without what belongs to one connection. */
static struct tcp_extra *extra_copy(struct stack *s, const struct tcp_extra *x)
{
	struct tcp_extra *copy = pool_take(&s->tcp->extras);

	if (!copy)
		return NULL;
	memcpy(copy, x, sizeof(*copy));
	copy->refs = 1;
	copy->heirs = NULL;
	copy->saved_syn = NULL;
	copy->md5 = NULL;
	copy->ao = NULL;
	return copy;
}

struct tcp_extra *tcp_extra(struct stack *s, struct tcp_conn *c)
{
	struct tcp_extra *own = c->extra;

	tcp_plain_end(c);
	if (!own || own->refs > 1) {
		own = extra_copy(s, own ? own : tcp_extra_none());
		if (!own)
			return NULL;
		tcp_extra_free(s, c->extra);
		c->extra = own;
	}
	tcp_extra_free(s, own->heirs);
	own->heirs = NULL;
	return own;
}

/* Whether connections with x write to it by themselves. */
static bool is_written(const struct tcp_extra *x)
{
	return x->uto_send || x->uto_on || x->uto_announce;
}

bool tcp_extra_inherit(struct stack *s, struct tcp_conn *c, struct tcp_extra *of)
{
	struct tcp_extra *x = of->heirs;

	assert(!c->extra);
	if (!x) {
		x = extra_copy(s, of);
		if (!x)
			return false;
		x->defer_accept = 0;
		if (!is_written(x))
			of->heirs = x;
	}
	x->refs += of->heirs == x;
	c->extra = x;
	return true;
}

void tcp_extra_free(struct stack *s, struct tcp_extra *x)
{
	if (!x)
		return;
	assert(x->refs > 0);
	if (--x->refs > 0)
		return;
	tcp_extra_free(s, x->heirs);
	pkt_free(x->saved_syn);
	tcp_md5_free(s, x->md5);
	tcp_ao_put(s, x->ao);
	pool_put(&s->tcp->extras, x);
}

void tcp_notify(struct stack *s, struct tcp_conn *c, uint32_t events)
{
	if (c->owner && s->tcp->ev.notify)
		s->tcp->ev.notify(s->tcp->ev.ctx, c->owner, events);
}

void tcp_dirty_mark(struct stack *s, struct tcp_conn *c)
{
	if (c->active && list_empty(&c->active->dirty))
		list_add_tail(&s->tcp->dirty, &c->active->dirty);
}

void tcp_queues_drop(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (!b)
		return;
	tcp_snd_clear(s, c);
	tcp_rcv_free(s, c);
	tcp_ofo_free(s, c);
	loss_free(&b->loss);
	assert(b->snd.q.truesize == 0 && b->rcv.q.truesize == 0);
}

void tcp_conn_free(struct stack *s, struct tcp_conn *c)
{
	assert(!c->listen && (!tcp_is(c, TCPB_ORPHAN) || s->tcp->orphans > 0));
	assert(!c->owner && c->key.state == TCPS_CLOSED);
	tcp_queues_drop(s, c);
	tcp_timers_stop(s, c);
	tcp_hash_out(s, &c->key);
	tcp_port_leave(s, c);
	list_del(&c->active->dirty);
	list_del(&c->active->quiet);
	assert(list_empty(&c->active->hs.queue));
	pool_put(&s->tcp->actives, c->active);
	tcp_extra_free(s, c->extra);
	if (tcp_is(c, TCPB_ORPHAN))
		s->tcp->orphans--;
	pool_put(&s->tcp->conns, c);
}

/* The state that Linux's tcp_disconnect() keeps: settings of the program, segment and buffer sizes,
 * the time of the last ACK, the bound address. */
static struct tcp_conn survivor(const struct tcp_conn *c)
{
	const uint16_t bits = TCPB_V6 | TCPB_RCVBUF_LOCK | TCPB_SNDBUF_LOCK | TCPB_KEEPALIVE |
			      TCPB_OOBINLINE | TCPB_BOUND_ADDR | TCPB_BOUND_PORT |
			      TCPB_CONNECT_PORT;
	struct ip_addr any = tcp_is(c, TCPB_V6) ? IP_ADDR_ANY6 : IP_ADDR_ANY4;

	return (struct tcp_conn){.key = {.kind = c->key.kind,
					 .state = c->key.state,
					 .bits = c->key.bits & bits,
					 .lport = tcp_is(c, TCPB_BOUND_PORT) ? c->key.lport : 0,
					 .laddr = tcp_is(c, TCPB_BOUND_ADDR) ? c->key.laddr : any,
					 .raddr = any},
		.owner = c->owner,
		.active = c->active,
		.extra = c->extra,
		.cc = c->cc,
		.port = c->port,
		.port_link = c->port_link,
		.err = c->err,
		.soft_err = c->soft_err,
		.rcvbuf = c->rcvbuf,
		.sndbuf = c->sndbuf,
		.scaling = c->scaling,
		.rcv_ssthresh = c->rcv_ssthresh,
		.rcv_tstamp_ms = c->rcv_tstamp_ms,
		.snd_wnd = c->snd_wnd,
		.mss = c->mss,
		.advmss = c->advmss,
		.rcv_mss = TCP_MSS_FLOOR,
		.user_mss = c->user_mss,
		.nonagle = c->nonagle,
		.tos = c->tos,
		.tclass = c->tclass,
		.bind_flags = c->bind_flags};
}

void tcp_conn_renew(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active, was;

	assert(c->key.state == TCPS_CLOSED && !c->listen && list_empty(&b->hs.queue));
	if (b->hs.fastopen_rsk)
		tcp_fastopen_child_gone(s, c);
	tcp_hash_out(s, &c->key);
	if (!tcp_is(c, TCPB_BOUND_PORT))
		tcp_port_leave(s, c);
	tcp_queues_drop(s, c);
	tcp_timers_stop(s, c);
	list_del(&b->dirty);
	list_del(&b->quiet);
	if (c->extra && c->extra->saved_syn) {
		pkt_free(c->extra->saved_syn);
		c->extra->saved_syn = NULL;
	}
	*c = survivor(c);
	was = *b;
	*b = (struct tcp_active){.rcv.space = was.rcv.space,
		.rcv.rtt_us = was.rcv.rtt_us,
		.snd.watch_acks = was.snd.watch_acks,
		.path.mtu = was.path.mtu};
	memcpy(b->stats.chrono, was.stats.chrono, sizeof(b->stats.chrono));
	tcp_active_init(s, c, b);
	b->rcv.lowat = was.rcv.lowat;
	loss_recall(&b->loss, &was.loss);
}

void tcp_purge_send(struct stack *s, struct tcp_conn *c)
{
	tcp_snd_clear(s, c);
	loss_free(&c->active->loss);
	tcp_timers_probe0_off(c);
}

void tcp_done(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	assert(c->key.state != TCPS_LISTEN);
	tcp_chrono_stop_all(s, c);
	tcp_set_state(s, c, TCPS_CLOSED);
	tcp_timers_stop(s, c);
	tcp_hash_out(s, &c->key);
	if (!tcp_is(c, TCPB_BOUND_PORT))
		tcp_port_leave(s, c);
	tcp_ack_forget(c);
	c->shut = TCP_SHUT_RD | TCP_SHUT_WR;
	if (b->hs.fastopen_rsk)
		tcp_fastopen_child_gone(s, c);
	if (c->owner)
		tcp_notify(s, c, 0);
	else if (list_empty(&b->hs.queue))
		tcp_conn_reap(s, c);
}

/* Freed at the end of the batch: a caller may still refer to it. Its port is released now: the
 * program may bind() to it right after close(). */
void tcp_conn_reap(struct stack *s, struct tcp_conn *c)
{
	assert(!c->owner && c->key.state == TCPS_CLOSED);
	tcp_port_leave(s, c);
	tcp_dirty_mark(s, c);
}

void tcp_fail(struct stack *s, struct tcp_conn *c, int err)
{
	assert(err > 0);
	c->err = (uint16_t)err;
	if (tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD)))
		stack_count(s, MIB_TcpAttemptFails);
	tcp_purge_send(s, c);
	tcp_done(s, c);
}

/* --- drops --- */

void tcp_drop(struct tcp_conn *c, uint32_t n)
{
	c->active->drops += n;
}

void tcp_listen_drop(struct stack *s, struct tcp_conn *l)
{
	stack_count(s, MIB_TcpExtListenDrops);
	tcp_drop(l, 1);
}

/* --- status --- */

/* The urgent byte is not read with the others, unless it is inline: it is not readable, and data
 * before it is read by itself. */
static void set_urgent(const struct tcp_conn *c, struct tcp_status *f)
{
	const struct tcp_rcv *r = &c->active->rcv;

	f->urgent = r->urg;
	f->urgent_byte = r->urg_byte;
	f->at_mark = seq_eq(r->urg_seq, c->copied_seq);
	if (tcp_is(c, TCPB_OOBINLINE) || !seq_within(r->urg_seq, c->copied_seq, f->unread))
		return;
	f->readable--;
	f->before_mark = seq_span(r->urg_seq, c->copied_seq);
}

static void set_unread(const struct tcp_conn *c, struct tcp_status *f)
{
	const struct tcp_rcv *r = &c->active->rcv;

	f->unread = seq_span(c->rcv_nxt, c->copied_seq);
	if (f->unread > 0 && r->fin_rcvd)
		f->unread--;
	f->readable = f->before_mark = f->unread;
	if (r->urg)
		set_urgent(c, f);
	if (f->readable == 0)
		return;
	if (tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_CLOSED)) && !r->q.queue.first)
		f->readable = 0;
	else
		f->full = tcp_rcv_full(c);
}

void tcp_get_status(const struct tcp_conn *c, struct tcp_status *f)
{
	const struct tcp_active *b = c->active;

	if (tcp_is_idle(c)) {
		*f = (struct tcp_status){.state = c->key.state, .done = tcp_is(c, TCPB_DONE)};
		return;
	}
	if (c->key.state == TCPS_LISTEN) {
		*f = (struct tcp_status){.state = c->key.state,
			.shut = c->shut,
			.accept = c->listen->queued > 0,
			.err = c->err};
		return;
	}
	*f = (struct tcp_status){
		.state = c->key.state,
		.shut = c->shut,
		.done = tcp_is(c, TCPB_DONE),
		.deferred = tcp_is(c, TCPB_DEFER_CONNECT),
		.fast_open = c->key.state == TCPS_SYN_RCVD && b->hs.fastopen_rsk,
		.err = c->err,
	};
	if (!seq_eq(c->rcv_nxt, c->copied_seq) || b->rcv.urg)
		set_unread(c, f);
	if (tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD))) {
		f->before_mark = 0; /* Linux's tcp_inq() */
		return;
	}
	f->unacked = seq_span(c->write_seq, c->snd_una);
	f->unsent = seq_span(c->write_seq, c->snd_nxt);
}

bool tcp_has_room(const struct tcp_conn *c)
{
	return tcp_is_idle(c) || tcp_snd_room(tcp_stack_of(c), c);
}

bool tcp_writable(const struct tcp_conn *c)
{
	return tcp_is_idle(c) || tcp_snd_writable(tcp_stack_of(c), c);
}

/* One end of c, idle or not. */
static void end_of(const struct tcp_conn *c, struct tcp_end *e, bool peer)
{
	struct tcp_conn view = {0};

	if (tcp_is_idle(c)) {
		tcp_idle_view(tcp_idle_of(c), &view);
		c = &view;
	}
	*e = (struct tcp_end){peer ? c->key.raddr : c->key.laddr,
		peer ? c->key.rport : c->key.lport, c->extra ? c->extra->ifindex : 0};
}

void tcp_local(const struct tcp_conn *c, struct tcp_end *e)
{
	end_of(c, e, false);
}

void tcp_peer(const struct tcp_conn *c, struct tcp_end *e)
{
	end_of(c, e, true);
}

void *tcp_owner(const struct tcp_conn *c)
{
	return tcp_is_idle(c) ? tcp_idle_of(c)->owner : c->owner;
}

int tcp_take_error(struct tcp_conn *c)
{
	int err;

	if (tcp_is_idle(c))
		return 0;
	err = c->err;
	c->err = 0;
	if (err == 0) {
		err = c->soft_err;
		c->soft_err = 0;
	}
	return err;
}

void tcp_set_error(struct tcp_conn *c, int err)
{
	if (tcp_is_idle(c)) /* not present when idle */
		return;
	tcp_plain_end(c);
	c->err = (uint16_t)err;
}

void tcp_want_write_space(struct tcp_conn *c)
{
	tcp_mark(c, TCPB_NOSPACE, true);
}

void tcp_watch_acks(struct stack *s, struct tcp_conn *c, bool on)
{
	c = tcp_wake(s, c);
	if (!c)
		return;
	tcp_plain_end(c);
	c->active->snd.watch_acks = on;
}

uint64_t tcp_bytes_queued(struct stack *s, struct tcp_conn *c)
{
	c = tcp_wake(s, c);
	if (!c)
		return 0;
	return tcp_bytes_before(c, c->write_seq);
}
