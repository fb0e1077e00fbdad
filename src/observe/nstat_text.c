/* nstat_text.c - nstat's text and history: nstat_text.h. */
#include "observe/nstat_text.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A gauge is no counter: its differences mean nothing. */
static bool is_gauge(const char *name)
{
	return strcmp(name, "TcpCurrEstab") == 0;
}

static bool is_named(const struct nstat_options *o, const char *name)
{
	if (!o->patterns || !o->patterns[0])
		return true;
	for (const char *const *p = o->patterns; *p; p++)
		if (fnmatch(*p, name, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

static void add_line(struct text *t, const char *name, uint64_t value, bool went_back)
{
	text_add(t, "%-32s%-16" PRIu64 "%6.1f%s\n", name, value, 0.0,
		went_back ? " (overflow)" : "");
}

/* nstat reads snmp and snmp6 before netstat, whose counters these are. */
static bool is_extension(const char *name)
{
	return strncmp(name, "TcpExt", 6) == 0 || strncmp(name, "IpExt", 5) == 0;
}

struct difference {
	uint64_t value;
	bool went_back;
};

static struct difference difference(
	const struct counter *c, const struct counter_list *old, uint32_t *at)
{
	const uint64_t *was = old ? counter_list_find(old, c->name, at) : NULL;
	struct difference d = {.value = c->value, .went_back = was && c->value < *was};

	if (was)
		d.value = d.went_back ? 0 : c->value - *was;
	return d;
}

void nstat_text(struct text *t, const struct counter_list *now, const struct counter_list *old,
	const struct nstat_options *o)
{
	uint32_t at = 0;
	bool first = true;

	text_add(t, o->json ? "{\"%s\":{" : "#%s\n", o->source);
	for (uint32_t i = 0; i < 2 * now->count; i++) {
		const struct counter *c = &now->at[i % now->count];
		struct difference d = difference(c, old, &at);

		if (is_extension(c->name) != (i >= now->count) || is_gauge(c->name) ||
			(!d.value && !o->zeros) || !is_named(o, c->name))
			continue;
		if (o->json)
			text_add(t, "%s\"%s\":%" PRIu64, first ? "" : ",", c->name, d.value);
		else
			add_line(t, c->name, d.value, d.went_back);
		first = false;
	}
	if (o->json)
		text_add(t, "}}\n");
}

void nstat_text_history(struct text *t, const struct counter_list *now, const char *source)
{
	text_add(t, "#%s\n", source);
	for (uint32_t i = 0; i < now->count; i++)
		if (!is_gauge(now->at[i].name))
			add_line(t, now->at[i].name, now->at[i].value, false);
}

bool nstat_text_parse(struct counter_list *l, char *source, char *text)
{
	char *line = strtok_r(text, "\n", &text);

	l->count = 0;
	if (!line || line[0] != '#' || strlen(line + 1) >= NSTAT_SOURCE)
		return false;
	memcpy(source, line + 1, strlen(line));
	while ((line = strtok_r(NULL, "\n", &text))) {
		char *value = line + strcspn(line, " "), *end;
		uint64_t number;

		if (!*value)
			return false;
		*value++ = '\0';
		number = strtoull(value, &end, 10);
		if (end == value || !counter_list_add(l, line, number))
			return false;
	}
	return true;
}
