/*
 * tcp_open.c - active open: the SYN, and every answer in SYN-SENT (RFC 9293 3.10.7.3),
 * simultaneous open and self-connection included.
 */
#include "stack/tcp/tcp_open.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_close.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_isn.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_uto.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

/* Determines the route and our address for c->key.raddr. */
static int find_source(struct stack *s, struct tcp_conn *c, struct ip_route *path)
{
	struct ip_route_key key = {c->key.raddr, c->key.laddr, c->extra ? c->extra->ifindex : 0};
	int err;

	if (!ip_is_source(s, &key.src) && ip_addr_is_v4(&key.src) == ip_addr_is_v4(&key.dst))
		key.src = ip_addr_is_v4(&key.dst) ? IP_ADDR_ANY4 : IP_ADDR_ANY6;
	err = ip_route_query(s, &key, path);
	if (err)
		return err;
	if (path->broadcast) /* RFC 9293 MUST-46 */
		return -ENETUNREACH;
	c->key.laddr = path->src;
	return 0;
}

/* The MSS of a peer that announces none (RFC 9293 3.7.1, MUST-15). */
static uint16_t mss_default(const struct tcp_conn *c)
{
	return ip_addr_is_v4(&c->key.raddr) ? TCP_MSS_DEFAULT4 : TCP_MSS_DEFAULT6;
}

static void connect_init(struct stack *s, struct tcp_conn *c, const struct ip_route *path)
{
	struct tcp_active *b = c->active;
	struct tcp_tuple t = {c->key.laddr, c->key.raddr, c->key.lport, c->key.rport};
	struct tcp_win_start w = tcp_win_begin(c);

	assert(!b->snd.q.first && !b->snd.q.rec && !b->rcv.q.queue.first);
	c->ip_len = ip_addr_is_v4(&c->key.raddr) ? 20 : 40;
	c->ts_offset = tcp_ts_offset(s, &t);
	if (!tcp_is(c, TCPB_RFC6191))
		c->write_seq = tcp_isn(s, &t);
	c->iss = c->snd_una = c->snd_nxt = c->write_seq;
	c->write_seq = seq_add(c->iss, 1); /* the SYN's own number is used */
	loss_connect(&b->loss, c->iss, s->now);
	b->snd.sml = b->snd.up = c->iss;
	c->mss_clamp = c->user_mss ? c->user_mss : mss_default(c);
	c->advmss = tcp_advmss(s, &c->key.raddr, path);
	if (c->user_mss && c->user_mss < c->advmss)
		c->advmss = c->user_mss;
	c->agreed = s->sysctl.tcp_timestamps ? TCPA_TS : 0;
	tcp_mtu_init(s, c);
	tcp_sync_mss(s, c, path->mtu);
	tcp_path_found(s, c, path);
	w.wscale_ok = s->sysctl.tcp_window_scaling;
	w.mss = (uint16_t)(c->advmss - (c->ts_recent_s ? TCP_OPT_TS_ALIGNED : 0));
	tcp_win_initial(s, &w);
	c->rcv_wnd = w.rcv_wnd;
	c->window_clamp = w.clamp;
	c->rcv_wscale = b->hs.syn_wscale = w.wscale;
	c->rcv_ssthresh = c->rcv_wnd;
	c->rcv_nxt = c->rcv_wup = c->copied_seq = seq_of(0);
	c->snd_wl1 = seq_of(0);
	c->snd_wnd = 0;
	c->rcv_mss = (uint16_t)u32_min(c->advmss, TCP_MSS_DEFAULT4);
	c->err = c->soft_err = 0;
	tcp_mark(c, TCPB_DONE, false);
}

int tcp_connect(struct stack *s, struct tcp_conn *c, const struct tcp_end *to)
{
	struct ip_addr was = c->key.laddr;
	struct ip_route path;
	int err;

	if (c->key.state != TCPS_CLOSED)
		return c->key.state == TCPS_SYN_SENT ? -EALREADY : -EISCONN;
	c->key.raddr = ip_this_host(s, &to->addr, &c->key.laddr);
	if (ip_addr_is_multicast(&c->key.raddr))
		return -ENETUNREACH;
	c->key.rport = to->port;
	err = find_source(s, c, &path);
	if (!err)
		err = tcp_ao_connect(s, c);
	if (!err)
		err = tcp_port_connect(s, c);
	if (!err && !tcp_hash_in(s, &c->key))
		err = -ENOBUFS;
	if (!err) {
		connect_init(s, c, &path);
		if (!loss_reserve(&c->active->loss)) { /* of the SYN */
			tcp_hash_out(s, &c->key);
			err = -ENOBUFS;
		}
	}
	if (err) {
		c->key.laddr = was;
		if (!tcp_is(c, TCPB_BOUND_PORT))
			tcp_port_leave(s, c);
		c->key.rport = 0;
		return err;
	}
	tcp_set_state(s, c, TCPS_SYN_SENT);
	if (tcp_fastopen_defer(s, c)) {
		tcp_mark(c, TCPB_DEFER_CONNECT, true);
		return 0;
	}
	tcp_connect_syn(s, c);
	return 0;
}

