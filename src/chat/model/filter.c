/* filter.c - filters, compiled and matched by PCRE2. */
#include "chat/model/filter.h"

#include "chat/limits.h"
#include "chat/proto/casemap.h"
#include "chat/proto/format_code.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

static const char *const action_names[FILTER_ACTIONS] = {"warn", "block", "kill"};
static const char target_letters[] = "pnPqt";

/* Scratch memory and bounds of matching. */
struct filter_match {
	pcre2_match_context *context;
	pcre2_match_data *data;
};

static pcre2_code *code_of(const struct filter *f)
{
	return (pcre2_code *)f->code;
}

static void match_free(struct filter_match *m)
{
	if (!m)
		return;
	pcre2_match_context_free(m->context);
	pcre2_match_data_free(m->data);
	free(m);
}

static struct filter_match *match_new(void)
{
	struct filter_match *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->context = pcre2_match_context_create(NULL);
	m->data = pcre2_match_data_create(1, NULL);
	if (!m->context || !m->data) {
		match_free(m);
		return NULL;
	}
	pcre2_set_match_limit(m->context, FILTER_STEPS);
	pcre2_set_depth_limit(m->context, FILTER_DEPTH);
	pcre2_set_heap_limit(m->context, 64); /* KiB: frames of FILTER_DEPTH */
	return m;
}

/* --- the set --- */

static pcre2_code *compile(const char *pattern, char error[FILTER_ERROR_MAX])
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int code;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);

	if (c)
		return c;
	pcre2_get_error_message(code, why, sizeof(why));
	snprintf(error, FILTER_ERROR_MAX, "%s, at character %zu", (const char *)why, at + 1);
	return NULL;
}

static void row_free(struct filter *f)
{
	pcre2_code_free(code_of(f));
	free(f->pattern);
	free(f->reason);
	free(f->setter);
}

static struct filter *row_of(struct filters *f, const char *pattern)
{
	for (uint32_t i = 0; i < f->rows.count; i++)
		if (strcmp(f->rows.at[i].pattern, pattern) == 0)
			return &f->rows.at[i];
	return NULL;
}

enum filter_result filters_add(
	struct filters *f, const struct filter_values *v, char error[FILTER_ERROR_MAX])
{
	struct filter fresh = {.action = v->action, .targets = v->targets, .set_ms = v->set_ms};
	struct filter *old = row_of(f, v->pattern);

	if (strlen(v->pattern) > FILTER_PATTERN_MAX) {
		snprintf(error, FILTER_ERROR_MAX, "it is longer than %d bytes", FILTER_PATTERN_MAX);
		return FILTER_INVALID;
	}
	if (!old && !VEC_RESERVE(&f->rows, 1, FILTERS_MAX))
		return f->rows.count == FILTERS_MAX ? FILTER_FULL : FILTER_NO_MEMORY;
	fresh.code = (struct filter_code *)compile(v->pattern, error);
	if (!fresh.code)
		return FILTER_INVALID;
	fresh.pattern = strdup(v->pattern);
	fresh.reason = strdup(v->reason);
	fresh.setter = strdup(v->setter);
	if (!f->match)
		f->match = match_new();
	if (!fresh.pattern || !fresh.reason || !fresh.setter || !f->match) {
		row_free(&fresh);
		return FILTER_NO_MEMORY;
	}
	if (old)
		row_free(old);
	else
		old = &f->rows.at[f->rows.count++];
	*old = fresh;
	return FILTER_OK;
}

bool filters_remove(struct filters *f, const char *pattern)
{
	struct filter *row = row_of(f, pattern);

	if (!row)
		return false;
	row_free(row);
	memmove(row, row + 1, (size_t)(f->rows.at + f->rows.count - row - 1) * sizeof(*row));
	f->rows.count--;
	return true;
}

void filters_free(struct filters *f)
{
	for (uint32_t i = 0; i < f->rows.count; i++)
		row_free(&f->rows.at[i]);
	VEC_FREE(&f->rows);
	match_free(f->match);
	f->match = NULL;
}

/* --- matching --- */

/* Copies a line without formatting: bold and so on, and colours with their numbers. */
static size_t plain_text(char out[LINE_BODY_MAX], const char *text, size_t n)
{
	const char *end = text + n;
	size_t len = 0, code;

	while (text < end && len < LINE_BODY_MAX) {
		code = format_code_length(text, end);
		if (code)
			text += code;
		else
			out[len++] = *text++;
	}
	return len;
}

static bool matches(
	struct filters *set, struct filter *f, const char *text, size_t n, uint64_t *work)
{
	int code = pcre2_match(
		code_of(f), (PCRE2_SPTR)text, n, 0, 0, set->match->data, set->match->context);

	*work += n;
	if (code >= 0)
		return true;
	if (code != PCRE2_ERROR_MATCHLIMIT && code != PCRE2_ERROR_DEPTHLIMIT &&
		code != PCRE2_ERROR_HEAPLIMIT)
		return false;
	f->given_up++;
	set->given_up++;
	*work += (uint64_t)FILTER_STEPS * FILTER_STEP_WORK;
	return false;
}

static struct filter *find_in_line(
	struct filters *f, uint32_t targets, const char *line, size_t n, uint64_t *work)
{
	struct filter *found = NULL;
	char text[LINE_BODY_MAX];
	size_t len = plain_text(text, line, n);

	for (uint32_t i = 0; i < f->rows.count; i++) {
		struct filter *row = &f->rows.at[i];

		if ((row->targets & targets) && (!found || row->action > found->action) &&
			matches(f, row, text, len, work))
			found = row;
	}
	return found;
}

struct filter *filters_find(
	struct filters *f, uint32_t targets, const char *text, size_t n, uint64_t *work)
{
	struct filter *found = NULL;

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t len = end ? (size_t)(end - text) : n;
		struct filter *here = find_in_line(f, targets, text, len, work);

		if (here && (!found || here->action > found->action))
			found = here;
		text += end ? len + 1 : len;
		n -= end ? len + 1 : len;
	}
	return found;
}

/* --- words --- */

const char *filter_action_name(enum filter_action a)
{
	return action_names[a];
}

bool filter_action_find(const char *name, enum filter_action *a)
{
	for (int i = 0; i < FILTER_ACTIONS; i++)
		if (case_equal(name, action_names[i])) {
			*a = (enum filter_action)i;
			return true;
		}
	return false;
}

void filter_targets_text(uint32_t targets, char out[8])
{
	size_t n = 0;

	for (size_t i = 0; target_letters[i]; i++)
		if (targets & 1u << i)
			out[n++] = target_letters[i];
	out[n] = '\0';
}

uint32_t filter_targets_of(const char *letters)
{
	uint32_t targets = 0;

	if (strcmp(letters, "*") == 0)
		return FILTER_ALL;
	for (const char *p = letters; *p; p++) {
		const char *at = strchr(target_letters, *p);

		if (!at)
			return 0;
		targets |= 1u << (at - target_letters);
	}
	return targets;
}
