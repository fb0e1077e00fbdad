/*
 * config_value.c - parsing, checking, comparing and freeing of one value by its row of the table.
 */
#include "chat/config/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit byte_units[] = {
	{"", 1}, {"k", 1024}, {"K", 1024}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit span_units[] = {{"ms", NSEC_MSEC}, {"s", NSEC_SEC}, {"m", 60 * NSEC_SEC},
	{"h", 3600 * NSEC_SEC}, {"d", 86400 * NSEC_SEC}, {NULL, 0}};

static void *field(const struct config_key *key, void *base)
{
	return (char *)base + key->offset;
}

static const void *field_const(const struct config_key *key, const void *base)
{
	return (const char *)base + key->offset;
}

/* Digits and one of the units. */
static bool number(int64_t *out, const char *text, const struct unit *units)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno)
		return false;
	if (n == 0 && *end == '\0') {
		*out = 0;
		return true;
	}
	for (; units->name; units++)
		if (strcmp(end, units->name) == 0)
			return !__builtin_mul_overflow((int64_t)n, units->factor, out);
	return false;
}

static bool range_error(const struct config_key *key, struct config_error *e)
{
	int64_t unit = key->type == CONFIG_SPAN ? NSEC_MSEC : 1;

	snprintf(e->text, sizeof(e->text), "%s.%s: must be %lld to %lld%s", key->section, key->name,
		(long long)(key->min / unit), (long long)(key->max / unit),
		key->type == CONFIG_SPAN ? " ms" : "");
	return false;
}

static bool set_number(
	const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	static const struct {
		const struct unit *units;
		const char *expects;
	} kinds[CONFIG_TYPE_COUNT] = {
		[CONFIG_COUNT] = {no_units, "a number"},
		[CONFIG_BYTES] = {byte_units, "a number of bytes, like 512, 64k, 2M or 1G"},
		[CONFIG_SPAN] = {span_units, "a time, like 200ms, 30s, 5m, 12h or 7d"},
	};
	int64_t n;

	if (!number(&n, text, kinds[key->type].units)) {
		snprintf(e->text, sizeof(e->text), "%s.%s: '%.80s' is not %s", key->section,
			key->name, text, kinds[key->type].expects);
		return false;
	}
	if (n < key->min || n > key->max)
		return range_error(key, e);
	*(int64_t *)field(key, base) = n;
	return true;
}

static bool set_bool(
	const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "on") == 0 || strcmp(text, "true") == 0;
	bool no = strcmp(text, "no") == 0 || strcmp(text, "off") == 0 || strcmp(text, "false") == 0;

	if (!yes && !no) {
		snprintf(e->text, sizeof(e->text), "%s.%s: '%.80s' is neither yes nor no",
			key->section, key->name, text);
		return false;
	}
	*(bool *)field(key, base) = yes;
	return true;
}

static bool set_choice(
	const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	size_t used;

	for (int64_t i = 0; key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) == 0) {
			*(int64_t *)field(key, base) = i;
			return true;
		}
	}
	snprintf(e->text, sizeof(e->text), "%s.%s: '%.80s' is none of", key->section, key->name,
		text);
	for (size_t i = 0; key->choices[i]; i++) {
		used = strlen(e->text);
		snprintf(e->text + used, sizeof(e->text) - used, " %s", key->choices[i]);
	}
	return false;
}

/* Whether the row's own check takes this word; else *e says what it wants. */
static bool passes(const struct config_key *key, const char *word, struct config_error *e)
{
	if (!key->check || key->check(word))
		return true;
	snprintf(e->text, sizeof(e->text), "%s.%s: '%.80s' is not %s", key->section, key->name,
		word, key->expects);
	return false;
}

static bool out_of_memory(struct config_error *e)
{
	snprintf(e->text, sizeof(e->text), "out of memory");
	return false;
}

static bool set_text(
	const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	int64_t len = (int64_t)strlen(text);
	char *copy;

	if (len < key->min || len > key->max) {
		snprintf(e->text, sizeof(e->text), "%s.%s: must have %lld to %lld bytes",
			key->section, key->name, (long long)key->min, (long long)key->max);
		return false;
	}
	if (len > 0 && !passes(key, text, e))
		return false;
	copy = strdup(text);
	if (!copy)
		return out_of_memory(e);
	config_clear(key, base);
	*(char **)field(key, base) = copy;
	return true;
}

/* Adds the words of text to list. */
static bool add_words(const struct config_key *key, struct config_list *list, const char *text,
	struct config_error *e)
{
	static const char separators[] = ", \t";

	for (;;) {
		text += strspn(text, separators);
		size_t len = strcspn(text, separators);
		if (len == 0)
			break;
		if ((int64_t)list->count >= key->max)
			return range_error(key, e);
		char *word = strndup(text, len);
		if (!word)
			return out_of_memory(e);
		list->items[list->count++] = word;
		if (!passes(key, word, e))
			return false;
		text += len;
	}
	return (int64_t)list->count >= key->min || range_error(key, e);
}

static void free_list(struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	list->count = 0;
}

static bool set_list(
	const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	struct config_list list = {.count = 0};

	assert(key->max <= CONFIG_LIST_MAX);
	if (!add_words(key, &list, text, e)) {
		free_list(&list);
		return false;
	}
	config_clear(key, base);
	*(struct config_list *)field(key, base) = list;
	return true;
}

bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	switch (key->type) {
	case CONFIG_BOOL: return set_bool(key, base, text, e);
	case CONFIG_CHOICE: return set_choice(key, base, text, e);
	case CONFIG_TEXT: return set_text(key, base, text, e);
	case CONFIG_LIST: return set_list(key, base, text, e);
	case CONFIG_COUNT:
	case CONFIG_BYTES:
	case CONFIG_SPAN:
	case CONFIG_TYPE_COUNT: break;
	}
	return set_number(key, base, text, e);
}

void config_clear(const struct config_key *key, void *base)
{
	char **text = field(key, base);

	if (key->type == CONFIG_TEXT) {
		free(*text);
		*text = NULL;
	} else if (key->type == CONFIG_LIST) {
		free_list(field(key, base));
	}
}

static bool equal_lists(const struct config_list *a, const struct config_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

bool config_equal(const struct config_key *key, const void *a, const void *b)
{
	const void *x = field_const(key, a), *y = field_const(key, b);

	switch (key->type) {
	case CONFIG_BOOL: return *(const bool *)x == *(const bool *)y;
	case CONFIG_TEXT: return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	case CONFIG_LIST: return equal_lists(x, y);
	default: return *(const int64_t *)x == *(const int64_t *)y;
	}
}

void config_move(const struct config_key *key, void *to, void *from)
{
	static const size_t sizes[CONFIG_TYPE_COUNT] = {
		[CONFIG_BOOL] = sizeof(bool),
		[CONFIG_COUNT] = sizeof(int64_t),
		[CONFIG_BYTES] = sizeof(int64_t),
		[CONFIG_SPAN] = sizeof(nsec_t),
		[CONFIG_CHOICE] = sizeof(int64_t),
		[CONFIG_TEXT] = sizeof(char *),
		[CONFIG_LIST] = sizeof(struct config_list),
	};

	config_clear(key, to);
	memcpy(field(key, to), field(key, from), sizes[key->type]);
	if (key->type == CONFIG_TEXT || key->type == CONFIG_LIST)
		memset(field(key, from), 0, sizes[key->type]);
}
