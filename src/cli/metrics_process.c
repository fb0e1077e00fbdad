/*
 * metrics_process.c - metrics of the process, and of the HTTP server that serves them.
 */
#include "cli/metrics.h"

#include "web/http_door.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static nsec_t of_timeval(struct timeval t)
{
	return t.tv_sec * NSEC_SEC + t.tv_usec * NSEC_USEC;
}

/* Resident pages: the second number of /proc/self/statm. 0: it cannot be read. */
static uint64_t resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (f && fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void http(struct prom *p, const struct http_counts *c)
{
	char status[8];

	prom_number(p, "burble_http_connections", PROM_GAUGE, "Connections to this HTTP server.",
		c->conns);
	prom_number(p, "burble_http_connections_accepted_total", PROM_COUNTER,
		"Connections accepted by this HTTP server.", c->accepted);
	prom_family(p, "burble_http_connections_cut_total", PROM_COUNTER,
		"Connections to this HTTP server refused or cut, by reason.");
	prom_sample(p, "reason", "gave_way", c->evicted);
	prom_sample(p, "reason", "slow_reader", c->slow_readers);
	prom_number(p, "burble_http_accept_pauses_total", PROM_COUNTER,
		"Times that this HTTP server could not accept.", c->accept_pauses);
	prom_family(p, "burble_http_answers_total", PROM_COUNTER,
		"Answers of this HTTP server by status, without the one that this is.");
	for (int i = 0; i < HTTP_STATUSES; i++) {
		snprintf(status, sizeof(status), "%u", http_statuses[i]);
		prom_sample(p, "status", status, c->answers[i]);
	}
}

void metrics_process(struct prom *p, const struct http_counts *c)
{
	struct rusage use;
	struct rlimit files;

	prom_family(p, "burble_build_info", PROM_GAUGE, "1, with the version of burble.");
	prom_sample(p, "version", BURBLE_VERSION, 1);
	prom_number(p, "burble_process_resident_memory_bytes", PROM_GAUGE,
		"Resident memory of the process.", resident());
	if (getrusage(RUSAGE_SELF, &use) == 0) {
		prom_family(p, "burble_process_cpu_seconds_total", PROM_COUNTER,
			"Processor time of the process, in user and system mode.");
		prom_seconds(p, of_timeval(use.ru_utime) + of_timeval(use.ru_stime));
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		prom_number(p, "burble_process_max_fds", PROM_GAUGE,
			"The most descriptors that the process may have: each connection on the "
			"kernel's sockets is one.",
			(uint64_t)files.rlim_cur);
	http(p, c);
}
