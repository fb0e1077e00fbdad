/*
 * tcp_synrcvd.c - SYN-RECEIVED (RFC 9293 3.10.7.4) of a passive open: segments for a request
 * socket, and the connection that its final ACK creates.
 */
#include "stack/tcp/tcp_synrcvd.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_in.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_uto.h"
#include "stack/tcp/tcp_xmit.h"

/* Copies the options. False: out of memory. */
static bool inherit(struct stack *s, struct tcp_conn *c, const struct tcp_conn *l)
{
	c->bind_flags = l->bind_flags;
	c->nonagle = l->nonagle;
	c->user_mss = l->user_mss;
	c->rcvbuf = l->rcvbuf;
	c->sndbuf = l->sndbuf;
	c->tos = l->tos;
	c->tclass = l->tclass;
	c->key.bits |= l->key.bits & (TCPB_V6 | TCPB_RCVBUF_LOCK | TCPB_SNDBUF_LOCK |
					     TCPB_KEEPALIVE | TCPB_OOBINLINE);
	c->active->rcv.lowat = l->active->rcv.lowat;
	return !l->extra ||
	       tcp_extra_inherit(s, c, l->extra); /* the keys for its peer are copied later */
}

/* A link-local peer is on the interface on which its SYN was received. */
static bool take_scope(struct stack *s, struct tcp_conn *c, const struct tcp_req *r)
{
	if (r->ifindex == 0 || ip_addr_is_v4(&r->key.raddr))
		return true;
	if (!tcp_extra(s, c))
		return false;
	c->extra->ifindex = r->ifindex;
	return true;
}

static void take_over(struct stack *s, struct tcp_conn *c, struct tcp_req *r)
{
	struct tcp_active *b = c->active;

	assert(r->snd_wscale <= TCP_WSCALE_MAX && r->rcv_wscale <= TCP_WSCALE_MAX);
	c->key.laddr = r->key.laddr;
	c->key.raddr = r->key.raddr;
	c->key.lport = r->key.lport;
	c->key.rport = r->key.rport;
	c->ip_len = ip_addr_is_v4(&c->key.raddr) ? 20 : 40;
	c->iss = r->iss;
	c->irs = r->irs;
	c->snd_una = c->snd_nxt = c->write_seq = seq_add(r->iss, 1);
	b->snd.sml = b->snd.up = b->snd.pushed = c->snd_una;
	c->rcv_nxt = c->rcv_wup = c->copied_seq = seq_add(r->irs, 1);
	c->snd_wl1 = r->irs;
	c->agreed = r->agreed;
	c->snd_wscale = r->agreed & TCPA_WSCALE ? r->snd_wscale : 0;
	c->rcv_wscale = r->agreed & TCPA_WSCALE ? r->rcv_wscale : 0;
	c->rcv_wnd = c->rcv_ssthresh = r->rcv_wnd;
	c->window_clamp = r->window_clamp;
	c->ts_recent = r->ts_recent;
	c->ts_recent_s = s_of(s->now);
	c->ts_offset = r->ts_offset;
	c->mss_clamp = r->mss;
	c->advmss = r->advmss;
	*(ip_addr_is_v4(&r->key.raddr) ? &c->tos : &c->tclass) = r->tos & 0xfc;
	b->hs.synack_at = r->sent_at;
	b->hs.synack_retrans = r->retrans;
	b->path.rehash = r->retrans; /* each retransmitted SYN-ACK took another path */
	c->lrcv_ms = c->rcv_tstamp_ms = ms_of(s->now);
	if (r->saved_syn && c->extra && tcp_extra(s, c)) {
		c->extra->saved_syn = r->saved_syn;
		r->saved_syn = NULL;
	}
	tcp_uto_adopt(c->extra, r->uto);
}

/* A connection with the properties of its listener and its request. NULL: out of memory. */
static struct tcp_conn *child_new(struct stack *s, struct tcp_req *r)
{
	struct tcp_conn *l = r->listener, *c = tcp_conn_new(s, l->cc);

	if (!c)
		return NULL;
	if (inherit(s, c, l) && take_scope(s, c, r)) {
		take_over(s, c, r);
		if (r->ao ? tcp_ao_inherit(s, c, r) : tcp_md5_inherit(s, c, l))
			return c;
	}
	tcp_conn_free(s, c);
	return NULL;
}

/* The connection of a completed request, in SYN-RECEIVED. NULL: no room or memory, counted. */
struct tcp_conn *tcp_child(struct tcp_in *in, struct tcp_req *r)
{
	struct stack *s = in->s;
	struct tcp_conn *l = r->listener, *c;

	assert(l->key.state == TCPS_LISTEN);
	if (tcp_accept_full(l)) {
		stack_count(s, MIB_TcpExtListenOverflows);
		tcp_listen_drop(s, l);
		return NULL;
	}
	c = child_new(s, r);
	if (!c) {
		tcp_listen_drop(s, l);
		return NULL;
	}
	loss_start(&c->active->loss, c->snd_una);
	c->active->stats.segs_in = 1; /* the SYN came before there was a connection to count it */
	c->snd_wnd = c->max_window = (uint32_t)in->seg.win
				     << (in->seg.flags & SEG_SYN ? 0 : c->snd_wscale);
	assert(!c->owner && c->active->loss.packets_out == 0);
	if (!tcp_hash_inherit(s, &c->key, &r->key)) {
		tcp_listen_drop(s, l);
		tcp_conn_free(s, c);
		return NULL;
	}
	tcp_port_share(c, l);
	tcp_path(s, c);
	tcp_sync_mss(s, c, c->active->path.mtu);
	c->rcv_mss = (uint16_t)u32_max(
		u32_min(u32_min(u32_min(c->advmss, c->mss), c->rcv_wnd / 2), TCP_MSS_DEFAULT4),
		TCP_MSS_FLOOR);
	tcp_set_state(s, c, TCPS_SYN_RCVD);
	stack_count(s, MIB_TcpPassiveOpens);
	return c;
}

