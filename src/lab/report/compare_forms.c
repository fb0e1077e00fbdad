/* compare_forms.c - a comparison as text and as JSON: compare.h. */
#include "lab/report/compare.h"

#include "lab/report/out.h"

#include <stdio.h>

enum {
	SHOWN = 20, /* connections whose states differ */
	NEAR = 2,   /* packets shown before and after a difference, when others are folded */
};

static const char mark_letter[COMPARE_MARKS] = {' ', 't', 'w', '-', '+'};
static const char *const mark_name[COMPARE_MARKS] = {
	"same", "time", "window", "only burble", "only kernel"};

/* --- text ------------------------------------------------------------------------------------- */

static void time_of(struct out *o, const struct compare_packet *p)
{
	if (p)
		out_add(o, " %12.6f", (double)p->at / 1e9);
	else
		out_add(o, " %12s", "");
}

static void window_text(struct out *o, struct out_fill *f, const struct compare_row *r)
{
	const struct compare_packet *p = r->packet[0] ? r->packet[0] : r->packet[1];
	char text[64];

	if (!p->win)
		return;
	if (r->mark == COMPARE_WINDOW)
		snprintf(text, sizeof(text), "win %u / %u", p->win, r->packet[1]->win);
	else
		snprintf(text, sizeof(text), "win %u", p->win);
	out_unit(o, f, text);
}

static void row_text(
	struct out *o, const struct comparison *c, const struct compare_row *r, unsigned columns)
{
	const struct compare_packet *a = r->packet[0], *b = r->packet[1], *p = a ? a : b;
	unsigned start = c->flows > 1 ? 38 : 32;
	struct out_fill f = {start, start, columns};

	out_add(o, " %c", mark_letter[r->mark]);
	time_of(o, a);
	time_of(o, b);
	if (c->flows > 1)
		out_add(o, "  #%-3u", p->flow);
	out_add(o, "  %c ", p->out ? '>' : '<');
	out_words(o, &f, p->text);
	window_text(o, &f, r);
	out_text(o, "\n");
}

/* Whether a row is near one that differs. */
static bool is_near(const struct comparison *c, uint32_t i)
{
	uint32_t from = i > NEAR ? i - NEAR : 0;

	for (uint32_t j = from; j < c->rows && j <= i + NEAR; j++)
		if (c->row[j].mark != COMPARE_SAME)
			return true;
	return false;
}

/* With more rows than wanted, those that agree are folded. */
static void rows_text(
	struct out *o, const struct comparison *c, const struct report_options *options)
{
	uint32_t max = options->rows ? options->rows : COMPARE_ROWS, folded = 0, shown = 0;

	for (uint32_t i = 0; i < c->rows && shown < max; i++) {
		if (c->rows > max && !is_near(c, i)) {
			folded++;
			continue;
		}
		if (folded > 0)
			out_add(o, "   %*s~ %u packets agree ~\n", 27, "", folded);
		folded = 0;
		row_text(o, c, &c->row[i], options->columns);
		shown++;
	}
	if (folded > 0)
		out_add(o, "   %*s~ %u packets agree ~\n", 27, "", folded);
	if (shown == max && shown < c->rows)
		out_text(o, "   ... more rows: --rows N\n");
}

static uint32_t differ(const struct comparison *c)
{
	return c->rows - c->marked[COMPARE_SAME];
}

static void packets_text(struct out *o, const struct comparison *c)
{
	out_add(o, "packets: %u agree, %u differ\n", c->marked[COMPARE_SAME], differ(c));
	for (int i = COMPARE_TIME; i < COMPARE_MARKS; i++)
		if (c->marked[i] > 0)
			out_add(o, "   %c  %-11s  %u\n", mark_letter[i], mark_name[i],
				c->marked[i]);
}

static void states_of(struct out *o, const char *run, const char *states, unsigned columns)
{
	struct out_fill f = {5, 5, columns};

	out_text(o, "     ");
	out_words(o, &f, run);
	f.indent = 7;
	out_words(o, &f, *states ? states : "-");
	out_text(o, "\n");
}

