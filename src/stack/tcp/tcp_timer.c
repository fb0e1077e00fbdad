/*
 * tcp_timer.c - timers: the only file that arms one (stack_timer_at), and the handling of a
 * connection's expired timers.
 *
 *     rtx     RTO, RACK, TLP (loss engine), or the zero-window probe when nothing is in flight
 *     delack  tcp_ackgen.c
 *     life    keepalive; FIN-WAIT-2 of an orphan
 *     pace    the next paced segment may be sent
 */
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_sockopt.h"
#include "stack/tcp/tcp_timewait.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

static void rtx_fire(struct stack *s, struct stack_timer *t);
static void life_fire(struct stack *s, struct stack_timer *t);

static void pace_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_active *b = container_of(t, struct tcp_active, timers.pace);

	tcp_plain_end(b->conn);
	b->loss.resend_wanted |= b->loss.lost_out > b->loss.retrans_out;
	b->snd.push = 1;
	tcp_dirty_mark(s, b->conn);
}

void tcp_timers_init(struct tcp_active *b)
{
	stack_timer_init(&b->timers.rtx, rtx_fire);
	stack_timer_init(&b->timers.delack, tcp_delack_fire);
	stack_timer_init(&b->timers.life, life_fire);
	stack_timer_init(&b->timers.pace, pace_fire);
}

void tcp_timers_stop(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	stack_timer_stop(s, &b->timers.rtx);
	stack_timer_stop(s, &b->timers.delack);
	stack_timer_stop(s, &b->timers.life);
	stack_timer_stop(s, &b->timers.pace);
	b->timers.probe0_at = 0;
	b->ack.delack_at = b->ack.compress_at = 0;
}

/* --- arming --- */

/* Timers moved by nearly every segment are lazy: a running one is left alone if it fires no later
 * than needed. If that is too early, it checks on expiry, and is restarted. */
static void arm(struct stack *s, struct stack_timer *t, nsec_t when)
{
	if (when < NSEC_MAX && !(stack_timer_runs(t) && t->t.when <= when))
		stack_timer_at(s, t, when);
}

nsec_t tcp_timers_rtx_at(const struct tcp_active *b)
{
	if (b->loss.timer != LOSS_TIMER_NONE)
		return b->loss.timer_at;
	return b->timers.probe0_at ? b->timers.probe0_at : NSEC_MAX;
}

void tcp_timers_rtx(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (c->key.state == TCPS_CLOSED)
		stack_timer_stop(s, &b->timers.rtx);
	else
		arm(s, &b->timers.rtx, tcp_timers_rtx_at(b));
}

nsec_t tcp_timers_delack_at(const struct tcp_active *b)
{
	nsec_t when = b->ack.bits & ACKP_TIMER ? b->ack.delack_at : NSEC_MAX;

	return b->ack.compress_at && b->ack.compress_at < when ? b->ack.compress_at : when;
}

void tcp_timers_delack(struct stack *s, struct tcp_conn *c)
{
	arm(s, &c->active->timers.delack, tcp_timers_delack_at(c->active));
}

void tcp_timers_pace(struct stack *s, struct tcp_conn *c)
{
	assert(c->active->loss.cc.paced);
	stack_timer_at(s, &c->active->timers.pace, c->active->loss.pace.next);
}

/* A second, doubled with every timeout (RFC 6298 5.5), up to tcp_rto_max_ms. */
void tcp_timers_synack(struct stack *s, struct tcp_req *r)
{
	nsec_t max = s->sysctl.tcp_rto_max_ms * NSEC_MSEC;
	nsec_t v = NSEC_SEC << (r->timeouts < 30 ? r->timeouts : 30);

	assert(r->listener || r->child);
	stack_timer_at(s, &r->timer, s->now + (v < max ? v : max));
}

void tcp_timers_time_wait(struct stack *s, struct tcp_tw *tw, nsec_t span)
{
	assert(span > 0);
	stack_timer_at(s, &tw->timer, s->now + span);
}

void tcp_timers_move(struct stack *s, struct stack_timer *from, struct stack_timer *to)
{
	assert(!stack_timer_runs(to));
	stack_timer_at(s, to, from->t.when);
	stack_timer_stop(s, from);
}

void tcp_timers_wake_again(struct stack *s, struct stack_timer *t)
{
	stack_timer_at(s, t, s->now + NSEC_SEC);
}

