/*
 * fast_path.c - two runs side by side: hashes first, and if they differ, the records of two more
 * runs, to find the first different event.
 */
#include "lab/fuzz/fast_path.h"

#include "lab/world/need.h"
#include "observe/print.h"
#include "wire/text.h"

#include <inttypes.h>

/* --- the first different event
 * ----------------------------------------------------------------- */

static bool same_bytes(const void *a, const void *b, size_t n)
{
	return (!a && !b) || (a && b && memcmp(a, b, n) == 0);
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same(const struct trace_event *a, const struct trace_event *b)
{
	return a->at == b->at && a->kind == b->kind && a->node == b->node && a->id == b->id &&
	       a->value == b->value && a->value2 == b->value2 && a->len == b->len &&
	       same_bytes(a->bytes, b->bytes, a->len) && same_text(a->text, b->text) &&
	       same_bytes(a->sample, b->sample, sizeof(*a->sample));
}

static void event_text(struct text *t, const struct trace *trace, size_t i)
{
	static const char *const kinds[] = {"sends", "receives", "drops", "calls", "returns from",
		"has a state", "has a TCP_INFO", "has a queue", "notes", "is ready", "listens"};
	char packet[PRINT_LINE_MAX];
	const struct trace_event *e = &trace->event[i];
	struct printer p;

	if (i >= trace->count) {
		text_add(t, "nothing");
		return;
	}
	text_add(t, "%s %s at %.9f s", trace->name[e->node], kinds[e->kind],
		(double)(e->at - WORLD_START) / NSEC_SEC);
	if (!e->bytes)
		return;
	print_init(&p, true);
	print_packet(&p, packet, sizeof(packet), e->bytes, e->len);
	text_add(t, " %s", packet);
}

static void first_event(struct text *t, const struct plan *p)
{
	struct trace fast, slow;
	struct run_result result;
	size_t i = 0;

	trace_init(&fast);
	trace_init(&slow);
	run_plan(p, &(struct net_options){.trace = &fast}, &result);
	run_plan(p, &(struct net_options){.trace = &slow, .slow_path = true}, &result);
	while (i < fast.count && i < slow.count && same(&fast.event[i], &slow.event[i]))
		i++;
	if (i < fast.count || i < slow.count) {
		text_add(t, "; first without fast paths: ");
		event_text(t, &slow, i);
		text_add(t, "; with: ");
		event_text(t, &fast, i);
	}
	trace_free(&fast);
	trace_free(&slow);
}

/* --- comparison
 * -------------------------------------------------------------------------------- */

static void counters_text(
	struct text *t, const struct run_result *slow, const struct run_result *fast)
{
	for (size_t i = 0; i < MIB_COUNT; i++)
		if (slow->count[i] != fast->count[i]) {
			text_add(t, " %s %" PRIu64 " without, %" PRIu64 " with",
				mib_name((enum mib)i), slow->count[i], fast->count[i]);
			return;
		}
}

void fast_path_compare(const struct plan *p, struct run_result *fast)
{
	struct run_result *slow = need(malloc(sizeof(*slow)));
	struct text t;
	bool counters, any;

	run_plan(p, &(struct net_options){.slow_path = true}, slow);
	counters = memcmp(slow->count, fast->count, sizeof(slow->count)) != 0;
	any = counters || slow->sent != fast->sent || slow->hash != fast->hash;
	if (any && !fast->failure.property[0]) {
		t = text_in(fast->failure.text, FAILURE_TEXT);
		snprintf(fast->failure.property, sizeof(fast->failure.property), FAST_PATH);
		text_add(&t, "not the same without:%s%s%s",
			slow->sent == fast->sent ? "" : " packets",
			slow->hash == fast->hash ? "" : " results", counters ? " counters" : "");
		if (counters)
			counters_text(&t, slow, fast);
		first_event(&t, p);
	}
	free(slow);
}
