/*
 * hystart.h - HyStart and HyStart++: leaving slow start before it overruns the path.
 *
 *     HyStart (Ha, Rhee 2011), as Linux has it: leave when a train of ACKs lasts half a minimal
 *     RTT, or when the smallest of eight RTTs of a round is an eighth above the minimum.
 *
 *     HyStart++ (RFC 9406): on the same rise of the RTT continue at a quarter of the speed for five
 *     rounds (conservative slow start), and back to full speed if the RTT falls again.
 */
#ifndef STACK_TCP_CC_HYSTART_H
#define STACK_TCP_CC_HYSTART_H

#include "stack/tcp/cc/cc.h"

enum {
	HYSTART_LOW_WINDOW = 16, /* segments: not used below this */
	HYSTART_SAMPLES = 8,     /* of a round, before its minimum counts */
	HYSTART_ACK_GAP_US = 2000,
	HYSTART_RISE_MIN_US = 4000,
	HYSTART_RISE_MAX_US = 16000,
	HYSTARTPP_CSS_DIVISOR = 4,
	HYSTARTPP_CSS_ROUNDS = 5,
};

struct hystart {
	nsec_t round_start, last_ack;
	struct seq round_end;
	uint32_t round_min_us; /* UINT32_MAX: no sample */
	uint8_t samples;
	bool found;
	/* HyStart++ only */
	uint8_t css_rounds;
	bool in_css;
	uint32_t last_round_min_us, css_base_us;
};

/* Starts a round, which ends when the newest byte sent so far is acknowledged. */
void hystart_round(struct hystart *h, const struct cc *c, nsec_t now);

/* An ACK with an RTT in slow start: may set ssthresh to the window. min_us: the smallest RTT
 * seen. */
void hystart_acked(struct hystart *h, struct cc *c, uint32_t rtt_us, uint32_t min_us, nsec_t now);

/* The same for HyStart++. */
void hystartpp_acked(struct hystart *h, struct cc *c, uint32_t rtt_us, nsec_t now);

/* The segments by which slow start may grow the window for acked ones: fewer in CSS. */
uint32_t hystartpp_growth(const struct hystart *h, struct cc *c, uint32_t acked);

#endif
