/* fuzz.c - many random runs, and the report of a failing one: fuzz.h. */
#include "lab/fuzz/fuzz.h"

#include "lab/fuzz/draw.h"
#include "lab/fuzz/fast_path.h"
#include "lab/fuzz/packet_script.h"
#include "lab/fuzz/script.h"
#include "lab/fuzz/shrink.h"
#include "lab/fuzz/worker.h"
#include "lab/world/need.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

enum {
	BATCH = 2000,  /* seeds of one child */
	FAILURES = 20, /* stops after so many, even with keep_going */
};

/* ctx: a bool, whether to compare. */
static void run_in_worker(void *ctx, const struct plan *p, bool losses, struct run_result *result)
{
	worker_run(&(struct worker_run){p, losses, *(const bool *)ctx}, result);
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	if (f)
		ok &= fclose(f) == 0;
	if (!ok)
		fprintf(stderr, "burble: cannot write %s: %s\n", path, strerror(errno));
	return ok;
}

/* Writes the plan to a file, with the failure as a comment. */
static void write_plan(const struct plan *p, const struct failure *f, const char *path)
{
	char *text = need(malloc(PLAN_TEXT + FAILURE_TEXT + 64));
	int n = snprintf(text, FAILURE_TEXT + 64, "# %s: %s\n", f->property, f->text);

	plan_print(p, text + n);
	if (write_file(path, text))
		printf("    burble lab fuzz --plan %s\n", path);
	free(text);
}

static void write_scenario(const struct plan *p, const struct failure *f, const char *path)
{
	char *text = need(malloc(SCRIPT_TEXT));

	if (!script_print(p, f, text))
		printf("    (too long for a scenario)\n");
	else if (!write_file(path, text))
		return;
	else if (worker_scenario(path, text, p->seed))
		printf("    burble lab run --seed %" PRIu64 " %s\n", p->seed, path);
	else
		printf("    (%s shows the same run, but does not fail)\n", path);
	free(text);
}

static void write_packets(const struct plan *p, const struct failure *f, const char *path)
{
	char *text = need(malloc(PACKET_SCRIPT_TEXT)), why[PACKET_SCRIPT_WHY] = "";

	if (!packet_script(p, f, text, why))
		printf("    (no packet script: %s)\n", why);
	else if (write_file(path, text))
		printf("    burble pkt %s\n", path);
	free(text);
}

static void report(const struct fuzz_options *o, uint64_t seed)
{
	struct plan *p = need(malloc(sizeof(*p)));
	bool compare = true;
	struct shrink s = {run_in_worker, &compare};
	struct run_result result;
	char path[512];
	uint32_t rows;
	unsigned tries;

	draw_plan(p, seed);
	rows = p->rows;
	run_in_worker(&compare, p, false, &result);
	compare = strcmp(result.failure.property, FAST_PATH) == 0;
	if (!result.failure.property[0]) {
		printf("FAIL seed %" PRIu64 ": fails only after other runs\n", seed);
		free(p);
		return;
	}
	tries = shrink_plan(&s, p, &result.failure);
	printf("FAIL seed %" PRIu64 ": %s: %s\n    %u rows of %u left after %u runs\n", seed,
		result.failure.property, result.failure.text, p->rows, rows, tries);
	snprintf(path, sizeof(path), "%s/fuzz-%" PRIu64 ".plan", o->out, seed);
	write_plan(p, &result.failure, path);
	snprintf(path, sizeof(path), "%s/fuzz-%" PRIu64 ".lua", o->out, seed);
	write_scenario(p, &result.failure, path);
	snprintf(path, sizeof(path), "%s/fuzz-%" PRIu64 ".pkt", o->out, seed);
	write_packets(p, &result.failure, path);
	fflush(stdout);
	free(p);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

unsigned fuzz_run(const struct fuzz_options *o)
{
	uint64_t until = o->seconds ? (uint64_t)time(NULL) + o->seconds : 0, done = 0, packets = 0;
	struct timespec start;
	unsigned failures = 0;
	double span;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (done < o->runs && failures < FAILURES && (failures == 0 || o->keep_going) &&
		(until == 0 || (uint64_t)time(NULL) < until)) {
		uint64_t rest = o->runs - done;
		struct worker_batch b = {.first = o->seed + done,
			.count = rest < BATCH ? rest : BATCH,
			.compare = o->compare,
			.until = until};

		worker_seeds(&b);
		done += b.done + b.failed;
		packets += b.packets;
		failures += b.failed;
		if (b.failed)
			report(o, b.first + b.done);
	}
	span = seconds_since(&start);
	printf("%" PRIu64 " runs, %u failed, from seed %" PRIu64 " on: %.0f runs a second, %" PRIu64
	       " packets\n",
		done, failures, o->seed, (double)done / span, packets);
	return failures;
}

int fuzz_replay(const char *path, const char *scenario, const char *packets)
{
	char *text = need(calloc(1, PLAN_TEXT));
	struct plan *p = need(malloc(sizeof(*p)));
	struct run_result result = {0};
	FILE *f = fopen(path, "re");
	unsigned line = 0;
	int failed = -1;

	if (!f)
		fprintf(stderr, "burble: cannot read %s: %s\n", path, strerror(errno));
	else if (fread(text, 1, PLAN_TEXT - 1, f) > 0 && plan_parse(p, text, &line))
		failed = 0;
	else
		fprintf(stderr, "burble: %s:%u: no row of a plan\n", path, line);
	if (failed == 0) {
		worker_run(&(struct worker_run){.plan = p, .compare = true}, &result);
		failed = result.failure.property[0] != '\0';
		printf("%s %s%s%s: %" PRIu64 " packets, hash %016" PRIx64 "\n",
			failed ? "FAIL" : "pass", result.failure.property, failed ? ": " : "",
			result.failure.text, result.packets, result.hash);
		if (scenario)
			write_scenario(p, &result.failure, scenario);
		if (packets)
			write_packets(p, &result.failure, packets);
	}
	if (f)
		fclose(f);
	free(text);
	free(p);
	return failed;
}
