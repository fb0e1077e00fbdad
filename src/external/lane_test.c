/* lane_test.c - jobs on threads: bounds, fair order, the end. */
#include "external/lane.h"

#include "base/test/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	JOBS = 4,
};

struct numbered {
	struct lane_job job;
	char name;
};

/* The order in which jobs ran; the first waits for the gate. */
struct world {
	pthread_mutex_t gate;
	char ran[16];
	size_t count, done, failed;
};

static void run(void *arg, struct lane_job *j)
{
	struct world *w = arg;

	pthread_mutex_lock(&w->gate);
	w->ran[w->count++] = container_of(j, struct numbered, job)->name;
	pthread_mutex_unlock(&w->gate);
	j->reply.ok = true;
}

static void wake(void *arg)
{
}

static void done(void *arg, const struct external_reply *reply)
{
	struct world *w = arg;

	w->done++;
	if (!reply->ok)
		w->failed++;
}

static bool submit(struct lane *l, struct world *w, char name, uint64_t *round)
{
	struct numbered *n = calloc(1, sizeof(*n));

	n->job.whole = n;
	n->job.size = sizeof(*n);
	n->job.then = (struct external_then){done, w};
	n->name = name;
	return lane_submit(l, &n->job, round);
}

static void start(struct lane *l, struct world *w)
{
	struct lane_plan plan = {1, JOBS, run, w, wake, NULL};

	*w = (struct world){.gate = PTHREAD_MUTEX_INITIALIZER};
	pthread_mutex_lock(&w->gate);
	assert_true(lane_start(l, &plan));
}

TEST(sources_take_turns_and_more_than_the_bound_is_refused)
{
	struct lane l;
	struct world w;
	uint64_t greedy = 0, modest = 0;

	start(&l, &w);
	assert_true(submit(&l, &w, 'a', &greedy));
	while (l.round == 0) /* until the thread has it */
		usleep(1000);
	assert_true(submit(&l, &w, 'b', &greedy));
	assert_true(submit(&l, &w, 'c', &greedy));
	assert_true(submit(&l, &w, 'm', &modest));
	assert_false(submit(&l, &w, 'x', &modest));
	pthread_mutex_unlock(&w.gate);
	while (w.done < JOBS) {
		lane_complete(&l);
		usleep(1000);
	}
	assert_memory_equal(w.ran, "abmc", JOBS);
	assert_int_equal(w.failed, 0);
	lane_stop(&l);
	assert_false(submit(&l, &w, 'x', &modest));
}

TEST(at_the_end_every_job_is_reported)
{
	struct lane l;
	struct world w;
	uint64_t round = 0;

	start(&l, &w);
	for (char c = 'a'; c < 'a' + JOBS; c++)
		assert_true(submit(&l, &w, c, &round));
	pthread_mutex_lock(&l.lock);
	l.stop = true;
	pthread_mutex_unlock(&l.lock);
	pthread_mutex_unlock(&w.gate);
	lane_stop(&l);
	assert_int_equal(w.done, JOBS);
	assert_true(w.failed >= JOBS - 1);
}
