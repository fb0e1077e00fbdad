/*
 * stack.h - one instance of the TCP/IP stack. No system call, no clock, no thread, no global state:
 * frames and the time go in, frames and readiness come out.
 *
 *     stack_input(frame, now)   marks: state, readiness, "this connection has something to send"
 *     calls of the socket room  mark likewise (a long TCP send also sends: decision 0260)
 *     stack_timers(now)         mark likewise
 *     stack_flush(now)          sends: everything marked, in the order of marking
 *
 * `now` never goes back. It is stamped by the three calls above (and by stack_at() before calls
 * from the socket room) and kept in the instance; no code below reads a clock. The owner of the
 * instance calls stack_flush() at the end of each batch and before it sleeps, and stack_timers() at
 * stack_next() at the latest. Two instances share nothing.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include "stack/mib.h"
#include "stack/netdev.h"
#include "stack/sysctl.h"
#include "wire/addr.h"

struct stack;

/* Sees every frame that passes an interface but the loopback: one that arrived before it is
 * processed, one that is sent before its driver gets it. Must not call the stack. */
struct stack_tap {
	void (*frame)(struct stack_tap *t, const struct netdev *dev, const struct pkt *p, bool out);
	/* The frame that arrived last was processed, before another frame passes. NULL: not
	 * called. */
	void (*done)(struct stack_tap *t);
	struct stack_tap *next; /* of the instance */
};

struct stack_config {
	uint64_t seed; /* of everything random in it */
	nsec_t now;
	bool checked;   /* for tests: every queue is checked at the end of every entry */
	bool slow_path; /* no fast paths: see stack_slow_path() */
};

/* An instance with Linux's default parameters, a loopback interface "lo" (ifindex 1, up, 127.0.0.1
 * and ::1) and nothing else. NULL if out of memory. */
struct stack *stack_new(const struct stack_config *config);

/* Frees it: nothing more is sent. Sockets must be closed; drivers stay with their owners. */
void stack_free(struct stack *s);

/* From now on every queue is checked at the end of every entry, as with stack_config.checked. */
void stack_check_queues(struct stack *s);

/* From now on no fast path is taken, as with stack_config.slow_path: every segment and call takes
 * the general path. Frames, counters and results are the same to the byte, which is how the fast
 * paths are tested. */
void stack_slow_path(struct stack *s);

/* A frame arrived on dev. Takes p; data is the link header, or the IP header on NETDEV_RAW. */
void stack_input(struct stack *s, struct netdev *dev, struct pkt *p, nsec_t now);

/* stack_input() for n frames that arrived together, in order. Memory needed by the later ones is
 * prefetched: worthwhile with more connections than fit into the cache. */
void stack_input_batch(
	struct stack *s, struct netdev *dev, struct pkt *const *p, uint32_t n, nsec_t now);

/* Receives frames from devices with a receive function, up to a bound for each; returns how
 * many. */
uint32_t stack_receive(struct stack *s, nsec_t now);

/* When a device will have a frame, if one knows that ahead: to be called by then. NSEC_MAX: none
 * does. As of the last stack_receive(). */
nsec_t stack_receive_at(const struct stack *s);

/* Sets the time for the following calls. */
void stack_at(struct stack *s, nsec_t now);

/* Runs the timers that are due; returns how many. */
uint32_t stack_timers(struct stack *s, nsec_t now);

/* When to call stack_timers(): never after the next timer; NSEC_MAX if none is running. */
nsec_t stack_next(struct stack *s);

/* True if stack_flush() has something to do. */
bool stack_dirty(const struct stack *s);

/* Sends everything marked, then lets the drivers flush. */
void stack_flush(struct stack *s, nsec_t now);

/* The parameters, read and changed directly (sysctl.h). Owned by the instance, like the next two.
 */
struct sysctl *stack_sysctl(struct stack *s);

/* The counters, read directly (mib.h). */
struct mib_table *stack_mib(struct stack *s);

/* The pools for packets of this instance. */
struct pkt_pool *stack_pkts(struct stack *s);

/* The time set last. */
nsec_t stack_now(const struct stack *s);

/* Adds a tap, which stays the caller's until stack_untap() takes it off again. */
void stack_tap(struct stack *s, struct stack_tap *t);
void stack_untap(struct stack *s, struct stack_tap *t);

/* Shows a frame to the taps: for link/. */
void stack_show(struct stack *s, const struct netdev *dev, const struct pkt *p, bool out);

/* --- interfaces and addresses; routes: stack/ip/route.h through stack_routes() -----------------
 */

struct route_table;

/* The routing table, changed directly (route.h). */
struct route_table *stack_routes(struct stack *s);

/* Attaches dev, which stays the caller's and must outlive the attachment. -ENOBUFS: NETDEV_MAX. */
int stack_attach(struct stack *s, struct netdev *dev);

/* Detaches dev: its addresses, routes and neighbours are removed, queued frames dropped. */
void stack_detach(struct stack *s, struct netdev *dev);

/* The interface with the index; NULL: none. */
struct netdev *stack_netdev(struct stack *s, uint32_t ifindex);

/* The number of the interface among all that were ever attached, never 0: another interface that
 * gets its index has another. 0: there is no such interface, whose groups are gone with it. */
uint32_t stack_attachment(const struct stack *s, uint32_t ifindex);

/* Adds an address with a prefix of so many bits (up to 32, or 128), and a route to the prefix.
 * -EEXIST, -ENOBUFS, -EINVAL (prefix, or not a unicast address). */
int stack_addr_add(struct stack *s, struct netdev *dev, const struct ip_addr *a, unsigned bits);

/* Removes an address and its route. -EADDRNOTAVAIL: dev does not have it. */
int stack_addr_del(struct stack *s, struct netdev *dev, const struct ip_addr *a);

#endif
