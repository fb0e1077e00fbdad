/*
 * kernel.h - the world of this machine's own kernel, in four files: kernel_netns.c makes a
 * network namespace with a TUN device, kernel_sysctl.c sets parameters, kernel_probe.c looks
 * whether the kernel has what a script needs, kernel_call.c makes the system calls,
 * kernel_mib.c reads the counters, kernel.c joins them to what the runner asks for.
 * kernel_run.c gives each run a process of its own.
 *
 *     thread of the script                            second thread
 *       inject -> write(tun)   kernel TCP/IP   <---- one call that blocks
 *       sent   <- AF_PACKET    sockets         ----> done, eventfd
 */
#ifndef LAB_PKT_KERNEL_H
#define LAB_PKT_KERNEL_H

#include "lab/pkt/sut.h"
#include "stack/mib.h"

#include <pthread.h>

enum {
	CC_NAME = 16, /* of a congestion control, as the kernel has it */
};

struct pkt_kernel {
	int tun;                  /* packets for the kernel; what it sent, unread */
	int sniffer;              /* what it sent, with times */
	int wakeup;               /* an eventfd: the call that blocked is done */
	char congestion[CC_NAME]; /* of new sockets, if the namespace may not have it; or "" */
	/* the second thread and its one call */
	pthread_t thread;
	bool thread_runs;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct pkt_job *job; /* to be made, or under way; NULL: none */
	int64_t result;
	int tid;
	bool calling, done;      /* the job is under way; its result is there */
	uint64_t mib[MIB_COUNT]; /* when the counters were asked for */
};

/* Moves this process into a network namespace of its own with tun0 configured; or why not. */
enum pkt_result kernel_netns(
	struct pkt_sut *sut, const struct pkt_setup *setup, char *why, size_t size);

/* "net.ipv4.tcp_sack" = "1", in the namespace; or the reason why not. What a kernel might have and
 * this one has not is lacking, what no kernel takes is refused. */
enum pkt_result kernel_sysctl(
	struct pkt_sut *sut, const char *name, const char *value, const char **why);

/* What was set and the namespace could not keep is set on a new socket. */
void kernel_opened(struct pkt_sut *sut, int fd);

/* Whether this kernel has the sockets, the options, the congestion controls and the counters of a
 * script. If not: the line and what is missing. */
bool kernel_probe(const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why);

/* The counters of the namespace, those that we know; one that the kernel has not got stays as it
 * was. False: they cannot be read. */
bool kernel_mib(uint64_t count[MIB_COUNT]);

/* Makes a job's call; one that may block in the second thread, until it sleeps. */
int64_t kernel_call(struct pkt_sut *sut, struct pkt_job *job);

/* Ends the second thread, wherever it is. */
void kernel_call_end(struct pkt_kernel *k);

extern const struct pkt_sockets kernel_sockets;

#endif
