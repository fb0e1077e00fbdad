/*
 * hasher.c - queue and thread of the password hasher. The thread sees one job at a time; the
 * queue is the loop's alone.
 */
#include "chat/cmd/hasher.h"

#include "chat/proto/password.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct hasher {
	void (*wake)(void *arg); /* NULL: no thread */
	void *arg;

	/* Used by the loop only. */
	struct hash_job *waiting; /* by round; first come, first served within one */
	uint32_t count;
	uint64_t round; /* of the last job taken */
	bool busy;      /* the thread has a job */

	/* Shared, under lock. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct hash_job *job;
	bool finished, stop;
};

void hasher_job_free(struct hash_job *j)
{
	explicit_bzero(j->given, sizeof(j->given));
	explicit_bzero(j->stored, sizeof(j->stored));
	free(j);
}

bool hasher_job_texts(struct hash_job *j, const char *stored, const char *given)
{
	size_t s = strlen(stored), g = strlen(given);

	if (s >= sizeof(j->stored) || g >= sizeof(j->given))
		return false;
	memcpy(j->stored, stored, s + 1);
	memcpy(j->given, given, g + 1);
	return true;
}

static nsec_t thread_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

/* --- the thread --- */

static void *hash_thread(void *arg)
{
	struct hasher *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		struct hash_job *j = h->finished ? NULL : h->job;

		if (!j) {
			pthread_cond_wait(&h->work, &h->lock);
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		nsec_t start = thread_time();

		j->right = password_check(j->stored, j->given);
		j->work = thread_time() - start;
		pthread_mutex_lock(&h->lock);
		h->finished = true;
		h->wake(h->arg);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* --- the loop --- */

struct hasher *hasher_new(void (*wake)(void *arg), void *arg)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->wake = wake;
	h->arg = arg;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	if (!wake || pthread_create(&h->thread, NULL, hash_thread, h) == 0)
		return h;
	h->wake = NULL;
	hasher_free(h);
	return NULL;
}

static void stop_thread(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	if (h->wake)
		stop_thread(h);
	if (h->job)
		hasher_job_free(h->job);
	while (h->waiting) {
		struct hash_job *j = h->waiting;

		h->waiting = j->next;
		hasher_job_free(j);
	}
	pthread_cond_destroy(&h->work);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* Takes the next job that is still wanted off the queue; NULL if there is none. */
static struct hash_job *take(struct hasher *h)
{
	while (h->waiting) {
		struct hash_job *j = h->waiting;

		h->waiting = j->next;
		h->round = j->round;
		if (j->wanted(j))
			return j;
		h->count--;
		hasher_job_free(j);
	}
	return NULL;
}

/* Hands the thread its next job if it is idle. */
static void feed(struct hasher *h)
{
	struct hash_job *j = h->wake && !h->busy ? take(h) : NULL;

	if (!j)
		return;
	h->busy = true;
	pthread_mutex_lock(&h->lock);
	h->job = j;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

bool hasher_submit(struct hasher *h, struct hash_job *j, uint64_t *round)
{
	struct hash_job **at = &h->waiting;

	if (h->count == HASHER_JOBS_MAX)
		return false;
	j->round = *round = (*round > h->round ? *round : h->round) + 1;
	while (*at && (*at)->round <= j->round)
		at = &(*at)->next;
	j->next = *at;
	*at = j;
	h->count++;
	feed(h);
	return true;
}

/* Returns a finished job, or NULL. */
static struct hash_job *take_finished(struct hasher *h)
{
	struct hash_job *j = NULL;

	if (!h->wake) {
		j = take(h);
		if (j)
			j->right = password_check(j->stored, j->given);
		return j;
	}
	if (!h->busy)
		return NULL;
	pthread_mutex_lock(&h->lock);
	if (h->finished) {
		j = h->job;
		h->job = NULL;
		h->finished = h->busy = false;
	}
	pthread_mutex_unlock(&h->lock);
	return j;
}

void hasher_complete(struct hasher *h)
{
	struct hash_job *j;

	while ((j = take_finished(h))) {
		h->count--;
		feed(h);
		j->done(j);
	}
}
