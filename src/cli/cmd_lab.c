/*
 * cmd_lab.c - `burble lab`: runs scenarios, built in or from files.
 */
#include "cli/cli.h"
#include "cli/lab_fuzz.h"
#include "cli/lab_json.h"
#include "cli/lab_open.h"
#include "cli/lab_out.h"
#include "cli/lab_progress.h"
#include "cli/lab_real.h"

#include "lab/chat/chat_program.h"
#include "lab/report/story.h"
#include "lab/scenario/scenario.h"
#include "lab/scenario/shipped.h"
#include "lab/world/world.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MAX = 1 << 20,  /* bytes of a scenario */
	LONGEST_MAX = 86400, /* seconds of a run in real time */
};

static const char usage[] =
	"usage: burble lab list\n"
	"       burble lab run [--seed N] [--set KEY=VALUE]... [--ladder|--json]\n"
	"                      [--out DIR] [--svg FILE] [--rows N] [--open] [--data DIR]\n"
	"                      [--slow-path] [--quiet] SCENARIO|FILE.lua...\n"
	"       burble lab run --real HOST [--longest SECONDS] [--seed N] [--set KEY=VALUE]...\n"
	"                      [--json] [--rows N] SCENARIO|FILE.lua...\n"
	"       burble lab fuzz ...\n";

struct lab_cli {
	uint64_t seed;
	const char *set[SCENARIO_SETTINGS + 1];
	size_t sets;
	bool quiet, ladder, json, open, slow_path;
	const char *out;  /* directory; NULL: none */
	const char *svg;  /* file; NULL: none */
	uint32_t rows;    /* of a picture; 0: the maximum */
	const char *data; /* directory for databases; NULL: none */
	const char *real; /* the host that is this machine's kernel; NULL: none */
	nsec_t longest;   /* of its runs */
	unsigned passed, failed;
	struct lab_progress progress;
};

/* The source of a scenario. */
struct source {
	const char *name;
	const char *text; /* NULL: a line on stderr says why */
	size_t len;
	char *file; /* the contents of a file, to be freed */
};

/* A scenario that comes with burble, by name, or else a file. */
static struct source find_source(const char *name)
{
	const struct shipped *own = shipped_find(name);
	struct source s = {.name = name};

	if (own) {
		s.text = own->text;
		s.len = own->len;
		return s;
	}
	if (!strpbrk(name, "./")) {
		fprintf(stderr, "burble: no scenario named %s: 'burble lab list' lists them\n",
			name);
		return s;
	}
	s.text = s.file = cli_read(name, FILE_MAX, &s.len);
	if (s.len > FILE_MAX) {
		fprintf(stderr, "burble: %s: a scenario is limited to 1 MiB\n", name);
		s.text = NULL;
	}
	return s;
}

static void print(void *ctx, nsec_t at, const char *line)
{
	struct lab_cli *c = ctx;

	lab_progress_clear(&c->progress);
	if (!c->json) /* JSON has it among the events */
		printf("  %12.6f  %s\n", (double)at / 1e9, line);
}

static void progress(void *ctx, nsec_t at, uint64_t packets)
{
	struct lab_cli *c = ctx;

	lab_progress_show(&c->progress, at, packets);
}

static bool recorded(const struct lab_cli *c)
{
	return c->ladder || c->json || c->out || c->svg || c->open;
}

static bool print_ladder(const struct story *s, const struct report_options *o)
{
	struct report_options on_terminal = *o;

	on_terminal.colour = isatty(STDOUT_FILENO);
	return report_ladder(s, &on_terminal, report_to_file, stdout);
}

/* Writes the requested forms of the record; false if one could not be written. */
static bool report(const struct lab_cli *c, const struct trace *t, const struct lab_json_run *run)
{
	const struct scenario_result *r = run->result;
	struct report_options o = {.title = r->title,
		.story = r->story,
		.failure = run->passed ? NULL : r->error,
		.start = WORLD_START,
		.rows = c->rows};
	struct story s;
	bool ok;

	if (!recorded(c))
		return true;
	story_init(&s, t);
	ok = !c->ladder || print_ladder(&s, &o);
	ok = (!c->json || lab_json_result(run, &s, c->passed + c->failed == 0)) && ok;
	ok = (!c->out || lab_out(&s, &o, c->out)) && ok;
	ok = (!c->svg || lab_out_picture(&s, &o, c->svg)) && ok;
	ok = (!c->open || lab_open(&s, &o)) && ok;
	story_free(&s);
	return ok;
}

