/*
 * tcp_listen.c - passive open. A SYN becomes a request socket in the table of 4-tuples, with a
 * timer that retransmits the SYN-ACK; the final ACK turns it into a connection, which waits in the
 * accept queue, first in first out.
 *
 *     SYN  --> [tcp_req] --final ACK--> [tcp_conn] --> accept queue --> tcp_accept()
 *               qlen <= backlog          queued <= backlog + 1 (Linux's "greater than")
 *
 *     full of requests   cookies (tcp_syncookie.c), or the SYN is dropped: TCPReqQFullDrop
 *     full to accept     SYN dropped; final ACK ignored, or RST with tcp_abort_on_overflow
 */
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_isn.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_syncookie.h"
#include "stack/tcp/tcp_synrcvd.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_uto.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

/* Linux drops a request whose SYN-ACK cannot be sent again: its address was removed, or the route.
 */
static bool has_route(struct stack *s, const struct tcp_req *r)
{
	struct ip_route_key key = {.dst = r->key.raddr, .src = r->key.laddr, .ifindex = r->ifindex};
	struct ip_route route;

	return ip_route_query(s, &key, &route) == 0;
}

static void req_fire(struct stack *s, struct stack_timer *t);

bool tcp_accept_full(const struct tcp_conn *l)
{
	return l->listen->queued > l->listen->backlog;
}

static bool requests_full(const struct tcp_conn *l)
{
	return l->listen->qlen > l->listen->backlog;
}

int tcp_listen(struct stack *s, struct tcp_conn *c, int backlog)
{
	uint32_t cap = (uint32_t)s->sysctl.somaxconn;
	uint32_t n = backlog < 0 || (uint32_t)backlog > cap ? cap : (uint32_t)backlog;
	int err;

	if (c->key.state == TCPS_LISTEN) {
		c->listen->backlog = n;
		tcp_changed(s, &c->key);
		return 0;
	}
	if (c->key.state != TCPS_CLOSED)
		return -EINVAL;
	if (!c->port) {
		err = tcp_port_take(s, c, 0);
		if (err)
			return err;
	}
	c->listen = pool_get(&s->tcp->listens);
	if (!c->listen)
		return -ENOBUFS;
	assert(!c->active->snd.q.first && c->active->loss.packets_out == 0);
	list_init(&c->listen->requests);
	list_init(&c->listen->accept);
	c->listen->backlog = n;
	c->listen->id = ++s->tcp->listen_ids;
	tcp_mark(c, TCPB_DONE, false);
	tcp_set_state(s, c, TCPS_LISTEN);
	err = tcp_port_listen_ok(s, c);
	if (!err && !tcp_listener_in(s, c))
		err = -ENOBUFS;
	if (err) {
		tcp_set_state(s, c, TCPS_CLOSED);
		pool_put(&s->tcp->listens, c->listen);
		c->listen = NULL;
	}
	return err;
}

void tcp_req_free(struct stack *s, struct tcp_req *r)
{
	struct tcp_listen *l = r->listener ? r->listener->listen : NULL;

	tcp_timers_off(s, &r->timer);
	tcp_hash_out(s, &r->key);
	if (l && !list_empty(&r->link)) {
		assert(l->qlen > 0 && (r->timeouts > 0 || l->young > 0));
		l->qlen--;
		if (r->timeouts == 0)
			l->young--;
	}
	list_del(&r->link);
	list_del(&r->dirty);
	pkt_free(r->saved_syn);
	pool_put(&s->tcp->reqs, r);
}

/* Resets the connections in the accept queue, frees requests. */
void tcp_listen_stop(struct stack *s, struct tcp_conn *l)
{
	struct tcp_listen *q = l->listen;

	tcp_listener_out(s, l);
	while (!list_empty(&q->requests))
		tcp_req_free(s, list_entry(q->requests.next, struct tcp_req, link));
	assert(q->qlen == 0 && q->young == 0);
	while (!list_empty(&q->accept)) {
		struct tcp_active *b = list_entry(q->accept.next, struct tcp_active, hs.queue);
		struct tcp_conn *c = b->conn;

		list_del(&b->hs.queue);
		if (c->key.state != TCPS_CLOSED) {
			tcp_queue_rst(s, c);
			tcp_fail(s, c, ECONNRESET);
		} else {
			tcp_conn_reap(s, c);
		}
	}
	pool_put(&s->tcp->listens, q);
	l->listen = NULL;
}

struct tcp_conn *tcp_accept(struct stack *s, struct tcp_conn *l, void *owner)
{
	struct tcp_active *b;

	if (!l->listen || list_empty(&l->listen->accept))
		return NULL;
	b = list_entry(l->listen->accept.next, struct tcp_active, hs.queue);
	list_del(&b->hs.queue);
	assert(l->listen->queued > 0 && !b->conn->owner);
	l->listen->queued--;
	tcp_changed(s, &l->key);
	b->conn->owner = owner;
	tcp_idle_schedule(s, b->conn);
	return b->conn;
}

