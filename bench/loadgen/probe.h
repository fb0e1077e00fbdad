/*
 * probe.h - resource use of the server's processes, read from /proc: CPU time of all their threads
 * and descendants, and resident memory.
 */
#ifndef LOADGEN_PROBE_H
#define LOADGEN_PROBE_H

#include <sys/types.h>

#include "base/base.h"

enum {
	PROBE_PIDS_MAX = 64
};

struct probe {
	pid_t pid[PROBE_PIDS_MAX];
	uint32_t count;
};

/* Reads "123,456" into p. False if it is not a list of process ids. */
bool probe_parse(struct probe *p, const char *list);

/* CPU time used so far by the processes, their threads and descendants (schedstat, nanoseconds).
 * A thread that has ended in between is no longer counted. */
nsec_t probe_cpu(const struct probe *p);

/* Resident bytes of the processes and descendants now (smaps_rollup, exact). */
uint64_t probe_rss(const struct probe *p);

/* The highest resident size since probe_peak_reset(), summed; bytes. */
uint64_t probe_peak(const struct probe *p);
void probe_peak_reset(const struct probe *p);

#endif
