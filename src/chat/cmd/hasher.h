/*
 * hasher.h - passwords are hashed off the loop: one thread, a bounded queue, a fair order.
 *
 *     loop   hasher_submit() -> waiting, by turn -> [ one job ] ---> thread: crypt(3)
 *            hasher_complete() runs `done`       <-----------------  wake()
 *
 * A hash takes milliseconds, and whoever may guess chooses how many there are. So jobs of one
 * source (an address) take turns with those of the others: each source's next job is one round
 * behind its last, and the lowest round is hashed first (fair queueing). However many one address
 * sends, another waits for one of them.
 */
#ifndef CHAT_CMD_HASHER_H
#define CHAT_CMD_HASHER_H

#include "base/base.h"

enum {
	HASHER_JOBS_MAX = 512,   /* waiting and under way; more are refused */
	HASHER_STORED_MAX = 256, /* bytes with their NUL; longer: refused */
	HASHER_GIVEN_MAX = 512,
};

/* One question. malloc'd by the asker, who puts it first in something larger if more is to be
 * known; the hasher's from hasher_submit() to done(). */
struct hash_job {
	struct hash_job *next;
	uint64_t round;
	bool (*wanted)(struct hash_job *j); /* false: the asker is gone, it is freed unhashed */
	void (*done)(struct hash_job *j);   /* takes it back; calls hasher_job_free() */
	bool right;
	nsec_t work; /* that it took the thread */
	char stored[HASHER_STORED_MAX], given[HASHER_GIVEN_MAX];
};

struct hasher;

/* With wake NULL there is no thread: the work is done in hasher_complete(), in virtual time and in
 * tests. wake(arg) is called on the thread. NULL when memory or threads are out. */
struct hasher *hasher_new(void (*wake)(void *arg), void *arg);

/* Waits for the hash under way; jobs that are not done are freed without a word. NULL is nothing.
 */
void hasher_free(struct hasher *h);

/* Fills in a job's texts; false if they are too long. */
bool hasher_job_texts(struct hash_job *j, const char *stored, const char *given);

/* Queues a job behind those of the same source, whose round is kept in *round. False: the queue is
 * full, the job is the caller's still. */
bool hasher_submit(struct hasher *h, struct hash_job *j, uint64_t *round);

/* Runs done() of what is finished. Cheap when there is nothing. */
void hasher_complete(struct hasher *h);

/* Wipes and frees. */
void hasher_job_free(struct hash_job *j);

#endif