/* The line of a result: on stderr if stdout has a JSON document. */
static void say(const struct lab_cli *c, const struct lab_json_run *run)
{
	const struct scenario_result *r = run->result;
	FILE *to = c->json ? stderr : stdout;

	if (run->passed && !c->quiet)
		fprintf(to, "pass %s%s%s (%u expectations, %.9g s of virtual time, %llu packets)\n",
			run->name, *r->title ? ": " : "", r->title, r->expectations,
			(double)r->end / 1e9, (unsigned long long)r->packets);
	if (!run->passed && r->error[0])
		fprintf(to, "FAIL %s\n", r->error);
}

static void run_one(struct lab_cli *c, const char *name)
{
	struct source s = find_source(name);
	struct trace trace;
	struct scenario_options o = {.seed = c->seed,
		.slow_path = c->slow_path,
		.settings = c->set,
		.trace = recorded(c) ? &trace : NULL,
		.data = c->data,
		.print = print,
		.progress = progress,
		.ctx = c};
	struct scenario_result r = {0};
	struct lab_json_run run = {name, c->seed, c->set, .result = &r};

	trace_init(&trace);
	lab_progress_begin(&c->progress);
	run.passed = s.text && scenario_run(s.name, s.text, s.len, &o, &r);
	lab_progress_clear(&c->progress);
	if (s.text && !report(c, &trace, &run))
		run.passed = false;
	if (!s.text && c->json)
		lab_json_result(&run, NULL, c->passed + c->failed == 0);
	trace_free(&trace);
	say(c, &run);
	c->passed += run.passed;
	c->failed += !run.passed;
	free(r.story);
	free(s.file);
}

static void run_real(struct lab_cli *c, const char *name)
{
	struct source s = find_source(name);
	struct lab_real r = {.scenario = name,
		.text = s.text,
		.len = s.len,
		.host = c->real,
		.longest = c->longest,
		.seed = c->seed,
		.settings = c->set,
		.rows = c->rows,
		.json = c->json,
		.first = c->passed + c->failed == 0};
	bool passed = s.text && lab_real_run(&r);

	c->passed += passed;
	c->failed += !passed;
	free(s.file);
}

static int list(void)
{
	for (size_t i = 0; i < shipped_count; i++) {
		const struct shipped *s = &shipped[i];
		struct scenario_result r;

		scenario_describe(s->name, s->text, s->len, &r);
		printf("%-28s %s\n", s->name, r.title);
		free(r.story);
	}
	return 0;
}

static bool wrong(const char *option, const char *text, const char *want)
{
	fprintf(stderr, "burble lab: %s: '%s' is not %s\n", option, text, want);
	return false;
}

static bool take_rows(struct lab_cli *c, const char *text)
{
	uint64_t n;

	if (!cli_number(&n, text) || n == 0 || n > REPORT_SVG_ROWS_MAX)
		return wrong("--rows", text, "a number of rows");
	c->rows = (uint32_t)n;
	return true;
}

static bool take_longest(struct lab_cli *c, const char *text)
{
	uint64_t n;

	if (!cli_number(&n, text) || n == 0 || n > LONGEST_MAX)
		return wrong("--longest", text, "a number of seconds");
	c->longest = (nsec_t)n * NSEC_SEC;
	return true;
}

static bool take_seed(struct lab_cli *c, const char *text)
{
	return cli_number(&c->seed, text) || wrong("--seed", text, "a number");
}

static bool take_setting(struct lab_cli *c, const char *text)
{
	if (c->sets == SCENARIO_SETTINGS || !strchr(text, '='))
		return wrong("--set", text, "KEY=VALUE, or one too many");
	c->set[c->sets++] = text;
	return true;
}

static bool refuse(const char *why)
{
	fprintf(stderr, "burble: %s\n", why);
	return false;
}

