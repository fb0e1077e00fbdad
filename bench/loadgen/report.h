/*
 * report.h - the results of a run, in two forms: lines for people, one JSON object for bench/run.
 */
#ifndef LOADGEN_REPORT_H
#define LOADGEN_REPORT_H

#include "loadgen/worker.h"

struct report {
	const struct options *o;
	struct shared *shared;
	bool ok; /* completed, with no violation */
	double connect_wall, connect_cpu, join_wall, join_cpu, churn_wall, churn_cpu; /* seconds */
	uint64_t rss_start, rss_connected, rss_joined, rss_closed; /* bytes; 0: not measured */
	uint64_t join_lines;
	uint32_t round_count;
	struct round rounds[ROUNDS_MAX];
};

/* A running measurement: begun by process 0 once all processes wait at a barrier. */
struct meter {
	double wall, server_cpu, own_cpu;
	uint64_t delivered, receipts, recvs;
};

void meter_begin(struct meter *m, struct report *r);
void meter_end(const struct meter *m, struct report *r, struct round *out);

/* Seconds of CPU that the server's processes have used so far; 0 without --pids. */
double report_cpu(const struct report *r);
uint64_t report_rss(const struct report *r);

/* Prints both forms; returns the exit status. */
int report_print(struct report *r);

#endif