static void states_text(
	struct out *o, const struct comparison *c, const struct compare_heads *h, unsigned columns)
{
	out_add(o, "states: %u connections agree, %u differ\n", c->states - c->states_differ,
		c->states_differ);
	for (uint32_t i = 0, shown = 0; i < c->states && shown < SHOWN; i++)
		if (!c->state[i].same && ++shown) {
			out_add(o, "   %s\n", c->state[i].name);
			for (int run = 0; run < COMPARE_RUNS; run++)
				states_of(o, h->run[run], c->state[i].text[run], columns);
		}
}

static void counters_text(struct out *o, const struct comparison *c, const struct compare_heads *h)
{
	out_add(o, "counters that moved: %u agree, %u differ\n", c->counters - c->counters_differ,
		c->counters_differ);
	for (uint32_t i = 0; i < c->counters; i++)
		if (!c->counter[i].same)
			out_add(o, "   %-32s %s %llu, %s %llu\n", c->counter[i].name, h->run[0],
				(unsigned long long)c->counter[i].count[0], h->run[1],
				(unsigned long long)c->counter[i].count[1]);
}

bool report_side_by_side(const struct comparison *c, const struct compare_heads *h,
	const struct report_options *options, report_sink sink, void *user)
{
	struct out o;

	out_begin(&o, sink, user);
	out_text(&o, "   ");
	out_add(&o, "%12s %12s  at ", h->run[0], h->run[1]);
	out_plain(&o, h->host);
	out_text(&o, ": < received, > sent\n");
	rows_text(&o, c, options);
	packets_text(&o, c);
	states_text(&o, c, h, options->columns);
	counters_text(&o, c, h);
	return out_end(&o);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void at_json(struct out *o, const char *key, const struct compare_packet *p)
{
	if (p)
		out_add(o, ", \"%s\": {\"at\": %lld, \"win\": %u}", key, (long long)p->at, p->win);
	else
		out_add(o, ", \"%s\": null", key);
}

static void rows_json(struct out *o, const struct comparison *c)
{
	out_text(o, "\"rows\": [");
	for (uint32_t i = 0; i < c->rows; i++) {
		const struct compare_row *r = &c->row[i];
		const struct compare_packet *p = r->packet[0] ? r->packet[0] : r->packet[1];

		out_add(o, "%s\n{\"mark\": \"%s\", \"connection\": %u, \"sent\": %s, \"text\": ",
			i ? "," : "", mark_name[r->mark], p->flow, p->out ? "true" : "false");
		out_json(o, p->text);
		at_json(o, "burble", r->packet[0]);
		at_json(o, "kernel", r->packet[1]);
		out_text(o, "}");
	}
	out_text(o, "\n]");
}

static void states_json(struct out *o, const struct comparison *c)
{
	out_text(o, ",\n\"states\": [");
	for (uint32_t i = 0; i < c->states; i++) {
		const struct compare_pair *p = &c->state[i];

		out_add(o,
			"%s\n{\"connection\": \"%s\", \"burble\": \"%s\", \"kernel\": \"%s\", "
			"\"same\": %s}",
			i ? "," : "", p->name, p->text[0], p->text[1], p->same ? "true" : "false");
	}
	out_text(o, "\n]");
}

static void counters_json(struct out *o, const struct comparison *c)
{
	out_text(o, ",\n\"counters\": [");
	for (uint32_t i = 0; i < c->counters; i++) {
		const struct compare_pair *p = &c->counter[i];

		out_add(o, "%s\n{\"name\": \"%s\", \"burble\": %llu, \"kernel\": %llu}",
			i ? "," : "", p->name, (unsigned long long)p->count[0],
			(unsigned long long)p->count[1]);
	}
	out_text(o, "\n]");
}

bool report_compared(const struct comparison *c, report_sink sink, void *user)
{
	struct out o;

	out_begin(&o, sink, user);
	out_text(&o, "\"packets\": {");
	for (int i = 0; i < COMPARE_MARKS; i++)
		out_add(&o, "%s\"%s\": %u", i ? ", " : "", mark_name[i], c->marked[i]);
	out_text(&o, "},\n");
	rows_json(&o, c);
	states_json(&o, c);
	counters_json(&o, c);
	return out_end(&o);
}
