/*
 * rtt.c - RTT estimation after Van Jacobson, with Linux's two changes: the deviation reacts less
 * when the RTT falls, and the variance in use falls only once per round trip.
 *
 *     err  = rtt - srtt            srtt += err / 8
 *     mdev += (|err| - mdev) / 4   kept times 4; a falling RTT beyond mdev counts an eighth
 */
#include "stack/tcp/loss/rtt.h"

uint32_t min_filter_reset(struct min_filter *f, nsec_t now, uint32_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(f->s); i++) {
		f->s[i].at = now;
		f->s[i].value = value;
	}
	return value;
}

/* Ages the runners-up: after a quarter, and after half of the window without a better value, the
 * newest measurement replaces them. */
static void min_filter_age(struct min_filter *f, nsec_t window, nsec_t now, uint32_t value)
{
	nsec_t age = now - f->s[0].at;

	if (age > window) {
		f->s[0] = f->s[1];
		f->s[1] = f->s[2];
		f->s[2].at = now;
		f->s[2].value = value;
		if (now - f->s[0].at <= window)
			return;
		f->s[0] = f->s[1];
		f->s[1] = f->s[2];
	} else if (f->s[1].at == f->s[0].at && age > window / 4) {
		f->s[1].at = f->s[2].at = now;
		f->s[1].value = f->s[2].value = value;
	} else if (f->s[2].at == f->s[1].at && age > window / 2) {
		f->s[2].at = now;
		f->s[2].value = value;
	}
}

uint32_t min_filter_update(struct min_filter *f, nsec_t window, nsec_t now, uint32_t value)
{
	if (value <= f->s[0].value || now - f->s[2].at > window)
		return min_filter_reset(f, now, value);
	if (value <= f->s[1].value) {
		f->s[1].at = f->s[2].at = now;
		f->s[1].value = f->s[2].value = value;
	} else if (value <= f->s[2].value) {
		f->s[2].at = now;
		f->s[2].value = value;
	}
	min_filter_age(f, window, now, value);
	assert(f->s[0].value <= f->s[1].value && f->s[1].value <= f->s[2].value);
	return f->s[0].value;
}

void rtt_init(struct tcp_rtt *r, uint32_t rto_min_us, uint32_t rto_max_us)
{
	*r = (struct tcp_rtt){
		.mdev_us = RTT_RTO_INIT_MS * 1000,
		.rto_us = RTT_RTO_INIT_MS * 1000,
		.rto_min_us = rto_min_us,
		.rto_max_us = rto_max_us,
	};
	min_filter_reset(&r->min, 0, UINT32_MAX);
}

static void first_sample(struct tcp_rtt *r, uint32_t rtt_us, struct seq nxt)
{
	r->srtt_us = rtt_us << 3;
	r->mdev_us = rtt_us << 1;
	r->rttvar_us = r->mdev_max_us = u32_max(r->mdev_us, r->rto_min_us);
	r->seq = nxt;
}

/* Moves the deviation towards |err|, the difference between the sample and the old estimate. */
static void update_mdev(struct tcp_rtt *r, int64_t err)
{
	int64_t d = (err < 0 ? -err : err) - (r->mdev_us >> 2);

	/* A sudden drop of the RTT is no reason to wait longer. */
	if (err < 0 && d > 0)
		d >>= 3;
	r->mdev_us = (uint32_t)(r->mdev_us + d);
}

void rtt_sample(struct tcp_rtt *r, uint32_t rtt_us, struct seq una, struct seq nxt)
{
	int64_t err, srtt;

	assert(rtt_us > 0);
	rtt_us = u32_min(rtt_us, RTT_MAX_US);
	if (r->srtt_us == 0) {
		first_sample(r, rtt_us, nxt);
		return;
	}
	err = (int64_t)rtt_us - (r->srtt_us >> 3);
	srtt = (int64_t)r->srtt_us + err;
	update_mdev(r, err);
	if (r->mdev_us > r->mdev_max_us) {
		r->mdev_max_us = r->mdev_us;
		r->rttvar_us = u32_max(r->rttvar_us, r->mdev_max_us);
	}
	if (seq_gt(una, r->seq)) {
		if (r->mdev_max_us < r->rttvar_us)
			r->rttvar_us -= (r->rttvar_us - r->mdev_max_us) >> 2;
		r->seq = nxt;
		r->mdev_max_us = r->rto_min_us;
	}
	assert(srtt > 0); /* at least 7/8 of the last, and a sample */
	r->srtt_us = (uint32_t)srtt;
}

uint32_t rtt_base_rto(const struct tcp_rtt *r)
{
	uint64_t us;

	if (r->srtt_us == 0)
		return u32_min(RTT_RTO_INIT_MS * 1000, r->rto_max_us);
	us = (r->srtt_us >> 3) + (uint64_t)r->rttvar_us;
	us = (us + 999) / 1000 * 1000; /* whole ticks */
	return us < r->rto_max_us ? (uint32_t)us : r->rto_max_us;
}

void rtt_set_rto(struct tcp_rtt *r)
{
	r->rto_us = rtt_base_rto(r);
	r->backoff = 0;
}

void rtt_back_off(struct tcp_rtt *r)
{
	assert(r->rto_us > 0);
	if (r->backoff < UINT8_MAX)
		r->backoff++;
	r->rto_us = r->rto_us > r->rto_max_us / 2 ? r->rto_max_us : r->rto_us * 2;
}

void rtt_revert(struct tcp_rtt *r)
{
	uint8_t doublings;

	if (r->backoff == 0)
		return;
	doublings = (uint8_t)(r->backoff - 1);
	rtt_set_rto(r);
	while (r->backoff < doublings)
		rtt_back_off(r);
}
