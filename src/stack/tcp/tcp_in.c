/*
 * tcp_in.c - segment arrival: RFC 9293 3.10.7 in its order. The steps borrow the segment and mark
 * the connection; nothing is sent here. A step may take the packet (in->p becomes NULL).
 *
 *     ip -> tcp_input -> key? -+- none        3.10.7.1  RST
 *                              +- listener    3.10.7.2  tcp_listen.c
 *                              +- SYN-SENT    3.10.7.3  tcp_open.c
 *                              +- TIME-WAIT             tcp_timewait.c
 *                              `- the others  3.10.7.4  acceptable RST SYN ACK URG data FIN
 */
#include "stack/tcp/tcp_in.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_open.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_predict.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_rcvmem.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_synrcvd.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_timewait.h"
#include "stack/tcp/tcp_uto.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

enum {
	TCP_CHECKED_EARLY = 76, /* bytes of a segment; Linux: CHECKSUM_BREAK */
};

enum verdict {
	SEG_GO_ON,
	SEG_DONE
};

typedef enum verdict (*tcp_step)(struct tcp_in *in, struct tcp_conn *c);

/* First to fourth (sequence number, RST, security, SYN), with PAWS before them (RFC 7323 5.2). */
static enum verdict step_acceptable(struct tcp_in *in, struct tcp_conn *c)
{
	if (!(in->seg.flags & (SEG_ACK | SEG_RST | SEG_SYN))) {
		tcp_drop(c, 1);
		return SEG_DONE;
	}
	return tcp_validate(in, c) ? SEG_GO_ON : SEG_DONE;
}

/* The timestamp of the first SYN-ACK is echoed: retransmitting it was spurious. */
static bool first_synack_echoed(const struct tcp_in *in, const struct tcp_conn *c)
{
	return in->o.has & TCP_HAS_TS &&
	       in->o.tsecr - c->ts_offset == ms_of(c->active->hs.synack_at);
}

/* The handshake measured the RTT, unless the SYN-ACK was retransmitted (Karn). */
static void passive_transfer(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	bool clear = !b->hs.synack_retrans && b->loss.total_retrans == 0;

	b->loss.syn_lost = b->hs.synack_retrans > 1 && !first_synack_echoed(in, c);
	if (b->hs.synack_at && b->loss.rtt.srtt_us == 0)
		loss_synack(&b->loss, clear ? (s->now - b->hs.synack_at) / NSEC_USEC : -1, s->now);
	tcp_init_transfer(s, c);
}

/* SYN-RECEIVED and an acceptable ACK: the connection is established. */
static void handshake_complete(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	bool fastopen = b->hs.fastopen_rsk;

	assert(seq_le(in->seg.ack, c->snd_nxt) && c->snd_wscale <= TCP_WSCALE_MAX);
	tcp_set_state(s, c, TCPS_ESTABLISHED);
	c->snd_una = in->seg.ack;
	c->snd_wnd = (uint32_t)in->seg.win << c->snd_wscale;
	c->snd_wl1 = in->seg.seq;
	c->max_window = u32_max(c->max_window, c->snd_wnd);
	if (fastopen)
		tcp_fastopen_child_done(s, c);
	else if (!b->loss.established)
		passive_transfer(in, c);
	tcp_advmss_less_options(c);
	if (tcp_is(c, TCPB_KEEPALIVE))
		tcp_timers_established(s, c);
	c->active->rcv.predict = true;
	tcp_notify(s, c, TCP_EVENT_OUT);
	if ((c->shut & TCP_SHUT_WR) && tcp_shutdown(s, c, TCP_SHUT_WR) < 0) {
		stack_count(s, MIB_TcpExtTCPAbortOnMemory);
		tcp_reply_rst(in);
		tcp_fail(s, c, ENOBUFS);
	}
}

/* True if the segment contains data not received yet. */
static bool has_new_data(const struct tcp_in *in, const struct tcp_conn *c)
{
	struct seq data_end = seq_sub(in->end, (in->seg.flags & SEG_FIN) != 0);

	return seq_gt(in->end, in->seg.seq) && seq_gt(data_end, c->rcv_nxt);
}

