/*
 * tcp_watch.h - changes of the connections of an instance, for a watcher: each change, and the new
 * state, without walking all of them (tcp_each() in tcp.h).
 */
#ifndef STACK_TCP_TCP_WATCH_H
#define STACK_TCP_TCP_WATCH_H

#include "stack/tcp/tcp.h"

struct tcp_key;

/* The row of the record with key k; the queues of a listener are its accept queue and backlog. */
void tcp_row_see(const struct tcp_key *k, struct tcp_row *row);

/* The row of one connection; false: there is none. */
bool tcp_row_of(struct stack *s, const struct tcp_end *local, const struct tcp_end *peer,
	struct tcp_row *row);

/* Calls see for the listeners of a port, in the order of tcp_each(). */
void tcp_each_listener(struct stack *s, uint16_t port,
	void (*see)(const struct tcp_row *row, void *arg), void *arg);

/* Called whenever the result of tcp_each() would change its set, a state or an accept queue: with
 * the connection; with a peer's port of 0 for the queue of a listener; with NULL if listeners were
 * added or removed. It must not call the stack. */
struct tcp_watcher {
	void (*changed)(void *arg, const struct tcp_end *local, const struct tcp_end *peer);
	void *arg;
};

/* Replaces the watcher of an instance; w.changed is NULL for none. */
void tcp_watch_changes(struct stack *s, struct tcp_watcher w);

#endif