void tcp_child_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_conn *child)
{
	tcp_accept_add(in->s, l, child);
	tcp_segment_in(in, child);
}

static void embryonic_reset(struct tcp_in *in, struct tcp_req *r)
{
	if (!(in->seg.flags & SEG_RST))
		tcp_reply_rst(in);
	stack_count(in->s, MIB_TcpExtEmbryonicRsts);
	tcp_req_free(in->s, r);
}

static void req_ack(struct tcp_in *in, struct tcp_req *r)
{
	struct tcp_seg g = {.sport = r->key.lport,
		.dport = r->key.rport,
		.seq = seq_add(r->iss, 1),
		.ack = r->rcv_nxt,
		.flags = SEG_ACK,
		.win = (uint16_t)(r->rcv_wnd >> r->rcv_wscale)};
	struct tcp_opts o = {0};
	struct tcp_sign sign;
	struct ip_tx tx = {
		.addr = {r->key.laddr, r->key.raddr}, .ifindex = r->ifindex, .rehash = r->retrans};

	if (r->agreed & TCPA_TS) {
		o.has = TCP_HAS_TS;
		o.tsval = ms_of(in->s->now) + r->ts_offset;
		o.tsecr = r->ts_recent;
	}
	if (!tcp_sign_req(r, in, &sign))
		return;
	tcp_queue_reply(in->s, &tx, &g, &o, &sign);
}

/* Whether the segment echoes a timestamp that none of our SYN-ACKs had. */
static bool tsecr_reject(const struct tcp_in *in, const struct tcp_req *r)
{
	return (in->o.has & TCP_HAS_TS) && (r->agreed & TCPA_TS) && in->o.tsecr &&
	       in->o.tsecr - r->ts_first > r->ts_last - r->ts_first;
}

/* Whether the segment is rejected; *why: the counter of the reason, MIB_COUNT if it is outside the
 * window. */
static bool req_refuses(const struct tcp_in *in, const struct tcp_req *r, bool paws, enum mib *why)
{
	*why = MIB_COUNT;
	if (paws)
		*why = MIB_TcpExtPAWSEstab;
	else if (tsecr_reject(in, r))
		*why = MIB_TcpExtTSEcrRejected;
	else if (!seq_gt(in->seg.seq, seq_add(r->rcv_nxt, r->rcv_wnd)) &&
		 seq_ge(in->end, r->rcv_nxt))
		return false;
	return true;
}

/* It acknowledges something other than our SYN-ACK. */
static bool foreign_ack(const struct tcp_in *in, const struct tcp_req *r)
{
	return (in->seg.flags & SEG_ACK) && !seq_eq(in->seg.ack, seq_add(r->iss, 1));
}

/* RFC 9293 3.10.7.4 for a request in SYN-RECEIVED; true: the final ACK, create a connection. */
static bool req_step(struct tcp_in *in, struct tcp_req *r)
{
	struct stack *s = in->s;
	const struct tcp_seg *g = &in->seg;
	bool paws = (in->o.has & TCP_HAS_TS) && (r->agreed & TCPA_TS) &&
		    tcp_paws_reject(s, r->ts_recent, s_of(s->now), in->o.tsval);
	uint16_t f = g->flags & (SEG_SYN | SEG_ACK | SEG_RST);
	uint32_t defer = r->listener->extra ? r->listener->extra->defer_accept : 0;
	enum mib why;

	if (seq_eq(g->seq, r->irs) && f == SEG_SYN && !paws) {
		if (!tcp_oow_limited(s, in, &r->oow_at, MIB_TcpExtTCPACKSkippedSynRecv)) {
			tcp_req_repeat(s, r);
			tcp_timers_synack(s, r);
		}
		return false;
	}
	if (req_refuses(in, r, paws, &why)) {
		if (!(f & SEG_RST) &&
			!tcp_oow_limited(s, in, &r->oow_at, MIB_TcpExtTCPACKSkippedSynRecv))
			req_ack(in, r);
		if (why != MIB_COUNT)
			stack_count(s, why);
		return false;
	}
	if ((in->o.has & TCP_HAS_TS) && !seq_gt(g->seq, r->rcv_nxt))
		r->ts_recent = in->o.tsval;
	if (seq_eq(g->seq, r->irs))
		f &= (uint16_t)~SEG_SYN;
	if (f & (SEG_RST | SEG_SYN)) {
		stack_count(s, MIB_TcpAttemptFails);
		embryonic_reset(in, r);
		return false;
	}
	if (!(f & SEG_ACK))
		return false;
	if (r->timeouts < defer && seq_eq(in->end, seq_add(r->irs, 1))) {
		r->acked = true;
		stack_count(s, MIB_TcpExtTCPDeferAcceptDrop);
		return false;
	}
	return true;
}

void tcp_req_in(struct tcp_in *in, struct tcp_req *r)
{
	struct stack *s = in->s;
	struct tcp_conn *l = r->listener, *child;

	assert(l && !r->child);
	if (foreign_ack(in, r)) { /* passed to the listener, which resets it */
		tcp_reply_rst(in);
		return;
	}
	if (!req_step(in, r)) {
		tcp_drop(l, 1);
		return;
	}
	child = tcp_child(in, r);
	if (!child) {
		tcp_drop(l, 1);
		if (s->sysctl.tcp_abort_on_overflow)
			embryonic_reset(in, r);
		else
			r->acked = true;
		return;
	}
	tcp_req_free(s, r);
	tcp_child_in(in, l, child);
}