/* Our FIN is acknowledged in FIN-WAIT-1. True: the connection is gone. */
static bool fin_acked(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	nsec_t span;

	assert(!c->active->snd.q.first && !c->active->snd.q.rec);
	tcp_set_state(s, c, TCPS_FIN_WAIT_2);
	c->shut |= TCP_SHUT_WR;
	if (!tcp_is(c, TCPB_ORPHAN)) {
		tcp_notify(s, c, 0);
		return false;
	}
	if ((c->extra && c->extra->linger2 < 0) || has_new_data(in, c)) {
		stack_count(s, MIB_TcpExtTCPAbortOnData);
		tcp_reply_rst(in);
		tcp_done(s, c);
		return true;
	}
	span = tcp_fin_time(s, c);
	if (span > TCP_TIMEWAIT_S * NSEC_SEC)
		tcp_timers_fin_wait_2(s, c, span - TCP_TIMEWAIT_S * NSEC_SEC);
	else if (in->seg.flags & SEG_FIN)
		tcp_timers_fin_wait_2(s, c, span);
	else {
		tcp_time_wait(s, c, TCPS_FIN_WAIT_2, span);
		return true;
	}
	return false;
}

/* Fifth: the ACK field. */
static enum verdict step_ack(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool all_acked;

	if (!(in->seg.flags & SEG_ACK))
		return SEG_DONE;
	if (in->only_data) {
		tcp_store_ts(in, c, in->seg.seq);
		c->snd_wl1 = in->seg.seq;
		return SEG_GO_ON;
	}
	int r = tcp_ack_in(in, c);

	if (r <= 0 && c->key.state == TCPS_SYN_RCVD) {
		tcp_reply_rst(in);
		return SEG_DONE;
	}
	if (r < 0) {
		if (c->key.state != TCPS_ESTABLISHED)
			tcp_challenge_ack(in, c);
		tcp_drop(c, 1);
		return SEG_DONE;
	}
	if (c->key.state == TCPS_SYN_RCVD)
		handshake_complete(in, c);
	else if (c->active->hs.fastopen_rsk) /* closed before its handshake was complete */
		tcp_fastopen_child_done(s, c);
	if (c->key.state == TCPS_CLOSED)
		return SEG_DONE;
	tcp_uto_in(in, c);
	all_acked = c->active->snd.fin_queued && seq_eq(c->snd_una, c->write_seq);
	if (!all_acked)
		return SEG_GO_ON;
	switch (c->key.state) {
	case TCPS_FIN_WAIT_1: return fin_acked(in, c) ? SEG_DONE : SEG_GO_ON;
	case TCPS_CLOSING:
		tcp_time_wait(s, c, TCPS_TIME_WAIT, TCP_TIMEWAIT_S * NSEC_SEC);
		return SEG_DONE;
	case TCPS_LAST_ACK: tcp_done(s, c); return SEG_DONE;
	default: return SEG_GO_ON;
	}
}

/* Sixth. */
static enum verdict step_urg(struct tcp_in *in, struct tcp_conn *c)
{
	if (in->o.has & TCP_HAS_TS)
		tcp_rcv_rtt_echo(in->s, c, in->o.tsecr, in->seg.len);
	if ((in->seg.flags & SEG_URG) || c->active->rcv.urg == TCP_URGENT_COMING)
		tcp_urg_in(in, c);
	return SEG_GO_ON;
}

/* Data for a connection closed or shut down by its owner, or beyond the peer's own FIN: RST (RFC
 * 9293 3.10.7.4 via 3.6.1). */
static bool read_side_closed(struct tcp_in *in, struct tcp_conn *c)
{
	if (c->key.state == TCPS_ESTABLISHED || !(c->shut & TCP_SHUT_RD) || !has_new_data(in, c))
		return false;
	stack_count(in->s, MIB_TcpExtTCPAbortOnData);
	tcp_reply_rst(in);
	tcp_reset_in(in, c);
	return true;
}

