/*
 * tcp_output.c - output, the flush of one connection, in this order: SYN or SYN-ACK,
 * retransmissions, new segments as far as both windows, Nagle (RFC 9293 3.7.4), CORK, pacing and
 * TSO deferral allow, probes, and last an ACK if no other segment carried it.
 */
#include "stack/tcp/tcp_output.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_fast_out.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_invariants.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

static bool push_ends_at(const struct tcp_conn *c, struct seq end)
{
	for (const struct tcp_rec *r = c->active->snd.q.rec; r; r = r->next) {
		struct seq e = r->flags & REC_FIN ? seq_sub(r->end, 1) : r->end;

		if (seq_eq(e, end))
			return r->flags & REC_PSH;
		if (seq_gt(e, end))
			return false;
	}
	return false;
}

/* Retransmits the run of a loss record. */
static int resend(struct stack *s, struct tcp_conn *c, const struct rtx *r)
{
	bool fin = r->flags & RTX_FIN;
	struct tcp_xmit x = {.seq = r->start,
		.len = rtx_len(r) - fin,
		.flags = SEG_ACK | (fin ? SEG_FIN : 0),
		.mss = r->mss,
		.resend = true};

	assert(seq_le(c->snd_una, r->start) && seq_le(r->end, c->snd_nxt));
	tcp_plain_end(c);
	if (r->flags & RTX_SYN) /* once the peer's SYN was received, with an ACK, closed or not */
		return tcp_xmit_syn(s, c, c->key.state != TCPS_SYN_SENT);
	if (x.len > 0 && push_ends_at(c, seq_add(x.seq, x.len)))
		x.flags |= SEG_PSH;
	return tcp_xmit(s, c, &x);
}

static void resend_lost(struct stack *s, struct tcp_conn *c)
{
	struct tcp_loss *l = &c->active->loss;
	struct rtx *r;

	while ((r = loss_next(l, tcp_wnd_end(c), s->now))) {
		int err = resend(s, c, r);

		if (err != 0) {
			loss_resend_failed(l, r, err == -ENOBUFS, s->now);
			return;
		}
		if (!c->active->snd.retrans_stamp)
			c->active->snd.retrans_stamp = s->now;
		loss_resent(l, r, s->now);
	}
}

/* --- may this segment be sent? --- */

struct burst {
	struct stack *s;
	struct tcp_conn *c;
	uint32_t mss, max_segs;
	uint8_t nonagle;
	bool one; /* a probe: one segment, regardless of the congestion window */
	bool cwnd_limited, rwnd_limited;
	uint32_t sent;
};

static bool minshall(const struct tcp_conn *c)
{
	return seq_gt(c->active->snd.sml, c->snd_una) && !seq_gt(c->active->snd.sml, c->snd_nxt);
}

static bool urgent_mode(const struct tcp_conn *c)
{
	return c->active->snd.urgent && !seq_eq(c->snd_una, c->active->snd.up);
}

/* True if a partial segment has to wait. */
static bool nagle_holds(const struct tcp_conn *c, bool partial, uint8_t nonagle)
{
	return partial && ((nonagle & NAGLE_CORK) ||
				  (!nonagle && c->active->loss.packets_out > 0 && minshall(c)));
}

static bool nagle_passes(const struct burst *u, const struct tcp_rec *r, uint32_t len)
{
	uint8_t nonagle = r->next ? NAGLE_PUSH : u->nonagle;

	if ((nonagle & NAGLE_PUSH) || urgent_mode(u->c) || (r->flags & REC_FIN))
		return true;
	return !nagle_holds(u->c, len < u->mss, nonagle);
}