void tcp_timers_quiet(struct stack *s, nsec_t when)
{
	assert(!list_empty(&s->tcp->quiet));
	stack_timer_at(s, &s->tcp->quiet_timer, when);
}

void tcp_timers_off(struct stack *s, struct stack_timer *t)
{
	stack_timer_stop(s, t);
}

/* --- parameters --- */

nsec_t tcp_fin_time(const struct stack *s, const struct tcp_conn *c)
{
	nsec_t v = s->sysctl.tcp_fin_timeout * NSEC_SEC;
	nsec_t rto = c->active->loss.rtt.rto_us * NSEC_USEC;

	if (c->extra && c->extra->linger2 > 0)
		v = c->extra->linger2 * NSEC_SEC;
	if (v < (rto << 2) - (rto >> 1))
		v = (rto << 2) - (rto >> 1);
	return v;
}

uint32_t tcp_user_timeout(const struct tcp_conn *c)
{
	if (!c->extra)
		return 0;
	if (c->extra->user_timeout)
		return c->extra->user_timeout;
	return c->extra->uto_on && c->extra->uto_got ? c->extra->uto_got * 1000 : 0;
}

static bool syn_state(const struct tcp_conn *c)
{
	return tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD));
}

/* --- giving up --- */

bool tcp_orphans_too_many(const struct stack *s, int shift)
{
	return (int64_t)s->tcp->orphans << shift > s->sysctl.tcp_max_orphans ||
	       s->tcp->mem > s->sysctl.tcp_mem[2] * TCP_PAGE;
}

static void give_up(struct stack *s, struct tcp_conn *c)
{
	int err = c->soft_err ? c->soft_err : ETIMEDOUT;

	stack_count(s, MIB_TcpExtTCPAbortOnTimeout);
	tcp_fail(s, c, err);
}

/* Ends an orphan at once if there are too many, or too little memory. */
static bool out_of_resources(struct stack *s, struct tcp_conn *c, bool reset)
{
	int shift = 0;

	if (s->now - c->active->loss.cc.last_send > 2 * 120 * NSEC_SEC || !reset)
		shift++;
	if (c->soft_err)
		shift++;
	if (!tcp_orphans_too_many(s, shift))
		return false;
	if (s->now - c->active->loss.cc.last_send <= TCP_TIMEWAIT_S * NSEC_SEC ||
		(!c->snd_wnd && c->active->loss.packets_out == 0))
		reset = true;
	if (reset)
		tcp_queue_rst(s, c);
	stack_count(s, MIB_TcpExtTCPAbortOnMemory);
	tcp_done(s, c);
	return true;
}

/* The total time of n doublings of the minimum RTO: tcp_retries2 is a time, not a count. */
static nsec_t model_timeout(const struct stack *s, int n, nsec_t base)
{
	nsec_t max = s->sysctl.tcp_rto_max_ms * NSEC_MSEC;
	int linear = 0;

	assert(n >= 0 && base > 0);
	while (linear < 62 && (max >> linear) > base)
		linear++;
	linear = linear ? linear - 1 : 0; /* ilog2(max / base) */
	if (n <= linear)
		return ((2ll << n) - 1) * base;
	return ((2ll << linear) - 1) * base + (n - linear) * max;
}

static bool timed_out(const struct stack *s, const struct tcp_conn *c, int n, nsec_t timeout)
{
	const struct tcp_active *b = c->active;
	nsec_t start =
		b->loss.undo.retrans_at >= 0 ? b->loss.undo.retrans_at : b->snd.retrans_stamp;

	if (b->snd.retrans_stamp)
		start = b->snd.retrans_stamp;
	if (b->loss.retransmits == 0)
		return false;
	if (timeout == 0)
		timeout = model_timeout(s, n, b->loss.rtt.rto_min_us * NSEC_USEC);
	return s->now - start >= timeout - NSEC_USEC; /* the wheel's tick */
}

static int orphan_retries(const struct stack *s, const struct tcp_conn *c, bool alive)
{
	int n = s->sysctl.tcp_orphan_retries;

	if (c->soft_err && !alive)
		n = 0;
	if (n == 0 && alive)
		n = 8;
	return n;
}

/* So many SYNs, or the time of their doublings, whichever comes first. With few SYNs not all of the
 * linear ones are sent (tcp_syn_linear_timeouts). */
