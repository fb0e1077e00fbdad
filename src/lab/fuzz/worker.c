/* worker.c - runs plans in a child process: worker.h. */
#include "lab/fuzz/worker.h"

#include "lab/fuzz/draw.h"
#include "lab/fuzz/fast_path.h"
#include "lab/pkt/pkt.h"
#include "lab/scenario/scenario.h"
#include "lab/world/need.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STDERR_MAX = 65536, /* bytes of a child's stderr that are examined */
};

/* Memory shared by both processes. */
struct shared {
	struct run_result result;
	struct worker_batch batch;
	uint64_t sent;
	bool finished;
};

void *worker_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return need(p == MAP_FAILED ? NULL : p);
}

void worker_unshare(void *p, size_t size)
{
	munmap(p, size);
}

static struct shared *share(void)
{
	return worker_share(sizeof(struct shared));
}

/* In the child: redirects errors to the file, and limits the processor time. */
static void limit(int errors, unsigned seconds)
{
	struct rlimit cpu = {seconds, seconds + 1}, core = {0, 0};

	dup2(errors, STDERR_FILENO);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &core);
}

static void put_failure(struct failure *f, const char *property, const char *text, size_t n)
{
	n = n < FAILURE_TEXT ? n : FAILURE_TEXT - 1;
	n = strnlen(text, n);
	memcpy(f->text, text, n);
	f->text[n] = '\0';
	snprintf(f->property, sizeof(f->property), "%s", property);
}

/* The signature of a crash: the assertion, or the summary line of a sanitizer. */
static void crash_text(int errors, int status, struct failure *f)
{
	static const char *const marks[] = {"SUMMARY: ", "runtime error: ", "Assertion `"};
	char *text = need(malloc(STDERR_MAX + 1));
	ssize_t n = pread(errors, text, STDERR_MAX, 0);
	const char *found = NULL;

	text[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(marks) && !found; i++)
		found = strstr(text, marks[i]);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		put_failure(f, "time", "the run does not end", FAILURE_TEXT);
	else if (found)
		put_failure(f, "crash", found, strcspn(found, "\n"));
	else
		put_failure(f, "crash", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit",
			FAILURE_TEXT);
	free(text);
}

/* Runs work in a child; a child that does not finish is a failure. */
static void in_child(struct shared *s, void (*work)(struct shared *s, const void *arg),
	const void *arg, unsigned seconds)
{
	int errors = memfd_create("errors", MFD_CLOEXEC), status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		limit(errors, seconds);
		work(s, arg);
		s->finished = true;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		need(NULL);
	if (!s->finished)
		crash_text(errors, status, &s->result.failure);
	close(errors);
}

struct scenario {
	const char *path, *text;
	uint64_t seed;
};

static void work_scenario(struct shared *s, const void *arg)
{
	const struct scenario *one = arg;
	struct scenario_options o = {.seed = one->seed};
	struct scenario_result r = {0};

	if (!scenario_run(one->path, one->text, strlen(one->text), &o, &r))
		put_failure(&s->result.failure, "scenario", r.error, sizeof(r.error));
	free(r.story);
}

bool worker_scenario(const char *path, const char *text, uint64_t seed)
{
	struct shared *s = share();
	struct scenario one = {path, text, seed};
	bool failed;

	in_child(s, work_scenario, &one, WORKER_SECONDS);
	failed = s->result.failure.property[0] != '\0';
	worker_unshare(s, sizeof(*s));
	return failed;
}

/* --- packet scripts --------------------------------------------------------------------------- */

static void count_sent(void *ctx, const struct pkt_frame *f)
{
	struct shared *s = ctx;

	s->sent += !f->inbound;
}

static void work_packets(struct shared *s, const void *arg)
{
	static char report[PKT_REPORT];
	const struct worker_packets *w = arg;
	struct pkt_source source = {.file = "script", .text = w->text, .len = strlen(w->text)};
	struct pkt_options o = {.mode = w->v6 ? PKT_IPV6 : PKT_IPV4,
		.ops = &pkt_instance_ops,
		.seed = 1,
		.tap = count_sent,
		.tap_ctx = s};

	if (pkt_run_source(&source, &o, report, sizeof(report)) != PKT_PASSED)
		put_failure(&s->result.failure, "packets", report, strcspn(report, "\n"));
}

void worker_packets(struct worker_packets *w)
{
	struct shared *s = share();

	in_child(s, work_packets, w, WORKER_SECONDS);
	w->failure = s->result.failure;
	w->sent = s->sent;
	worker_unshare(s, sizeof(*s));
}

/* --- plans ------------------------------------------------------------------------------------ */

struct record {
	const struct plan *plan;
	struct dialogue *into;
};

static void work_record(struct shared *s, const void *arg)
{
	const struct record *one = arg;

	run_recorded(one->plan, one->into, &s->result);
}

void worker_record(const struct plan *p, struct dialogue *into, struct run_result *result)
{
	struct shared *s = share();
	struct record one = {p, into};

	in_child(s, work_record, &one, WORKER_SECONDS);
	*result = s->result;
	worker_unshare(s, sizeof(*s));
}

static void work_one(struct shared *s, const void *arg)
{
	const struct worker_run *run = arg;
	struct trace trace;
	struct net_options o = {.trace = run->losses ? &trace : NULL};

	trace_init(&trace);
	run_plan(run->plan, &o, &s->result);
	trace_free(&trace);
	if (run->compare)
		fast_path_compare(run->plan, &s->result);
}

void worker_run(const struct worker_run *run, struct run_result *result)
{
	struct shared *s = share();

	in_child(s, work_one, run, WORKER_SECONDS);
	*result = s->result;
	worker_unshare(s, sizeof(*s));
}

static void work_seeds(struct shared *s, const void *arg)
{
	struct worker_batch *b = &s->batch;
	struct plan *p = need(malloc(sizeof(*p)));

	for (; b->done < b->count; b->done++) {
		if (b->until > 0 && (uint64_t)time(NULL) >= b->until)
			break;
		draw_plan(p, b->first + b->done);
		run_plan(p, &(struct net_options){0}, &s->result);
		if (b->compare > 0 && p->seed % b->compare == 0)
			fast_path_compare(p, &s->result);
		b->packets += s->result.packets;
		if (s->result.failure.property[0])
			break;
	}
	free(p);
}

void worker_seeds(struct worker_batch *b)
{
	struct shared *s = share();

	s->batch = *b;
	in_child(s, work_seeds, NULL, WORKER_SECONDS + (unsigned)(b->count / 10));
	*b = s->batch;
	b->failed = s->result.failure.property[0] != '\0';
	worker_unshare(s, sizeof(*s));
}
