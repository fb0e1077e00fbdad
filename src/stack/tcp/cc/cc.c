/*
 * cc.c - the table of congestion control algorithms, and the growth rules that several share.
 */
#include "stack/tcp/cc/cc.h"

static const struct cc_ops *const algorithms[] = {
	&cc_reno, &cc_cubic, &cc_bbr, &cc_cubic_hspp, &cc_dctcp, &cc_dctcp_reno};

const struct cc_ops *cc_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		if (!(algorithms[i]->flags & CC_HIDDEN) && strcmp(algorithms[i]->name, name) == 0)
			return algorithms[i];
	}
	return NULL;
}

const struct cc_ops *const *cc_all(size_t *n)
{
	*n = ARRAY_SIZE(algorithms);
	return algorithms;
}

uint32_t cc_grow_slow_start(struct cc *c, uint32_t acked)
{
	uint32_t room = c->ssthresh - c->cwnd;
	uint32_t used = u32_min(acked, room);

	assert(cc_slow_start(c));
	c->cwnd = u32_min(c->cwnd + used, c->cwnd_clamp);
	return acked - used;
}

void cc_grow_linear(struct cc *c, uint32_t w, uint32_t acked)
{
	assert(w > 0);
	/* Credit accumulated when w was larger counts for one segment at most. */
	if (c->cwnd_cnt >= w) {
		c->cwnd_cnt = 0;
		c->cwnd++;
	}
	c->cwnd_cnt += acked;
	if (c->cwnd_cnt >= w) {
		c->cwnd += c->cwnd_cnt / w;
		c->cwnd_cnt %= w;
	}
	assert(c->cwnd_cnt < w);
	c->cwnd = u32_min(c->cwnd, c->cwnd_clamp);
}

uint32_t cc_undo_prior(struct cc *c, nsec_t now)
{
	return u32_max(c->cwnd, c->prior_cwnd);
}

uint32_t cc_half(const struct cc *c)
{
	return u32_max(c->cwnd / 2, 2);
}
