/*
 * hystart.c - HyStart and HyStart++; see hystart.h.
 */
#include "stack/tcp/cc/hystart.h"

void hystart_round(struct hystart *h, const struct cc *c, nsec_t now)
{
	h->round_start = h->last_ack = now;
	h->round_end = c->nxt;
	h->round_min_us = UINT32_MAX;
	h->samples = 0;
}

static uint32_t rise_of(uint32_t base_us)
{
	uint32_t rise = base_us >> 3;

	return u32_min(u32_max(rise, HYSTART_RISE_MIN_US), HYSTART_RISE_MAX_US);
}

static void leave_slow_start(struct hystart *h, struct cc *c, enum mib detect, enum mib cwnd)
{
	assert(!h->found);
	h->found = true;
	mib_inc(c->mib, detect);
	mib_add(c->mib, cwnd, c->cwnd);
	c->ssthresh = c->cwnd;
}

/* The time that the sender's own bursts may add to a train: four of the largest bursts, at most 1
 * ms. */
static uint64_t burst_us(const struct cc *c)
{
	uint64_t us;

	if (c->pacing_rate == 0 || c->pacing_rate == UINT64_MAX)
		return 0;
	us = (uint64_t)65536 * 4 * 1000000 / c->pacing_rate;
	return us < 1000 ? us : 1000;
}

/* Closely spaced ACKs for half an RTT: the pipe is full. */
static void check_train(struct hystart *h, struct cc *c, uint32_t min_us, nsec_t now)
{
	uint64_t threshold_us = min_us + burst_us(c);

	if (now - h->last_ack > HYSTART_ACK_GAP_US * NSEC_USEC)
		return;
	h->last_ack = now;
	/* Unpaced data arrives at the bottleneck at once and is acknowledged within half an RTT. */
	if (!c->paced)
		threshold_us >>= 1;
	if (now - h->round_start > (nsec_t)threshold_us * NSEC_USEC)
		leave_slow_start(
			h, c, MIB_TcpExtTCPHystartTrainDetect, MIB_TcpExtTCPHystartTrainCwnd);
}

void hystart_acked(struct hystart *h, struct cc *c, uint32_t rtt_us, uint32_t min_us, nsec_t now)
{
	if (seq_gt(c->una, h->round_end))
		hystart_round(h, c, now);
	check_train(h, c, min_us, now);
	if (h->found)
		return;
	h->round_min_us = u32_min(h->round_min_us, rtt_us);
	if (h->samples < HYSTART_SAMPLES)
		h->samples++;
	else if (h->round_min_us > min_us + rise_of(min_us))
		leave_slow_start(
			h, c, MIB_TcpExtTCPHystartDelayDetect, MIB_TcpExtTCPHystartDelayCwnd);
}

/* RFC 9406 4.2: the end of a round of conservative slow start. */
static void css_round(struct hystart *h, struct cc *c)
{
	if (h->in_css && ++h->css_rounds >= HYSTARTPP_CSS_ROUNDS)
		leave_slow_start(
			h, c, MIB_TcpExtTCPHystartDelayDetect, MIB_TcpExtTCPHystartDelayCwnd);
}

void hystartpp_acked(struct hystart *h, struct cc *c, uint32_t rtt_us, nsec_t now)
{
	if (seq_gt(c->una, h->round_end)) {
		h->last_round_min_us = h->round_min_us;
		hystart_round(h, c, now);
		css_round(h, c);
		if (h->found)
			return;
	}
	h->round_min_us = u32_min(h->round_min_us, rtt_us);
	if (h->samples < HYSTART_SAMPLES)
		h->samples++;
	if (h->samples < HYSTART_SAMPLES)
		return;
	if (h->in_css) {
		/* The rise was temporary: slow start resumes at full speed. */
		if (h->round_min_us < h->css_base_us)
			h->in_css = false;
		return;
	}
	if (h->last_round_min_us == UINT32_MAX || h->last_round_min_us == 0)
		return;
	if (h->round_min_us >= h->last_round_min_us + rise_of(h->last_round_min_us)) {
		h->in_css = true;
		h->css_rounds = 0;
		h->css_base_us = h->round_min_us;
	}
}

uint32_t hystartpp_growth(const struct hystart *h, struct cc *c, uint32_t acked)
{
	uint32_t grow;

	if (!h->in_css)
		return acked;
	c->cwnd_cnt += acked;
	grow = c->cwnd_cnt / HYSTARTPP_CSS_DIVISOR;
	c->cwnd_cnt %= HYSTARTPP_CSS_DIVISOR;
	return grow;
}