void tcp_connect_syn(struct stack *s, struct tcp_conn *c)
{
	assert(c->key.state == TCPS_SYN_SENT);
	tcp_mark(c, TCPB_DEFER_CONNECT, false);
	c->active->hs.syn_unsent = true;
	c->active->hs.synack_at = s->now;
	stack_count(s, MIB_TcpActiveOpens);
	tcp_dirty_mark(s, c);
}

int tcp_disconnect(struct stack *s, struct tcp_conn *c)
{
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	if (c->key.state == TCPS_LISTEN)
		tcp_listen_stop(s, c);
	else if (tcp_in_state(c, TCPM(TCPS_SYN_SENT)))
		c->err = ECONNRESET;
	else if (tcp_owes_reset(c)) {
		tcp_queue_rst(s, c);
		c->err = ECONNRESET;
	}
	if (c->key.state != TCPS_CLOSED)
		tcp_set_state(s, c, TCPS_CLOSED);
	tcp_conn_renew(s, c);
	tcp_notify(s, c, 0);
	return 0;
}

/* The options negotiated by the peer's SYN. */
static void agree(struct tcp_in *in, struct tcp_conn *c)
{
	const struct tcp_opts *o = &in->o;
	const struct sysctl *sys = &in->s->sysctl;
	uint16_t mss = mss_default(c);

	c->agreed = 0;
	if ((o->has & TCP_HAS_TS) && sys->tcp_timestamps) {
		c->agreed |= TCPA_TS;
		tcp_store_ts(in, c, in->seg.seq);
		c->ts_recent = o->tsval;
		c->ts_recent_s = s_of(in->s->now);
	}
	if ((o->has & TCP_HAS_SACK_OK) && sys->tcp_sack)
		c->agreed |= TCPA_SACK;
	if ((o->has & TCP_HAS_WSCALE) && sys->tcp_window_scaling) {
		c->agreed |= TCPA_WSCALE;
		assert(o->wscale <= TCP_WSCALE_MAX);
		c->snd_wscale = o->wscale;
	} else {
		c->snd_wscale = c->rcv_wscale = 0;
		c->window_clamp = u32_min(c->window_clamp, 65535);
	}
	if ((o->has & TCP_HAS_MSS) && o->mss)
		mss = o->mss;
	if (c->user_mss && c->user_mss < mss)
		mss = c->user_mss;
	c->mss_clamp = mss;
}

/* Takes over the route's metrics for sending; asks again if routes have changed. */
static void take_metrics(struct stack *s, struct tcp_conn *c)
{
	struct ip_route_key key = {c->key.raddr, c->key.laddr, c->extra ? c->extra->ifindex : 0};
	struct tcp_active *b = c->active;
	struct ip_route path = {.paced = b->path.paced, .initcwnd = b->path.initcwnd};

	if (!tcp_path_stands(s, c) && ip_route_query(s, &key, &path) != 0)
		return;
	b->loss.cc.paced |= path.paced;
	b->loss.init_cwnd = path.initcwnd;
}

void tcp_init_transfer(struct stack *s, struct tcp_conn *c)
{
	struct tcp_loss *l = &c->active->loss;

	assert(!l->established);
	tcp_sync_mss(s, c, c->active->path.mtu);
	tcp_mtu_init(s,
		c); /* for a child not before: its size is that of the path until the next lookup */
	l->sack = (c->agreed & TCPA_SACK) != 0;
	l->cc.ecn = (c->agreed & TCPA_ECN) != 0;
	if (c->extra && c->extra->max_pacing != TCP_PACING_ANY) {
		l->cc.max_pacing_rate = (uint64_t)c->extra->max_pacing;
		l->cc.paced = true;
	}
	take_metrics(s, c);
	c->active->hs.syn_wscale = 0;
	loss_established(l, c->cc, c->mss, s->now);
	tcp_cc_chosen(c);
	tcp_sndbuf_expand(s, c);
	tcp_win_start_conn(s, c);
}

void tcp_finish_connect(struct stack *s, struct tcp_conn *c)
{
	tcp_set_state(s, c, TCPS_ESTABLISHED);
	c->lrcv_ms = ms_of(s->now);
	tcp_advmss_less_options(c);
	tcp_init_transfer(s, c);
	c->active->rcv.predict = c->snd_wscale == 0;
	c->active->loss.cc.last_send = s->now;
	if (tcp_is(c, TCPB_KEEPALIVE))
		tcp_timers_established(s, c);
}