/* Seventh and eighth: data and FIN, in sequence order. */
static enum verdict step_data(struct tcp_in *in, struct tcp_conn *c)
{
	if (tcp_in_state(c, TCPM(TCPS_CLOSE_WAIT) | TCPM(TCPS_CLOSING) | TCPM(TCPS_LAST_ACK)) &&
		!seq_lt(in->seg.seq, c->rcv_nxt)) {
		tcp_drop(c, 1); /* counted by Linux even if it is just an ACK */
		return SEG_GO_ON;
	}
	if (read_side_closed(in, c))
		return SEG_DONE;
	tcp_data_in(in, c);
	return SEG_GO_ON;
}

static const tcp_step steps[] = {step_acceptable, step_ack, step_urg, step_data};

void tcp_segment_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	uint32_t segs = tcp_gso_segs(in->seg.len, in->p->gso);

	tcp_plain_end(c);
	c->active->stats.segs_in += segs;
	if (in->seg.len > 0)
		c->active->stats.data_segs_in += segs;
	if (c->key.state == TCPS_CLOSED)
		return;
	if (c->key.state == TCPS_SYN_SENT) {
		tcp_syn_sent_in(in, c);
		return;
	}
	in->predicted = tcp_predicted(in, c);
	if (in->predicted && in->seg.len > 0)
		stack_count(s, MIB_TcpExtTCPHPHits);
	in->only_data = in->predicted && in->seg.len > 0 && seq_eq(in->seg.ack, c->snd_una);
	if (c->active->hs.fastopen_rsk && tcp_fastopen_syn_again(in, c)) {
		tcp_drop(c, 1);
		goto out;
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i](in, c) == SEG_DONE)
			goto out;
	if (c->key.state != TCPS_CLOSED) {
		if (!in->only_data)
			tcp_push_mark(s, c, 0);
		c->active->snd.write_space_due = true;
		tcp_ack_decide(s, c);
	}
out:
	tcp_dirty_mark(s, c);
}

/* --- demultiplexing --- */

/* Fewer hops left than the socket requires (IP_MINTTL, RFC 5082): counted, to be dropped. */
bool tcp_below_min_ttl(struct stack *s, const struct tcp_conn *c, uint8_t ttl, bool v6)
{
	if (!c->extra || ttl >= (v6 ? c->extra->min_hops : c->extra->min_ttl))
		return false;
	stack_count(s, MIB_TcpExtTCPMinTTLDrop);
	return true;
}

/* The socket's requirements on every segment: a minimum TTL, a signature. */
static bool admitted(struct tcp_in *in, struct tcp_conn *c)
{
	if (!tcp_below_min_ttl(in->s, c, in->rx->ttl, in->rx->v6) &&
		tcp_auth_in(in, &c->key, c->extra))
		return true;
	tcp_drop(c, 1);
	return false;
}

static void to_conn(struct tcp_in *in, struct tcp_conn *c)
{
	if (admitted(in, c))
		tcp_segment_in(in, c);
}

static void to_listener(struct tcp_in *in, const struct tcp_tuple *t, const struct seq *isn)
{
	struct tcp_conn *l = tcp_find_listener(in->s, t, in->rx->dev ? in->rx->dev->ifindex : 0);

	in->to = NULL;
	if (!l)
		tcp_reply_rst(in);
	else if (admitted(in, l))
		tcp_listen_in(in, l, isn);
}

static void to_idle(struct tcp_in *in, struct tcp_conn *idle)
{
	struct tcp_conn *c = tcp_wake(in->s, idle);

	if (c)
		to_conn(in, c);
	else
		stack_count(in->s, MIB_TcpExtPFMemallocDrop);
}

static void to_req(struct tcp_in *in, struct tcp_req *r)
{
	assert(r->listener->listen && !r->child);
	if (tcp_auth_in(in, &r->key, r->listener->extra))
		tcp_req_in(in, r);
	else
		tcp_drop(r->listener, 1);
}