void tcp_accept_add(struct stack *s, struct tcp_conn *l, struct tcp_conn *child)
{
	assert(!child->owner && list_empty(&child->active->hs.queue));
	list_add_tail(&l->listen->accept, &child->active->hs.queue);
	l->listen->queued++;
	tcp_changed(s, &l->key);
	tcp_notify(s, l, TCP_EVENT_IN);
}

/* --- the SYN-ACK --- */

void tcp_req_out(struct stack *s, struct tcp_req *r)
{
	struct tcp_opts o = {.has = TCP_HAS_MSS, .mss = r->advmss};
	struct tcp_seg g = {.sport = r->key.lport,
		.dport = r->key.rport,
		.seq = r->iss,
		.ack = r->rcv_nxt,
		.flags = SEG_SYN | SEG_ACK | (r->ecn_ok ? SEG_ECE : 0),
		.win = (uint16_t)u32_min(r->rcv_wnd, 65535)};
	struct ip_tx tx = {.addr = {r->key.laddr, r->key.raddr},
		.ifindex = r->ifindex,
		.rehash = r->retrans,
		.tos = r->tos};
	struct tcp_sign sign;

	if (!tcp_sign_req(r, NULL, &sign))
		return;
	tcp_auth_space(&sign, &o);
	if (sign.md5 && !r->cookie && r->agreed & TCPA_SACK) /* there is no room for both */
		r->agreed &= (uint8_t)~TCPA_TS;
	if (r->agreed & TCPA_TS) {
		o.has |= TCP_HAS_TS;
		r->ts_last = ms_of(s->now) + r->ts_offset;
		o.tsval = r->cookie ? tcp_cookie_ts(s, r) : r->ts_last;
		o.tsecr = r->ts_recent;
	}
	if (r->agreed & TCPA_SACK)
		o.has |= TCP_HAS_SACK_OK;
	if (r->agreed & TCPA_WSCALE) {
		o.has |= TCP_HAS_WSCALE;
		o.wscale = r->rcv_wscale;
	}
	if (r->listener) {
		tcp_uto_offer(r->listener->extra, &o);
		tcp_tx_options(r->listener->extra, &tx);
	}
	tcp_fastopen_synack_option(s, r, &o);
	tcp_queue_reply(s, &tx, &g, &o, &sign);
}

void tcp_req_repeat(struct stack *s, struct tcp_req *r)
{
	if (r->retrans < 255)
		r->retrans++;
	stack_count(s, MIB_TcpRetransSegs);
	stack_count(s, MIB_TcpExtTCPSynRetrans);
	if (list_empty(&r->dirty))
		list_add_tail(&s->tcp->dirty_reqs, &r->dirty);
}

/* Once the queue is more than half full old requests expire earlier. */
static int most_retries(const struct stack *s, const struct tcp_req *r)
{
	const struct tcp_conn *l = r->listener;
	const struct tcp_listen *q = l->listen;
	int max = l->extra && l->extra->syn_retries ? l->extra->syn_retries
						    : s->sysctl.tcp_synack_retries;
	uint32_t young = q->young << 1;

	assert(q->young <= q->qlen);
	if (q->qlen << 1 > u32_max(8, q->backlog))
		while (max > 2 && q->qlen >= young) {
			max--;
			young <<= 1;
		}
	return max;
}

static void child_fire(struct stack *s, struct tcp_req *r)
{
	struct tcp_conn *c = r->child;
	int max = c->extra && c->extra->syn_retries ? c->extra->syn_retries
						    : s->sysctl.tcp_synack_retries + 1;

	assert(c->active->hs.tfo_req == r);
	stack_count(s, MIB_TcpExtTCPTimeouts);
	if (r->timeouts >= max) {
		tcp_fail(s, c, ETIMEDOUT);
		return;
	}
	tcp_req_repeat(s, r);
	r->timeouts++;
	tcp_timers_synack(s, r);
}

static void req_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_req *r = container_of(t, struct tcp_req, timer);
	int max, defer;
	bool expire, again;

	if (r->child) {
		child_fire(s, r);
		return;
	}
	assert(r->listener->listen && !list_empty(&r->link));
	max = most_retries(s, r);
	defer = r->listener->extra ? r->listener->extra->defer_accept : 0;
	expire = r->timeouts >= max && (!defer || !r->acked || r->timeouts >= defer);
	again = !defer || !r->acked || r->timeouts >= defer - 1;
	stack_count(s, MIB_TcpExtTCPTimeouts);
	if (expire) {
		tcp_req_free(s, r);
		return;
	}
	if (again && !r->acked && !has_route(s, r)) {
		tcp_req_free(s, r);
		return;
	}
	if (again)
		tcp_req_repeat(s, r);
	assert(r->timeouts > 0 || r->listener->listen->young > 0);
	if (r->timeouts++ == 0)
		r->listener->listen->young--;
	tcp_timers_synack(s, r);
}

