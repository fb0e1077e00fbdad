/* trace.c - the record of a run: trace.h. */
#include "lab/world/trace.h"

#include "lab/world/need.h"

void trace_init(struct trace *t)
{
	*t = (struct trace){0};
}

void trace_free(struct trace *t)
{
	arena_free(&t->arena);
	free(t->event);
	free(t->name);
	free(t->is_host);
	free(t->counter);
	trace_init(t);
}

void trace_node(struct trace *t, const char *name, bool is_host)
{
	if ((t->nodes & (t->nodes - 1)) == 0) { /* full at each power of two */
		size_t room = t->nodes ? 2 * (size_t)t->nodes : 1;

		t->name = need(realloc(t->name, room * sizeof(*t->name)));
		t->is_host = need(realloc(t->is_host, room));
	}
	t->name[t->nodes] = need(arena_copy(&t->arena, name, strlen(name)));
	t->is_host[t->nodes++] = is_host;
}

void trace_add(struct trace *t, const struct trace_event *e)
{
	struct trace_event *to;

	if (t->count == TRACE_EVENTS_MAX) {
		t->full = true;
		return;
	}
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->event = need(realloc(t->event, t->room * sizeof(*t->event)));
	}
	to = &t->event[t->count++];
	*to = *e;
	if (e->text)
		to->text = need(arena_copy(&t->arena, e->text, strlen(e->text)));
	if (e->bytes)
		to->bytes = need(arena_copy(&t->arena, e->bytes, e->len));
	if (e->sample)
		to->sample = need(arena_copy(&t->arena, e->sample, sizeof(*e->sample)));
}

void trace_text(struct trace *t, size_t i, const char *text)
{
	if (text && i < t->count)
		t->event[i].text = need(arena_copy(&t->arena, text, strlen(text)));
}

void trace_counter(struct trace *t, const struct trace_counter *c)
{
	if ((t->counters & (t->counters - 1)) == 0) {
		size_t room = t->counters ? 2 * t->counters : 1;

		t->counter = need(realloc(t->counter, room * sizeof(*t->counter)));
	}
	t->counter[t->counters++] = *c;
}
