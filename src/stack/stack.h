/*
 * stack.h - one instance of the TCP/IP stack. No system call, no clock, no thread, no global state:
 * frames and the time go in, frames and readiness come out.
 *
 *     stack_input(frame, now)   marks: state, readiness, "this connection has something to send"
 *     calls of the socket room  mark likewise (a long TCP send also sends: decision 0260)
 *     stack_timers(now)         mark likewise
 *     stack_flush(now)          sends: everything that was marked, in the order of marking
 *
 * `now` never goes back. It is stamped by the three calls above (and by stack_at() before calls
 * from the socket room) and kept in the instance; nothing below asks for it. The owner of the
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

struct stack_config {
	uint64_t seed; /* of all that is random in it (law 1) */
	nsec_t now;
	bool checked;   /* in tests: every queue is walked at the end of every entry */
	bool slow_path; /* no fast paths: see stack_slow_path() */
};

/* An instance with Linux's default parameters, a loopback interface "lo" (ifindex 1, up, 127.0.0.1
 * and ::1) and nothing else. NULL if out of memory. */
struct stack *stack_new(const struct stack_config *config);

/* Ends it: nothing more is sent. Sockets must be closed, drivers stay their owners'. */
void stack_free(struct stack *s);

/* From now on every queue is walked at the end of every entry, as with stack_config.checked. */
void stack_check_queues(struct stack *s);

/* From now on no fast path is taken, as with stack_config.slow_path: every segment and call goes
 * through the general code. Frames, counters and results are the same to the byte; that they are is
 * what the fast paths are tested by. */
void stack_slow_path(struct stack *s);

/* A frame arrived on dev. Takes p; data is the link header, or the IP header on NETDEV_RAW. */
void stack_input(struct stack *s, struct netdev *dev, struct pkt *p, nsec_t now);

/* stack_input() of n frames that arrived together, in their order. What the later ones will need is
 * fetched into the cache meanwhile: worth it with more connections than the cache holds. */
void stack_input_batch(
	struct stack *s, struct netdev *dev, struct pkt *const *p, uint32_t n, nsec_t now);

/* Takes the frames that have arrived on devices that are asked for them, up to a bound for each;
 * returns how many. */
uint32_t stack_receive(struct stack *s, nsec_t now);

/* Stamps the time for calls that follow. */
void stack_at(struct stack *s, nsec_t now);

/* Runs the timers that are due; returns how many were. */
uint32_t stack_timers(struct stack *s, nsec_t now);

/* When stack_timers() wants to run: never after the next timer; NSEC_MAX if none runs. */
nsec_t stack_next(struct stack *s);

/* True if stack_flush() has something to do. */
bool stack_dirty(const struct stack *s);

/* Sends what was marked, then lets the drivers flush. */
void stack_flush(struct stack *s, nsec_t now);

/* The parameters, read and changed directly (sysctl.h). Owned by the instance, like the next two.
 */
struct sysctl *stack_sysctl(struct stack *s);

/* The counters, read directly (mib.h). */
struct mib_table *stack_mib(struct stack *s);

/* The pools that packets for this instance come from. */
struct pkt_pool *stack_pkts(struct stack *s);

/* The time that was stamped last. */
nsec_t stack_now(const struct stack *s);

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

/* Adds an address with a prefix of so many bits (up to 32, or 128), and a route to the prefix.
 * -EEXIST, -ENOBUFS, -EINVAL (prefix, or no unicast address). */
int stack_addr_add(struct stack *s, struct netdev *dev, const struct ip_addr *a, unsigned bits);

/* Removes an address and the route that came with it. -EADDRNOTAVAIL: dev does not have it. */
int stack_addr_del(struct stack *s, struct netdev *dev, const struct ip_addr *a);

#endif
