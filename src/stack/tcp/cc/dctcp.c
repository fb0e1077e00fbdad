/*
 * dctcp.c - DCTCP (RFC 8257) as in Linux: Reno, but a partially marked window is partially reduced.
 * With F the marked share of the data delivered in the last window,
 *
 *     alpha = (1 - g) alpha + g F,   g = 1/16        once per window
 *     ssthresh = cwnd (1 - alpha / 2)                on ECE, once per window
 *     ssthresh = cwnd / 2                            on loss
 *
 * It starts with alpha = 1, like Reno, until marks show that less is enough. The receiver's half,
 * which echoes marks exactly, is in tcp_ecn.c. Without ECN it is Reno.
 */
#include "stack/tcp/cc/cc.h"

#include <linux/inet_diag.h>

enum {
	DCTCP_ONE = 1024, /* alpha of 1 */
	DCTCP_ONE_BITS = 10,
	DCTCP_G_BITS = 4,
};

struct dctcp {
	uint32_t alpha;
	struct seq next;                  /* end of the current observation window */
	uint32_t delivered, delivered_ce; /* at its start */
	uint32_t loss_cwnd;               /* before the last reduction */
};

_Static_assert(sizeof(struct dctcp) <= CC_PRIVATE, "struct dctcp must fit into struct cc");

static struct dctcp *dctcp_of(struct cc *c)
{
	return (struct dctcp *)c->priv;
}

static void window_begins(struct dctcp *d, const struct cc *c)
{
	d->next = c->nxt;
	d->delivered = c->delivered;
	d->delivered_ce = c->delivered_ce;
}

static void dctcp_init(struct cc *c, nsec_t now)
{
	struct dctcp *d = dctcp_of(c);

	if (!c->ecn) {
		c->ops = &cc_dctcp_reno;
		return;
	}
	*d = (struct dctcp){.alpha = DCTCP_ONE};
	window_begins(d, c);
}

static void dctcp_ack(struct cc *c, nsec_t now)
{
	struct dctcp *d = dctcp_of(c);
	uint32_t marked = c->delivered_ce - d->delivered_ce;
	uint32_t decay = d->alpha >> DCTCP_G_BITS;

	if (seq_lt(c->una, d->next))
		return;
	d->alpha -= decay > 0 ? decay : d->alpha;
	if (marked > 0) {
		uint32_t all = u32_max(c->delivered - d->delivered, 1);
		uint64_t share = ((uint64_t)marked << (DCTCP_ONE_BITS - DCTCP_G_BITS)) / all;

		d->alpha = share < DCTCP_ONE - d->alpha ? d->alpha + (uint32_t)share : DCTCP_ONE;
	}
	assert(d->alpha <= DCTCP_ONE);
	window_begins(d, c);
}

static uint32_t dctcp_ssthresh(struct cc *c, nsec_t now)
{
	struct dctcp *d = dctcp_of(c);
	uint32_t less = (uint32_t)(((uint64_t)c->cwnd * d->alpha) >> (DCTCP_ONE_BITS + 1));

	assert(d->alpha <= DCTCP_ONE);
	d->loss_cwnd = c->cwnd;
	return u32_max(c->cwnd - less, 2);
}

/* RFC 8257 3.5: the response to a loss is unchanged. */
static void lost(struct cc *c)
{
	dctcp_of(c)->loss_cwnd = c->cwnd;
	c->ssthresh = cc_half(c);
}

static void dctcp_state(struct cc *c, enum ca_state next, nsec_t now)
{
	if (next == CA_RECOVERY && c->ca_state != CA_RECOVERY)
		lost(c);
}

/* A timeout is reported by the event, once per episode, not by the state. */
static void dctcp_event(struct cc *c, enum cc_event ev, nsec_t now)
{
	if (ev == CC_EVENT_LOSS)
		lost(c);
}

static uint32_t dctcp_undo(struct cc *c, nsec_t now)
{
	return u32_max(c->cwnd, dctcp_of(c)->loss_cwnd);
}

static size_t dctcp_info(const struct cc *c, void *out)
{
	struct tcp_dctcp_info *i = out;
	const struct dctcp *d = (const struct dctcp *)c->priv;

	*i = (struct tcp_dctcp_info){
		.dctcp_enabled = 1,
		.dctcp_alpha = d->alpha,
		.dctcp_ab_ecn = c->mss * (c->delivered_ce - d->delivered_ce),
		.dctcp_ab_tot = c->mss * (c->delivered - d->delivered),
	};
	return sizeof(*i);
}

static void fallen_init(struct cc *c, nsec_t now)
{
}

static size_t fallen_info(const struct cc *c, void *out)
{
	*(struct tcp_dctcp_info *)out = (struct tcp_dctcp_info){0};
	return sizeof(struct tcp_dctcp_info);
}

const struct cc_ops cc_dctcp = {
	.name = "dctcp",
	.flags = CC_ECN,
	.init = dctcp_init,
	.every_ack = dctcp_ack,
	.grow = cc_reno_grow,
	.ssthresh = dctcp_ssthresh,
	.undo = dctcp_undo,
	.state = dctcp_state,
	.event = dctcp_event,
	.info = dctcp_info,
	.sndbuf_expand = 2,
};

/* DCTCP on a connection without ECN. */
const struct cc_ops cc_dctcp_reno = {
	.name = "dctcp-reno",
	.flags = CC_HIDDEN,
	.init = fallen_init,
	.grow = cc_reno_grow,
	.ssthresh = cc_reno_ssthresh,
	.undo = cc_undo_prior,
	.info = fallen_info,
	.sndbuf_expand = 2,
};
