/*
 * loss_fixture.c - see loss_fixture.h.
 */
#include "stack/tcp/test/loss_fixture.h"

#include <stdarg.h>

void fx_start(struct fx *f, uint32_t rtt_ms)
{
	memset(f, 0, sizeof(*f));
	sysctl_init(&f->sysctl);
	f->sysctl.tcp_slow_start_after_idle = 0;
	pool_init(&f->pool, sizeof(struct rtx), 0);
	prng_seed(&f->prng, 1);
	f->env = (struct loss_env){.sysctl = &f->sysctl,
		.mib = &f->mib,
		.pool = &f->pool,
		.prng = &f->prng,
		.rtt = &f->rtt};
	f->wnd = 1 << 24;
	loss_init(&f->l, &f->env, seq_of(1), f->now);
	f->l.sack = true;
	loss_synack(&f->l, (int64_t)rtt_ms * 1000, f->now);
	loss_established(&f->l, &cc_cubic, FX_MSS, f->now);
}

void fx_stop(struct fx *f)
{
	loss_free(&f->l);
	pool_free(&f->pool);
}

static void note(struct fx *f, const struct rtx *r)
{
	assert(f->resends < FX_RESENT);
	f->resent[f->resends++] = r->start.v;
	f->resent_segs += r->segs;
}

static void resend_all(struct fx *f)
{
	struct rtx *r;

	while ((r = loss_next(&f->l, seq_add(f->l.cc.una, f->wnd), f->now))) {
		note(f, r);
		loss_resent(&f->l, r, f->now);
	}
}

static void send_run(struct fx *f, uint32_t segs)
{
	struct loss_send s = {
		.start = f->l.cc.nxt, .end = seq_add(f->l.cc.nxt, segs * FX_MSS), .mss = FX_MSS};

	assert(loss_reserve(&f->l));
	loss_sent(&f->l, &s, f->now);
	f->unsent -= segs;
	f->sent += segs;
}

static void flush(struct fx *f)
{
	bool again = true;

	f->sent = 0;
	while (again) {
		struct loss_flush how = {0};
		uint32_t n, before = f->sent;

		resend_all(f);
		n = u32_min(u32_min(f->unsent, loss_quota(&f->l)), 65535 / FX_MSS);
		if (n > 0)
			send_run(f, n);
		how.sent = f->sent - before;
		how.cwnd_limited = f->unsent > 0;
		again = loss_flushed(&f->l, &how, f->now);
	}
	loss_invariants(&f->l);
}

void fx_write(struct fx *f, uint32_t segs)
{
	f->resends = f->resent_segs = 0;
	f->unsent += segs;
	flush(f);
}

static void probe(struct fx *f)
{
	struct rtx *r;
	enum loss_probe what =
		loss_tlp(&f->l, f->unsent > 0, seq_add(f->l.cc.nxt, 65535), &r, f->now);

	if (what == PROBE_NONE)
		return;
	if (what == PROBE_NEW)
		send_run(f, 1);
	else
		note(f, r);
	loss_probe_sent(&f->l, r, f->now);
}

static void fire(struct fx *f)
{
	f->sent = 0;
	switch (f->l.timer) {
	case LOSS_TIMER_RTO: loss_rto(&f->l, false, f->now); break;
	case LOSS_TIMER_REO: loss_reo(&f->l, f->now); break;
	case LOSS_TIMER_TLP: probe(f); return;
	case LOSS_TIMER_NONE:
	case LOSS_TIMERS: assert(false); break;
	}
	flush(f);
}

void fx_wait(struct fx *f, nsec_t span)
{
	nsec_t end = f->now + span;

	f->resends = f->resent_segs = 0;
	while (f->l.timer != LOSS_TIMER_NONE && f->l.timer_at <= end) {
		f->now = f->l.timer_at;
		fire(f);
		loss_invariants(&f->l);
	}
	f->now = end;
}

void fx_ack_full(struct fx *f, const struct loss_ack *a)
{
	f->resends = f->resent_segs = 0;
	if (f->fast && a->sacks == 0 && loss_ack_early(&f->l, a->ack, &f->out, f->now))
		f->fast_acks++;
	else
		loss_ack(&f->l, a, &f->out, f->now);
	loss_invariants(&f->l);
	flush(f);
}

void fx_ack(struct fx *f, uint32_t ack, uint32_t n, ...)
{
	struct loss_ack a = {.ack = seq_of(ack),
		.sacks = (uint8_t)n,
		.max_window = f->wnd,
		.more_to_send = f->unsent > 0};
	va_list ap;

	va_start(ap, n);
	for (uint32_t i = 0; i < n; i++) {
		a.sack[i].start = seq_of(va_arg(ap, uint32_t));
		a.sack[i].end = seq_of(va_arg(ap, uint32_t));
	}
	va_end(ap);
	fx_ack_full(f, &a);
}

uint64_t fx_count(const struct fx *f, enum mib which)
{
	return mib_get(&f->mib, which);
}
