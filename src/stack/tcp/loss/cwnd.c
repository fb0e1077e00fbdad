/*
 * cwnd.c - the congestion window between losses: growth, its validation (RFC 7661: an unused window
 * is no evidence), the restart after idling (RFC 5681 4.1), and the pacing rate.
 */
#include "stack/tcp/loss/loss_priv.h"

void cwnd_update_pacing(struct tcp_loss *l)
{
	const struct sysctl *sys = l->env->sysctl;
	struct cc *c = &l->cc;
	/* Towards the end of slow start the same as in congestion avoidance. */
	int32_t percent =
		c->cwnd < c->ssthresh / 2 ? sys->tcp_pacing_ss_ratio : sys->tcp_pacing_ca_ratio;
	uint64_t rate =
		pace_rate(u32_max(c->cwnd, l->packets_out), c->mss, c->srtt_us, (uint32_t)percent);

	c->pacing_rate = rate < c->max_pacing_rate ? rate : c->max_pacing_rate;
}

/* Whether the window limited the sender. In slow start half of it is enough, since it will be
 * doubled within a round trip. */
static bool is_limited(const struct tcp_loss *l)
{
	if (l->cwnd_limited)
		return true;
	return cc_slow_start(&l->cc) && l->cc.cwnd < 2 * l->max_packets_out;
}

/* With much reordering, growth by everything delivered; else only by data in order. */
static bool may_grow(const struct tcp_loss *l, const struct ack_pass *p)
{
	if (l->reordering > (uint32_t)l->env->sysctl->tcp_reordering)
		return p->flags & ACK_FORWARD;
	return p->flags & ACK_DATA_ACKED;
}

static void grow(struct tcp_loss *l, uint32_t acked, nsec_t now)
{
	l->cc.ops->grow(&l->cc, acked, now);
	l->cwnd_stamp = now;
}

/* An ACK of new data, with no other event. */
void cwnd_opened(struct tcp_loss *l, uint32_t acked, nsec_t now)
{
	l->cc.cwnd_limited = is_limited(l);
	grow(l, acked, now);
	cwnd_update_pacing(l);
}

void cwnd_after_ack(struct tcp_loss *l, struct ack_pass *p, uint32_t delivered)
{
	l->cc.cwnd_limited = is_limited(l);
	if (l->cc.ops->control) {
		l->cc.in_flight = loss_in_flight(l);
		l->cc.ops->control(&l->cc, &p->rs, p->now);
		return;
	}
	if (loss_reducing(l)) {
		prr_update(l, delivered, p->rs.losses, p->flags & ACK_ADVANCED);
	} else if (may_grow(l, p)) {
		grow(l, delivered, p->now);
	}
	cwnd_update_pacing(l);
}

uint32_t loss_quota(const struct tcp_loss *l)
{
	uint32_t in_flight = loss_in_flight(l);

	return in_flight < l->cc.cwnd ? l->cc.cwnd - in_flight : 0;
}

/* Not filled for an RTO: reduces the window halfway to what was used. */
static void cwnd_unused(struct tcp_loss *l, bool no_space, nsec_t now)
{
	uint32_t used = u32_max(l->cwnd_used, cwnd_initial(l));

	if (l->cc.ca_state == CA_OPEN && !no_space) {
		if (used < l->cc.cwnd) {
			l->cc.ssthresh = loss_current_ssthresh(l);
			l->cc.cwnd = (l->cc.cwnd + used) >> 1;
		}
		l->cwnd_used = 0;
	}
	l->cwnd_stamp = now;
}

static void validate(struct tcp_loss *l, const struct loss_flush *f, nsec_t now)
{
	bool limited = f->cwnd_limited || loss_in_flight(l) >= l->cc.cwnd;
	bool fresh = seq_ge(l->cc.una, l->cwnd_usage_seq);

	/* The fullest moment of the window counts. */
	if (fresh || limited || (!l->cwnd_limited && l->packets_out > l->max_packets_out)) {
		l->cwnd_limited = limited;
		l->max_packets_out = l->packets_out;
		l->cwnd_usage_seq = l->cc.nxt;
	}
	if (is_limited(l)) {
		l->cwnd_used = 0;
		l->cwnd_stamp = now;
		return;
	}
	l->cwnd_used = u32_max(l->cwnd_used, l->packets_out);
	if (l->env->sysctl->tcp_slow_start_after_idle && !l->cc.ops->control &&
		now - l->cwnd_stamp >= (nsec_t)l->rtt.rto_us * NSEC_USEC)
		cwnd_unused(l, f->no_space, now);
}

bool loss_flushed(struct tcp_loss *l, const struct loss_flush *f, nsec_t now)
{
	if (f->sent > 0) {
		if (loss_reducing(l))
			l->prr_out += f->sent;
		if (!f->probe)
			loss_schedule_tlp(l, false, now);
	}
	if (f->sent > 0 || f->cwnd_limited)
		validate(l, f, now);
	if (!l->try_new)
		return false;
	l->try_new = false;
	if (seq_gt(l->cc.nxt, l->high)) {
		l->resend_wanted = false;
		return false;
	}
	l->frto = false; /* no new data was sent: recover as usual */
	return true;
}

void loss_idle_restart(struct tcp_loss *l, nsec_t now)
{
	nsec_t rto = (nsec_t)l->rtt.rto_us * NSEC_USEC, idle = now - l->cc.last_send;
	struct cc *c = &l->cc;
	uint32_t floor;

	if (!l->env->sysctl->tcp_slow_start_after_idle || l->packets_out > 0 || c->ops->control ||
		idle <= rto)
		return;
	loss_event(l, CC_EVENT_CWND_RESTART, now);
	floor = u32_min(cwnd_initial(l), c->cwnd);
	c->ssthresh = loss_current_ssthresh(l);
	for (idle -= rto; idle > 0 && c->cwnd > floor; idle -= rto)
		c->cwnd >>= 1;
	c->cwnd = u32_max(c->cwnd, floor);
	l->cwnd_stamp = now;
	l->cwnd_used = 0;
	assert(c->cwnd > 0);
}

uint64_t loss_pacing_rate(const struct tcp_loss *l)
{
	return l->cc.paced ? l->cc.pacing_rate : PACE_UNLIMITED;
}

void loss_mtu_probe(struct tcp_loss *l, struct seq_range probe, uint16_t mtu, uint16_t next)
{
	assert(mtu > 0 && next > 0);
	l->mtu_probe = probe;
	l->mtu_now = mtu;
	l->mtu_next = next;
	/* One segment twice the size. */
	if (l->cc.cwnd > 1)
		l->cc.cwnd--;
}

void cwnd_mtu_arrived(struct tcp_loss *l, nsec_t now)
{
	uint64_t cwnd = (uint64_t)l->cc.cwnd * l->mtu_now / l->mtu_next;

	l->undo.prior_ssthresh = loss_current_ssthresh(l);
	l->cc.cwnd = cwnd > 0 ? (uint32_t)cwnd : 1;
	l->cc.cwnd_cnt = 0;
	l->cwnd_stamp = now;
	l->cc.ssthresh = loss_current_ssthresh(l);
	l->mtu_next = 0;
}
