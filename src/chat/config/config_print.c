/*
 * config_print.c - example file and key section of the man page, printed from the table of keys,
 * so that documentation and behaviour cannot differ.
 */
#include "chat/config/config_print.h"

#include "chat/config/config_key.h"

enum {
	WRAP = 80,
};

/* Whole words of the first `len` bytes of text in lines that start with `lead`. */
static void wrapped(FILE *out, const char *lead, const char *text, size_t len)
{
	const char *end = text + len;
	size_t column = 0, n;

	for (; text < end; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		bool breaks = column > 0 && column + 1 + n > WRAP;
		if (breaks)
			fputc('\n', out);
		if (breaks || column == 0)
			column = (size_t)fprintf(out, "%s%.*s", lead, (int)n, text);
		else
			column += (size_t)fprintf(out, " %.*s", (int)n, text);
	}
	fputc('\n', out);
}

/* Each sentence from a line of its own: the man page's formatter sets the space that ends one. */
static void sentences(FILE *out, const char *text)
{
	const char *end;

	for (; (end = strstr(text, ". ")); text = end + 2)
		wrapped(out, "", text, (size_t)(end + 1 - text));
	wrapped(out, "", text, strlen(text));
}

/* What a key does, what it may be, and when a change of it counts. */
static void describe(char out[CONFIG_LINE_MAX], const struct config_key *key)
{
	char kind[CONFIG_DESCRIPTION_MAX];

	config_describe(key, kind);
	snprintf(out, CONFIG_LINE_MAX, "%s (%s%s)", key->doc, kind,
		key->reload ? "" : "; needs a restart");
}

void config_print_example(FILE *out)
{
	const char *section = "";
	char text[CONFIG_LINE_MAX];

	fputs("# burble-chat.conf - every key with its default: the server runs without this "
	      "file.\n# Comments have lines of their own; a value ends with its line. "
	      "burble-chat(1).\n",
		out);
	for (const struct config_key *k = config_keys; k->name; k++) {
		bool oper = strcmp(k->section, CONFIG_OPER_SECTION) == 0;
		bool empty = !k->initial || !*k->initial;
		if (strcmp(section, k->section) != 0)
			fprintf(out, "\n%s[%s%s]\n", oper ? "#" : "", k->section,
				oper ? " NAME" : "");
		section = k->section;
		describe(text, k);
		wrapped(out, "# ", text, strlen(text));
		fprintf(out, "%s%s =%s%s\n", oper ? "#" : "", k->name, empty ? "" : " ",
			empty ? "" : k->initial);
	}
}

void config_print_man(FILE *out)
{
	const char *section = "";
	char text[CONFIG_LINE_MAX];

	for (const struct config_key *k = config_keys; k->name; k++) {
		if (strcmp(section, k->section) != 0)
			fprintf(out, "%s.Ss Section %s%s\n.Bl -tag -width Ds\n",
				*section ? ".El\n" : "", k->section,
				strcmp(k->section, CONFIG_OPER_SECTION) == 0 ? " NAME" : "");
		section = k->section;
		fprintf(out, ".It Ic %s No = Ar %s\n", k->name,
			k->initial && *k->initial ? k->initial : "\\&");
		describe(text, k);
		sentences(out, text);
	}
	fputs(".El\n", out);
}
