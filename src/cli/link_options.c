/* link_options.c - times, rates and percentages as tc writes them: 20ms, 10mbit, 1%. */
#include "cli/link_options.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

/* A number, not negative, with one of the units. False: it is none. */
static bool parse(const char *text, const struct unit *units, double *out)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || (size_t)(end - text) != strspn(text, "0123456789.") || n > 1e15)
		return false;
	for (; units->name; units++)
		if (strcmp(end, units->name) == 0) {
			*out = n * units->factor;
			return true;
		}
	return false;
}

static bool parse_time(const char *text, nsec_t *out)
{
	static const struct unit units[] = {
		{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {NULL, 0}};
	double ns;

	if (!parse(text, units, &ns) || ns > 1e13) /* some three hours */
		return false;
	*out = (nsec_t)ns;
	return true;
}

static bool parse_rate(const char *text, uint64_t *out)
{
	static const struct unit units[] = {
		{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
	double bits;

	if (!parse(text, units, &bits) || bits > 1e12 || (bits > 0 && bits < 1))
		return false;
	*out = (uint64_t)bits;
	return true;
}

static bool parse_percent(const char *text, double *out)
{
	static const struct unit units[] = {{"%", 0.01}, {NULL, 0}};

	return parse(text, units, out) && *out <= 1;
}

static bool parse_count(const char *text, uint32_t *out)
{
	uint64_t n;

	if (!cli_number(&n, text) || n > 1000000000)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* p,r,h,k in percent: from good to bad, from bad to good, and what passes when bad and when good.
 */
static bool parse_gemodel(const char *text, struct link_config *c)
{
	double *const to[] = {&c->ge_p, &c->ge_r, &c->ge_h, &c->ge_k};
	char copy[128], *left = copy, *word;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	for (size_t i = 0; i < ARRAY_SIZE(to); i++)
		if (!(word = strsep(&left, ",")) || !parse_percent(word, to[i]))
			return false;
	return left == NULL;
}

enum kind {
	TIME,
	RATE,
	PERCENT,
	COUNT,
	POSITIVE, /* a count of at least 1 */
	GEMODEL,
	CODEL,
	DOWN,
	UP,
};

static const struct option_row {
	const char *name;
	enum kind kind;
	size_t at; /* of the field in struct link_config */
	const char *expected;
} rows[] = {
	{"delay", TIME, offsetof(struct link_config, delay), "a time: 20ms, 1s"},
	{"jitter", TIME, offsetof(struct link_config, jitter), "a time: 5ms"},
	{"rate", RATE, offsetof(struct link_config, rate),
		"a rate: 10mbit, 64kbit; 0bit: no limit"},
	{"loss", PERCENT, offsetof(struct link_config, loss), "a percentage: 1%"},
	{"duplicate", PERCENT, offsetof(struct link_config, duplicate), "a percentage: 1%"},
	{"corrupt", PERCENT, offsetof(struct link_config, corrupt), "a percentage: 1%"},
	{"reorder", PERCENT, offsetof(struct link_config, reorder), "a percentage: 1%"},
	{"gemodel", GEMODEL, 0, "four percentages: p,r,1-h,1-k as 1%,10%,30%,100%"},
	{"limit", POSITIVE, offsetof(struct link_config, queue.limit), "packets: 1000"},
	{"swallow", COUNT, offsetof(struct link_config, swallows), "bytes of a frame: 1400"},
	{"codel", CODEL, 0, "no value"},
	{"down", DOWN, 0, "no value"},
	{"up", UP, 0, "no value"},
};

static const struct option_row *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

bool link_option_known(const char *name, bool *with_value)
{
	const struct option_row *r = find(name);

	*with_value = r && r->kind < CODEL;
	return r != NULL;
}

static bool apply(struct link_config *c, const struct option_row *r, const char *value)
{
	void *field = (char *)c + r->at;

	switch (r->kind) {
	case TIME: return parse_time(value, field);
	case RATE: return parse_rate(value, field);
	case PERCENT: return parse_percent(value, field);
	case COUNT: return parse_count(value, field);
	case POSITIVE: return parse_count(value, field) && *(uint32_t *)field > 0;
	case GEMODEL: return parse_gemodel(value, c);
	case CODEL: c->queue.codel = true; return true;
	case DOWN: c->down = true; return true;
	case UP: c->down = false; return true;
	}
	return false;
}

const char *link_option(struct link_config *c, const char *name, const char *value)
{
	const struct option_row *r = find(name);
	struct link_config next = *c;

	if (!r)
		return LINK_NO_OPTION;
	if ((r->kind < CODEL) != (value != NULL) || !apply(&next, r, value))
		return r->expected;
	*c = next;
	return NULL;
}