static bool syn_timed_out(const struct stack *s, const struct tcp_conn *c)
{
	const struct tcp_loss *l = &c->active->loss;
	int max = c->extra && c->extra->syn_retries ? c->extra->syn_retries
						    : s->sysctl.tcp_syn_retries;
	uint32_t ut = tcp_user_timeout(c);
	nsec_t most = ut ? ut * NSEC_MSEC : model_timeout(s, max, RTT_RTO_INIT_MS * NSEC_MSEC);

	if (c->key.state == TCPS_SYN_SENT)
		max += s->sysctl.tcp_syn_linear_timeouts;
	if (l->retransmits >= max)
		return true;
	return l->retransmits > 0 && s->now - c->active->hs.synack_at >= most;
}

/* Returns true if the connection was given up. */
static bool write_timeout(struct stack *s, struct tcp_conn *c)
{
	const struct tcp_loss *l = &c->active->loss;
	int until;

	if (syn_state(c)) {
		tcp_fastopen_syn_timeout(s, c);
		if (!syn_timed_out(s, c))
			return false;
		give_up(s, c);
		return true;
	}
	if (timed_out(s, c, s->sysctl.tcp_retries1, 0))
		tcp_mtu_probing_start(s, c);
	until = s->sysctl.tcp_retries2;
	if (tcp_is(c, TCPB_ORPHAN)) {
		bool alive = l->rtt.rto_us < (uint32_t)s->sysctl.tcp_rto_max_ms * 1000;

		until = orphan_retries(s, c, alive);
		if (out_of_resources(s, c, alive || !timed_out(s, c, until, 0)))
			return true;
	}
	if (!timed_out(s, c, until, tcp_user_timeout(c) * NSEC_MSEC))
		return false;
	give_up(s, c);
	return true;
}

/* --- rtx --- */

/* The peer closed its window on data in flight: it is probed as long as it answers (RFC 9293
 * SHLD-17), however long, unless the program set a timeout. Without an answer the connection ends
 * after twice the maximum RTO, counted from the first retransmission. */
static bool window_shut(const struct tcp_conn *c)
{
	return c->snd_wnd == 0 && !tcp_is(c, TCPB_ORPHAN) && !syn_state(c);
}

static bool window_shut_timeout(struct stack *s, struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;
	nsec_t most = 2 * s->sysctl.tcp_rto_max_ms * NSEC_MSEC,
	       ut = tcp_user_timeout(c) * NSEC_MSEC;
	nsec_t first = b->snd.retrans_stamp ? b->snd.retrans_stamp : (nsec_t)b->loss.cc.last_send;
	nsec_t quiet = (nsec_t)(ms_of(s->now) - c->rcv_tstamp_ms) * NSEC_MSEC;

	if (!window_shut(c))
		return false;
	if (ut && s->now - first >= ut - NSEC_USEC) /* the wheel's tick */
		return true;
	most = ut && ut < most ? ut : most;
	return quiet > most && s->now - first > most;
}

static void rto_fire(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (b->loss.packets_out == 0) {
		b->loss.timer = LOSS_TIMER_NONE;
		return;
	}
	if (window_shut_timeout(s, c)) {
		give_up(s, c);
		return;
	}
	if (!window_shut(c)) {
		stack_count(s, MIB_TcpExtTCPTimeouts);
		if (write_timeout(s, c))
			return;
		b->path.rehash++;
		b->stats.timeout_rehash++;
		stack_count(s, MIB_TcpExtTcpTimeoutRehash);
	}
	if (!b->snd.retrans_stamp)
		b->snd.retrans_stamp = syn_state(c) ? b->hs.synack_at : s->now;
	b->loss.user_timeout_ms = tcp_user_timeout(c);
	b->loss.thin_linear = c->extra && c->extra->thin_linear;
	loss_rto(&b->loss, syn_state(c), s->now);
	tcp_dirty_mark(s, c);
}

static void probe0_fire(struct stack *s, struct tcp_conn *c);

