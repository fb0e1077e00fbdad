/*
 * reno.c - Reno: RFC 5681 with byte counting (RFC 3465): slow start by acknowledged data, then one
 * segment per window; half of the window after a loss.
 */
#include "stack/tcp/cc/cc.h"

static void reno_init(struct cc *c, nsec_t now)
{
}

void cc_reno_grow(struct cc *c, uint32_t acked, nsec_t now)
{
	if (!c->cwnd_limited)
		return;
	if (cc_slow_start(c)) {
		acked = cc_grow_slow_start(c, acked);
		if (acked == 0)
			return;
	}
	cc_grow_linear(c, c->cwnd, acked);
}

uint32_t cc_reno_ssthresh(struct cc *c, nsec_t now)
{
	return cc_half(c);
}

const struct cc_ops cc_reno = {
	.name = "reno",
	.init = reno_init,
	.grow = cc_reno_grow,
	.ssthresh = cc_reno_ssthresh,
	.undo = cc_undo_prior,
	.sndbuf_expand = 2,
};