/* --- the SYN --- */

/* The largest segment of the peer, as far as known. */
static uint16_t data_size(const struct tcp_req *r)
{
	return (uint16_t)(r->advmss - (r->agreed & TCPA_TS ? TCP_OPT_TS_ALIGNED : 0));
}

void tcp_req_window(struct stack *s, const struct tcp_conn *l, struct tcp_req *r, uint16_t mss)
{
	struct tcp_win_start w = tcp_win_begin(l);

	w.wscale_ok = (r->agreed & TCPA_WSCALE) != 0;
	w.mss = mss;
	tcp_win_initial(s, &w);
	r->rcv_wnd = w.rcv_wnd;
	r->window_clamp = w.clamp;
	r->rcv_wscale = w.wscale;
}

static void req_options(struct tcp_in *in, const struct tcp_conn *l, struct tcp_req *r)
{
	const struct sysctl *sys = &in->s->sysctl;
	const struct tcp_opts *o = &in->o;
	uint16_t mss = ip_addr_is_v4(&r->key.raddr) ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;

	if ((o->has & TCP_HAS_MSS) && o->mss)
		mss = o->mss;
	if (l->user_mss && l->user_mss < mss)
		mss = l->user_mss;
	r->mss = mss;
	if ((o->has & TCP_HAS_TS) && sys->tcp_timestamps) {
		r->agreed |= TCPA_TS;
		r->ts_recent = o->tsval;
	}
	if ((o->has & TCP_HAS_SACK_OK) && sys->tcp_sack)
		r->agreed |= TCPA_SACK;
	if ((o->has & TCP_HAS_WSCALE) && sys->tcp_window_scaling) {
		r->agreed |= TCPA_WSCALE;
		assert(o->wscale <= TCP_WSCALE_MAX);
		r->snd_wscale = o->wscale;
	}
	/* RFC 3168 6.1.1; a SYN that is itself ECT is not trusted, except by DCTCP */
	r->ecn_ok = (in->seg.flags & (SEG_ECE | SEG_CWR)) == (SEG_ECE | SEG_CWR) &&
		    ((sys->tcp_ecn != 0 && (in->p->ecn & 3) == 0) || l->cc->flags & CC_ECN);
	if (r->ecn_ok)
		r->agreed |= TCPA_ECN;
	if ((o->has & TCP_HAS_UTO))
		r->uto = o->uto * (o->uto_minutes ? 60u : 1u);
}

/* TCP_SAVE_SYN: the headers of IP and TCP, including options; nothing if out of memory. */
static struct pkt *syn_headers(const struct tcp_in *in)
{
	uint32_t ip = in->rx->head_len, tcp = TCP_HDR_MIN + (uint32_t)in->seg.opt_len;
	struct pkt *p = pkt_new(&in->s->pkts, ip + tcp);

	assert(tcp <= in->p->len && tcp <= TCP_HDR_MIN + TCP_OPTS_MAX);
	if (p) {
		memcpy(p->data, in->rx->head, ip);
		memcpy(p->data + ip, in->p->data, tcp);
		p->len = ip + tcp;
	}
	return p;
}

void tcp_req_ao(const struct tcp_in *in, struct tcp_req *r)
{
	r->ao = in->o.has & TCP_HAS_AO;
	r->ao_keyid = in->o.ao_rnext; /* we sign with the key that the peer requests */
	r->ao_rnext = in->o.ao_keyid;
}

uint32_t tcp_req_interface(const struct tcp_in *in, const struct tcp_conn *l)
{
	if (ip_addr_is_link_local(&in->rx->addr.src) && in->rx->dev)
		return in->rx->dev->ifindex;
	return l->extra ? l->extra->ifindex : 0;
}