/* Waits up to half an RTT for a burst worth offloading, if an ACK will make room. */
static bool tso_defer(struct burst *u, const struct tcp_rec *r, uint32_t len)
{
	const struct tcp_conn *c = u->c;
	const struct tcp_loss *l = &c->active->loss;
	const struct rtx *head = rtx_head(&l->queue);
	uint32_t send_win = seq_span(tcp_wnd_end(c), c->snd_nxt);
	uint32_t cong_win = (l->cc.cwnd - loss_in_flight(l)) * c->mss;
	uint32_t limit = u32_min(send_win, cong_win);
	int32_t div = u->s->sysctl.tcp_tso_win_divisor;

	assert(l->cc.cwnd > loss_in_flight(l));
	if (l->cc.ca_state >= CA_RECOVERY || u->s->now - c->active->snd.wstamp > NSEC_MSEC)
		return false;
	if (limit >= u->max_segs * c->mss || (r->next && limit >= len))
		return false;
	if (div) {
		uint32_t chunk = u32_min(c->snd_wnd, l->cc.cwnd * c->mss) / (uint32_t)div;

		if (limit >= chunk)
			return false;
	} else if (limit > 3u * c->mss) {
		return false;
	}
	if (!head || u->s->now - head->sent_at < (nsec_t)(l->rtt.srtt_us >> 4) * NSEC_USEC)
		return false;
	if (cong_win < send_win ? cong_win <= len : send_win <= len) {
		*(cong_win < send_win ? &u->cwnd_limited : &u->rwnd_limited) = true;
		return true;
	}
	return !(r->flags & (REC_FIN | REC_EOR));
}

/* The part of a record of len bytes to send in one run: whole segments, unless it is the tail. */
static uint32_t split_point(
	const struct burst *u, const struct tcp_rec *r, uint32_t len, uint32_t quota)
{
	uint32_t window = seq_span(tcp_wnd_end(u->c), u->c->snd_nxt);
	uint32_t most = u->mss * u32_min(quota, u->max_segs), needed, partial;

	assert(u->mss > 0 && quota > 0);
	if (most <= window && r->next)
		return u32_min(len, most);
	needed = u32_min(len, window);
	if (most <= needed)
		return most;
	partial = needed % u->mss;
	if (nagle_holds(u->c, partial != 0, r->next ? NAGLE_PUSH : u->nonagle))
		return needed - partial;
	return needed;
}

/* A FIN takes room like a byte. */
static bool window_allows(const struct burst *u, uint32_t len, bool fin)
{
	struct seq end = seq_add(u->c->snd_nxt, len > u->mss ? u->mss : len + fin);

	return !seq_gt(end, tcp_wnd_end(u->c));
}

/* --- new segments --- */

/* -ENOBUFS: out of memory, or the device refused it, and the refused part is still to be sent. */
static int send_run(struct burst *u, struct tcp_rec *r, uint32_t len, bool fin)
{
	struct tcp_conn *c = u->c;
	struct tcp_active *b = c->active;
	uint32_t gone = 0;
	struct tcp_xmit x = {.seq = c->snd_nxt,
		.len = len,
		.flags = SEG_ACK | (fin ? SEG_FIN : 0),
		.mss = (uint16_t)u->mss,
		.gone = &gone};
	struct seq end = seq_add(c->snd_nxt, len + fin);
	struct loss_send ls = {.start = c->snd_nxt,
		.end = end,
		.mss = (uint16_t)u->mss,
		.flags = fin ? RTX_FIN : 0};
	int err;

	assert(len + fin > 0 && seq_le(end, r->end));
	if (!loss_reserve(&b->loss))
		return -ENOBUFS;
	if (seq_lt(end, r->end)) { /* becomes a record of its own, like Linux's split skb */
		struct tcp_rec *head = tcp_rec_split(u->s, c, r, len, 0);

		r = head ? head : r;
	}
	if ((r->flags & REC_PSH) && seq_eq(end, r->end))
		x.flags |= SEG_PSH;
	if ((r->flags & REC_EOR) && seq_eq(end, r->end))
		ls.flags |= RTX_EOR;
	if (b->loss.cwr_pending && len > 0 && (c->agreed & TCPA_ECN)) {
		x.flags |= SEG_CWR;
		b->loss.cwr_pending = false;
	}
	if (len > 0)
		tcp_pingpong_learn(u->s, c);
	err = tcp_xmit(u->s, c, &x);
	if (err == -ENOBUFS) /* the sender is too fast for its own device */
		loss_local_drop(&b->loss, u->s->now);
	if (err) {
		if (gone == 0)
			return err;
		ls.end = seq_add(c->snd_nxt, gone);
		ls.flags = 0;
	}
	tcp_snd_sent(u->s, c, &ls);
	return 0;
}

