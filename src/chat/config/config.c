/*
 * config.c - configuration loading: defaults, a file, --set.
 *
 * The file, line by line: empty; a comment, which starts with # or ; and has a line of its own (a
 * password may hold either); [section] or [oper NAME]; key = value. Spaces around everything are
 * nothing; quotes are part of the value.
 */
#include "chat/config/config_key.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEYS_MAX = 128,
};

struct loader {
	struct config *config;
	const char *file;
	uint32_t line;                     /* 0: not in a file */
	const char *option, *option_value; /* what is being applied when not in a file */
	uint32_t seen[KEYS_MAX];           /* line on which a key was given; 0: not yet */
	const char *section;               /* NULL before the first */
	struct config_oper *oper;          /* of [oper NAME] */
	struct config_error *e;
};

/* Says in *e what is wrong, behind file and line or the option. */
__attribute__((format(printf, 2, 3))) static bool fail(struct loader *l, const char *format, ...)
{
	char *text = l->e->text;
	size_t n = 0;
	va_list args;

	if (l->line)
		n = (size_t)snprintf(text, CONFIG_ERROR_MAX, "%.190s:%u: ", l->file, l->line);
	else if (l->option)
		n = (size_t)snprintf(
			text, CONFIG_ERROR_MAX, "%s%.100s: ", l->option, l->option_value);
	va_start(args, format);
	vsnprintf(text + n, CONFIG_ERROR_MAX - n, format, args);
	va_end(args);
	return false;
}

static bool is_oper_key(const struct config_key *key)
{
	return strcmp(key->section, CONFIG_OPER_SECTION) == 0;
}

/* Gives every key of one kind (of opers or not) in base its default. False when memory is out. */
static bool set_defaults(void *base, bool oper)
{
	struct config_error why;

	for (const struct config_key *k = config_keys; k->name; k++) {
		assert(k - config_keys < KEYS_MAX);
		if (is_oper_key(k) == oper && k->initial && !config_set(k, base, k->initial, &why))
			return false;
	}
	return true;
}

struct config_oper *config_oper(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->opers.count; i++)
		if (strcmp(c->opers.at[i].name, name) == 0)
			return &c->opers.at[i];
	return NULL;
}

static bool add_oper(struct loader *l, const char *name)
{
	struct config *c = l->config;

	if (!*name || strpbrk(name, " \t"))
		return fail(l, "the name of an oper is one word, not '%.100s'", name);
	if (config_oper(c, name))
		return fail(l, "given twice: oper '%.100s'", name);
	if (c->opers.count >= CONFIG_OPERS_MAX)
		return fail(l, "too many opers at '%.100s'", name);
	if (!VEC_PUSH(&c->opers, (struct config_oper){.line = l->line}, CONFIG_OPERS_MAX))
		return fail(l, "out of memory at '%.100s'", name);
	l->oper = &c->opers.at[c->opers.count - 1];
	l->oper->name = strdup(name);
	if (!l->oper->name || !set_defaults(l->oper, true))
		return fail(l, "out of memory at '%.100s'", name);
	for (const struct config_key *k = config_keys; k->name; k++)
		if (is_oper_key(k))
			l->seen[k - config_keys] = 0; /* may be given again, for this oper */
	return true;
}

static void *base_of(struct loader *l, const struct config_key *key)
{
	return is_oper_key(key) ? (void *)l->oper : (void *)l->config;
}

