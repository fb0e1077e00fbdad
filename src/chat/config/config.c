/*
 * config.c - configuration loading: defaults, a file, --set.
 *
 * The file, line by line: empty; a comment, which starts with # or ; and has a line of its own (a
 * password may hold either); [section] or [oper NAME]; key = value. Spaces around everything are
 * nothing; quotes are part of the value.
 */
#include "chat/config/config_table.h"
#include "chat/config/config_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEYS_MAX = 128,
};

struct loader {
	struct config *config;
	const char *file;
	uint32_t line;            /* 0: not in a file */
	uint32_t seen[KEYS_MAX];  /* line on which a key was given; 0: not yet */
	const char *section;      /* NULL before the first */
	struct config_oper *oper; /* of [oper NAME] */
	struct config_error *e;
};

/* Puts file and line before what *e says. */
static bool at_line(struct loader *l)
{
	char text[CONFIG_ERROR_MAX];

	memcpy(text, l->e->text, sizeof(text));
	if (l->line)
		snprintf(l->e->text, sizeof(l->e->text), "%.190s:%u: %.300s", l->file, l->line,
			text);
	else if (l->file)
		snprintf(l->e->text, sizeof(l->e->text), "%.190s: %.300s", l->file, text);
	return false;
}

static bool fail(struct loader *l, const char *what, const char *which)
{
	snprintf(l->e->text, sizeof(l->e->text), "%s '%.100s'", what, which);
	return at_line(l);
}

static bool is_oper_key(const struct config_key *key)
{
	return strcmp(key->section, CONFIG_OPER_SECTION) == 0;
}

/* Gives every key of one kind (of opers or not) in base its default. */
static bool set_defaults(void *base, bool oper, struct config_error *e)
{
	for (const struct config_key *k = config_keys; k->name; k++) {
		assert(k - config_keys < KEYS_MAX);
		if (is_oper_key(k) == oper && k->initial && !config_set(k, base, k->initial, e))
			return false;
	}
	return true;
}

static struct config_oper *find_oper(struct config *c, const char *name)
{
	for (size_t i = 0; i < c->oper_count; i++)
		if (strcmp(c->opers[i].name, name) == 0)
			return &c->opers[i];
	return NULL;
}

static bool add_oper(struct loader *l, const char *name)
{
	struct config *c = l->config;
	struct config_oper *opers;

	if (!*name || strpbrk(name, " \t"))
		return fail(l, "the name of an oper is one word, not", name);
	if (find_oper(c, name))
		return fail(l, "given twice: oper", name);
	if (c->oper_count >= CONFIG_OPERS_MAX)
		return fail(l, "too many opers at", name);
	opers = realloc(c->opers, (c->oper_count + 1) * sizeof(*opers));
	if (!opers)
		return fail(l, "out of memory at", name);
	c->opers = opers;
	l->oper = &opers[c->oper_count];
	*l->oper = (struct config_oper){.line = l->line};
	c->oper_count++;
	l->oper->name = strdup(name);
	if (!l->oper->name || !set_defaults(l->oper, true, l->e))
		return fail(l, "out of memory at", name);
	for (const struct config_key *k = config_keys; k->name; k++)
		if (is_oper_key(k))
			l->seen[k - config_keys] = 0; /* may be given again, for this oper */
	return true;
}

static bool set_key(struct loader *l, const struct config_key *key, const char *value)
{
	void *base = is_oper_key(key) ? (void *)l->oper : (void *)l->config;

	if (l->seen[key - config_keys]) {
		snprintf(l->e->text, sizeof(l->e->text), "%s.%s: given before, on line %u",
			key->section, key->name, l->seen[key - config_keys]);
		return at_line(l);
	}
	l->seen[key - config_keys] = l->line;
	return config_set(key, base, value, l->e) || at_line(l);
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
		return fail(l, "no ']' at the end of", p);
	*end = '\0';
	p = trim(p + 1);
	name = p + strcspn(p, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name);
	l->oper = NULL;
	first = config_find(p, NULL);
	if (!first)
		return fail(l, "there is no section", p);
	if (strcmp(p, CONFIG_OPER_SECTION) == 0) {
		l->section = CONFIG_OPER_SECTION;
		return *name ? add_oper(l, name) : fail(l, "write [oper NAME], not", "[oper]");
	}
	if (*name)
		return fail(l, "a section with a name is not known:", p);
	l->section = first->section;
	return true;
}

static bool key_line(struct loader *l, char *p)
{
	char *value = strchr(p, '=');
	const struct config_key *key;
	char full[80];

	if (!value)
		return fail(l, "neither [section] nor key = value:", p);
	*value++ = '\0';
	p = trim(p);
	if (!l->section)
		return fail(l, "no [section] before the key", p);
	key = config_find(l->section, p);
	if (!*p || !key) {
		snprintf(full, sizeof(full), "%s.%.60s", l->section, p);
		return fail(l, "there is no key", full);
	}
	return set_key(l, key, trim(value));
}

