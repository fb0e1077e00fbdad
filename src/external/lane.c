/* lane.c - queue and threads: lane.h. */
#include "external/lane.h"

#include <stdio.h>
#include <stdlib.h>

static void job_free(struct lane_job *j)
{
	void *whole = j->whole;

	explicit_bzero(whole, j->size);
	free(whole);
}

/* --- the threads --- */

static void finish(struct lane *l, struct lane_job *j)
{
	j->next = NULL;
	*l->finished.end = j;
	l->finished.end = &j->next;
}

static void *work(void *arg)
{
	struct lane *l = arg;

	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		struct lane_job *j = l->waiting;

		if (!j) {
			pthread_cond_wait(&l->work, &l->lock);
			continue;
		}
		l->waiting = j->next;
		l->round = j->round;
		pthread_mutex_unlock(&l->lock);
		l->plan.run(l->plan.arg, j);
		pthread_mutex_lock(&l->lock);
		finish(l, j);
		l->plan.wake(l->plan.wake_arg);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* --- the loop --- */

bool lane_start(struct lane *l, const struct lane_plan *plan)
{
	assert(plan->threads <= LANE_THREADS_MAX);
	*l = (struct lane){.plan = *plan};
	l->finished.end = &l->finished.first;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	while (l->started < plan->threads) {
		if (pthread_create(&l->thread[l->started], NULL, work, l) != 0)
			return false;
		l->started++;
	}
	return true;
}

bool lane_submit(struct lane *l, struct lane_job *j, uint64_t *round)
{
	struct lane_job **at = &l->waiting;

	if (!j)
		return false;
	if (!l->started || l->outstanding == l->plan.jobs) {
		job_free(j);
		return false;
	}
	l->outstanding++;
	pthread_mutex_lock(&l->lock);
	j->round = *round = (*round > l->round ? *round : l->round) + 1;
	while (*at && (*at)->round <= j->round)
		at = &(*at)->next;
	j->next = *at;
	*at = j;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
	return true;
}

static void report(struct lane *l, struct lane_job *j)
{
	l->outstanding--;
	j->then.done(j->then.arg, &j->reply);
	job_free(j);
}

static struct lane_job *take_finished(struct lane *l)
{
	struct lane_job *j;

	pthread_mutex_lock(&l->lock);
	j = l->finished.first;
	if (j)
		l->finished.first = j->next;
	if (!l->finished.first)
		l->finished.end = &l->finished.first;
	pthread_mutex_unlock(&l->lock);
	return j;
}

void lane_complete(struct lane *l)
{
	struct lane_job *j;

	while (l->outstanding && (j = take_finished(l)))
		report(l, j);
}

void lane_stop(struct lane *l)
{
	struct lane_job *j;

	if (!l->plan.threads)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	while (l->started)
		pthread_join(l->thread[--l->started], NULL);
	lane_complete(l);
	while ((j = l->waiting)) {
		l->waiting = j->next;
		snprintf(j->reply.why, sizeof(j->reply.why), "the server ends");
		report(l, j);
	}
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	l->plan.threads = 0;
}
