/*
 * kernel_machine.h - this machine's kernel as what a host of the lab runs, in real time:
 *
 *     lab's link -- host -- eth0 (TAP) [ network namespace: TCP/IP, sockets ] <- calls -- scenario
 *
 * Its system calls are made by this process, those that block in threads (worker.h); its sockets
 * are read with sock_diag and its counters from /proc, as ss and nstat do. A reboot is a new
 * namespace; power off leaves the old one without a cable.
 */
#ifndef LAB_LIVE_KERNEL_MACHINE_H
#define LAB_LIVE_KERNEL_MACHINE_H

#include "lab/world/host.h"

struct kernel_real {
	nsec_t start;                   /* of the world, on CLOCK_MONOTONIC */
	struct kernel_machine *machine; /* NULL: not created yet, or freed */
	bool created;
	/* Called with what a run cannot have as asked: a refused parameter; NULL: not told */
	void (*remark)(void *ctx, const char *line);
	void *ctx;
};

/* True if this process may create a machine; else the reason is in why (160 bytes). */
bool kernel_machine_possible(char *why, size_t size);

/* A machine for host_new_with(); ctx is a struct kernel_real, whose clock starts now. */
struct machine *kernel_machine_new(struct host *h, void *ctx);

/* Sleeps until w's time is `until` or the kernel has something; returns the present time of w. ctx
 * as above. */
nsec_t kernel_machine_wait(struct world *w, nsec_t until, void *ctx);

#endif
