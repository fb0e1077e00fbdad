/*
 * call.h - blocking system calls of a task: retried whenever the socket is ready, until there is a
 * result. The record has the start and the result of each call.
 *
 *     call_begin -> attempt -> -BURBLE_BLOCKED -> yield ... ready or deadline -> attempt -> push
 */
#ifndef LAB_SCENARIO_CALL_H
#define LAB_SCENARIO_CALL_H

#include "lab/pkt/sut.h"
#include "lab/scenario/lab.h"

struct call {
	struct burble_call call;
	struct lab *lab;
	struct task *task; /* blocked in it */
	struct lab_host *host;
	uint64_t id;                   /* in the record */
	const struct pkt_sockets *sys; /* of its host */
	struct burble *b;              /* their first argument; NULL: a kernel */
	/* One attempt: 0 or more, -errno, or -BURBLE_BLOCKED. May run in another thread. */
	int64_t (*attempt)(struct call *c);
	/* Pushes the Lua results for a result of 0 or more; returns how many. */
	int (*push)(lua_State *L, struct call *c, int64_t result);
	bool gone; /* gone: its host lost power meanwhile */
	/* the arguments */
	int fd, flags;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	struct iovec data;  /* of the string or buffer on the task's stack */
	struct msghdr *msg; /* also on the stack */
	struct pollfd *poll;
	nfds_t polls;
	struct epoll_event *events;
	int max;
};

/* A new call of h, on top of the stack of L; name and arguments formatted for the record. */
struct call *call_new(lua_State *L, struct lab_host *h, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes c, which is on the stack; returns the return value of the Lua function. */
int call_begin(lua_State *L, struct call *c);

/* Aborts the blocked call of t, if there is one, without a result. */
void call_interrupt(struct task *t);

/* True if c is made on h. */
bool call_is_on(const struct call *c, const struct lab_host *h);

/* The host of the blocked call of t is gone: the call returns EHOSTDOWN. */
void call_fail(struct task *t);

#endif
