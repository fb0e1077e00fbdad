/*
 * cmd_top.c - `burble top`: what a running instance is doing, on a screen that is renewed.
 */
#include "cli/cli.h"

#include "burble/burble.h"
#include "cli/control_client.h"
#include "cli/control_json.h"
#include "cli/counters.h"
#include "observe/top_text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char usage[] = "usage: burble top [-b] [-d SECONDS] [-n SCREENS] [--name NAME]\n";
static const char command[] = "burble top";

enum {
	LINES_DEFAULT = 24,
	DELAY_MAX = 3600, /* seconds */
};

struct top_args {
	bool batch, help;
	double delay;
	uint64_t screens; /* 0: no end */
	const char *name;
};

static bool parse_delay(struct top_args *a, const char *text)
{
	char *end;

	a->delay = strtod(text, &end);
	if (end != text && *end == '\0' && a->delay >= 0.1 && a->delay <= DELAY_MAX)
		return true;
	fprintf(stderr, "%s: -d %s: a number of seconds from 0.1 to %d\n", command, text,
		DELAY_MAX);
	return false;
}

static bool parse_screens(struct top_args *a, const char *text)
{
	if (cli_number(&a->screens, text) && a->screens > 0)
		return true;
	fprintf(stderr, "%s: -n %s: a number of screens\n", command, text);
	return false;
}

static bool take_option(struct top_args *a, int option)
{
	switch (option) {
	case 'b': a->batch = true; return true;
	case 'd': return parse_delay(a, optarg);
	case 'n': return parse_screens(a, optarg);
	case 'N': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct top_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"batch", 0, NULL, 'b'}, {"delay", 1, NULL, 'd'},
		{"iterations", 1, NULL, 'n'}, {"name", 1, NULL, 'N'}, {"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "bd:n:h", options, NULL)) != -1)
		good = take_option(a, option);
	if (good && optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", command, argv[optind]);
		return false;
	}
	return good;
}

static bool sample(const struct top_args *a, struct top_sample *s)
{
	struct control_client c;
	const char *line;
	json_t *o;

	s->at = burble_clock();
	if (!counters_get(&s->counters, command, a->name) ||
		!control_ask(&c, command, a->name, "instance"))
		return false;
	line = control_line(&c);
	o = line ? control_json(command, line) : NULL;
	if (o) {
		snprintf(s->name, sizeof(s->name), "%s", control_json_text(o, "name"));
		snprintf(s->version, sizeof(s->version), "%s", control_json_text(o, "version"));
		s->pid = (int)control_json_number(o, "pid");
		s->awake = control_json_number(o, "awake");
		s->idle = control_json_number(o, "idle");
		s->orphans = control_json_number(o, "orphans");
	}
	json_decref(o);
	while (control_line(&c))
		;
	return control_finish(&c) && o;
}

/* Rows of counters that fit on the screen. */
static uint32_t rows(const struct top_args *a)
{
	struct winsize size;
	uint32_t lines = LINES_DEFAULT;

	if (a->batch)
		return COUNTERS_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
		lines = size.ws_row;
	return lines > TOP_HEAD_LINES + 1 ? lines - TOP_HEAD_LINES - 1 : 1;
}

static void print(const struct top_args *a, const struct top_sample *before,
	const struct top_sample *now, char *room)
{
	struct text t = text_in(room, TOP_TEXT_MAX);

	top_text(&t, before, now, rows(a));
	if (!a->batch)
		fputs("\033[H\033[J", stdout); /* from the upper left corner, on a clear screen */
	fputs(room, stdout);
	if (a->batch)
		putchar('\n');
	fflush(stdout);
}

static bool run(const struct top_args *a, struct top_sample *samples, char *room)
{
	const struct timespec pause = {
		(time_t)a->delay, (long)((a->delay - (double)(time_t)a->delay) * 1e9)};

	if (!sample(a, &samples[0]))
		return false;
	for (uint64_t n = 1; a->screens == 0 || n <= a->screens; n++) {
		struct top_sample *before = &samples[(n - 1) % 2], *now = &samples[n % 2];

		nanosleep(&pause, NULL);
		if (!sample(a, now))
			return false;
		print(a, before, now, room);
	}
	return true;
}

int cmd_top(int argc, char **argv)
{
	struct top_args a = {.delay = 2};
	struct top_sample *samples;
	char *room;
	bool good;

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	samples = calloc(2, sizeof(*samples));
	room = malloc(TOP_TEXT_MAX);
	good = samples && room && run(&a, samples, room);
	if (!samples || !room)
		fprintf(stderr, "%s: out of memory\n", command);
	free(samples);
	free(room);
	return good ? 0 : 1;
}