static struct tcp_req *req_make(struct tcp_in *in, struct tcp_conn *l)
{
	struct stack *s = in->s;
	struct tcp_req *r = pool_get(&s->tcp->reqs);
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.dport, in->seg.sport};
	struct ip_route path = {.mtu = 1500};
	struct ip_route_key key = {t.raddr, t.laddr, 0};

	if (!r)
		return NULL;
	r->key.kind = TCP_KIND_REQ;
	r->key.state = TCPS_SYN_RCVD;
	r->key.laddr = t.laddr;
	r->key.raddr = t.raddr;
	r->key.lport = t.lport;
	r->key.rport = t.rport;
	list_init(&r->link);
	list_init(&r->dirty);
	stack_timer_init(&r->timer, req_fire);
	r->listener = l;
	r->ifindex = tcp_req_interface(in, l);
	key.ifindex = r->ifindex;
	if (ip_route_query(s, &key, &path) != 0) {
		pool_put(&s->tcp->reqs, r);
		return NULL;
	}
	r->advmss = tcp_advmss(s, &t.raddr, &path);
	if (l->user_mss && l->user_mss < r->advmss)
		r->advmss = l->user_mss;
	r->irs = in->seg.seq;
	r->rcv_nxt = seq_add(in->seg.seq, 1);
	r->ts_offset = tcp_ts_offset(s, &t);
	r->ts_first = r->ts_last = ms_of(s->now) + r->ts_offset;
	r->tos = tcp_tos(l, &t.raddr);
	if (s->sysctl.tcp_reflect_tos)
		r->tos = (uint8_t)((in->rx->tos & 0xfc) | (r->tos & 3));
	r->iss = tcp_isn(s, &t);
	r->sent_at = s->now;
	req_options(in, l, r);
	tcp_req_ao(in, r);
	if (l->extra && l->extra->save_syn)
		r->saved_syn = syn_headers(in);
	return r;
}

static void drop_syn(struct stack *s, struct tcp_conn *l, struct tcp_req *r)
{
	tcp_listen_drop(s, l);
	if (r)
		tcp_req_free(s, r);
}

/* The queue is full, or cookies are always on: true if the SYN is answered with a cookie. */
static bool want_cookie(struct stack *s, struct tcp_conn *l, bool *drop)
{
	if (s->sysctl.tcp_syncookies != 2 && !requests_full(l))
		return false;
	if (s->sysctl.tcp_syncookies == 0) {
		stack_count(s, MIB_TcpExtTCPReqQFullDrop);
		*drop = true;
		return false;
	}
	stack_count(s, MIB_TcpExtTCPReqQFullDoCookies);
	return true;
}

static void answer(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r, bool cookie)
{
	struct stack *s = in->s;

	assert(list_empty(&r->link) && !r->child);
	if (cookie) {
		l->listen->overflow_at = s->now ? s->now : 1;
		if (!(r->agreed & TCPA_TS))
			r->agreed = 0;
		r->ecn_ok = r->ecn_ok && (r->agreed & TCPA_TS);
		r->cookie = true;
		r->timeouts = 1;
	}
	tcp_req_window(s, l, r, data_size(r));
	if (cookie) {
		r->iss = tcp_cookie_make(s, r);
		tcp_req_out(s, r);
		r->listener = NULL;
		tcp_req_free(s, r);
		return;
	}
	if (!tcp_hash_in(s, &r->key)) {
		drop_syn(s, l, r);
		return;
	}
	list_add_tail(&l->listen->requests, &r->link);
	l->listen->qlen++;
	l->listen->young++;
	list_add_tail(&s->tcp->dirty_reqs, &r->dirty);
	tcp_timers_synack(s, r);
}

static void syn_in(struct tcp_in *in, struct tcp_conn *l, const struct seq *isn)
{
	struct stack *s = in->s;
	struct tcp_req *r;
	bool drop = false, cookie = false;
	int32_t most = s->sysctl.tcp_max_syn_backlog;

	if (!isn)
		cookie = want_cookie(s, l, &drop);
	if (!drop && tcp_accept_full(l)) {
		stack_count(s, MIB_TcpExtListenOverflows);
		drop = true;
	}
	if (!drop && !cookie && !isn && s->sysctl.tcp_syncookies == 0 &&
		most - (int32_t)l->listen->qlen < most >> 2)
		drop = true; /* the last quarter is reserved for proven peers */
	if (drop) {
		drop_syn(s, l, NULL);
		return;
	}
	r = req_make(in, l);
	if (!r) {
		drop_syn(s, l, NULL);
		return;
	}
	if (isn)
		r->iss = *isn;
	if (!cookie) {
		tcp_req_window(s, l, r, data_size(r));
		if (tcp_fastopen_syn_in(in, l, r))
			return;
	}
	answer(in, l, r, cookie);
}

void tcp_listen_in(struct tcp_in *in, struct tcp_conn *l, const struct seq *isn)
{
	uint16_t f = in->seg.flags;

	if ((f & SEG_RST) && !(f & SEG_ACK))
		tcp_drop(l, 1);
	if (f & SEG_RST)
		return;
	if (f & SEG_ACK) {
		struct tcp_req r = {0};
		struct tcp_req *made;

		if (!(f & SEG_SYN) && (made = tcp_cookie_in(in, l, &r)) != NULL) {
			struct tcp_conn *child = tcp_child(in, made);

			if (child)
				tcp_child_in(in, l, child);
			return;
		}
		tcp_reply_rst(in);
		return;
	}
	if (!(f & SEG_SYN) || (f & SEG_FIN)) {
		tcp_drop(l, 1);
		return;
	}
	syn_in(in, l, isn);
}