static bool read_line(struct loader *l, char *p)
{
	p = trim(p);
	if (*p == '\0' || *p == '#' || *p == ';')
		return true;
	return *p == '[' ? section_line(l, p) : key_line(l, p);
}

static bool read_lines(struct loader *l, FILE *f)
{
	char line[CONFIG_LINE_MAX + 2];

	while (fgets(line, sizeof(line), f)) {
		l->line++;
		if (!strchr(line, '\n') && !feof(f))
			return fail(l, "a line that is too long, or holds a NUL:", line);
		if (l->line > CONFIG_FILE_LINES_MAX)
			return fail(l, "too many lines:", "the rest");
		if (!read_line(l, line))
			return false;
	}
	if (ferror(f))
		return fail(l, "cannot read on:", strerror(errno));
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
	l->oper = find_oper(l->config, name);
	if (!l->oper && !add_oper(l, name))
		return NULL;
	return config_find(CONFIG_OPER_SECTION, key);
}

/* One --set: no line to point to, so the error starts with the setting. */
static bool apply_setting(struct loader *l, const char *setting)
{
	char text[CONFIG_LINE_MAX], why[240], *value, *name;
	const struct config_key *key = NULL;
	bool ok = false;

	l->e->text[0] = '\0';
	snprintf(text, sizeof(text), "%s", setting);
	value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	name = strchr(text, '.');
	if (value && name && strlen(setting) < sizeof(text)) {
		*name++ = '\0';
		key = strcmp(text, CONFIG_OPER_SECTION) == 0 ? oper_setting(l, name)
							     : config_find(text, name);
	}
	if (key) {
		l->seen[key - config_keys] = 0; /* what the file's line said does not count */
		ok = config_set(key, is_oper_key(key) ? (void *)l->oper : (void *)l->config,
			trim(value), l->e);
	}
	if (ok)
		return true;
	snprintf(why, sizeof(why), "%.200s",
		key ? l->e->text : "there is no such key; write section.key=value");
	snprintf(l->e->text, sizeof(l->e->text), "--set %.100s: %s", setting, why);
	return false;
}

/* An option that has a key of its own. What is wrong is said of the option, not of the key. */
static bool apply_option(struct loader *l, const char *option, const char *value)
{
	const struct config_key *key = config_find("server", option + strlen("--"));
	char why[CONFIG_ERROR_MAX];
	const char *said;

	if (!value || config_set(key, l->config, value, l->e))
		return true;
	memcpy(why, l->e->text, sizeof(why));
	said = strstr(why, ": ");
	snprintf(l->e->text, sizeof(l->e->text), "%s: %.400s", option, said ? said + 2 : why);
	return false;
}

/* What is wrong with a key of the section net, where the file gave it if it did. */
static bool fail_net(struct loader *l, const char *name, const char *what)
{
	l->line = l->seen[config_find("net", name) - config_keys];
	snprintf(l->e->text, sizeof(l->e->text), "net.%s: %s", name, what);
	return l->line ? at_line(l) : false;
}

/* What no single value can show. */
static bool check_whole(struct loader *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->oper_count; i++) {
		if (c->opers[i].password)
			continue;
		l->line = c->opers[i].line;
		snprintf(l->e->text, sizeof(l->e->text), "[oper %.100s]: has no password",
			c->opers[i].name);
		return l->line ? at_line(l) : false;
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

struct config *config_load(const struct config_source *from, struct config_error *e)
{
	struct loader l = {.file = from->path, .e = e};
	bool ok;

	e->text[0] = '\0';
	l.config = calloc(1, sizeof(*l.config));
	if (!l.config) {
		snprintf(e->text, sizeof(e->text), "out of memory");
		return NULL;
	}
	ok = set_defaults(l.config, false, e) && (!from->path || read_file(&l));
	l.line = 0;
	for (size_t i = 0; ok && i < from->setting_count; i++)
		ok = apply_setting(&l, from->settings[i]);
	ok = ok && apply_option(&l, "--listen", from->listen);
	ok = ok && apply_option(&l, "--data", from->data);
	if (ok && check_whole(&l))
		return l.config;
	config_free(l.config);
	return NULL;
}

static void free_opers(struct config *c)
{
	for (size_t o = 0; o < c->oper_count; o++) {
		for (const struct config_key *k = config_keys; k->name; k++)
			if (is_oper_key(k))
				config_clear(k, &c->opers[o]);
		free(c->opers[o].name);
	}
	free(c->opers);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (const struct config_key *k = config_keys; k->name; k++)
		if (!is_oper_key(k))
			config_clear(k, c);
	free_opers(c);
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
			config_move(k, c, fresh);
		} else if (!config_equal(k, c, fresh)) {
			snprintf(name, sizeof(name), "%s.%s", k->section, k->name);
			stuck(arg, name);
		}
	}
	c->opers = fresh->opers;
	c->oper_count = fresh->oper_count;
	fresh->opers = old.opers;
	fresh->oper_count = old.oper_count;
	config_free(fresh);
}
