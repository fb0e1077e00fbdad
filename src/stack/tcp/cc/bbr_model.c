/*
 * bbr_model.c - BBR's path model: the largest bandwidth of the last ten rounds and the smallest RTT
 * of the last ten seconds, and the phases in which it measures either.
 */
#include "base/mul.h"
#include "stack/tcp/cc/bbr.h"
#include "stack/tcp/cc/pace.h"

/* One RTT faster, one slower to drain the queue again, six at the estimate. */
static const uint16_t cycle_gain[] = {BBR_UNIT * 5 / 4, BBR_UNIT * 3 / 4, BBR_UNIT, BBR_UNIT,
	BBR_UNIT, BBR_UNIT, BBR_UNIT, BBR_UNIT};
_Static_assert(ARRAY_SIZE(cycle_gain) == BBR_CYCLE, "a gain for every phase");

uint32_t bbr_max_update(struct bbr_max *m, uint32_t window, uint32_t round, uint32_t value)
{
	uint32_t age;

	if (value >= m->s[0].value || round - m->s[2].round > window) {
		for (size_t i = 0; i < ARRAY_SIZE(m->s); i++) {
			m->s[i].round = round;
			m->s[i].value = value;
		}
		return value;
	}
	if (value >= m->s[1].value) {
		m->s[1].round = m->s[2].round = round;
		m->s[1].value = m->s[2].value = value;
	} else if (value >= m->s[2].value) {
		m->s[2].round = round;
		m->s[2].value = value;
	}
	age = round - m->s[0].round;
	if (age > window) {
		m->s[0] = m->s[1];
		m->s[1] = m->s[2];
		m->s[2].round = round;
		m->s[2].value = value;
	} else if (m->s[1].round == m->s[0].round && age > window / 4) {
		m->s[1].round = m->s[2].round = round;
		m->s[1].value = m->s[2].value = value;
	} else if (m->s[2].round == m->s[1].round && age > window / 2) {
		m->s[2].round = round;
		m->s[2].value = value;
	}
	assert(m->s[0].value >= m->s[1].value && m->s[1].value >= m->s[2].value);
	return m->s[0].value;
}

static uint32_t max_bw(const struct bbr *b)
{
	return b->bw.s[0].value;
}

uint32_t bbr_bw(const struct bbr *b)
{
	return b->lt.use ? b->lt.bw : max_bw(b);
}

uint64_t bbr_rate(const struct cc *c, uint32_t bw, uint32_t gain)
{
	uint64_t rate = u64_mul_shr((uint64_t)bw * c->mss, gain, BBR_UNIT_SHIFT);

	rate = u64_mul_shr(rate, 10000 * (100 - BBR_MARGIN_PERCENT), BBR_BW_SHIFT);
	return u64_min(rate, c->max_pacing_rate);
}

/* A burst, in segments: the amount passed to the driver at once. */
static uint32_t burst_segs(const struct cc *c)
{
	uint32_t bytes = pace_burst(c->pacing_rate, c->mss, c->ops->min_tso_segs(c), 65535);

	return u32_min(u32_max(bytes / c->mss, 1), 0x7f);
}

uint32_t bbr_inflight(const struct cc *c, uint32_t bw, uint32_t gain)
{
	const struct bbr *b = (const struct bbr *)c->priv;
	uint64_t bdp = CC_INIT_CWND;

	if (b->min_rtt_us != UINT32_MAX) {
		uint64_t w = u64_mul_shr((uint64_t)bw * b->min_rtt_us, gain, BBR_UNIT_SHIFT);
		w = u64_min(w, (uint64_t)INT32_MAX << BBR_BW_SHIFT);
		bdp = (w + (1 << BBR_BW_SHIFT) - 1) >> BBR_BW_SHIFT;
	}
	/* Room for bursts at sender and receiver, for ACKs of two segments each, and in the probing
	 * phase for at least two more. */
	bdp += 3 * burst_segs(c);
	bdp = (bdp + 1) & ~(uint64_t)1;
	if (b->mode == BBR_PROBE_BW && b->cycle == 0)
		bdp += 2;
	return (uint32_t)bdp;
}

static void lt_interval(struct bbr_lt *lt, const struct cc *c, nsec_t now)
{
	lt->last_ms = (uint32_t)(now / NSEC_MSEC);
	lt->last_delivered = c->delivered;
	lt->last_lost = c->lost;
	lt->rounds = 0;
}

void bbr_lt_reset(struct bbr_lt *lt, const struct cc *c, nsec_t now)
{
	lt->bw = 0;
	lt->use = false;
	lt->sampling = false;
	lt_interval(lt, c, now);
}

/* Two consecutive intervals with nearly the same bandwidth: a policer's rate. */
static void lt_interval_done(struct cc *c, uint32_t bw, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	struct bbr_lt *lt = &b->lt;

	if (lt->bw > 0) {
		uint32_t diff = bw > lt->bw ? bw - lt->bw : lt->bw - bw;
		if ((uint64_t)diff * 8 <= lt->bw || bbr_rate(c, diff, BBR_UNIT) <= 4000 / 8) {
			lt->bw = (uint32_t)(((uint64_t)bw + lt->bw) >> 1);
			lt->use = true;
			lt->rounds = 0;
			b->pacing_gain = BBR_UNIT;
			return;
		}
	}
	lt->bw = bw;
	lt_interval(lt, c, now);
}

