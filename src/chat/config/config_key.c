/*
 * config_key.c - table of configuration keys, made of config_keys.h, and what a value of each type
 * is: how it is written, checked, described, stored, compared and freed.
 */
#include "chat/config/config_key.h"

#include "chat/config/log.h"
#include "chat/proto/addr_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A server name has a dot, so that no nick can look like it (Modern IRC, "Server name"). */
static bool is_server_name(const char *v)
{
	size_t allowed =
		strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return v[allowed] == '\0' && strchr(v, '.') && v[0] != '.' && v[0] != '-';
}

/* The value of NETWORK= in ISUPPORT: no spaces. */
static bool is_word(const char *v)
{
	for (; *v; v++)
		if (*v <= ' ' || *v == 127)
			return false;
	return true;
}

static bool is_listen(const char *v)
{
	struct net_addr at;

	return addr_parse(&at, v) && at.port > 0;
}

/* crypt(5), or said in so many words that it is not hashed. */
static bool is_password(const char *v)
{
	return v[0] == '$' || (strncmp(v, "plain:", 6) == 0 && v[6]);
}

/* user@host, neither of them empty. */
static bool is_user_host(const char *v)
{
	const char *at = strrchr(v, '@');

	return at && at > v && at[1];
}

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: a bound is described in the first of which it is a multiple. */
static const struct unit ones[] = {{"", 1}, {NULL, 0}};
static const struct unit bytes[] = {
	{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1024}, {"K", 1024}, {"", 1}, {NULL, 0}};
static const struct unit spans[] = {{"d", 86400 * NSEC_SEC}, {"h", 3600 * NSEC_SEC},
	{"m", 60 * NSEC_SEC}, {"s", NSEC_SEC}, {"ms", NSEC_MSEC}, {NULL, 0}};

static const char *const booleans[] = {"no", "yes", "off", "on", "false", "true", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

_Static_assert(ARRAY_SIZE(levels) == LOG_LEVEL_COUNT + 1, "a choice a level");
_Static_assert(ARRAY_SIZE(formats) == LOG_FORMAT_COUNT + 1, "a choice a format");

enum type {
	BOOL,
	COUNT,
	BYTES,
	SPAN,
	LEVEL,
	FORMAT,
	PLAIN,
	HOST,
	WORD,
	PASSWORD,
	LISTEN,
	USER_HOST,
};

/* A number is digits and a unit, or the index of a choice, modulo `choices_of`: there are three
 * ways to write yes. A text, or each word of a list, must pass the check if there is one. */
static const struct {
	const char *is;
	const struct unit *units;
	const char *const *choices;
	int choices_of;
	bool (*check)(const char *value);
	bool list; /* of words; min and max count them */
} types[] = {
	[BOOL] = {"yes or no", .choices = booleans, .choices_of = 2},
	[COUNT] = {"a number", .units = ones},
	[BYTES] = {"bytes (k, M, G)", .units = bytes},
	[SPAN] = {"a time (ms, s, m, h, d)", .units = spans},
	[LEVEL] = {"one of debug, info, warn, error", .choices = levels,
		.choices_of = LOG_LEVEL_COUNT},
	[FORMAT] = {"logfmt or json", .choices = formats, .choices_of = LOG_FORMAT_COUNT},
	[PLAIN] = {.is = "text"},
	[HOST] = {"a host name with a dot", .check = is_server_name},
	[WORD] = {"a word without spaces", .check = is_word},
	[PASSWORD] = {"a hash ($...; 'burble chat --hash-password' makes one) or plain:PASSWORD",
		.check = is_password},
	[LISTEN] = {"ADDRESS:PORT or [ADDRESS]:PORT with an IP address and a port of 1 to 65535",
		.check = is_listen, .list = true},
	[USER_HOST] = {"a mask user@host", .check = is_user_host, .list = true},
};

/* What offsets begin at: each oper has a struct of its own. */
enum {
	AT_server = offsetof(struct config, server),
	AT_limits = offsetof(struct config, limits),
	AT_net = offsetof(struct config, net),
	AT_history = offsetof(struct config, history),
	AT_log = offsetof(struct config, log),
	AT_oper = 0,
};

enum {
	RESTART = false,
	RELOAD = true,
};

#define HOUR (3600 * NSEC_SEC)
#define DAY  (24 * HOUR)

/* clang-format off */
#define ROW(form, type, section, key, ...)                                                         \
	{#section, #key, form, type, AT_##section + offsetof(struct config_##section, key),        \
		__VA_ARGS__},
#define NUMBER(...) ROW(CONFIG_NUMBER, __VA_ARGS__)
#define TEXT(...)   ROW(CONFIG_TEXT, __VA_ARGS__)
#define SECTION(section)
#define MEMBER(type, name)
#define END(section)

const struct config_key config_keys[] = {
#include "chat/config/config_keys.h"
	{.name = NULL},
};
/* clang-format on */

const struct config_key *config_find(const char *section, const char *name)
{
	for (const struct config_key *k = config_keys; k->name; k++)
		if (strcmp(k->section, section) == 0 && (!name || strcmp(k->name, name) == 0))
			return k;
	return NULL;
}

/* A bound as one would write it. */
static void write_bound(char out[32], const struct unit *units, int64_t n)
{
	while (units[1].name && n % units->factor)
		units++;
	snprintf(out, 32, "%lld%s", (long long)(n / units->factor), n ? units->name : "");
}

void config_describe(const struct config_key *key, char out[CONFIG_DESCRIPTION_MAX])
{
	const struct unit *units = types[key->type].units;
	const char *is = types[key->type].is;
	char min[32], max[32];

	write_bound(min, units ? units : ones, key->min);
	write_bound(max, units ? units : ones, key->max);
	if (types[key->type].choices)
		snprintf(out, CONFIG_DESCRIPTION_MAX, "%s", is);
	else if (units)
		snprintf(out, CONFIG_DESCRIPTION_MAX, "%s from %s to %s", is, min, max);
	else
		snprintf(out, CONFIG_DESCRIPTION_MAX, "%s, %s to %s %s", is, min, max,
			types[key->type].list ? "of them" : "bytes");
}

static bool fail(struct config_error *e, const char *value, const char *is)
{
	snprintf(e->text, sizeof(e->text), "'%.80s' is not %s", value, is);
	return false;
}

static bool fail_range(struct config_error *e, const struct config_key *key, const char *value)
{
	char is[CONFIG_DESCRIPTION_MAX];

	config_describe(key, is);
	return fail(e, value, is);
}

/* Digits and one of the units; 0 needs none. */
static bool parse_number(int64_t *out, const char *text, const struct unit *units)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || errno)
		return false;
	*out = 0;
	if (n == 0 && *end == '\0')
		return true;
	for (; units->name; units++)
		if (strcmp(end, units->name) == 0)
			return !__builtin_mul_overflow((int64_t)n, units->factor, out);
	return false;
}

