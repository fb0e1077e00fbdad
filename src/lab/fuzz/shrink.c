/* shrink.c - shrinking of a failing plan: shrink.h. */
#include "lab/fuzz/shrink.h"

#include "lab/fuzz/knob.h"
#include "lab/world/need.h"

struct shrinking {
	const struct shrink *s;
	struct plan *p, *trial; /* the smallest failing plan; the next attempt */
	struct failure *failure;
	unsigned tries;
};

bool failure_same(const struct failure *a, const struct failure *b)
{
	if (strcmp(a->property, b->property) != 0)
		return false;
	return strcmp(a->property, "crash") != 0 || strcmp(a->text, b->text) == 0;
}

/* Runs the trial; if it fails in the same way it becomes the plan. */
static bool attempt(struct shrinking *g)
{
	struct run_result result;

	if (g->tries >= SHRINK_TRIES)
		return false;
	g->tries++;
	plan_tidy(g->trial);
	g->s->run(g->s->ctx, g->trial, false, &result);
	if (!failure_same(&result.failure, g->failure))
		return false;
	*g->p = *g->trial;
	*g->failure = result.failure;
	return true;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool without(struct shrinking *g, uint32_t from, uint32_t n)
{
	*g->trial = *g->p;
	g->trial->rows = from;
	for (uint32_t i = from + n; i < g->p->rows; i++)
		plan_add(g->trial, g->p->row[i]);
	return attempt(g);
}

static bool fewer_rows(struct shrinking *g)
{
	uint32_t before = g->p->rows;

	for (uint32_t width = (g->p->rows + 1) / 2; width > 0; width /= 2)
		for (uint32_t at = 0; at < g->p->rows;) {
			uint32_t rest = g->p->rows - at;

			if (!without(g, at, width < rest ? width : rest))
				at += width;
		}
	return g->p->rows < before;
}

/* --- chance ----------------------------------------------------------------------------------- */

static bool is_chance(const struct row *r)
{
	return r->kind == ROW_LOSS || r->kind == ROW_BURSTS || r->kind == ROW_STORM;
}

/* Replaces random losses by losses of numbered packets. */
static bool name_losses(struct shrinking *g)
{
	struct run_result result;
	uint32_t kept = 0;

	*g->trial = *g->p;
	for (uint32_t i = 0; i < g->p->rows; i++)
		if (!is_chance(&g->p->row[i]))
			g->trial->row[kept++] = g->p->row[i];
	if (kept == g->p->rows)
		return false;
	g->trial->rows = kept;
	g->tries++;
	g->s->run(g->s->ctx, g->p, true, &result);
	for (uint32_t i = 0; i < result.losses; i++)
		plan_add(g->trial,
			(struct row){ROW_DROP, {result.loss[i].link, result.loss[i].nth}});
	return attempt(g);
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* Knobs must stay in their bounds. */
static bool in_bounds(const struct row *r, int arg, int64_t value)
{
	const struct knob *k = NULL;

	if (r->kind == ROW_SYSCTL && arg == SYSCTL_VALUE)
		k = knob_sysctl(r->arg[SYSCTL_NAME]);
	if (r->kind == ROW_OPTION && arg == OPTION_VALUE)
		k = knob_option(r->arg[OPTION_NAME]);
	return !k || (value >= k->low && value <= k->high);
}

static bool with(struct shrinking *g, uint32_t row, int arg, int64_t value)
{
	if (g->p->row[row].arg[arg] == value || !in_bounds(&g->p->row[row], arg, value))
		return false;
	*g->trial = *g->p;
	g->trial->row[row].arg[arg] = value;
	return attempt(g);
}

/* Halves the distance to the simplest value while that works, then tries smaller steps. */
static bool closer(struct shrinking *g, uint32_t row, int arg, int64_t simplest)
{
	bool any = false;

	for (int shift = 1; shift < 63;) {
		int64_t far = g->p->row[row].arg[arg] - simplest;

		if (row >= g->p->rows || far / ((int64_t)1 << shift) == 0)
			break;
		if (with(g, row, arg, simplest + far - far / ((int64_t)1 << shift)))
			any = true;
		else
			shift++;
	}
	return any;
}

/* A number with as few digits as possible, towards the simplest. */
static bool rounder(struct shrinking *g, uint32_t row, int arg, int64_t simplest)
{
	for (int64_t unit = 1000000000; unit > 1; unit /= 10) {
		int64_t value = g->p->row[row].arg[arg], round = value - value % unit;

		if (round > simplest && round != value && with(g, row, arg, round))
			return true;
	}
	return false;
}

static bool simpler_numbers(struct shrinking *g)
{
	bool any = false;

	for (uint32_t i = 0; i < g->p->rows; i++) {
		const struct row_spec *s = row_spec((enum row_kind)g->p->row[i].kind);

		for (int a = 0; a < ROW_ARGS && i < g->p->rows && s->arg[a].name; a++) {
			if (s->arg[a].type == ARG_ID)
				continue;
			if (with(g, i, a, s->arg[a].simplest))
				any = true;
			if (s->arg[a].type != ARG_NUMBER || i >= g->p->rows)
				continue;
			any |= closer(g, i, a, s->arg[a].simplest);
			any |= rounder(g, i, a, s->arg[a].simplest);
		}
	}
	return any;
}

unsigned shrink_plan(const struct shrink *s, struct plan *p, struct failure *failure)
{
	struct shrinking g = {s, p, need(malloc(sizeof(*p))), failure, 0};
	bool smaller;

	do {
		smaller = fewer_rows(&g);
		smaller |= name_losses(&g);
		smaller |= simpler_numbers(&g);
	} while (smaller && g.tries < SHRINK_TRIES);
	free(g.trial);
	return g.tries;
}
