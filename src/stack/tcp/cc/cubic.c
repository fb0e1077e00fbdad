/*
 * cubic.c - CUBIC (RFC 9438) in the integers of Linux: after a reduction the window follows
 *
 *     W(t) = W_max + C (t - K)^3,   K = cbrt((W_max - cwnd) / C),   C = 0.4, beta = 0.7
 *
 * with t in units of 2^-10 s, so that C (t)^3 is 410 t^3 / 2^40 segments; but not below Reno's (the
 * Reno-friendly region). Slow start ends by HyStart (cubic) or HyStart++ (cubic_hspp).
 */
#include "stack/tcp/cc/hystart.h"

enum {
	CUBIC_BETA = 717, /* of 1024 */
	CUBIC_ONE = 1024,
	CUBIC_T_BITS = 10,
	CUBIC_C = 410, /* of 1024: 0.4 */
	CUBIC_SHIFT = 10 + 3 * CUBIC_T_BITS,
	/* One Reno segment costs this many eighths of a window: 8/3 (1 + beta) / (1 - beta). */
	CUBIC_RENO_EIGHTHS = 8 * (CUBIC_ONE + CUBIC_BETA) / 3 / (CUBIC_ONE - CUBIC_BETA),
	CUBIC_OFFS_MAX = 1 << 18,
	CUBIC_PERIOD_MS = 31, /* the curve is evaluated at most this often for the same window */
	CUBIC_MAX_CNT = 20,   /* before the first loss: at least 5 % a round trip */
};

struct cubic {
	uint32_t cnt;    /* acknowledged segments per increment */
	uint32_t w_max;  /* window before the last reduction, 0: none */
	uint32_t origin; /* plateau of this epoch */
	uint32_t k;      /* time to the plateau */
	uint32_t last_cwnd;
	uint32_t last_ms, epoch_ms;
	uint32_t min_rtt_us; /* 0: none */
	uint32_t acked, reno_cwnd;
	bool in_epoch;
	struct hystart hystart;
};

_Static_assert(sizeof(struct cubic) <= CC_PRIVATE, "struct cubic must fit into struct cc");

static struct cubic *cubic_of(struct cc *c)
{
	return (struct cubic *)c->priv;
}

static uint32_t ms_of(nsec_t now)
{
	return (uint32_t)(now / NSEC_MSEC);
}

static void cubic_init(struct cc *c, nsec_t now)
{
	struct cubic *q = cubic_of(c);

	*q = (struct cubic){0};
	hystart_round(&q->hystart, c, now);
}

/* Largest r with r^3 <= a, three bits of a for one of r. */
static uint32_t cube_root(uint64_t a)
{
	uint64_t r = 0;

	for (int s = 63; s >= 0; s -= 3) {
		uint64_t b;

		r *= 2;
		b = 3 * r * (r + 1) + 1;
		if ((a >> s) >= b) {
			a -= b << s;
			r++;
		}
	}
	return (uint32_t)r;
}

static void epoch_start(struct cubic *q, uint32_t cwnd, uint32_t acked, uint32_t ms)
{
	q->in_epoch = true;
	q->epoch_ms = ms;
	q->acked = acked;
	q->reno_cwnd = cwnd;
	q->k = 0;
	q->origin = cwnd;
	if (q->w_max > cwnd) {
		uint64_t per_segment = ((uint64_t)1 << CUBIC_SHIFT) / CUBIC_C;

		q->k = cube_root(per_segment * (q->w_max - cwnd));
		q->origin = q->w_max;
	}
}

/* The curve one minimal RTT ahead, in segments. */
static uint32_t curve(const struct cubic *q, uint32_t ms)
{
	uint64_t t = (uint64_t)(ms - q->epoch_ms) + (q->min_rtt_us + 999) / 1000;
	uint64_t offs, delta;

	assert(q->in_epoch);
	t = (t << CUBIC_T_BITS) / 1000;
	offs = t < q->k ? q->k - t : t - q->k;
	/* 2^18 units are four minutes; the window would exceed any limit. */
	if (offs > CUBIC_OFFS_MAX)
		offs = CUBIC_OFFS_MAX;
	delta = (CUBIC_C * offs * offs * offs) >> CUBIC_SHIFT;
	if (t < q->k)
		return q->origin > delta ? (uint32_t)(q->origin - delta) : 0;
	return q->origin + (uint32_t)delta;
}

static void follow_curve(struct cubic *q, uint32_t cwnd, uint32_t ms)
{
	uint32_t target = curve(q, ms);

	q->cnt = target > cwnd ? cwnd / (target - cwnd) : 100 * cwnd;
	if (q->w_max == 0)
		q->cnt = u32_min(q->cnt, CUBIC_MAX_CNT);
}

/* RFC 9438 4.3: not slower than Reno with the same average window. */
static void follow_reno(struct cubic *q, uint32_t cwnd)
{
	uint32_t cost = (cwnd * CUBIC_RENO_EIGHTHS) >> 3;

	if (cost > 0 && q->acked > cost) {
		uint32_t n = (q->acked - 1) / cost;
		q->reno_cwnd += n;
		q->acked -= n * cost;
	}
	if (q->reno_cwnd > cwnd)
		q->cnt = u32_min(q->cnt, cwnd / (q->reno_cwnd - cwnd));
}