/* Sends one run from the first unsent record. False: nothing more may be sent now. */
static bool send_next(struct burst *u)
{
	struct tcp_conn *c = u->c;
	struct tcp_active *b = c->active;
	struct tcp_rec *r = b->snd.q.unsent;
	bool fin = r->flags & REC_FIN;
	uint32_t len = seq_span(r->end, c->snd_nxt) - fin;
	uint32_t segs = len ? (len + u->mss - 1) / u->mss : 1;
	uint32_t quota = loss_quota(&b->loss), n;

	if (b->loss.cc.paced && !pace_ready(&b->loss.pace, u->s->now)) {
		tcp_timers_pace(u->s, c);
		return false;
	}
	/* at least two runs per window; the last FIN does not count */
	quota = u32_min(quota, u32_max(b->loss.cc.cwnd >> 1, 1));
	if (fin && segs == 1)
		quota = u32_max(quota, 1);
	if (quota == 0) {
		if (!u->one) {
			u->cwnd_limited = true;
			return false;
		}
		quota = 1;
	}
	/* Linux checks the first segment of a burst: after others a FIN passes */
	if (!window_allows(u, len, fin && u->sent == 0)) {
		u->rwnd_limited = true;
		return false;
	}
	if (segs == 1 ? !nagle_passes(u, r, len) : !u->one && tso_defer(u, r, len))
		return false;
	n = u32_min(len, u->mss);
	if (segs > 1 && !urgent_mode(c))
		n = split_point(u, r, len, u->one ? 1 : quota);
	if (n == 0 && len > 0)
		return false;
	if (send_run(u, r, n, fin && n == len) != 0)
		return false;
	u->sent += n ? (n + u->mss - 1) / u->mss : 1;
	if (n % u->mss || n == 0)
		b->snd.sml = c->snd_nxt;
	return !u->one && b->snd.q.unsent;
}

static uint32_t tso_segs(const struct stack *s, const struct tcp_conn *c, uint32_t mss)
{
	const struct tcp_loss *l = &c->active->loss;
	uint32_t min = (uint32_t)s->sysctl.tcp_min_tso_segs, r;
	uint64_t rate = loss_pacing_rate(l), bytes;

	if (c->cc->min_tso_segs)
		min = c->cc->min_tso_segs(&l->cc);
	if (l->cc.paced || l->cc.pacing_rate != UINT64_MAX)
		rate = l->cc.pacing_rate;
	bytes = rate == UINT64_MAX ? TCP_GSO_MAX : rate >> 10;
	r = rtt_min(&l->rtt) >> u32_min((uint32_t)s->sysctl.tcp_tso_rtt_log, 31);
	if (s->sysctl.tcp_tso_rtt_log && r < 32)
		bytes += TCP_GSO_MAX >> r;
	if (bytes > TCP_GSO_MAX)
		bytes = TCP_GSO_MAX;
	return u32_max((uint32_t)bytes / mss, min);
}

static uint32_t send_new(struct burst *u)
{
	struct tcp_active *b = u->c->active;

	u->max_segs = tso_segs(u->s, u->c, u->mss);
	while (b->snd.q.unsent && send_next(u))
		;
	return u->sent;
}

static void after_burst(struct burst *u)
{
	struct stack *s = u->s;
	struct tcp_conn *c = u->c;
	struct tcp_loss *l = &c->active->loss;
	struct loss_flush f = {.sent = u->sent,
		.cwnd_limited = u->cwnd_limited,
		.no_space = tcp_is(c, TCPB_NOSPACE),
		.probe = u->one};

	if (u->rwnd_limited)
		tcp_chrono_start(s, c, TCP_CHRONO_RWND);
	else
		tcp_chrono_stop(s, c, TCP_CHRONO_RWND);
	/* all is sent, the window is open, and the program waits for room: the buffer is too
	 * small */
	if (u->sent > 0 && !u->cwnd_limited && !c->active->snd.q.unsent && tcp_is(c, TCPB_NOSPACE))
		tcp_chrono_start(s, c, TCP_CHRONO_SNDBUF);
	if (loss_flushed(l, &f, s->now))
		resend_lost(s, c);
}

