/*
 * bbr.c - BBR version 1 (Cardwell, Cheng, Gunn, Yeganeh, Jacobson 2016) as in Linux: window and
 * pacing rate from a model of the path (bbr_model.c) instead of from losses.
 *
 *     STARTUP -- bandwidth no longer grows --> DRAIN -- queue gone --> PROBE_BW
 *        ^                                                               |  ^
 *        `---- not yet full -- PROBE_RTT <-- min RTT 10 s old -----------'--'
 */
#include "stack/tcp/cc/bbr.h"

static void init_rate_from_rtt(struct cc *c)
{
	struct bbr *b = bbr_of(c);
	uint32_t rtt_us = 1000;
	uint64_t bw;

	if (c->srtt_us > 0) {
		rtt_us = u32_max(c->srtt_us >> 3, 1);
		b->has_rtt = true;
	}
	bw = ((uint64_t)c->cwnd << BBR_BW_SHIFT) / rtt_us;
	c->pacing_rate = bbr_rate(c, bw < UINT32_MAX ? (uint32_t)bw : UINT32_MAX, BBR_HIGH_GAIN);
}

static void set_pacing_rate(struct cc *c, uint32_t bw, uint32_t gain)
{
	struct bbr *b = bbr_of(c);
	uint64_t rate = bbr_rate(c, bw, gain);

	if (!b->has_rtt && c->srtt_us > 0)
		init_rate_from_rtt(c);
	/* Before the pipe is full a low sample is more likely due to the program than to the
	 * path. */
	if (b->full_bw_reached || rate > c->pacing_rate)
		c->pacing_rate = rate;
}

static void bbr_init(struct cc *c, nsec_t now)
{
	struct bbr *b = bbr_of(c);

	*b = (struct bbr){
		.min_rtt_us = c->min_rtt_us,
		.min_rtt_at = now,
		.next_round_delivered = c->delivered,
		.cycle_at = 0,
		.ack_epoch_at = now,
		.mode = BBR_STARTUP,
		.pacing_gain = BBR_HIGH_GAIN,
		.cwnd_gain = BBR_HIGH_GAIN,
	};
	c->ssthresh = CC_SSTHRESH_INFINITE;
	bbr_lt_reset(&b->lt, c, now);
	b->lt.sampling = false;
	init_rate_from_rtt(c);
	c->paced = true;
}

static void save_cwnd(struct cc *c)
{
	struct bbr *b = bbr_of(c);

	if (b->prev_state < CA_RECOVERY && b->mode != BBR_PROBE_RTT)
		b->prior_cwnd = c->cwnd;
	else
		b->prior_cwnd = u32_max(b->prior_cwnd, c->cwnd);
}

/* The window during and just after recovery. True if it is final: packet conservation. */
static bool recover_or_restore(
	struct cc *c, const struct rate_sample *rs, uint32_t acked, uint32_t *cwnd)
{
	struct bbr *b = bbr_of(c);
	uint8_t prev = b->prev_state, state = c->ca_state;
	uint32_t w = c->cwnd;

	if (rs->losses > 0)
		w = w > rs->losses ? w - rs->losses : 1;
	if (state == CA_RECOVERY && prev != CA_RECOVERY) {
		b->conserve = true;
		b->next_round_delivered = c->delivered;
		w = c->in_flight + acked;
	} else if (prev >= CA_RECOVERY && state < CA_RECOVERY) {
		w = u32_max(w, b->prior_cwnd);
		b->conserve = false;
	}
	b->prev_state = state;
	*cwnd = b->conserve ? u32_max(w, c->in_flight + acked) : w;
	return b->conserve;
}

/* Segments that ACK aggregation can hold back at once. */
static uint32_t aggregation_cwnd(const struct bbr *b)
{
	uint32_t extra = u32_max(b->extra_acked[0], b->extra_acked[1]);
	uint64_t most = ((uint64_t)bbr_bw(b) * BBR_AGGR_MAX_US) >> BBR_BW_SHIFT;

	if (!b->full_bw_reached)
		return 0;
	return extra < most ? extra : (uint32_t)most;
}

static uint32_t towards(const struct cc *c, uint32_t cwnd, uint32_t acked, uint32_t target)
{
	const struct bbr *b = (const struct bbr *)c->priv;

	if (b->full_bw_reached)
		cwnd = u32_min(cwnd + acked, target);
	else if (cwnd < target || c->delivered < CC_INIT_CWND)
		cwnd += acked;
	return u32_max(cwnd, BBR_MIN_CWND);
}

static void set_cwnd(struct cc *c, const struct rate_sample *rs, uint32_t bw)
{
	struct bbr *b = bbr_of(c);
	uint32_t acked = rs->acked_sacked, cwnd = c->cwnd;

	if (acked > 0 && !recover_or_restore(c, rs, acked, &cwnd))
		cwnd = towards(
			c, cwnd, acked, bbr_inflight(c, bw, b->cwnd_gain) + aggregation_cwnd(b));
	c->cwnd = u32_min(cwnd, c->cwnd_clamp);
	if (b->mode == BBR_PROBE_RTT)
		c->cwnd = u32_min(c->cwnd, BBR_MIN_CWND);
	assert(c->cwnd > 0);
}

static void bbr_control(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	uint32_t bw;

	bbr_update_model(c, rs, now);
	bw = bbr_bw(b);
	set_pacing_rate(c, bw, b->pacing_gain);
	set_cwnd(c, rs, bw);
}

static uint32_t bbr_ssthresh(struct cc *c, nsec_t now)
{
	save_cwnd(c);
	return c->ssthresh;
}

/* A spurious reduction: the estimate of a full pipe may have been wrong too. */
static uint32_t bbr_undo(struct cc *c, nsec_t now)
{
	struct bbr *b = bbr_of(c);

	b->full_bw = 0;
	b->full_bw_rounds = 0;
	bbr_lt_reset(&b->lt, c, now);
	b->lt.sampling = false;
	return c->cwnd;
}

static void bbr_state(struct cc *c, enum ca_state next, nsec_t now)
{
	struct bbr *b = bbr_of(c);
	struct rate_sample rs = {.losses = 1};

	if (next != CA_LOSS)
		return;
	b->prev_state = CA_LOSS;
	b->full_bw = 0;
	b->round_start = true; /* a timeout ends the round */
	bbr_lt_sample(c, &rs, now);
}

static void bbr_event(struct cc *c, enum cc_event ev, nsec_t now)
{
	struct bbr *b = bbr_of(c);

	if (ev != CC_EVENT_TX_START || c->app_limited == 0)
		return;
	b->idle_restart = true;
	b->ack_epoch_at = now;
	b->ack_epoch_acked = 0;
	/* Continue at the estimated bandwidth: the data in flight is lost. */
	if (b->mode == BBR_PROBE_BW)
		set_pacing_rate(c, bbr_bw(b), BBR_UNIT);
	else if (b->mode == BBR_PROBE_RTT)
		bbr_check_probe_rtt_done(c, now);
}

static uint32_t bbr_min_tso_segs(const struct cc *c)
{
	return c->pacing_rate < 1200000 / 8 ? 1 : 2;
}

const struct cc_ops cc_bbr = {
	.name = "bbr",
	.flags = CC_PACES,
	.init = bbr_init,
	.control = bbr_control,
	.ssthresh = bbr_ssthresh,
	.undo = bbr_undo,
	.state = bbr_state,
	.event = bbr_event,
	.min_tso_segs = bbr_min_tso_segs,
	.sndbuf_expand = 3,
};
