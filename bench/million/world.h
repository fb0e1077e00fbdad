/*
 * world.h - both ends and the cable between them, in one process or in two.
 *
 *     one process   clients and server take turns on one thread. The clock is the processor time of
 *                   the server plus the time in which neither end had anything to do, which is
 * skipped: a million clients have processors of their own. Other load on the machine changes
 * nothing, and hours pass in seconds. two           the server in a process of its own, on another
 * processor; the clock is Linux's.
 *
 * Timers run once a millisecond, as a kernel's do; a frame is taken at once.
 */
#ifndef BENCH_MILLION_WORLD_H
#define BENCH_MILLION_WORLD_H

#include "million/clients.h"
#include "million/server_end.h"

#include <sys/types.h>

struct shared;

struct world {
	bool split;
	struct clients *clients;
	struct shared *shared;
	struct server_end *server; /* NULL: in another process */
	pid_t pid;                 /* that process */
	clockid_t cpu;             /* its processor time */
	/* of one process */
	bool in_clients, in_server;
	nsec_t server_cpu;           /* of turns that are over */
	nsec_t clients_cpu, skipped; /* the latter: time */
	nsec_t turn_began;           /* processor time at which the server's turn began, */
	nsec_t turn_clients;         /* and what the clients have used of it */
};

/* Both ends, with so many clients, none connected. */
void world_open(struct world *w, uint32_t users, bool split);

/* Lets each end do what there is to do; if there is nothing, time passes, at most until `until`. */
void world_step(struct world *w, nsec_t until);

/* Steps until then. */
void world_until(struct world *w, nsec_t until);

nsec_t world_now(const struct world *w);

/* Processor time that the server has used. */
nsec_t world_server_cpu(struct world *w);

/* Bytes that it has sent, or will send, and that are not acknowledged. */
uint64_t world_unacknowledged(const struct world *w);

/* Bytes of resident memory that are the server's own; 0 in one process, where they are not told
 * apart. */
uint64_t world_server_memory(const struct world *w);

/* Puts all users into #all, or takes them out again. */
void world_all(struct world *w, bool in);

/* Ends both; false if the server process did not end well. */
bool world_close(struct world *w);

#endif
