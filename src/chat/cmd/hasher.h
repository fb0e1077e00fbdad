/*
 * hasher.h - password hashing off the loop: a few threads, a bounded queue, fair order.
 *
 *     loop   hasher_submit() -> waiting, by turn -> [ one job a thread ] ---> threads: `run`
 *            hasher_complete() runs `done`       <--------------------------  wake()
 *
 * A hash takes milliseconds, and clients choose how many are submitted. So the queue alternates
 * between sources (addresses): each source's next job is one round behind its last, and the lowest
 * round is hashed first (fair queueing). However many jobs one address submits, those of another
 * wait for only one of them.
 */
#ifndef CHAT_CMD_HASHER_H
#define CHAT_CMD_HASHER_H

#include "base/base.h"

enum {
	HASHER_THREADS = 2,      /* each may take the memory of an argon2id hash */
	HASHER_JOBS_MAX = 512,   /* waiting and in progress; more are refused */
	HASHER_STORED_MAX = 640, /* bytes with their NUL; longer: refused */
	HASHER_GIVEN_MAX = 640,
};

/* A job. Allocated with malloc() by the caller, usually as the first member of a larger structure;
 * owned by the hasher from hasher_submit() to done(). */
struct hash_job {
	struct hash_job *next;
	uint64_t round;
	bool (*wanted)(struct hash_job *j); /* false: no longer needed, freed unhashed */
	void (*run)(struct hash_job *j);    /* on the thread; NULL: right = password_check() */
	void (*done)(struct hash_job *j);   /* gets ownership back; calls hasher_job_free() */
	bool right;
	nsec_t work; /* CPU time it took */
	char stored[HASHER_STORED_MAX], given[HASHER_GIVEN_MAX];
};

struct hasher;

/* Creates a hasher; NULL if out of memory or threads. wake(arg) is called on its threads. With wake
 * NULL there is no thread, and hasher_complete() does the work: for virtual time and tests. */
struct hasher *hasher_new(void (*wake)(void *arg), void *arg);

/* Waits for the hash in progress and frees all jobs without calling done(). h may be NULL. */
void hasher_free(struct hasher *h);

/* Fills in a job's texts; false if they are too long. */
bool hasher_job_texts(struct hash_job *j, const char *stored, const char *given);

/* Queues a job after those of the same source, whose round is kept in *round. False if the queue is
 * full: the caller keeps the job. */
bool hasher_submit(struct hasher *h, struct hash_job *j, uint64_t *round);

/* Calls done() for finished jobs. Cheap when there are none. */
void hasher_complete(struct hasher *h);

/* The number of jobs that wait or are in progress. */
uint32_t hasher_count(const struct hasher *h);

/* Wipes and frees a job. */
void hasher_job_free(struct hash_job *j);

#endif