void bbr_lt_sample(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	struct bbr_lt *lt = &b->lt;
	uint32_t lost, delivered, ms;

	if (lt->use) {
		if (b->mode == BBR_PROBE_BW && b->round_start && ++lt->rounds >= BBR_LT_BW_ROUNDS) {
			bbr_lt_reset(lt, c, now);
			bbr_enter_probe_bw(c);
		}
		return;
	}
	if (!lt->sampling) {
		if (rs->losses == 0)
			return;
		lt_interval(lt, c, now);
		lt->sampling = true;
	}
	if (rs->is_app_limited) {
		bbr_lt_reset(lt, c, now);
		return;
	}
	if (b->round_start)
		lt->rounds++;
	if (lt->rounds < BBR_LT_MIN_ROUNDS)
		return;
	if (lt->rounds > 4 * BBR_LT_MIN_ROUNDS) {
		bbr_lt_reset(lt, c, now);
		return;
	}
	if (rs->losses == 0)
		return;
	lost = c->lost - lt->last_lost;
	delivered = c->delivered - lt->last_delivered;
	if (delivered == 0 || (uint64_t)lost * 256 < (uint64_t)BBR_LT_LOSS_THRESH * delivered)
		return;
	ms = (uint32_t)(now / NSEC_MSEC) - lt->last_ms;
	if ((int32_t)ms < 1)
		return;
	if (ms >= UINT32_MAX / 1000) {
		bbr_lt_reset(lt, c, now);
		return;
	}
	lt_interval_done(
		c, (uint32_t)(((uint64_t)delivered << BBR_BW_SHIFT) / ((uint64_t)ms * 1000)), now);
}

void bbr_enter_probe_bw(struct cc *c)
{
	struct bbr *b = bbr_of(c);

	b->mode = BBR_PROBE_BW;
	b->cycle = (uint8_t)(BBR_CYCLE - 1 - prng_below(c->prng, BBR_CYCLE - 1));
	b->cycle = (uint8_t)((b->cycle + 1) % BBR_CYCLE);
	assert(b->cycle < BBR_CYCLE);
	b->cycle_at = c->delivered_at;
}

