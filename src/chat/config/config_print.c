/*
 * config_print.c - example file and key section of the man page, printed from the table of keys,
 * so that documentation and behaviour cannot differ.
 */
#include "chat/config/config_print.h"

#include "chat/config/config_table.h"

#include <stdio.h>

enum {
	WRAP = 80,
};

static void say(const struct config_text *out, const char *text)
{
	out->write(out->arg, text);
}

/* Whole words of text in lines that start with `lead`. */
static void wrapped(const struct config_text *out, const char *lead, const char *text)
{
	size_t column = 0;
	char word[128];

	while (*text) {
		size_t len = strcspn(text, " ");
		if (column > 0 && column + 1 + len > WRAP) {
			say(out, "\n");
			column = 0;
		}
		if (column == 0) {
			say(out, lead);
			column = strlen(lead);
		} else {
			say(out, " ");
			column++;
		}
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		say(out, word);
		column += len;
		text += len + strspn(text + len, " ");
	}
	say(out, "\n");
}

/* As wrapped(), each sentence from a line of its own: the man page's formatter sets the space that
 * ends one. */
static void sentences(const struct config_text *out, const char *text)
{
	char one[CONFIG_LINE_MAX];
	const char *end;

	while ((end = strstr(text, ". "))) {
		snprintf(one, sizeof(one), "%.*s", (int)(end + 1 - text), text);
		wrapped(out, "", one);
		text = end + 2;
	}
	wrapped(out, "", text);
}

/* A bound as one would write it. */
static void bound(char *out, size_t size, enum config_type type, int64_t n)
{
	static const struct {
		int64_t factor;
		const char *unit;
	} spans[] = {{86400 * NSEC_SEC, "d"}, {3600 * NSEC_SEC, "h"}, {60 * NSEC_SEC, "m"},
		{NSEC_SEC, "s"}, {NSEC_MSEC, "ms"}},
	  bytes[] = {{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "k"}};

	snprintf(out, size, "%lld", (long long)n);
	for (size_t i = 0; type == CONFIG_SPAN && n && i < ARRAY_SIZE(spans); i++) {
		if (n % spans[i].factor == 0) {
			snprintf(out, size, "%lld%s", (long long)(n / spans[i].factor),
				spans[i].unit);
			return;
		}
	}
	for (size_t i = 0; type == CONFIG_BYTES && n && i < ARRAY_SIZE(bytes); i++) {
		if (n % bytes[i].factor == 0) {
			snprintf(out, size, "%lld%s", (long long)(n / bytes[i].factor),
				bytes[i].unit);
			return;
		}
	}
}

/* "a time from 0 to 1h; needs a restart" */
static void describe(char *out, size_t size, const struct config_key *key)
{
	static const char *const kinds[] = {"yes or no", "a number", "bytes (k, M, G)",
		"a time (ms, s, m, h, d)", "one of", "text", "words"};
	_Static_assert(ARRAY_SIZE(kinds) == CONFIG_TYPE_COUNT, "a name a type");
	char min[32], max[32];
	size_t used = (size_t)snprintf(out, size, "%s", kinds[key->type]);

	bound(min, sizeof(min), key->type, key->min);
	bound(max, sizeof(max), key->type, key->max);
	if (key->type == CONFIG_CHOICE)
		for (size_t i = 0; key->choices[i]; i++)
			used += (size_t)snprintf(out + used, size - used, " %s", key->choices[i]);
	else if (key->type == CONFIG_TEXT)
		used += (size_t)snprintf(out + used, size - used, ", %s to %s bytes", min, max);
	else if (key->type == CONFIG_LIST)
		used += (size_t)snprintf(out + used, size - used, ", %s to %s of them", min, max);
	else if (key->type != CONFIG_BOOL)
		used += (size_t)snprintf(out + used, size - used, " from %s to %s", min, max);
	snprintf(out + used, size - used, "%s", key->reload ? "" : "; needs a restart");
}

void config_print_example(const struct config_text *out)
{
	const char *section = "", *off;
	char line[CONFIG_LINE_MAX], kind[160];

	say(out, "# burble-chat.conf - every key with its default: the server runs without this "
		 "file.\n# Comments have lines of their own; a value ends with its line. "
		 "burble-chat(1).\n");
	for (const struct config_key *k = config_keys; k->name; k++) {
		bool oper = strcmp(k->section, CONFIG_OPER_SECTION) == 0;
		off = oper ? "#" : "";
		if (strcmp(section, k->section) != 0) {
			section = k->section;
			snprintf(line, sizeof(line), "\n%s[%s%s]\n", off, section,
				oper ? " NAME" : "");
			say(out, line);
		}
		describe(kind, sizeof(kind), k);
		snprintf(line, sizeof(line), "%s (%s)", k->doc, kind);
		wrapped(out, "# ", line);
		bool empty = !k->initial || !*k->initial;
		snprintf(line, sizeof(line), "%s%s =%s%s\n", off, k->name, empty ? "" : " ",
			empty ? "" : k->initial);
		say(out, line);
	}
}

void config_print_man(const struct config_text *out)
{
	const char *section = "";
	char line[CONFIG_LINE_MAX], kind[160];

	for (const struct config_key *k = config_keys; k->name; k++) {
		if (strcmp(section, k->section) != 0) {
			if (*section)
				say(out, ".El\n");
			section = k->section;
			snprintf(line, sizeof(line), ".Ss Section %s%s\n.Bl -tag -width Ds\n",
				section, strcmp(section, CONFIG_OPER_SECTION) == 0 ? " NAME" : "");
			say(out, line);
		}
		snprintf(line, sizeof(line), ".It Ic %s No = Ar %s\n", k->name,
			k->initial && *k->initial ? k->initial : "\\&");
		say(out, line);
		describe(kind, sizeof(kind), k);
		snprintf(line, sizeof(line), "%s (%s)", k->doc, kind);
		sentences(out, line);
	}
	say(out, ".El\n");
}