static void deliver(struct tcp_in *in)
{
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.dport, in->seg.sport};
	struct tcp_key *k = tcp_find_for(in->s, in->p, &t);
	struct seq isn;

	if (!k) {
		to_listener(in, &t, NULL);
		return;
	}
	switch ((enum tcp_kind)k->kind) {
	case TCP_KIND_CONN: to_conn(in, container_of(k, struct tcp_conn, key)); return;
	case TCP_KIND_IDLE: to_idle(in, (struct tcp_conn *)k); return;
	case TCP_KIND_REQ: to_req(in, container_of(k, struct tcp_req, key)); return;
	case TCP_KIND_TW:
		in->to = k;
		if (tcp_tw_in(in, container_of(k, struct tcp_tw, key), &isn))
			to_listener(in, &t, &isn);
		return;
	}
}

/* The connection of a segment, parsed up to its ports; NULL: none, or out of memory. */
static struct tcp_conn *conn_of(struct tcp_in *in)
{
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.dport, in->seg.sport};
	struct tcp_key *k = tcp_find(in->s, &t);

	if (!k || (k->kind != TCP_KIND_CONN && k->kind != TCP_KIND_IDLE))
		return NULL;
	return tcp_wake(in->s, (struct tcp_conn *)k);
}

/* A wrong checksum. For long segments Linux finds it after the connection lookup: counted there. */
static void damaged(struct tcp_in *in, struct tcp_view v)
{
	uint32_t len = pkt_total(in->p);
	struct tcp_conn *c;

	stack_count(in->s, MIB_TcpInCsumErrors);
	stack_count(in->s, MIB_TcpInErrs);
	tcp_parse(&in->seg, v, NULL);
	c = len > TCP_CHECKED_EARLY ? conn_of(in) : NULL;
	if (!c)
		return;
	c->active->stats.segs_in++;
	c->active->stats.data_segs_in += len > v.hdr_len;
	if (c->key.state == TCPS_ESTABLISHED)
		tcp_drop(c, 1);
}

/* Reads header and options; payload may be in ext. False: dropped, and counted. */
static bool read_segment(struct tcp_in *in)
{
	struct stack *s = in->s;
	struct pkt *p = in->p;
	struct tcp_view v;
	uint64_t sum;

	if (!tcp_view(&v, p->data, p->len)) {
		stack_count(s, MIB_TcpInErrs);
		return false;
	}
	if (!p->csum_ok) {
		sum = csum_pseudo(&in->rx->addr, IP_PROTO_TCP, pkt_total(p));
		sum = csum_add(sum, p->data, p->len);
		if (p->ext_len > 0)
			sum = csum_join(sum, csum_add(0, p->ext, p->ext_len), p->len);
		if (csum_fold(sum) != 0) {
			damaged(in, v);
			return false;
		}
	}
	tcp_parse(&in->seg, v, NULL);
	if (p->ext_len > 0) {
		in->seg.data = p->ext;
		in->seg.len = p->ext_len;
	}
	assert(in->seg.len <= pkt_total(p) && in->seg.opt_len <= TCP_OPTS_MAX);
	in->end = seq_add(in->seg.seq, tcp_seg_space(&in->seg));
	in->truesize = p->truesize = tcp_truesize(in->rx->head_len + pkt_total(p), &p->room);
	in->o.has = 0;
	if (tcp_opts_only_ts(in->seg.opt, in->seg.opt_len, &in->o.tsval, &in->o.tsecr))
		in->o.has = TCP_HAS_TS;
	else if (in->seg.opt_len > 0)
		tcp_opts_parse(&in->o, in->seg.opt, in->seg.opt_len, in->seg.flags & SEG_SYN);
	return true;
}

void tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct tcp_in in = {.s = s, .p = p, .rx = rx};
	struct pkt *odd = NULL;

	if (!rx->local) { /* broadcast and multicast: RFC 9293 MUST-57 */
		pkt_free(p);
		return;
	}
	stack_count(s, MIB_TcpInSegs);
	if (p->ext_len > 0 && p->len != (p->len >= 20 ? (uint32_t)(p->data[12] >> 4) * 4 : 0)) {
		in.p = pkt_copy(p); /* split at an inconvenient place: make it contiguous */
		odd = p;            /* rx->head points into it */
		if (!in.p)
			stack_count(s, rx->v6 ? MIB_Ip6InDiscards : MIB_IpInDiscards);
	}
	if (in.p && read_segment(&in))
		deliver(&in);
	pkt_free(in.p);
	pkt_free(odd);
}