static void take_window(struct tcp_in *in, struct tcp_conn *c)
{
	assert(in->seg.flags & SEG_SYN);
	c->irs = in->seg.seq;
	c->rcv_nxt = c->rcv_wup = c->copied_seq = seq_add(in->seg.seq, 1);
	c->snd_wl1 = in->seg.seq;
	c->snd_wnd = c->max_window = in->seg.win;
}

/* RFC 9293 3.10.7.3, fourth step with an acceptable ACK: the connection is established. */
static void syn_ack_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool ecn = (in->seg.flags & (SEG_ECE | SEG_CWR)) == SEG_ECE &&
		   (c->agreed & TCPA_ECN || c->ecn & TCPE_QUEUE_CWR);

	agree(in, c);
	c->ecn = 0;
	if (ecn)
		c->agreed |= TCPA_ECN;
	take_window(in, c);
	c->soft_err = 0;
	if (tcp_ack_in(in, c) < 0)
		return;
	tcp_uto_in(in, c);
	c->rcv_wup = c->rcv_nxt;
	if (tcp_fastopen_synack(in, c))
		return;
	tcp_finish_connect(s, c);
	tcp_notify(s, c, TCP_EVENT_OUT);
	if (tcp_write_pending(c) || (c->extra && c->extra->defer_accept) || c->pingpong) {
		/* the ACK is piggybacked on the data that follows, or is delayed */
		c->active->snd.write_pending = false;
		tcp_ack_mark(c, ACKP_SCHED);
		tcp_quickack_enter(c, TCP_MAX_QUICKACKS);
		c->ato_ms = TCP_ATO_MIN_MS;
		tcp_ack_delay_for(s, c, TCP_DELACK_MAX_MS);
	} else {
		tcp_ack_now(s, c);
	}
	if (c->active->hs.syn_data_lost)
		loss_simple_retransmit(&c->active->loss, 0, s->now);
	tcp_push_mark(s, c, 0);
}

/* Fifth: a SYN without ACK: simultaneous open. */
static void simultaneous(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool ecn = (c->ecn & TCPE_QUEUE_CWR) &&
		   (in->seg.flags & (SEG_ECE | SEG_CWR)) == (SEG_ECE | SEG_CWR);

	if ((in->o.has & TCP_HAS_TS) && c->ts_recent_s &&
		tcp_paws_reject(s, c->ts_recent, c->ts_recent_s, in->o.tsval)) {
		tcp_drop(c, 1);
		return;
	}
	tcp_set_state(s, c, TCPS_SYN_RCVD);
	agree(in, c);
	c->ecn = 0;
	if (ecn)
		c->agreed |= TCPA_ECN;
	take_window(in, c);
	tcp_sync_mss(s, c, c->active->path.mtu);
	/* a close may come before the transfer begins, with a FIN to handle */
	c->active->loss.sack = (c->agreed & TCPA_SACK) != 0;
	c->active->hs.synack_due = true;
	tcp_dirty_mark(s, c);
}

void tcp_syn_sent_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	const struct tcp_seg *g = &in->seg;
	uint32_t ecr = in->o.tsecr - c->ts_offset;

	assert(c->key.state == TCPS_SYN_SENT);
	if (g->flags & SEG_ACK) {
		/* RFC 9293: ACK <= ISS or > SND.NXT: reset, unless RST; then our SYN is
		 * retransmitted soon */
		if (seq_le(g->ack, c->snd_una) || seq_gt(g->ack, c->snd_nxt)) {
			loss_retry_soon(&c->active->loss, s->now);
			tcp_dirty_mark(s, c);
			if (!(g->flags & SEG_RST))
				tcp_reply_rst(in);
			return;
		}
		if ((in->o.has & TCP_HAS_TS) && in->o.tsecr &&
			((int32_t)(ecr - ms_of(c->active->hs.synack_at)) < 0 ||
				(int32_t)(ms_of(s->now) - ecr) < 0)) {
			stack_count(s, MIB_TcpExtPAWSActive);
			tcp_reply_rst(in);
			return;
		}
		if (g->flags & SEG_RST) {
			tcp_reset_in(in, c);
			return;
		}
		if (!(g->flags & SEG_SYN)) {
			tcp_drop(c, 1);
			return;
		}
		syn_ack_in(in, c);
		/* Linux: data in a SYN-ACK is accepted only if Fast Open was requested */
		if (c->key.state != TCPS_SYN_SENT && c->key.state != TCPS_CLOSED &&
			(c->active->hs.syn_fastopen || c->active->hs.syn_data))
			tcp_syn_payload(in, c);
		return;
	}
	if (g->flags & SEG_RST || !(g->flags & SEG_SYN)) {
		tcp_drop(c, 1);
		return;
	}
	simultaneous(in, c);
}