static char *trim(char *p)
{
	char *end;

	p += strspn(p, " \t\r\n");
	end = p + strlen(p);
	while (end > p && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	return p;
}

/* "[section]" or "[oper NAME]"; p begins with the bracket. */
static bool section_line(struct loader *l, char *p)
{
	char *end = p + strlen(p) - 1, *name;
	const struct config_key *first;

	if (*end != ']')
		return fail(l, "no ']' at the end of '%.100s'", p);
	*end = '\0';
	p = trim(p + 1);
	name = p + strcspn(p, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name);
	l->oper = NULL;
	first = config_find(p, NULL);
	if (!first)
		return fail(l, "there is no section '%.100s'", p);
	if (strcmp(p, CONFIG_OPER_SECTION) == 0) {
		l->section = CONFIG_OPER_SECTION;
		return *name ? add_oper(l, name) : fail(l, "write [oper NAME], not '[oper]'");
	}
	if (*name)
		return fail(l, "a section with a name is not known: '%.100s'", p);
	l->section = first->section;
	return true;
}

static bool key_line(struct loader *l, char *p)
{
	char *value = strchr(p, '=');
	const struct config_key *key;
	struct config_error why;
	uint32_t *seen;

	if (!value)
		return fail(l, "neither [section] nor key = value: '%.100s'", p);
	*value++ = '\0';
	p = trim(p);
	if (!l->section)
		return fail(l, "no [section] before the key '%.100s'", p);
	key = config_find(l->section, p);
	if (!key)
		return fail(l, "there is no key '%s.%.60s'", l->section, p);
	seen = &l->seen[key - config_keys];
	if (*seen)
		return fail(l, "%s.%s: given before, on line %u", key->section, key->name, *seen);
	*seen = l->line;
	return config_set(key, base_of(l, key), trim(value), &why) ||
	       fail(l, "%s.%s: %s", key->section, key->name, why.text);
}

static bool read_lines(struct loader *l, FILE *f)
{
	char line[CONFIG_LINE_MAX + 2];

	while (fgets(line, sizeof(line), f)) {
		l->line++;
		if (!strchr(line, '\n') && !feof(f))
			return fail(l, "a line that is too long, or holds a NUL: '%.100s'", line);
		if (l->line > CONFIG_FILE_LINES_MAX)
			return fail(l, "more than %d lines", CONFIG_FILE_LINES_MAX);
		char *p = trim(line);
		if (*p == '\0' || *p == '#' || *p == ';')
			continue;
		if (!(*p == '[' ? section_line : key_line)(l, p))
			return false;
	}
	if (ferror(f))
		return fail(l, "cannot read on: %s", strerror(errno));
	return true;
}

static bool read_file(struct loader *l)
{
	FILE *f = fopen(l->file, "re");
	bool ok;

	if (!f) {
		snprintf(l->e->text, sizeof(l->e->text), "%.200s: %s", l->file, strerror(errno));
		return false;
	}
	ok = read_lines(l, f);
	fclose(f);
	return ok;
}

/* "oper.NAME.key": makes the oper, which may be in the file too, if need be. */
static const struct config_key *oper_setting(struct loader *l, char *name)
{
	char *key = strrchr(name, '.');

	if (!key)
		return NULL;
	*key++ = '\0';
	l->oper = config_oper(l->config, name);
	if (!l->oper && !add_oper(l, name))
		return NULL;
	return config_find(CONFIG_OPER_SECTION, key);
}

/* One --set. */
static bool apply_setting(struct loader *l, const char *setting)
{
	char text[CONFIG_LINE_MAX], *value = text, *name, *section;
	const struct config_key *key = NULL;
	struct config_error why;

	snprintf(text, sizeof(text), "%s", setting);
	name = strsep(&value, "=");
	section = strsep(&name, ".");
	if (value && name && strlen(setting) < sizeof(text))
		key = strcmp(section, CONFIG_OPER_SECTION) == 0 ? oper_setting(l, name)
								: config_find(section, name);
	if (!key)
		return fail(l, "there is no such key; write section.key=value");
	l->seen[key - config_keys] = 0; /* what the file's line said does not count */
	return config_set(key, base_of(l, key), trim(value), &why) || fail(l, "%s", why.text);
}

/* What is wrong with a key of the section net, where the file gave it if it did. */
static bool fail_net(struct loader *l, const char *name, const char *what)
{
	l->line = l->seen[config_find("net", name) - config_keys];
	return fail(l, "net.%s: %s", name, what);
}

/* What no single value can show. */
static bool check_whole(struct loader *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->opers.count; i++) {
		l->line = c->opers.at[i].line;
		if (!c->opers.at[i].password)
			return fail(l, "[oper %.100s]: has no password", c->opers.at[i].name);
	}
	if (c->net.keepalive_idle % NSEC_SEC)
		return fail_net(l, "keepalive_idle", "must be whole seconds");
	if (c->net.keepalive_interval % NSEC_SEC)
		return fail_net(l, "keepalive_interval", "must be whole seconds");
	if (c->net.keepalive_idle > 0 && c->net.keepalive_interval == 0)
		return fail_net(
			l, "keepalive_interval", "must not be 0 while net.keepalive_idle is not");
	return true;
}

/* What comes behind the file: each in the name of its option. */
static bool apply_options(struct loader *l, const struct config_source *from)
{
	const char *const options[][2] = {{"--listen", from->listen}, {"--data", from->data}};
	struct config_error why;

	l->line = 0;
	l->option = "--set ";
	for (size_t i = 0; i < from->setting_count; i++) {
		l->option_value = from->settings[i];
		if (!apply_setting(l, from->settings[i]))
			return false;
	}
	l->option_value = "";
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct config_key *key = config_find("server", options[i][0] + strlen("--"));
		l->option = options[i][0];
		if (options[i][1] && !config_set(key, l->config, options[i][1], &why))
			return fail(l, "%s", why.text);
	}
	l->option = NULL;
	return true;
}

struct config *config_load(const struct config_source *from, struct config_error *e)
{
	struct loader l = {.file = from->path, .e = e, .config = calloc(1, sizeof(*l.config))};

	if (!l.config || !set_defaults(l.config, false))
		fail(&l, "out of memory");
	else if ((!from->path || read_file(&l)) && apply_options(&l, from) && check_whole(&l))
		return l.config;
	config_free(l.config);
	return NULL;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (const struct config_key *k = config_keys; k->name; k++) {
		if (!is_oper_key(k))
			config_clear(k, c);
		else
			for (size_t o = 0; o < c->opers.count; o++)
				config_clear(k, &c->opers.at[o]);
	}
	for (size_t o = 0; o < c->opers.count; o++)
		free(c->opers.at[o].name);
	VEC_FREE(&c->opers);
	free(c);
}

void config_reload(struct config *c, struct config *fresh,
	void (*stuck)(void *arg, const char *key), void *arg)
{
	struct config old = *c;
	char name[80];

	for (const struct config_key *k = config_keys; k->name; k++) {
		if (is_oper_key(k))
			continue;
		if (k->reload) {
			config_swap(k, c, fresh);
		} else if (!config_equal(k, c, fresh)) {
			snprintf(name, sizeof(name), "%s.%s", k->section, k->name);
			stuck(arg, name);
		}
	}
	c->opers = fresh->opers;
	fresh->opers = old.opers;
	config_free(fresh);
}
