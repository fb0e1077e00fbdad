/* lab_real.c - a scenario with one host on this machine's kernel: lab_real.h. */
#include "cli/lab_real.h"

#include "cli/cli.h"
#include "lab/live/kernel_machine.h"
#include "lab/report/compare.h"
#include "lab/report/out.h"
#include "wire/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	WHY = 200,
	REMARKS = 64,
	NAMES = 256,
	HOST = 64,
};

/* A run, and what is remarkable about it. */
struct half {
	struct trace trace;
	struct scenario_result result;
	bool passed;
};

struct remarks {
	char *line[REMARKS];
	int count;
};

static bool refuse(const struct lab_real *r, const char *why)
{
	fprintf(stderr, "burble: %s: --real %s: %s\n", r->scenario, r->host, why);
	return false;
}

static void run(const struct lab_real *r, const struct scenario_real *real, struct half *h)
{
	struct scenario_options o = {
		.seed = r->seed, .settings = r->settings, .trace = &h->trace, .real = real};

	trace_init(&h->trace);
	h->passed = scenario_run(r->scenario, r->text, r->len, &o, &h->result);
}

static void half_free(struct half *h)
{
	trace_free(&h->trace);
	free(h->result.story);
}

/* --- whether it can be ------------------------------------------------------------------------ */

static void list_hosts(const struct trace *t, struct text *names)
{
	for (uint32_t i = 0; i < t->nodes; i++)
		if (t->is_host[i])
			text_add(names, "%s%s", names->len ? ", " : "", t->name[i]);
}

/* "server" or "server:2", the second of that name. */
static bool parse_host(struct scenario_real *real, char *room, size_t size, const char *host)
{
	char *colon;
	uint64_t nth = 1;

	snprintf(room, size, "%s", host);
	colon = strrchr(room, ':');
	if (colon && (!cli_number(&nth, colon + 1) || nth == 0 || nth > UINT16_MAX))
		return false;
	if (colon)
		*colon = '\0';
	real->host = room;
	real->nth = (unsigned)nth;
	return true;
}

static bool check(const struct lab_real *r, const struct half *virtual, uint32_t node)
{
	char names[NAMES], why[WHY + NAMES];
	struct text t = text_in(names, sizeof(names));

	if (virtual->result.broken)
		return refuse(r, virtual->result.error);
	if (node == virtual->trace.nodes) {
		list_hosts(&virtual->trace, &t);
		snprintf(why, sizeof(why), "no such host; the scenario has %s", names);
		return refuse(r, why);
	}
	if (virtual->result.end > r->longest) {
		snprintf(why, sizeof(why),
			"the run takes %.0f s of real time: --longest SECONDS allows more than "
			"%.0f",
			(double)virtual->result.end / 1e9, (double)r->longest / 1e9);
		return refuse(r, why);
	}
	return kernel_machine_possible(why, WHY) || refuse(r, why);
}

/* --- the comparison --------------------------------------------------------------------------- */

static void note_remark(void *ctx, const char *line)
{
	struct remarks *m = ctx;

	if (m->count < REMARKS && (m->line[m->count] = strdup(line)))
		m->count++;
}

/* A line on stdout, broken where the terminal ends. */
static void say(const struct report_options *options, const char *format, ...)
{
	struct out_fill f = {0, 0, options->columns};
	char line[OUT_LINE_MAX];
	struct out o;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	out_begin(&o, report_to_file, stdout);
	out_words(&o, &f, line);
	out_text(&o, "\n");
	out_end(&o);
}

static void half_text(const struct report_options *o, const char *name, const struct half *h)
{
	if (h->passed)
		say(o, "%s: %u expectations hold", name, h->result.expectations);
	else
		say(o, "%s: FAIL %s", name, h->result.error);
}

/* Of the terminal, if stdout is one; else 0. */
static unsigned terminal_columns(void)
{
	struct winsize w;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < REPORT_COLUMNS_MIN ? 0
											 : w.ws_col;
}

static void as_text(
	const struct lab_real *r, const struct half half[2], uint32_t node, const struct remarks *m)
{
	struct comparison c;
	struct compare_heads heads = {r->host, {"burble", "Linux"}};
	struct report_options o = {.rows = r->rows, .columns = terminal_columns()};
	struct utsname u;

	uname(&u);
	compare(&c, &half[0].trace, &half[1].trace, node);
	say(&o, "%s: %s on burble in virtual time, and on Linux %s", r->scenario, r->host,
		u.release);
	for (int i = 0; i < m->count; i++)
		say(&o, "note: %s", m->line[i]);
	report_side_by_side(&c, &heads, &o, report_to_file, stdout);
	half_text(&o, "burble", &half[0]);
	half_text(&o, "Linux", &half[1]);
	compare_free(&c);
}

static void half_json(struct out *o, const char *name, const struct half *h)
{
	out_add(o, ",\n\"%s\": {\"passed\": %s, \"end\": %lld, \"error\": ", name,
		h->passed ? "true" : "false", (long long)h->result.end);
	out_json(o, h->result.error);
	out_text(o, "}");
}

static void as_json(
	const struct lab_real *r, const struct half half[2], uint32_t node, const struct remarks *m)
{
	struct comparison c;
	struct out o;
	struct utsname u;

	uname(&u);
	compare(&c, &half[0].trace, &half[1].trace, node);
	out_begin(&o, report_to_file, stdout);
	out_text(&o, r->first ? "\n{\"scenario\": " : ",\n{\"scenario\": ");
	out_json(&o, r->scenario);
	out_text(&o, ",\n\"host\": ");
	out_json(&o, r->host);
	out_text(&o, ",\n\"release\": ");
	out_json(&o, u.release);
	half_json(&o, "burble", &half[0]);
	half_json(&o, "kernel", &half[1]);
	out_text(&o, ",\n\"remarks\": [");
	for (int i = 0; i < m->count; i++) {
		out_text(&o, i ? ", " : "");
		out_json(&o, m->line[i]);
	}
	out_text(&o, "],\n");
	out_end(&o);
	report_compared(&c, report_to_file, stdout);
	printf("}");
	compare_free(&c);
}

bool lab_real_run(const struct lab_real *r)
{
	struct half half[2] = {0};
	struct remarks remarks = {0};
	struct kernel_real kernel = {.remark = note_remark, .ctx = &remarks};
	struct scenario_real real = {
		.make = kernel_machine_new, .wait = kernel_machine_wait, .ctx = &kernel};
	char host[HOST];
	uint32_t node;
	bool good;

	if (!parse_host(&real, host, sizeof(host), r->host))
		return refuse(r, "HOST is a name, or a name and which of several: server:2");
	run(r, NULL, &half[0]);
	node = compare_node(&half[0].trace, real.host, real.nth);
	good = check(r, &half[0], node);
	if (good) {
		/* the timers of a kernel are late by up to an eighth */
		real.limit = half[0].result.end + half[0].result.end / COMPARE_TIME_EIGHTH +
			     2 * NSEC_SEC;
		run(r, &real, &half[1]);
		if (!kernel.created)
			good = refuse(r, "a peer without a stack");
		else if (r->json)
			as_json(r, half, node, &remarks);
		else
			as_text(r, half, node, &remarks);
		good = good && half[0].passed && half[1].passed;
		half_free(&half[1]);
	}
	half_free(&half[0]);
	for (int i = 0; i < remarks.count; i++)
		free(remarks.line[i]);
	return good;
}
