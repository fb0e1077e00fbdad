/*
 * kernel.h - this machine's kernel as the system under test.
 *
 *     kernel.c           operations, packets, time
 *     kernel_netns.c     network namespace with a TUN device
 *     kernel_sysctl.c    sysctls
 *     kernel_probe.c     features that a script needs
 *     kernel_call.c      system calls
 *     kernel_mib.c       counters
 *     kernel_run.c       child process of a run
 *
 *     thread of the script                            worker thread
 *       inject -> write(tun)   kernel TCP/IP   <---- a call that blocks
 *       sent   <- AF_PACKET    sockets         ----> result, eventfd
 */
#ifndef LAB_PKT_KERNEL_H
#define LAB_PKT_KERNEL_H

#include "lab/pkt/sut.h"
#include "stack/mib.h"

#include <pthread.h>

enum {
	CC_NAME = 16, /* TCP_CA_NAME_MAX */
};

struct pkt_kernel {
	int tun;                  /* for injected packets; sent ones are read and dropped */
	int sniffer;              /* packet socket: sent packets, with timestamps */
	int wakeup;               /* eventfd: the worker finished its call */
	char congestion[CC_NAME]; /* to be set on each new socket; "": none */
	/* worker */
	pthread_t thread;
	bool thread_runs;
	pthread_mutex_t lock; /* of the rest */
	pthread_cond_t work;
	struct pkt_job *job; /* pending or being made; NULL: none */
	bool calling;        /* the job is being made */
	bool done;           /* result is valid */
	int64_t result;
	int tid;
};

/* Moves the process into a new network namespace with tun0 up; on failure adds the reason to why.
 * Opens k->tun and k->sniffer. */
enum pkt_result kernel_netns(struct pkt_sut *sut, const struct pkt_setup *setup, struct text *why);

/* Sets a sysctl of the namespace, or sets *why to the reason why not: PKT_UNSUPPORTED if burble
 * accepts name and value, else PKT_INVALID. */
enum pkt_result kernel_sysctl(
	struct pkt_sut *sut, const char *name, const char *value, const char **why);

/* Writes a sysctl of the namespace. Returns 0, or an errno with the reason in *why. A congestion
 * control that only root may use is accepted, and noted in congestion, which is else emptied by
 * that parameter: kernel_set_congestion() sets it on each new socket. */
int kernel_write_sysctl(
	char congestion[CC_NAME], const char *name, const char *value, const char **why);

/* Reads one, without its newline. Returns 0 or an errno. */
int kernel_read_sysctl(const char *name, char *value, size_t size);

/* Sets it on a stream; no effect on other sockets, and if it is empty. */
void kernel_set_congestion(int fd, const char *congestion);

/* Enables IPv6 even if the machine has disabled it, and stops the kernel from sending on its own.
 */
void kernel_silence_ipv6(void);

/* True if a thread of this process is asleep. */
bool kernel_asleep(int tid);

/* Sets the congestion control on a new socket, if the namespace could not. */
void kernel_opened(struct pkt_sut *sut, int fd);

/* Checks whether this kernel has the sockets, options, congestion controls, counters and members of
 * TCP_INFO that a script names. If not, sets *line and adds the reason to why. */
bool kernel_probe(const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why);

/* Reads the counters of the namespace; those that this kernel lacks are left unchanged. Returns
 * false, with errno, if /proc/net cannot be read. */
bool kernel_mib(uint64_t count[MIB_COUNT]);

/* Makes a system call: in the worker if it may block, else in this thread. Returns its result, or
 * -BURBLE_BLOCKED. */
int64_t kernel_call(struct pkt_sut *sut, struct pkt_job *job);

/* Cancels and joins the worker, if it was started. */
void kernel_call_end(struct pkt_kernel *k);

extern const struct pkt_sockets kernel_sockets;

#endif
