/*
 * config_print.c - example file and key section of the man page, printed from the table of keys,
 * so that documentation and behaviour cannot differ.
 */
#include "chat/config/config_key.h"

enum {
	WRAP = 80,
};

/* Wraps words into lines that start with `lead`; with `sentences`, one line per sentence. */
static void wrapped(FILE *out, const char *lead, const char *text, bool sentences)
{
	size_t column = 0, n;
	bool ends = false;

	for (; *text; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		if (column > 0 && (ends || column + 1 + n > WRAP)) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column ? " " : lead, (int)n, text);
		ends = sentences && text[n - 1] == '.';
	}
	fputc('\n', out);
}

/* The description of a key, its type and range, and when a change takes effect. */
static void describe(char out[CONFIG_LINE_MAX], const struct config_key *key)
{
	char kind[CONFIG_DESCRIPTION_MAX];

	config_describe(key, kind);
	snprintf(out, CONFIG_LINE_MAX, "%s (%s%s)", key->doc, kind,
		key->reload ? "" : "; needs a restart");
}

static const char sysctl_doc[] =
	"Parameters of burble's stack by their Linux names, as burble-sysctl(1) lists them, set "
	"before "
	"the device is opened. Needs stack.device. A change needs a restart.";

void config_print_example(FILE *out)
{
	const char *section = "";
	char text[CONFIG_LINE_MAX];

	fputs("# burble-chat.conf - every key with its default: the server runs without this "
	      "file.\n# Comments have lines of their own; a value ends with its line. "
	      "burble-chat(1).\n",
		out);
	for (const struct config_key *k = config_keys; k->name; k++) {
		const char *off = config_kind(k) != CONFIG_PLAIN ? "#" : "",
			   *value = k->initial ? k->initial : "";
		if (strcmp(section, k->section) != 0)
			fprintf(out, "\n%s[%s%s]\n", off, k->section, *off ? " NAME" : "");
		section = k->section;
		describe(text, k);
		wrapped(out, "# ", text, false);
		fprintf(out, "%s%s =%s%s\n", off, k->name, *value ? " " : "", value);
	}
	fputs("\n#[sysctl]\n", out);
	wrapped(out, "# ", sysctl_doc, false);
	fputs("#net.ipv4.tcp_keepalive_time = 7200\n", out);
}

/* roff sets the space after a sentence itself, hence a line for each. */
void config_print_man(FILE *out)
{
	const char *section = "";
	char text[CONFIG_LINE_MAX];

	for (const struct config_key *k = config_keys; k->name; k++) {
		const char *value = k->initial && *k->initial ? k->initial : "\\&";
		if (strcmp(section, k->section) != 0)
			fprintf(out, "%s.Ss Section %s%s\n.Bl -tag -width Ds\n",
				*section ? ".El\n" : "", k->section,
				config_kind(k) != CONFIG_PLAIN ? " NAME" : "");
		section = k->section;
		describe(text, k);
		fprintf(out, ".It Ic %s No = Ar %s\n", k->name, value);
		wrapped(out, "", text, true);
	}
	fputs(".El\n.Ss Section sysctl\n", out);
	wrapped(out, "", sysctl_doc, true);
}
