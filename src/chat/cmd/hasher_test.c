/* hasher_test.c - the order of jobs, their bound, and the thread. */
#include "base/test/test.h"
#include "chat/cmd/hasher.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	MANY = 20,
};

struct asked {
	struct hash_job job;
	int number;
};

static struct {
	int order[MANY + 1], count; /* numbers of the jobs, in order of completion */
	bool right[MANY + 1];
	int gone; /* the job that is no longer wanted */
} seen;

static bool is_wanted(struct hash_job *j)
{
	return container_of(j, struct asked, job)->number != seen.gone;
}

static void done(struct hash_job *j)
{
	seen.right[seen.count] = j->right;
	seen.order[seen.count++] = container_of(j, struct asked, job)->number;
	hasher_job_free(j);
}

static struct asked *job(int number, const char *given)
{
	struct asked *a = calloc(1, sizeof(*a));

	a->number = number;
	a->job.wanted = is_wanted;
	a->job.done = done;
	assert_true(hasher_job_texts(&a->job, "plain:secret", given));
	return a;
}

static void forget(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.gone = -1;
}

TEST(one_source_with_many_jobs_lets_another_go_second)
{
	struct hasher *h = hasher_new(NULL, NULL);
	uint64_t many = 0, one = 0;

	forget();
	for (int i = 0; i < MANY; i++)
		assert_true(hasher_submit(h, &job(i, "wrong")->job, &many));
	assert_true(hasher_submit(h, &job(100, "secret")->job, &one));
	hasher_complete(h);
	assert_int_equal(seen.count, MANY + 1);
	assert_int_equal(seen.order[0], 0);
	assert_int_equal(seen.order[1], 100);
	assert_true(seen.right[1]);
	assert_false(seen.right[0]);
	for (int i = 2; i <= MANY; i++)
		assert_int_equal(seen.order[i], i - 1);
	hasher_free(h);
}

TEST(an_idle_source_does_not_save_up_rounds)
{
	struct hasher *h = hasher_new(NULL, NULL);
	uint64_t busy = 0, quiet = 0;

	forget();
	for (int i = 0; i < 10; i++)
		assert_true(hasher_submit(h, &job(i, "x")->job, &busy));
	hasher_complete(h);
	forget();
	for (int i = 0; i < 4; i++) {
		assert_true(hasher_submit(h, &job(i, "x")->job, &quiet));
		assert_true(hasher_submit(h, &job(10 + i, "x")->job, &busy));
	}
	hasher_complete(h);
	assert_int_equal(seen.order[0] + seen.order[1], 0 + 10); /* one of each, in either order */
	assert_int_equal(seen.order[2] + seen.order[3], 1 + 11);
	hasher_free(h);
}

TEST(the_queue_is_bounded_and_a_refused_job_stays_the_callers)
{
	struct hasher *h = hasher_new(NULL, NULL);
	struct asked *more = job(1, "x");
	uint64_t round = 0;

	seen.gone = 0;
	for (int i = 0; i < HASHER_JOBS_MAX; i++)
		assert_true(hasher_submit(h, &job(0, "x")->job, &round));
	assert_false(hasher_submit(h, &more->job, &round));
	hasher_job_free(&more->job);
	hasher_complete(h); /* no longer wanted: dropped unhashed, and there is room again */
	forget();
	assert_true(hasher_submit(h, &job(2, "x")->job, &round));
	hasher_free(h);
}

TEST(texts_have_bounds)
{
	struct hash_job j;
	char text[HASHER_GIVEN_MAX + 1];

	_Static_assert((int)HASHER_GIVEN_MAX == (int)HASHER_STORED_MAX, "one text for both");

	memset(text, 'x', sizeof(text));
	text[HASHER_GIVEN_MAX] = '\0';
	assert_false(hasher_job_texts(&j, "plain:a", text));
	text[HASHER_GIVEN_MAX - 1] = '\0';
	assert_true(hasher_job_texts(&j, "plain:a", text));
	assert_true(hasher_job_texts(&j, text, "a"));
	text[HASHER_GIVEN_MAX - 1] = 'x';
	assert_false(hasher_job_texts(&j, text, "a"));
}

static void wake(void *arg)
{
	eventfd_write(*(int *)arg, 1);
}

/* Two threads finish in any order. */
TEST(the_threads_wake_the_loop_for_each)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct hasher *h = hasher_new(wake, &fd);
	struct pollfd p = {fd, POLLIN, 0};
	uint64_t round = 0;
	eventfd_t n;

	forget();
	for (int i = 0; i < MANY; i++)
		assert_true(hasher_submit(h, &job(i, i % 2 ? "secret" : "x")->job, &round));
	while (seen.count < MANY) {
		assert_int_equal(poll(&p, 1, 10000), 1);
		eventfd_read(fd, &n);
		hasher_complete(h);
	}
	n = 0;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(seen.right[i], seen.order[i] % 2);
		n |= 1u << seen.order[i];
	}
	assert_int_equal(n, (1u << MANY) - 1); /* each once */
	for (int i = 0; i < MANY; i++)         /* freed while some wait and one is being hashed */
		assert_true(hasher_submit(h, &job(i, "x")->job, &round));
	hasher_free(h);
	close(fd);
}
