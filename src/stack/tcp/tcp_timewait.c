/*
 * tcp_timewait.c - TIME-WAIT, and FIN-WAIT-2 of an orphan, as small records: 60 seconds in which
 * old duplicates are answered and a new SYN may start over (RFC 9293 3.6.1, RFC 6191). RFC 1337:
 * with tcp_rfc1337 a RST does not end it early.
 */
#include "stack/tcp/tcp_timewait.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_xmit.h"

static void tw_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_tw *tw = container_of(t, struct tcp_tw, timer);

	tcp_tw_kill(s, tw);
}

void tcp_tw_kill(struct stack *s, struct tcp_tw *tw)
{
	tcp_timers_off(s, &tw->timer);
	tcp_hash_out(s, &tw->key);
	tcp_port_leave_tw(s, tw);
	assert(s->tcp->tw_count > 0);
	s->tcp->tw_count--;
	tcp_state_count(s, tw->substate, TCPS_CLOSED);
	tcp_md5_free(s, tw->md5);
	tcp_ao_put(s, tw->ao);
	pool_put(&s->tcp->tws, tw);
}

static void tw_ack(struct stack *s, struct tcp_tw *tw, const struct tcp_in *in)
{
	struct tcp_seg g = {.sport = tw->key.lport,
		.dport = tw->key.rport,
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.flags = SEG_ACK,
		.win = (uint16_t)(tw->rcv_wnd >> tw->rcv_wscale)};
	struct tcp_opts o = {0};
	struct tcp_sign sign = {.md5 = tw->md5};
	struct ip_tx tx = {.addr = {tw->key.laddr, tw->key.raddr},
		.ifindex = tw->ifindex,
		.rehash = tw->rehash,
		.tos = tw->tos};

	assert(tw->rcv_wscale <= TCP_WSCALE_MAX);
	if (tw->agreed & TCPA_TS) {
		o.has = TCP_HAS_TS;
		o.tsval = ms_of(s->now) + tw->ts_offset;
		o.tsecr = tw->ts_recent;
	}
	if (tw->ao)
		tcp_ao_sign_tw(tw, in, &g, &sign);
	tcp_queue_reply(s, &tx, &g, &o, &sign);
}

static void fill(struct stack *s, struct tcp_tw *tw, const struct tcp_conn *c)
{
	assert(!tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN) | TCPM(TCPS_SYN_SENT)));
	tw->key = c->key;
	tw->key.bits = c->key.bits & (TCPB_V6 | TCPB_CONNECT_PORT);
	tw->key.kind = TCP_KIND_TW;
	tw->key.state = TCPS_TIME_WAIT;
	tw->snd_nxt = c->snd_nxt;
	tw->rcv_nxt = c->rcv_nxt;
	tw->rcv_wnd = tcp_rcv_window(c);
	tw->ts_recent = c->ts_recent;
	tw->ts_recent_s = c->ts_recent_s;
	tw->entry_ms = ms_of(s->now);
	tw->ts_offset = c->ts_offset;
	tw->rcv_wscale = c->rcv_wscale;
	tw->agreed = c->agreed;
	tw->tos = tcp_tos(c, &c->key.raddr);
	tw->rehash = c->active->path.rehash;
	tw->ifindex = c->extra ? c->extra->ifindex : 0;
	stack_timer_init(&tw->timer, tw_fire);
	list_init(&tw->port_link);
}

void tcp_time_wait(struct stack *s, struct tcp_conn *c, uint8_t substate, nsec_t span)
{
	struct tcp_tw *tw = NULL;
	const struct tcp_md5_key *key;
	nsec_t least = (nsec_t)c->active->loss.rtt.rto_us * NSEC_USEC;

	assert(substate == TCPS_TIME_WAIT || substate == TCPS_FIN_WAIT_2);
	least = (least << 2) - (least >> 1);
	if (c->active->ack.bits & ACKP_SEND) /* the final ACK, with the window of the connection */
		tcp_queue_ack(s, c, c->rcv_nxt);
	if ((int64_t)s->tcp->tw_count < s->sysctl.tcp_max_tw_buckets)
		tw = pool_get(&s->tcp->tws);
	if (!tw) {
		stack_count(s, MIB_TcpExtTCPTimeWaitOverflow);
		tcp_done(s, c);
		return;
	}
	fill(s, tw, c);
	key = tcp_md5_find(c->extra, &c->key.raddr);
	tcp_ao_time_wait(c, tw);
	if (key && !tw->ao)
		tw->md5 = tcp_md5_copy(s, key, &c->key.raddr);
	tw->substate = substate;
	s->tcp->tw_count++;
	tcp_state_count(s, TCPS_CLOSED, substate);
	tcp_port_tw(c, tw);
	assert(tcp_is(c, TCPB_HASHED));
	tcp_hash_inherit(s, &tw->key, &c->key);
	if (substate == TCPS_TIME_WAIT)
		span = TCP_TIMEWAIT_S * NSEC_SEC;
	else if (span < least)
		span = least;
	stack_count(s, span > TCP_TW_KILLED_S * NSEC_SEC ? MIB_TcpExtTW : MIB_TcpExtTWKilled);
	tcp_timers_time_wait(s, tw, span);
	tcp_done(s, c);
}

