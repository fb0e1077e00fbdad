/* top_text.c - the screen of `burble top`: top_text.h. */
#include "observe/top_text.h"

#include <inttypes.h>
#include <stdlib.h>

/* A counter that has changed. */
struct change {
	const struct counter *counter;
	uint64_t by;
};

static uint64_t value(const struct top_sample *s, const char *name)
{
	uint32_t at = 0;
	const uint64_t *v = counter_list_find(&s->counters, name, &at);

	return v ? *v : 0;
}

/* How much a counter has grown; 0 if it has gone back: it is a gauge, or the instance another. */
static uint64_t growth(
	const struct top_sample *before, const struct top_sample *now, const char *name)
{
	uint64_t was = value(before, name), is = value(now, name);

	return is > was ? is - was : 0;
}

static double per_second(uint64_t by, nsec_t span)
{
	return span > 0 ? (double)by * 1e9 / (double)span : 0;
}

static int by_growth(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->by != y->by)
		return x->by < y->by ? 1 : -1;
	return x->counter < y->counter ? -1 : x->counter > y->counter;
}

static void add_head(struct text *t, const struct top_sample *before, const struct top_sample *now)
{
	nsec_t span = now->at - before->at;
	uint64_t out = growth(before, now, "TcpOutSegs");
	uint64_t again = growth(before, now, "TcpRetransSegs");
	uint64_t in_bytes =
		growth(before, now, "IpExtInOctets") + growth(before, now, "Ip6InOctets");
	uint64_t out_bytes =
		growth(before, now, "IpExtOutOctets") + growth(before, now, "Ip6OutOctets");

	text_add(t, "burble top - %s, pid %d, burble %s\n", now->name, now->pid, now->version);
	text_add(t,
		"connections  %" PRIu64 " established, %" PRIu64 " awake, %" PRIu64
		" idle, %" PRIu64 " orphans\n",
		value(now, "TcpCurrEstab"), now->awake, now->idle, now->orphans);
	text_add(t, "per second   %.0f segments in, %.0f out, %.0f retransmitted (%.2f%%)\n",
		per_second(growth(before, now, "TcpInSegs"), span), per_second(out, span),
		per_second(again, span),
		out + again ? 100.0 * (double)again / (double)(out + again) : 0);
	text_add(t, "             %.0f bytes in, %.0f out\n", per_second(in_bytes, span),
		per_second(out_bytes, span));
	text_add(t, "%-32s %16s %14s\n", "COUNTER", "TOTAL", "PER SECOND");
}

void top_text(struct text *t, const struct top_sample *before, const struct top_sample *now,
	uint32_t rows)
{
	struct change changes[COUNTERS_MAX];
	uint32_t count = 0, at = 0;

	add_head(t, before, now);
	for (uint32_t i = 0; i < now->counters.count; i++) {
		const struct counter *c = &now->counters.at[i];
		const uint64_t *was = counter_list_find(&before->counters, c->name, &at);

		if (was && c->value > *was)
			changes[count++] = (struct change){c, c->value - *was};
	}
	qsort(changes, count, sizeof(changes[0]), by_growth);
	for (uint32_t i = 0; i < count && i < rows; i++)
		text_add(t, "%-32s %16" PRIu64 " %14.1f\n", changes[i].counter->name,
			changes[i].counter->value, per_second(changes[i].by, now->at - before->at));
}
