/*
 * call.h - system calls of a script.
 *
 *     call.c          making a call, comparing its result, blocking
 *     call_socket.c   socket bind listen accept connect shutdown
 *     call_io.c       read write send recv and their variants
 *     call_opt.c      socket options, ioctl, fcntl, poll, epoll
 *     call_file.c     close, and open pipe sendfile splice on simulated files
 */
#ifndef LAB_PKT_CALL_H
#define LAB_PKT_CALL_H

#include "lab/pkt/args.h"

/* The effect of a successful call on descriptors. */
enum pkt_call_effect {
	CALL_KEEPS,
	CALL_OPENS,   /* the result is a new descriptor */
	CALL_ACCEPTS, /* ... of the connection that assertions refer to from now on */
	CALL_CLOSES,  /* the first argument is no longer open */
};

/* A row of the table of system calls. call() consumes its arguments from a, makes the call, checks
 * the results returned through pointers, and returns like Linux: 0 or more, or -errno; or
 * -BURBLE_BLOCKED, and is then called again from the first argument. */
struct pkt_syscall {
	const char *name; /* NULL: end of the table */
	int64_t (*call)(struct pkt_args *a);
	enum pkt_call_effect effect;
};

extern const struct pkt_syscall call_socket_table[], call_io_table[], call_opt_table[],
	call_file_table[];

/* Makes the call of event e, which has to return by `end` if it may block. Returns false after
 * run_fail() if it is unknown, blocks unexpectedly, or its result differs. */
bool call_run(struct pkt_run *r, const struct pkt_event *e, nsec_t end);

/* Returns true if a call is blocked and can be retried: it is ready or has timed out. */
bool call_ready(const struct pkt_run *r);

/* Retries the blocked call, which may block again. Returns false after run_fail(). */
bool call_retry(struct pkt_run *r);

#endif
