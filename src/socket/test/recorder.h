/*
 * recorder.h - logs everything observable of two instances (run_log.h): each frame as it is sent,
 * and the results of the test's calls.
 */
#ifndef SOCKET_TEST_RECORDER_H
#define SOCKET_TEST_RECORDER_H

#include "socket/test/run_log.h"
#include "socket/test/two_instances.h"

struct recorder {
	struct two_instances *p;
	struct run_log *log;
};

/* Starts recording the frames of p in log; both are the caller's. */
void recorder_begin(struct recorder *rec, struct two_instances *p, struct run_log *log);

/* Records a call of a side on fd and its result, value, which is returned; what: a constant. */
int64_t saw_call(struct recorder *rec, int side, const char *what, int fd, int64_t value);

/* Records that a call filled in v. */
void saw_bytes(struct recorder *rec, int side, const char *what, int fd, struct iovec v);

/* Records the counters of a side. */
void saw_counters(struct recorder *rec, int side);

/* Records a connection: TCP_INFO, its queues, and its readiness. */
void saw_end(struct recorder *rec, int side, int fd);

#endif
