/*
 * hasher.c - queue and threads of the password hasher. The threads are handed a job each; the queue
 * is the loop's alone.
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
	uint32_t busy;  /* jobs that the threads have */
	uint32_t threads;
	pthread_t thread[HASHER_THREADS];

	/* Shared, under lock; both chained by next. */
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct hash_job *handed, *finished;
	bool stop;
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

static void run(struct hash_job *j)
{
	nsec_t start = thread_time();

	if (j->run)
		j->run(j);
	else
		j->right = password_check(j->stored, j->given);
	j->work = thread_time() - start;
}

static void *hash_thread(void *arg)
{
	struct hasher *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		struct hash_job *j = h->handed;

		if (!j) {
			pthread_cond_wait(&h->work, &h->lock);
			continue;
		}
		h->handed = j->next;
		pthread_mutex_unlock(&h->lock);
		run(j);
		pthread_mutex_lock(&h->lock);
		j->next = h->finished;
		h->finished = j;
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
	while (wake && h->threads < HASHER_THREADS) {
		if (pthread_create(&h->thread[h->threads], NULL, hash_thread, h) != 0) {
			hasher_free(h);
			return NULL;
		}
		h->threads++;
	}
	return h;
}

static void stop_threads(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	for (uint32_t i = 0; i < h->threads; i++)
		pthread_join(h->thread[i], NULL);
}

static void free_jobs(struct hash_job *j)
{
	while (j) {
		struct hash_job *next = j->next;

		hasher_job_free(j);
		j = next;
	}
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	stop_threads(h);
	free_jobs(h->handed);
	free_jobs(h->finished);
	free_jobs(h->waiting);
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

/* Hands idle threads their next jobs. */
static void feed(struct hasher *h)
{
	struct hash_job *j;

	while (h->busy < h->threads && (j = take(h))) {
		h->busy++;
		pthread_mutex_lock(&h->lock);
		j->next = h->handed;
		h->handed = j;
		pthread_cond_signal(&h->work);
		pthread_mutex_unlock(&h->lock);
	}
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
	struct hash_job *j;

	if (!h->wake) {
		j = take(h);
		if (j)
			run(j);
		return j;
	}
	if (!h->busy)
		return NULL;
	pthread_mutex_lock(&h->lock);
	j = h->finished;
	if (j) {
		h->finished = j->next;
		h->busy--;
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

uint32_t hasher_count(const struct hasher *h)
{
	return h->count;
}
