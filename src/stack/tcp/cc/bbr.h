/* bbr.h - state of BBR, and its parts, which are tested separately. */
#ifndef STACK_TCP_CC_BBR_H
#define STACK_TCP_CC_BBR_H

#include "stack/tcp/cc/cc.h"

enum {
	BBR_BW_SHIFT = 24, /* bandwidth: segments per microsecond, times 2^24 */
	BBR_UNIT_SHIFT = 8,
	BBR_UNIT = 1 << BBR_UNIT_SHIFT,             /* gains are times 256 */
	BBR_HIGH_GAIN = BBR_UNIT * 2885 / 1000 + 1, /* 2/ln 2: doubles the rate each round */
	BBR_DRAIN_GAIN = BBR_UNIT * 1000 / 2885,
	BBR_CWND_GAIN = BBR_UNIT * 2,
	BBR_BW_ROUNDS = 10, /* window of the bandwidth filter */
	BBR_MIN_RTT_WINDOW_S = 10,
	BBR_PROBE_RTT_MS = 200,
	BBR_MIN_CWND = 4,
	BBR_FULL_BW_ROUNDS = 3,
	BBR_CYCLE = 8,           /* phases of PROBE_BW */
	BBR_MARGIN_PERCENT = 1,  /* pace a little below the estimate */
	BBR_LT_MIN_ROUNDS = 4,   /* long-term sampling: policer detection */
	BBR_LT_LOSS_THRESH = 50, /* of 256 lost */
	BBR_LT_BW_ROUNDS = 48,
	BBR_AGGR_ROUNDS = 5, /* window of the ACK aggregation filter */
	BBR_AGGR_MAX_US = 100000,
};

enum bbr_mode {
	BBR_STARTUP,
	BBR_DRAIN,
	BBR_PROBE_BW,
	BBR_PROBE_RTT,
	BBR_MODES
};

/* Largest value of the last rounds, in three candidates. */
struct bbr_max {
	struct {
		uint32_t round;
		uint32_t value;
	} s[3];
};

/* Long-term bandwidth: the rate of a token-bucket policer. */
struct bbr_lt {
	bool sampling, use;
	uint8_t rounds;
	uint32_t bw, last_delivered, last_lost, last_ms;
};

struct bbr {
	struct bbr_max bw;
	struct bbr_lt lt;
	nsec_t min_rtt_at, probe_rtt_done, cycle_at, ack_epoch_at;
	uint32_t min_rtt_us;
	uint32_t rounds, next_round_delivered;
	uint32_t full_bw;
	uint32_t prior_cwnd;
	uint32_t ack_epoch_acked, extra_acked[2];
	uint16_t pacing_gain, cwnd_gain;
	uint8_t mode, prev_state, full_bw_rounds, cycle;
	uint8_t extra_rounds, extra_slot;
	bool full_bw_reached, round_start, conserve, idle_restart, probe_rtt_round_done;
	bool has_rtt, probe_rtt_set;
};

_Static_assert(sizeof(struct bbr) <= CC_PRIVATE, "struct bbr must fit into struct cc");

static inline struct bbr *bbr_of(struct cc *c)
{
	return (struct bbr *)c->priv;
}

/* Adds a measurement of this round; returns the largest of the last `window` rounds. */
uint32_t bbr_max_update(struct bbr_max *m, uint32_t window, uint32_t round, uint32_t value);

/* The bandwidth in use, in segments per microsecond times 2^24. */
uint32_t bbr_bw(const struct bbr *b);

/* Updates the model with a sample: rounds, bandwidth, aggregation, phases, minimum RTT. */
void bbr_update_model(struct cc *c, const struct rate_sample *rs, nsec_t now);

/* Long-term sampling: processes a round; restarts. */
void bbr_lt_sample(struct cc *c, const struct rate_sample *rs, nsec_t now);
void bbr_lt_reset(struct bbr_lt *lt, const struct cc *c, nsec_t now);

/* Enters PROBE_BW in a random phase (not the draining one). */
void bbr_enter_probe_bw(struct cc *c);

/* Segments in flight that fill the path at bandwidth bw times gain/256, with room for bursts. */
uint32_t bbr_inflight(const struct cc *c, uint32_t bw, uint32_t gain);

/* bw times gain/256 in bytes per second, slightly below nominal. */
uint64_t bbr_rate(const struct cc *c, uint32_t bw, uint32_t gain);

/* Leaves PROBE_RTT if its time has expired. */
void bbr_check_probe_rtt_done(struct cc *c, nsec_t now);

#endif
