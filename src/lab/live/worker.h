/*
 * worker.h - system calls of the kernel that may block, each made in a thread of its own:
 *
 *     workers_call -> a thread makes it -> returned: the result
 *                                       -> asleep: -BURBLE_BLOCKED ... returns -> workers_collect
 *                                          wakes the task, whose next workers_call has the result
 */
#ifndef LAB_LIVE_WORKER_H
#define LAB_LIVE_WORKER_H

#include "base/list.h"
#include "lab/world/machine.h"

enum {
	WORKERS_MAX = 4096, /* calls that block at the same time; more fail with EAGAIN */
};

struct workers {
	struct list idle, busy;
	uint32_t count;
	int returned; /* eventfd: a call that blocked has returned */
	bool frozen;
};

/* No threads yet. False with errno: no descriptor is left. */
bool workers_init(struct workers *w);

/* Makes a call, or takes the result of one that blocked. wait->ctx is its thread meanwhile. */
int64_t workers_call(struct workers *w, const struct machine_call *call);

/* Ends a blocked call as a signal does; its result is lost. */
void workers_interrupt(struct workers *w, struct burble_call *wait);

/* Ends the blocked calls of a descriptor, which is about to be closed, with EBADF. In the kernel
 * they would keep it open. */
void workers_close(struct workers *w, int fd);

/* Wakes the tasks whose calls have returned. */
void workers_collect(struct workers *w);

/* Stops the calls as SIGSTOP does, or makes them again. */
void workers_freeze(struct workers *w, bool frozen);

/* Ends all calls and threads. */
void workers_free(struct workers *w);

#endif