static void update_bw(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	uint64_t bw;

	b->round_start = false;
	if (rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if ((int32_t)(rs->prior_delivered - b->next_round_delivered) >= 0) {
		b->next_round_delivered = c->delivered;
		b->rounds++;
		b->round_start = true;
		b->conserve = false;
	}
	bbr_lt_sample(c, rs, now);
	bw = ((uint64_t)rs->delivered << BBR_BW_SHIFT) / (uint64_t)rs->interval_us;
	if (bw > UINT32_MAX)
		bw = UINT32_MAX;
	/* An application-limited sample is only a lower bound of the path's bandwidth. */
	if (!rs->is_app_limited || bw >= max_bw(b))
		bbr_max_update(&b->bw, BBR_BW_ROUNDS, b->rounds, (uint32_t)bw);
}

static void update_aggregation(struct cc *c, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(c);
	uint64_t epoch_us, expected;
	uint32_t extra;

	if (rs->acked_sacked == 0 || rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (b->round_start) {
		b->extra_rounds = (uint8_t)u32_min(b->extra_rounds + 1u, 31);
		if (b->extra_rounds >= BBR_AGGR_ROUNDS) {
			b->extra_rounds = 0;
			b->extra_slot = !b->extra_slot;
			b->extra_acked[b->extra_slot] = 0;
		}
	}
	assert(b->extra_slot < ARRAY_SIZE(b->extra_acked));
	epoch_us = (uint64_t)((c->delivered_at - b->ack_epoch_at) / NSEC_USEC);
	expected = u64_mul_shr(bbr_bw(b), epoch_us, BBR_BW_SHIFT);
	/* ACKs came no faster than the bandwidth: a new epoch. */
	if (b->ack_epoch_acked <= expected || b->ack_epoch_acked + rs->acked_sacked >= 1u << 20) {
		b->ack_epoch_acked = 0;
		b->ack_epoch_at = c->delivered_at;
		expected = 0;
	}
	b->ack_epoch_acked = u32_min(0xfffff, b->ack_epoch_acked + rs->acked_sacked);
	extra = u32_min((uint32_t)(b->ack_epoch_acked - expected), c->cwnd);
	b->extra_acked[b->extra_slot] = u32_max(b->extra_acked[b->extra_slot], extra);
}

static bool cycle_phase_over(const struct cc *c, const struct bbr *b, const struct rate_sample *rs)
{
	bool full = c->delivered_at - b->cycle_at > (nsec_t)b->min_rtt_us * NSEC_USEC;
	uint32_t bw = max_bw(b);

	if (b->pacing_gain == BBR_UNIT)
		return full;
	if (b->pacing_gain > BBR_UNIT)
		return full && (rs->losses > 0 ||
				       rs->prior_in_flight >= bbr_inflight(c, bw, b->pacing_gain));
	return full || rs->prior_in_flight <= bbr_inflight(c, bw, BBR_UNIT);
}

static void update_cycle(struct cc *c, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(c);

	if (b->mode != BBR_PROBE_BW || !cycle_phase_over(c, b, rs))
		return;
	b->cycle = (uint8_t)((b->cycle + 1) % BBR_CYCLE);
	b->cycle_at = c->delivered_at;
}

/* The pipe is full when the bandwidth has grown by less than a quarter in three rounds. */
static void check_full_bw(struct bbr *b, const struct rate_sample *rs)
{
	if (b->full_bw_reached || !b->round_start || rs->is_app_limited)
		return;
	if (max_bw(b) >= (uint64_t)b->full_bw * 5 / 4) {
		b->full_bw = max_bw(b);
		b->full_bw_rounds = 0;
		return;
	}
	b->full_bw_rounds++;
	b->full_bw_reached = b->full_bw_rounds >= BBR_FULL_BW_ROUNDS;
}

static void check_drain(struct cc *c)
{
	struct bbr *b = bbr_of(c);

	if (b->mode == BBR_STARTUP && b->full_bw_reached) {
		b->mode = BBR_DRAIN;
		c->ssthresh = bbr_inflight(c, max_bw(b), BBR_UNIT);
	}
	if (b->mode == BBR_DRAIN && c->in_flight <= bbr_inflight(c, max_bw(b), BBR_UNIT))
		bbr_enter_probe_bw(c);
}

void bbr_check_probe_rtt_done(struct cc *c, nsec_t now)
{
	struct bbr *b = bbr_of(c);

	if (!b->probe_rtt_set || now <= b->probe_rtt_done)
		return;
	b->min_rtt_at = now;
	c->cwnd = u32_max(c->cwnd, b->prior_cwnd);
	if (b->full_bw_reached)
		bbr_enter_probe_bw(c);
	else
		b->mode = BBR_STARTUP;
}

static void enter_probe_rtt(struct cc *c)
{
	struct bbr *b = bbr_of(c);

	b->mode = BBR_PROBE_RTT;
	b->prior_cwnd = b->prev_state < CA_RECOVERY ? c->cwnd : u32_max(b->prior_cwnd, c->cwnd);
	b->probe_rtt_set = false;
}

/* Holds four segments in flight for a round and 200 ms. */
static void run_probe_rtt(struct cc *c, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	uint32_t pipe = c->delivered + c->in_flight;

	c->app_limited = pipe > 0 ? pipe : 1; /* samples of this period do not reflect the path */
	if (!b->probe_rtt_set && c->in_flight <= BBR_MIN_CWND) {
		b->probe_rtt_done = now + BBR_PROBE_RTT_MS * NSEC_MSEC;
		b->probe_rtt_set = true;
		b->probe_rtt_round_done = false;
		b->next_round_delivered = c->delivered;
	} else if (b->probe_rtt_set) {
		if (b->round_start)
			b->probe_rtt_round_done = true;
		if (b->probe_rtt_round_done)
			bbr_check_probe_rtt_done(c, now);
	}
}

static void update_min_rtt(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	bool old = now > b->min_rtt_at + BBR_MIN_RTT_WINDOW_S * NSEC_SEC;

	if (rs->rtt_us >= 0 && (rs->rtt_us < b->min_rtt_us || (old && !rs->is_ack_delayed))) {
		b->min_rtt_us = (uint32_t)rs->rtt_us;
		b->min_rtt_at = now;
	}
	if (old && !b->idle_restart && b->mode != BBR_PROBE_RTT)
		enter_probe_rtt(c);
	if (b->mode == BBR_PROBE_RTT)
		run_probe_rtt(c, now);
	if (rs->delivered > 0)
		b->idle_restart = false;
}

static void update_gains(struct bbr *b)
{
	assert(b->cycle < BBR_CYCLE);
	switch ((enum bbr_mode)b->mode) {
	case BBR_STARTUP: b->pacing_gain = b->cwnd_gain = BBR_HIGH_GAIN; break;
	case BBR_DRAIN:
		b->pacing_gain = BBR_DRAIN_GAIN;
		b->cwnd_gain = BBR_HIGH_GAIN;
		break;
	case BBR_PROBE_BW:
		b->pacing_gain = b->lt.use ? BBR_UNIT : cycle_gain[b->cycle];
		b->cwnd_gain = BBR_CWND_GAIN;
		break;
	case BBR_PROBE_RTT: b->pacing_gain = b->cwnd_gain = BBR_UNIT; break;
	case BBR_MODES: assert(false); break;
	}
}

void bbr_update_model(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	struct bbr *b = bbr_of(c);

	update_bw(c, rs, now);
	update_aggregation(c, rs);
	update_cycle(c, rs);
	check_full_bw(b, rs);
	check_drain(c);
	update_min_rtt(c, rs, now);
	update_gains(b);
}
