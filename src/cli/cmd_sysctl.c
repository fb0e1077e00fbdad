/*
 * cmd_sysctl.c - `burble sysctl`: the parameters of a running instance, with the options of procps'
 * sysctl. A change takes effect at once.
 */
#include "cli/cli.h"

#include "cli/control_client.h"
#include "cli/control_json.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum {
	PART_MAX = 480, /* characters of a parameter's name, and of its value */
	REQUEST_MAX = 2 * PART_MAX + 16,
};

static const char usage[] = "usage: burble sysctl -a [-nN] [--json] [--name NAME]\n"
			    "       burble sysctl [-enNqw] [--json] [--name NAME] KEY[=VALUE]...\n"
			    "       burble sysctl -p FILE [-eq] [--name NAME]\n";

struct sysctl_args {
	bool all, values, names, quiet, ignore, write, json, help;
	const char *file, *name;
};

static bool take_option(struct sysctl_args *a, int option)
{
	switch (option) {
	case 'a': a->all = true; return true;
	case 'n': a->values = true; return true;
	case 'N': a->names = true; return true;
	case 'q': a->quiet = true; return true;
	case 'e': a->ignore = true; return true;
	case 'w': a->write = true; return true;
	case 'p': a->file = optarg; return true;
	case 'j': a->json = true; return true;
	case 'i': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct sysctl_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"all", 0, NULL, 'a'}, {"values", 0, NULL, 'n'},
		{"names", 0, NULL, 'N'}, {"quiet", 0, NULL, 'q'}, {"ignore", 0, NULL, 'e'},
		{"write", 0, NULL, 'w'}, {"load", 1, NULL, 'p'}, {"json", 0, NULL, 'j'},
		{"name", 1, NULL, 'i'}, {"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "anNqewp:h", options, NULL)) != -1)
		good = take_option(a, option);
	if (!good || a->help)
		return good;
	if (a->all + (a->file != NULL) + (optind < argc) != 1) {
		fputs("burble sysctl: takes one of -a, -p FILE, and KEY or KEY=VALUE\n", stderr);
		return false;
	}
	return true;
}

static void print_value(const struct sysctl_args *a, const char *name, const char *value)
{
	if (a->values)
		puts(value);
	else if (a->names)
		puts(name);
	else
		printf("%s = %s\n", name, value);
}

static bool print_answer(const struct sysctl_args *a, struct control_client *c, bool print)
{
	const char *line;
	json_t *o;

	while ((line = control_line(c)) && (o = control_json("burble sysctl", line))) {
		if (print && a->json)
			puts(line);
		else if (print)
			print_value(a, control_json_text(o, "name"), control_json_text(o, "value"));
		json_decref(o);
	}
	return control_finish(c);
}

/* The key in the form with dots. */
static void put_dots(char *out, size_t n, const char *key)
{
	snprintf(out, n, "%s", key + (strncmp(key, "/proc/sys/", 10) == 0 ? 10 : 0));
	for (char *p = out; *p; p++)
		*p = *p == '/' ? '.' : *p;
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* KEY or KEY=VALUE, which is changed. */
static bool do_one(const struct sysctl_args *a, char *text)
{
	char request[REQUEST_MAX], command[REQUEST_MAX], dots[REQUEST_MAX];
	char *equals = strchr(text, '='), *value = equals ? trim(equals + 1) : NULL, *key;
	struct control_client c;

	if (equals)
		*equals = '\0';
	key = trim(text);
	put_dots(dots, sizeof(dots), key);
	if (!key[0] || (a->write && !equals)) {
		fprintf(stderr, "burble sysctl: '%s' is not KEY=VALUE\n", text);
		return false;
	}
	snprintf(command, sizeof(command), "burble sysctl: %s '%.256s'",
		equals ? "setting" : "reading", dots);
	if (strlen(key) > PART_MAX || (value && strlen(value) > PART_MAX)) {
		fprintf(stderr, "%s: it is too long\n", command);
		return false;
	}
	snprintf(request, sizeof(request), "sysctl %.480s%s%.480s", dots, equals ? "=" : "",
		value ? value : "");
	if (!control_ask(&c, command, a->name, request))
		return a->ignore;
	return print_answer(a, &c, !value || !a->quiet);
}

static bool do_all(const struct sysctl_args *a)
{
	struct control_client c;

	return control_ask(&c, "burble sysctl", a->name, "sysctl") && print_answer(a, &c, true);
}

/* Lines KEY=VALUE as in sysctl.conf(5): comments begin with '#' or ';', and an error of a line that
 * begins with '-' is only reported. */
static bool do_line(const struct sysctl_args *a, char *line)
{
	char *text = trim(line);
	bool lenient = text[0] == '-';

	if (!text[0] || text[0] == '#' || text[0] == ';')
		return true;
	if (!strchr(text, '=')) {
		fprintf(stderr, "burble sysctl: %s: '%s' is not KEY=VALUE\n", a->file, text);
		return false;
	}
	return do_one(a, text + lenient) || lenient;
}

static bool do_file(const struct sysctl_args *a)
{
	FILE *in = strcmp(a->file, "-") == 0 ? stdin : fopen(a->file, "r");
	bool good = true;
	char *line = NULL;
	size_t size = 0;

	if (!in) {
		fprintf(stderr, "burble sysctl: cannot read %s: %s\n", a->file, strerror(errno));
		return false;
	}
	while (getline(&line, &size, in) > 0)
		good = do_line(a, line) && good;
	if (ferror(in)) {
		fprintf(stderr, "burble sysctl: cannot read %s: %s\n", a->file, strerror(errno));
		good = false;
	}
	free(line);
	if (in != stdin)
		fclose(in);
	return good;
}

int cmd_sysctl(int argc, char **argv)
{
	struct sysctl_args a = {0};
	bool good = true;

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (a.all)
		return do_all(&a) ? 0 : 1;
	if (a.file)
		return do_file(&a) ? 0 : 1;
	for (int i = optind; i < argc; i++)
		good = do_one(&a, argv[i]) && good;
	return good ? 0 : 1;
}