static void cubic_update(struct cubic *q, uint32_t cwnd, uint32_t acked, nsec_t now)
{
	uint32_t ms = ms_of(now);

	q->acked += acked;
	if (q->last_cwnd == cwnd && ms - q->last_ms <= CUBIC_PERIOD_MS)
		return;
	if (!q->in_epoch || ms != q->last_ms) {
		q->last_cwnd = cwnd;
		q->last_ms = ms;
		if (!q->in_epoch)
			epoch_start(q, cwnd, acked, ms);
		follow_curve(q, cwnd, ms);
	}
	follow_reno(q, cwnd);
	q->cnt = u32_max(q->cnt, 2);
}

static void grow_after_slow_start(struct cc *c, uint32_t acked, nsec_t now)
{
	struct cubic *q = cubic_of(c);

	if (acked == 0)
		return;
	cubic_update(q, c->cwnd, acked, now);
	cc_grow_linear(c, q->cnt, acked);
}

static void cubic_grow(struct cc *c, uint32_t acked, nsec_t now)
{
	if (!c->cwnd_limited)
		return;
	if (cc_slow_start(c))
		acked = cc_grow_slow_start(c, acked);
	grow_after_slow_start(c, acked, now);
}

static void cubic_hspp_grow(struct cc *c, uint32_t acked, nsec_t now)
{
	if (!c->cwnd_limited)
		return;
	if (cc_slow_start(c)) {
		acked = hystartpp_growth(&cubic_of(c)->hystart, c, acked);
		if (acked > 0)
			acked = cc_grow_slow_start(c, acked);
	}
	grow_after_slow_start(c, acked, now);
}

static uint32_t cubic_ssthresh(struct cc *c, nsec_t now)
{
	struct cubic *q = cubic_of(c);

	assert(c->cwnd > 0);
	q->in_epoch = false;
	/* RFC 9438 4.7, fast convergence: a flow that loses again below its old maximum releases
	 * bandwidth. */
	if (c->cwnd < q->w_max)
		q->w_max =
			(uint32_t)((uint64_t)c->cwnd * (CUBIC_ONE + CUBIC_BETA) / (2 * CUBIC_ONE));
	else
		q->w_max = c->cwnd;
	return u32_max((uint32_t)((uint64_t)c->cwnd * CUBIC_BETA / CUBIC_ONE), 2);
}

static void cubic_state(struct cc *c, enum ca_state next, nsec_t now)
{
	if (next == CA_LOSS)
		cubic_init(c, now);
}

static void cubic_event(struct cc *c, enum cc_event ev, nsec_t now)
{
	struct cubic *q = cubic_of(c);
	uint32_t idle, ms = ms_of(now);

	if (ev != CC_EVENT_TX_START || !q->in_epoch)
		return;
	/* Idle time does not count on the curve. */
	idle = ms - ms_of(c->last_send);
	if ((int32_t)idle > 0)
		q->epoch_ms += u32_min(idle, ms - q->epoch_ms);
}

/* The RTT of an ACK, or 0 if it must be ignored. */
static uint32_t usable_rtt(struct cubic *q, int64_t rtt_us, nsec_t now)
{
	uint32_t rtt;

	if (rtt_us < 0)
		return 0;
	/* Shortly after a reduction the queues are still the old ones. */
	if (q->in_epoch && ms_of(now) - q->epoch_ms < 1000)
		return 0;
	rtt = rtt_us > 0 ? (uint32_t)rtt_us : 1;
	if (q->min_rtt_us == 0 || q->min_rtt_us > rtt)
		q->min_rtt_us = rtt;
	return rtt;
}

static bool may_leave_slow_start(const struct cubic *q, const struct cc *c)
{
	return !q->hystart.found && cc_slow_start(c) && c->cwnd >= HYSTART_LOW_WINDOW;
}

static void cubic_acked(struct cc *c, int64_t rtt_us, nsec_t now)
{
	struct cubic *q = cubic_of(c);
	uint32_t rtt = usable_rtt(q, rtt_us, now);

	if (rtt > 0 && may_leave_slow_start(q, c))
		hystart_acked(&q->hystart, c, rtt, q->min_rtt_us, now);
}

static void cubic_hspp_acked(struct cc *c, int64_t rtt_us, nsec_t now)
{
	struct cubic *q = cubic_of(c);
	uint32_t rtt = usable_rtt(q, rtt_us, now);

	if (rtt > 0 && may_leave_slow_start(q, c))
		hystartpp_acked(&q->hystart, c, rtt, now);
}

const struct cc_ops cc_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.acked = cubic_acked,
	.grow = cubic_grow,
	.ssthresh = cubic_ssthresh,
	.undo = cc_undo_prior,
	.state = cubic_state,
	.event = cubic_event,
	.sndbuf_expand = 2,
};

const struct cc_ops cc_cubic_hspp = {
	.name = "cubic_hspp",
	.init = cubic_init,
	.acked = cubic_hspp_acked,
	.grow = cubic_hspp_grow,
	.ssthresh = cubic_ssthresh,
	.undo = cc_undo_prior,
	.state = cubic_state,
	.event = cubic_event,
	.sndbuf_expand = 2,
};