static void push_new(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct burst u = {.s = s,
		.c = c,
		.mss = tcp_mss_now(s, c),
		.nonagle = (uint8_t)(c->nonagle | b->snd.push_nonagle)};

	if (b->snd.q.unsent && tcp_in_state(c, ~(TCPM(TCPS_SYN_SENT) | TCPM(TCPS_CLOSED)))) {
		enum tcp_mtu_tried tried = tcp_mtu_probe(s, c);

		if (tried == MTU_WAITS)
			return;
		u.sent = tried == MTU_TRIED;
		send_new(&u);
		after_burst(&u);
	}
	if (b->snd.q.unsent && b->loss.packets_out == 0 && !b->timers.probe0_at)
		tcp_timers_probe0(s, c);
}

/* --- probes --- */

static void tail_loss_probe(struct stack *s, struct tcp_conn *c)
{
	struct tcp_loss *l = &c->active->loss;
	struct burst u = {
		.s = s, .c = c, .mss = tcp_mss_now(s, c), .nonagle = NAGLE_OFF, .one = true};
	struct rtx *r = NULL;
	int err;
	const struct tcp_rec *next = c->active->snd.q.unsent;
	bool fin = next && (next->flags & REC_FIN);
	bool can_new = next && window_allows(&u, seq_span(next->end, c->snd_nxt) - fin, fin);

	c->active->snd.tlp_due = false;
	switch (loss_tlp(l, can_new, tcp_wnd_end(c), &r, s->now)) {
	case PROBE_NEW:
		if (send_new(&u) > 0) {
			struct loss_flush f = {.sent = u.sent, .probe = true};

			loss_probe_sent(l, NULL, s->now);
			loss_flushed(l, &f, s->now);
		} else {
			loss_probe_failed(l, NULL, s->now);
		}
		return;
	case PROBE_RESEND:
		err = resend(s, c, r);
		if (err == 0)
			loss_probe_sent(l, r, s->now);
		else
			loss_probe_failed(l, err == -ENOBUFS ? r : NULL, s->now);
		return;
	case PROBE_NONE:
	case PROBES: return;
	}
}

static int probe_segment(struct stack *s, struct tcp_conn *c, bool urgent)
{
	struct tcp_xmit x = {
		.seq = seq_sub(c->snd_una, urgent ? 0 : 1), .flags = SEG_ACK, .resend = true};

	assert(c->active->snd.probe != PROBE_SEND_NONE);
	stack_count(s, c->active->snd.probe == PROBE_SEND_KEEPALIVE ? MIB_TcpExtTCPKeepAlive
								    : MIB_TcpExtTCPWinProbe);
	return tcp_xmit(s, c, &x);
}

/* Linux tcp_write_wakeup(): sends what fits into the window, or a segment that only probes. */
static int window_probe(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct tcp_rec *r = b->snd.q.unsent;
	int32_t room = seq_diff(tcp_wnd_end(c), c->snd_nxt);

	if (r && room > 0 && tcp_in_state(c, ~TCPM(TCPS_SYN_SENT))) {
		struct burst u = {.s = s, .c = c, .mss = tcp_mss_now(s, c), .one = true};
		bool fin = r->flags & REC_FIN;
		uint32_t len = seq_span(r->end, c->snd_nxt) - fin;
		uint32_t n = u32_min(len, u32_min((uint32_t)room, u.mss));

		fin = fin && n == len && (uint32_t)room > len;
		r->flags |= REC_PSH;
		if (!seq_eq(seq_add(c->snd_nxt, n + fin), r->end)) {
			/* a record of its own, with PSH at its end */
			struct tcp_rec *head = tcp_rec_split(s, c, r, n, REC_PSH);

			if (head)
				r = head;
		}
		return send_run(&u, r, n, fin);
	}
	if (b->snd.urgent && seq_within(b->snd.up, seq_add(c->snd_una, 1), 0xffff))
		probe_segment(s, c, true);
	return probe_segment(s, c, false);
}

static void pure_ack(struct stack *s, struct tcp_conn *c)
{
	struct tcp_xmit x = {.seq = c->snd_nxt, .flags = SEG_ACK};

	if (seq_gt(c->snd_nxt, tcp_wnd_end(c)) && seq_gt(c->snd_una, tcp_wnd_end(c)))
		x.seq = tcp_wnd_end(c);
	else if (seq_gt(c->snd_nxt, tcp_wnd_end(c)))
		x.seq = seq_max(tcp_wnd_end(c), c->snd_una);
	if (tcp_xmit(s, c, &x) != 0) { /* retry soon */
		tcp_ack_mark(c, ACKP_SCHED);
		tcp_ack_delay_for(s, c, TCP_DELACK_MAX_MS);
	}
}