static void rtx_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_active *b = container_of(t, struct tcp_active, timers.rtx);
	struct tcp_conn *c = b->conn;

	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		return;
	if (tcp_timers_rtx_at(b) > s->now) { /* it was moved, or stopped */
		tcp_timers_rtx(s, c);
		return;
	}
	tcp_plain_end(c);
	if (b->hs.fastopen_rsk && b->loss.timer != LOSS_TIMER_NONE) { /* the SYN-ACK comes first */
		loss_rto_later(&b->loss, s->now);
		tcp_timers_rtx(s, c);
		return;
	}
	switch (b->loss.timer) {
	case LOSS_TIMER_RTO: rto_fire(s, c); break;
	case LOSS_TIMER_REO: loss_reo(&b->loss, s->now); break;
	case LOSS_TIMER_TLP: b->snd.tlp_due = true; break;
	case LOSS_TIMER_NONE:
	case LOSS_TIMERS: probe0_fire(s, c); break;
	}
	if (c->key.state != TCPS_CLOSED)
		tcp_dirty_mark(s, c);
}

/* --- zero-window probes (RFC 9293 3.8.6.1) --- */

/* The remainder of TCP_USER_TIMEOUT, if less. */
static nsec_t within_user_timeout(const struct stack *s, const struct tcp_conn *c, nsec_t when)
{
	uint32_t ut = tcp_user_timeout(c);
	nsec_t left;

	if (!ut || !c->active->snd.probes_since)
		return when;
	left = c->active->snd.probes_since + ut * NSEC_MSEC - s->now;
	if (left < 2 * NSEC_MSEC)
		left = 2 * NSEC_MSEC;
	return left < when ? left : when;
}

static nsec_t probe0_span(const struct stack *s, const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;
	nsec_t rto = b->loss.rtt.rto_us * NSEC_USEC, max = s->sysctl.tcp_rto_max_ms * NSEC_MSEC;
	nsec_t base = rto > TCP_PROBE_MIN_MS * NSEC_MSEC ? rto : TCP_PROBE_MIN_MS * NSEC_MSEC;
	int most = 9, back = b->snd.probe_backoff < most ? b->snd.probe_backoff : most;
	nsec_t when = base << back;

	return within_user_timeout(s, c, when < max ? when : max);
}

void tcp_timers_probe0(struct stack *s, struct tcp_conn *c)
{
	assert(c->active->loss.packets_out == 0 && c->active->snd.q.unsent);
	tcp_plain_end(c);
	c->active->timers.probe0_at = s->now + rtt_ticks((uint64_t)probe0_span(s, c) / 1000);
	tcp_timers_rtx(s, c);
}

void tcp_timers_probe0_off(struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	b->snd.probe_backoff = 0;
	b->snd.probes_since = 0;
	b->timers.probe0_at = 0;
}

static void probe0_fire(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	uint32_t ut = tcp_user_timeout(c);
	int max = s->sysctl.tcp_retries2;

	b->timers.probe0_at = 0;
	if (b->loss.packets_out > 0 || !b->snd.q.unsent) {
		b->snd.probes_out = 0;
		b->snd.probes_since = 0;
		return;
	}
	if (!b->snd.probes_since)
		b->snd.probes_since = s->now;
	else if (ut && s->now - b->snd.probes_since >= ut * NSEC_MSEC) {
		give_up(s, c);
		return;
	}
	if (tcp_is(c, TCPB_ORPHAN)) {
		bool alive = (b->loss.rtt.rto_us * NSEC_USEC
				     << (b->snd.probe_backoff < 20 ? b->snd.probe_backoff : 20)) <
			     s->sysctl.tcp_rto_max_ms * NSEC_MSEC;

		max = orphan_retries(s, c, alive);
		if (!alive && b->snd.probe_backoff >= max) {
			give_up(s, c);
			return;
		}
		if (out_of_resources(s, c, true))
			return;
	}
	if (b->snd.probes_out >= max) {
		give_up(s, c);
		return;
	}
	b->snd.probe = PROBE_SEND_WINDOW;
}

void tcp_timers_probed(struct stack *s, struct tcp_conn *c, int err)
{
	struct tcp_active *b = c->active;

	if (b->loss.packets_out > 0 || !b->snd.q.unsent) { /* it was data, and there was room */
		b->snd.probes_out = 0;
		tcp_timers_probe0_off(c);
		return;
	}
	b->snd.probes_out++;
	if (err != -ENOBUFS) {
		if (b->snd.probe_backoff < s->sysctl.tcp_retries2)
			b->snd.probe_backoff++;
		tcp_timers_probe0(s, c);
		return;
	}
	/* the queue of our own device is full, no evidence about the peer: retry soon */
	b->timers.probe0_at = s->now + rtt_ticks((uint64_t)within_user_timeout(
							 s, c, TCP_RESOURCE_PROBE_MS * NSEC_MSEC) /
						 1000);
	tcp_timers_rtx(s, c);
}

