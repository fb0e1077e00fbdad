/*
 * machine.h - what a host runs: an instance of burble's stack in virtual time (stack_machine.c), or
 * a network namespace of this machine's kernel in real time (lab/live/kernel_machine.h). The host
 * has the cables, the configuration and the record; the machine has the packets and the sockets.
 *
 *     link -> host_forward -> input             programs -> call -> sockets
 *     link <- host_send    <- (its own time)
 */
#ifndef LAB_WORLD_MACHINE_H
#define LAB_WORLD_MACHINE_H

#include "burble/blocking.h"
#include "lab/world/world.h"
#include "stack/mib.h"
#include "stack/tcp/tcp.h"

struct host;
struct machine;

/* A system call of a program. If it blocks, wait->wake is called once it is to be made again. */
struct machine_call {
	int64_t (*run)(void *ctx); /* its result: 0 or more, or -errno */
	void *ctx;
	struct burble_call *wait;
	int fd; /* -1: none, or several */
};

/* None is NULL. Names, values and addresses are as in host.h; errors are -errno. */
struct machine_ops {
	bool real; /* runs in real time, on this machine's kernel */

	/* Switches it on, without interfaces. */
	void (*boot)(struct machine *m);

	/* Interfaces and configuration are complete: recording starts here. */
	void (*booted)(struct machine *m);

	/* Switches it off; what it sends meanwhile is discarded by the host. */
	void (*off)(struct machine *m);
	void (*free)(struct machine *m);

	int (*interface)(struct machine *m, int port, uint32_t mtu);
	int (*addr_add)(struct machine *m, int port, const char *address);
	int (*addr_del)(struct machine *m, int port, const char *address);
	int (*route)(struct machine *m, int port, const char *prefix, const char *gateway);
	int (*sysctl)(struct machine *m, const char *name, const char *value, const char **why);
	int (*sysctl_get)(struct machine *m, const char *name, char *value, size_t size);

	/* One IP packet arrives; returns the counter that explains why it was discarded, or NULL.
	 */
	const char *(*input)(struct machine *m, int port, const uint8_t *bytes, size_t len);

	/* Does what is due; returns when it wants to run next, NSEC_MAX for never. */
	nsec_t (*step)(struct machine *m);

	/* The instance, for calls at the present time; NULL: the calls are the kernel's. */
	struct burble *(*instance)(struct machine *m);

	/* Makes a call, or asks for the result of one that blocked: the result, or
	 * -BURBLE_BLOCKED. */
	int64_t (*call)(struct machine *m, const struct machine_call *call);

	/* Ends a blocked call without a result. */
	void (*interrupt)(struct machine *m, struct burble_call *wait);

	/* A program opened, or closes, a descriptor. */
	void (*opened)(struct machine *m, int fd);
	void (*closed)(struct machine *m, int fd);

	/* The programs are killed: closes all of their descriptors. */
	void (*crash)(struct machine *m);

	/* Suspends the programs' calls, or resumes them. */
	void (*freeze)(struct machine *m, bool frozen);

	/* Calls see() for each TCP socket. */
	void (*each)(
		struct machine *m, void (*see)(const struct tcp_row *row, void *arg), void *arg);

	/* Reads the counters; leaves those unchanged that it lacks. */
	void (*counters)(struct machine *m, uint64_t count[MIB_COUNT]);

	/* Records TCP_INFO of a stream from now on; false: too many. */
	bool (*watch)(struct machine *m, int fd);
};

struct machine {
	const struct machine_ops *ops;
	struct host *host;
};

#endif