static bool parse_args(struct lab_cli *c, int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"set", required_argument, NULL, 'S'}, {"quiet", no_argument, NULL, 'q'},
		{"ladder", no_argument, NULL, 'l'}, {"json", no_argument, NULL, 'j'},
		{"open", no_argument, NULL, 'O'}, {"out", required_argument, NULL, 'o'},
		{"data", required_argument, NULL, 'd'}, {"rows", required_argument, NULL, 'r'},
		{"svg", required_argument, NULL, 'p'}, {"slow-path", no_argument, NULL, 'w'},
		{"real", required_argument, NULL, 'R'}, {"longest", required_argument, NULL, 'L'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "q", options, NULL)) != -1) {
		bool ok = option == 's'   ? take_seed(c, optarg)
			  : option == 'S' ? take_setting(c, optarg)
			  : option == 'q' ? (c->quiet = true)
			  : option == 'l' ? (c->ladder = true)
			  : option == 'j' ? (c->json = true)
			  : option == 'O' ? (c->open = true)
			  : option == 'w' ? (c->slow_path = true)
			  : option == 'o' ? (c->out = optarg) != NULL
			  : option == 'p' ? (c->svg = optarg) != NULL
			  : option == 'r' ? take_rows(c, optarg)
			  : option == 'd' ? (c->data = optarg) != NULL
			  : option == 'R' ? (c->real = optarg) != NULL
			  : option == 'L' ? take_longest(c, optarg)
					  : false;

		if (!ok)
			return false;
	}
	if (c->real && (c->ladder || c->out || c->svg || c->data || c->open || c->slow_path))
		return refuse("--real prints a comparison: of the reports only --json");
	if (c->json && c->ladder)
		return refuse("--json and --ladder both write to stdout");
	if ((c->out || c->svg || c->data || c->open) && optind + 1 < argc)
		return refuse("--out, --svg, --data and --open take one scenario");
	return optind < argc || refuse("which scenario? 'burble lab list' lists them");
}

/* Creates an empty directory: the same seed must not find another run's messages. */
static bool make_empty(const char *path)
{
	DIR *d = mkdir(path, 0700) == 0 || errno == EEXIST ? opendir(path) : NULL;
	const struct dirent *e;

	if (!d || strlen(path) > CHAT_DIRECTORY_MAX) {
		fprintf(stderr, "burble: cannot use %s: %s\n", path,
			strerror(d ? ENAMETOOLONG : errno));
		if (d)
			closedir(d);
		return false;
	}
	do
		e = readdir(d);
	while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
	if (e)
		fprintf(stderr, "burble: %s is not empty: a run needs an empty or new directory\n",
			path);
	closedir(d);
	return !e;
}

static int run(int argc, char **argv)
{
	struct lab_cli c = {.seed = 1, .longest = LAB_REAL_LONGEST};

	if (!parse_args(&c, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if ((c.data && !make_empty(c.data)) || (c.out && !lab_out_directory(c.out)))
		return 1;
	if (c.json)
		lab_json_begin();
	for (int i = optind; i < argc; i++)
		c.real ? run_real(&c, argv[i]) : run_one(&c, argv[i]);
	if (c.json && !lab_json_end()) {
		fputs("burble: cannot write to stdout\n", stderr);
		return 1;
	}
	fprintf(c.json ? stderr : stdout, "%u passed, %u failed\n", c.passed, c.failed);
	return c.failed > 0 ? 1 : 0;
}

int cmd_lab(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fuzz") == 0) {
		argv[1] = argv[0]; /* begins the messages of getopt() */
		return lab_fuzz(argc - 1, argv + 1);
	}
	if (asks_for_help(argc, argv))
		return fputs(usage, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc > 2 && strcmp(argv[1], "list") == 0) {
		fprintf(stderr, "burble lab: unexpected argument '%s'\n", argv[2]);
		return EXIT_USAGE;
	}
	if (argc > 1 && strcmp(argv[1], "run") == 0) {
		argv[1] = argv[0]; /* begins the messages of getopt() */
		return run(argc - 1, argv + 1);
	}
	if (argc > 1)
		fprintf(stderr, "burble lab: '%s' is not list, run or fuzz\n", argv[1]);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
