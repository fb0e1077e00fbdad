/*
 * scenario.h - a scenario: a Lua file that creates hosts and links, runs programs on the hosts,
 * injects faults at given times, and states the expected outcome. docs/lab.md describes the
 * language.
 */
#ifndef LAB_SCENARIO_SCENARIO_H
#define LAB_SCENARIO_SCENARIO_H

#include "lab/world/machine.h"
#include "lab/world/trace.h"

enum {
	SCENARIO_SETTINGS = 64,
	SCENARIO_ERROR = 1024,
	SCENARIO_STEPS = 1024,
};

/* A host on this machine's kernel, in real time. */
struct scenario_real {
	const char *host; /* its name, */
	unsigned nth;     /* of several of that name, from 1 */
	nsec_t limit;     /* the run ends then at the latest */
	struct machine *(*make)(struct host *h, void *ctx);
	/* Sleeps until w's time reaches `until`, or something happens to the machine; returns the
	 * present time of w */
	nsec_t (*wait)(struct world *w, nsec_t until, void *ctx);
	void *ctx;
};

struct scenario_options {
	uint64_t seed;
	bool slow_path; /* hosts do not use the fast paths of their stacks */
	/* "key=value" of --set, for param(); ends with NULL */
	const char *const *settings;
	struct trace *trace;              /* NULL: not recorded */
	const struct scenario_real *real; /* NULL: all of it in virtual time */
	/* An empty directory for the databases of chat servers; NULL: on the hosts' disks */
	const char *data;
	/* print() of the scenario, a line without its end; NULL: discarded */
	void (*print)(void *ctx, nsec_t at, const char *line);
	/* Called every SCENARIO_STEPS instants with the virtual time since the start and the
	 * packets sent so far; NULL: no report */
	void (*progress)(void *ctx, nsec_t at, uint64_t packets);
	void *ctx;
};

struct scenario_result {
	uint32_t expectations, failed; /* expect() calls; those that failed */
	bool broken;                   /* an error, or a scenario that expects nothing */
	char error[SCENARIO_ERROR];    /* the first failure: FILE:LINE: at T s: what */
	char title[128];
	char *story; /* a paragraph; NULL: none. The caller frees it */
	nsec_t end;  /* virtual time from the start */
	uint64_t packets, steps;
};

/* Runs the len bytes of source, called name in messages. True if all expectations were met. */
bool scenario_run(const char *name, const char *source, size_t len,
	const struct scenario_options *o, struct scenario_result *result);

/* Only reads title and story: the file is run up to its first host. False with an error if it does
 * not get there. */
bool scenario_describe(
	const char *name, const char *source, size_t len, struct scenario_result *result);

#endif
