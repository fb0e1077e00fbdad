/*
 * lane.h - a bounded queue of jobs and the threads that run them, fair to sources: as in
 * chat/cmd/hasher.h the next job of a source is one round behind its last one, and the lowest round
 * is run first.
 *
 *     loop   lane_submit() -> waiting, by round -> a thread: run()
 *            lane_complete() runs `done`        <- wake()
 */
#ifndef EXTERNAL_LANE_H
#define EXTERNAL_LANE_H

#include "chat/external.h"

#include <pthread.h>

enum {
	LANE_THREADS_MAX = 8,
};

/* A job: a member of `whole`, a structure of `size` bytes from calloc(), which is wiped when the
 * job is over: it may hold passwords. */
struct lane_job {
	struct lane_job *next;
	void *whole;
	size_t size;
	uint64_t round;
	struct external_then then;
	struct external_reply reply; /* run() fills it in */
};

struct lane_jobs {
	struct lane_job *first, **end;
};

/* How a lane works. */
struct lane_plan {
	uint32_t threads;                           /* at most LANE_THREADS_MAX */
	uint32_t jobs;                              /* waiting and running; more are refused */
	void (*run)(void *arg, struct lane_job *j); /* on a thread */
	void *arg;
	void (*wake)(void *arg); /* likewise: lane_complete() has something to do */
	void *wake_arg;
};

struct lane {
	struct lane_plan plan;
	uint32_t outstanding; /* jobs not reported yet; the loop's */
	uint32_t started;     /* threads */
	pthread_t thread[LANE_THREADS_MAX];

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;
	uint64_t round; /* of the last job taken */
	struct lane_job *waiting;
	struct lane_jobs finished;
	bool stop;
};

/* Starts a lane; false if out of threads: the caller ends it by lane_stop(). */
bool lane_start(struct lane *l, const struct lane_plan *plan);

/* Queues a job behind those of its source, whose round is kept in *round. False, and the job is
 * freed, if the lane is full or does not run. j may be NULL. */
bool lane_submit(struct lane *l, struct lane_job *j, uint64_t *round);

/* Runs `done` of what has ended. Cheap when nothing has. */
void lane_complete(struct lane *l);

/* Waits for the threads, and runs `done` of everything outstanding, what waited as failed. */
void lane_stop(struct lane *l);

#endif