static void first_syn(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct loss_send ls = {
		.start = c->iss, .end = seq_add(c->iss, 1), .mss = c->mss, .flags = RTX_SYN};

	assert(seq_eq(c->snd_nxt, c->iss));
	b->hs.syn_unsent = false;
	tcp_xmit_syn(s, c, false);
	loss_sent(&b->loss, &ls, s->now);
	c->snd_nxt = b->snd.pushed = ls.end;
	if (seq_lt(c->write_seq, c->snd_nxt))
		c->write_seq = c->snd_nxt;
	tcp_fastopen_syn_sent(s, c);
}

static void abort_orphan(struct stack *s, struct tcp_conn *c)
{
	tcp_queue_rst(s, c);
	stack_count(s, MIB_TcpExtTCPAbortOnMemory);
	tcp_done(s, c);
}

void tcp_output(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (c->key.state == TCPS_CLOSED || c->key.state == TCPS_LISTEN)
		return;
	if (b->hs.syn_unsent)
		first_syn(s, c);
	if (b->hs.synack_due) {
		b->hs.synack_due = false;
		if (tcp_xmit_syn(s, c, true) == 0)
			loss_syn_again(&b->loss, s->now);
	}
	if (b->snd.tlp_due)
		tail_loss_probe(s, c);
	resend_lost(s, c);
	if (b->snd.push || b->loss.resend_wanted) {
		push_new(s, c);
		b->snd.push = b->snd.push_nonagle = 0;
	}
	if (b->snd.probe != PROBE_SEND_NONE) {
		int err = window_probe(s, c);

		if (b->snd.probe == PROBE_SEND_WINDOW)
			tcp_timers_probed(s, c, err);
		b->snd.probe = PROBE_SEND_NONE;
	}
	if (b->ack.bits & ACKP_SEND)
		pure_ack(s, c);
	tcp_timers_rtx(s, c);
	if (b->snd.write_space_due) {
		b->snd.write_space_due = false;
		tcp_write_space(s, c);
	}
	if (b->snd.abort_due)
		abort_orphan(s, c);
}

/* --- the end of the batch --- */

static void flush_replies(struct stack *s)
{
	struct tcp_state *t = s->tcp;
	struct tcp_reply *r;

	assert((t->reply_first == NULL) == (t->reply_last == NULL));
	while ((r = t->reply_first)) {
		t->reply_first = r->next;
		if (!t->reply_first)
			t->reply_last = NULL;
		if (ip_out(s, r->p, &r->tx) != 0 && r->abort)
			stack_count(s, MIB_TcpExtTCPAbortFailed);
		pool_put(&t->replies, r);
	}
}

static void output(struct stack *s, struct tcp_conn *c)
{
	if (!c->plain)
		tcp_plain_check(s, c);
	if (c->plain && tcp_fast_out(s, c))
		return;
	tcp_output(s, c);
	tcp_plain_check(s, c);
}

void tcp_flush(struct stack *s)
{
	struct tcp_state *t = s->tcp;

	flush_replies(s);
	while (!list_empty(&t->dirty_reqs)) {
		struct tcp_req *r = list_entry(t->dirty_reqs.next, struct tcp_req, dirty);

		list_del(&r->dirty);
		tcp_req_out(s, r);
		flush_replies(s);
	}
	while (!list_empty(&t->dirty)) {
		struct tcp_active *b = list_entry(t->dirty.next, struct tcp_active, dirty);
		struct tcp_conn *c = b->conn;

		list_del(&b->dirty);
		output(s, c);
		tcp_conn_invariants(c);
		if (s->checked)
			tcp_queue_invariants(c);
		b->quiet_at = s->now;
		if (!c->owner && c->key.state == TCPS_CLOSED && list_empty(&b->hs.queue))
			tcp_conn_free(s, c);
		else
			tcp_idle_schedule(s, c);
	}
	flush_replies(s);
}

bool tcp_dirty(const struct stack *s)
{
	const struct tcp_state *t = s->tcp;

	return !list_empty(&t->dirty) || !list_empty(&t->dirty_reqs) || t->reply_first;
}