bool tcp_tw_reusable(const struct stack *s, const struct tcp_tw *tw, bool loopback, bool bound)
{
	int reuse = s->sysctl.tcp_tw_reuse;
	uint32_t age = ms_of(s->now) - tw->entry_ms;

	if (reuse == 2 && !loopback)
		reuse = 0;
	if (!(tw->agreed & TCPA_TS) || !tw->ts_recent_s)
		return false;
	return bound || (reuse && age > (uint32_t)s->sysctl.tcp_tw_reuse_delay);
}

/* True if the segment starts at the expected number, or extends beyond it from within the window:
 * pure repetitions are not included. */
static bool in_tw_window(const struct tcp_in *in, const struct tcp_tw *tw)
{
	struct seq from = in->seg.seq, edge = seq_add(tw->rcv_nxt, tw->rcv_wnd);

	if (seq_eq(from, tw->rcv_nxt) || (seq_eq(from, edge) && seq_eq(from, in->end)))
		return true;
	return seq_gt(in->end, tw->rcv_nxt) && seq_lt(from, edge);
}

/* Still FIN-WAIT-2: the segment decides. */
static void fin_wait_2_in(struct tcp_in *in, struct tcp_tw *tw, bool paws)
{
	struct stack *s = in->s;
	const struct tcp_seg *g = &in->seg;

	assert(tw->substate == TCPS_FIN_WAIT_2);
	if (paws || !in_tw_window(in, tw)) {
		if (!tcp_oow_limited(s, in, &tw->oow_at, MIB_TcpExtTCPACKSkippedFinWait2) &&
			!(g->flags & SEG_RST))
			tw_ack(s, tw, in);
		return;
	}
	if (g->flags & SEG_RST) {
		tcp_tw_kill(s, tw);
		return;
	}
	if ((g->flags & SEG_SYN) && !seq_lt(g->seq, tw->rcv_nxt)) {
		tcp_reply_rst(in);
		tcp_tw_kill(s, tw);
		return;
	}
	if (!(g->flags & SEG_ACK) || seq_eq(in->end, g->seq))
		return; /* nothing relevant here */
	if (!(g->flags & SEG_FIN) || !seq_eq(in->end, seq_add(tw->rcv_nxt, 1))) {
		tcp_reply_rst(in); /* new data after close */
		tcp_tw_kill(s, tw);
		return;
	}
	tcp_state_count(s, tw->substate, TCPS_TIME_WAIT);
	tw->substate = TCPS_TIME_WAIT;
	tcp_changed(s, &tw->key);
	tw->entry_ms = ms_of(s->now);
	tw->rcv_nxt = in->end;
	if (in->o.has & TCP_HAS_TS) {
		tw->ts_recent = in->o.tsval;
		tw->ts_recent_s = s_of(s->now);
	}
	tcp_timers_time_wait(s, tw, TCP_TIMEWAIT_S * NSEC_SEC);
	tw_ack(s, tw, in);
}

/* A SYN that is provably newer (RFC 9293 3.6.1 MAY-2, RFC 6191). */
static bool newer_syn(const struct tcp_in *in, const struct tcp_tw *tw, bool paws)
{
	if ((in->seg.flags & (SEG_SYN | SEG_RST | SEG_ACK)) != SEG_SYN || paws)
		return false;
	return seq_gt(in->seg.seq, tw->rcv_nxt) ||
	       ((in->o.has & TCP_HAS_TS) && (tw->agreed & TCPA_TS) &&
		       (int32_t)(tw->ts_recent - in->o.tsval) < 0);
}

bool tcp_tw_in(struct tcp_in *in, struct tcp_tw *tw, struct seq *isn)
{
	struct stack *s = in->s;
	const struct tcp_seg *g = &in->seg;
	bool ts = (in->o.has & TCP_HAS_TS) && (tw->agreed & TCPA_TS) && tw->ts_recent_s;
	bool paws = ts && tcp_paws_reject(s, tw->ts_recent, tw->ts_recent_s, in->o.tsval);

	if (tw->substate == TCPS_FIN_WAIT_2) {
		fin_wait_2_in(in, tw, paws);
		return false;
	}
	if (!paws && seq_eq(g->seq, tw->rcv_nxt) &&
		(seq_eq(g->seq, in->end) || (g->flags & SEG_RST))) {
		if (g->flags & SEG_RST) {
			if (!s->sysctl.tcp_rfc1337)
				tcp_tw_kill(s, tw);
			return false;
		}
		tcp_timers_time_wait(s, tw, TCP_TIMEWAIT_S * NSEC_SEC);
		if (ts) {
			tw->ts_recent = in->o.tsval;
			tw->ts_recent_s = s_of(s->now);
		}
		return false;
	}
	if (newer_syn(in, tw, paws)) {
		*isn = seq_add(tw->snd_nxt, 65535 + 2);
		if (isn->v == 0)
			isn->v = 1;
		tcp_tw_kill(s, tw);
		return true;
	}
	if (paws)
		stack_count(s, MIB_TcpExtPAWSTimewait);
	if (g->flags & SEG_RST)
		return false;
	if (paws || (g->flags & SEG_ACK))
		tcp_timers_time_wait(s, tw, TCP_TIMEWAIT_S * NSEC_SEC);
	if (!tcp_oow_limited(s, in, &tw->oow_at, MIB_TcpExtTCPACKSkippedTimeWait))
		tw_ack(s, tw, in);
	return false;
}