static bool parse_choice(int64_t *out, const char *text, int type)
{
	for (int i = 0; types[type].choices[i]; i++) {
		*out = i % types[type].choices_of;
		if (strcmp(types[type].choices[i], text) == 0)
			return true;
	}
	return false;
}

static bool set_number(
	const struct config_key *key, int64_t *at, const char *text, struct config_error *e)
{
	int64_t n;

	if (types[key->type].choices) {
		if (!parse_choice(&n, text, key->type))
			return fail_range(e, key, text);
	} else if (!parse_number(&n, text, types[key->type].units) || n < key->min ||
		   n > key->max) {
		return fail_range(e, key, text);
	}
	*at = n;
	return true;
}

/* Writes the words of text, checked, to out, which has room for them, separated by one space. */
static bool take_words(
	const struct config_key *key, char *out, const char *text, struct config_error *e)
{
	char word[CONFIG_WORD_MAX];
	int64_t count = 0;

	for (const char *p = text; config_word(&p, word); count++) {
		if (strlen(word) == CONFIG_WORD_MAX - 1 || !types[key->type].check(word))
			return fail(e, word, types[key->type].is);
		out += sprintf(out, "%s%s", count ? " " : "", word);
	}
	return (count >= key->min && count <= key->max) || fail_range(e, key, text);
}

static bool take_text(
	const struct config_key *key, char *out, const char *text, struct config_error *e)
{
	int64_t len = (int64_t)strlen(text);

	strcpy(out, text);
	if (len < key->min || len > key->max)
		return fail_range(e, key, text);
	return len == 0 || !types[key->type].check || types[key->type].check(text) ||
	       fail(e, text, types[key->type].is);
}

static bool set_text(
	const struct config_key *key, char **at, const char *text, struct config_error *e)
{
	char *copy = calloc(1, strlen(text) + 1);

	if (!copy) {
		snprintf(e->text, sizeof(e->text), "out of memory");
		return false;
	}
	if (!(types[key->type].list ? take_words : take_text)(key, copy, text, e)) {
		free(copy);
		return false;
	}
	free(*at);
	*at = copy;
	return true;
}

static void *field(const struct config_key *key, const void *base)
{
	return (char *)base + key->offset;
}

bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	if (key->form == CONFIG_NUMBER)
		return set_number(key, field(key, base), text, e);
	return set_text(key, field(key, base), text, e);
}

bool config_word(const char **list, char word[CONFIG_WORD_MAX])
{
	static const char separators[] = ", \t";
	const char *p = *list + strspn(*list, separators);
	size_t len = strcspn(p, separators);

	snprintf(word, CONFIG_WORD_MAX, "%.*s", (int)len, p);
	*list = p + len;
	return len > 0;
}

void config_clear(const struct config_key *key, void *base)
{
	char **text = field(key, base);

	if (key->form == CONFIG_NUMBER)
		return;
	free(*text);
	*text = NULL;
}

bool config_equal(const struct config_key *key, const void *a, const void *b)
{
	const void *x = field(key, a), *y = field(key, b);

	if (key->form == CONFIG_NUMBER)
		return *(const int64_t *)x == *(const int64_t *)y;
	return strcmp(*(char *const *)x, *(char *const *)y) == 0;
}

void config_swap(const struct config_key *key, void *a, void *b)
{
	size_t size = key->form == CONFIG_NUMBER ? sizeof(int64_t) : sizeof(char *);
	char was[sizeof(int64_t)];

	memcpy(was, field(key, a), size);
	memcpy(field(key, a), field(key, b), size);
	memcpy(field(key, b), was, size);
}