/* --- life: keepalive, FIN-WAIT-2 --- */

static nsec_t silent_for(const struct stack *s, const struct tcp_conn *c)
{
	uint32_t now = ms_of(s->now), data = now - c->lrcv_ms, ack = now - c->rcv_tstamp_ms;

	return (nsec_t)u32_min(data, ack) * NSEC_MSEC;
}

void tcp_timers_established(struct stack *s, struct tcp_conn *c)
{
	if (tcp_is(c, TCPB_KEEPALIVE) && !tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		stack_timer_at(s, &c->active->timers.life, s->now + tcp_keepidle(s, c));
}

void tcp_timers_keepalive_set(struct stack *s, struct tcp_conn *c, bool on)
{
	bool was = tcp_is(c, TCPB_KEEPALIVE);

	tcp_mark(c, TCPB_KEEPALIVE, on);
	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		return;
	if (on && !was)
		stack_timer_at(s, &c->active->timers.life, s->now + tcp_keepidle(s, c));
	else if (!on)
		stack_timer_stop(s, &c->active->timers.life);
}

void tcp_timers_keepidle(struct stack *s, struct tcp_conn *c)
{
	nsec_t idle = tcp_keepidle(s, c), silent = silent_for(s, c);

	if (tcp_is(c, TCPB_KEEPALIVE) && !tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		stack_timer_at(
			s, &c->active->timers.life, s->now + (idle > silent ? idle - silent : 0));
}

void tcp_timers_fin_wait_2(struct stack *s, struct tcp_conn *c, nsec_t span)
{
	assert(c->key.state == TCPS_FIN_WAIT_2 && tcp_is(c, TCPB_ORPHAN));
	stack_timer_at(s, &c->active->timers.life, s->now + span);
}

/* FIN-WAIT-2 of an orphan: the rest of the time it is a small record. */
static void fin_wait_2_fire(struct stack *s, struct tcp_conn *c)
{
	assert(!c->owner);
	if (!c->extra || c->extra->linger2 >= 0) {
		nsec_t left = tcp_fin_time(s, c) - TCP_TIMEWAIT_S * NSEC_SEC;

		if (left > 0) {
			tcp_time_wait(s, c, TCPS_FIN_WAIT_2, TCP_TIMEWAIT_S * NSEC_SEC);
			return;
		}
	}
	tcp_queue_rst(s, c);
	tcp_done(s, c);
}

static bool keepalive_dead(const struct stack *s, const struct tcp_conn *c, nsec_t silent)
{
	uint32_t ut = tcp_user_timeout(c);

	if (ut)
		return silent >= ut * NSEC_MSEC && c->active->snd.probes_out > 0;
	return c->active->snd.probes_out >= tcp_keepcnt(s, c);
}

bool tcp_timers_sleep_on(struct stack *s, const struct tcp_conn *c, struct stack_timer *t)
{
	nsec_t idle = tcp_keepidle(s, c), silent = silent_for(s, c);

	if (silent >= idle)
		return false;
	stack_timer_at(s, t, s->now + idle - silent);
	return true;
}

static void life_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_active *b = container_of(t, struct tcp_active, timers.life);
	struct tcp_conn *c = b->conn;
	nsec_t silent = silent_for(s, c), next;

	tcp_plain_end(c);
	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN) | TCPM(TCPS_SYN_SENT)))
		return;
	if (c->key.state == TCPS_FIN_WAIT_2 && tcp_is(c, TCPB_ORPHAN)) {
		fin_wait_2_fire(s, c);
		return;
	}
	if (!tcp_is(c, TCPB_KEEPALIVE))
		return;
	next = tcp_keepidle(s, c);
	if (b->loss.packets_out == 0 && !b->snd.q.unsent) { /* no probe while data is in flight */
		if (tcp_timers_sleep_on(s, c, t))
			return;
		if (keepalive_dead(s, c, silent)) {
			tcp_queue_rst(s, c);
			give_up(s, c);
			return;
		}
		b->snd.probe = PROBE_SEND_KEEPALIVE;
		b->snd.probes_out++;
		tcp_dirty_mark(s, c);
		next = tcp_keepintvl(s, c);
	}
	stack_timer_at(s, t, s->now + next);
}
