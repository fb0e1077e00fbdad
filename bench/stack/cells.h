/* cells.h - benchmark cells, one function each: a fresh pair of instances, a figure. */
#ifndef BENCH_STACK_CELLS_H
#define BENCH_STACK_CELLS_H

#include "stack/link.h"

enum {
	MESSAGE = 64,         /* bytes */
	SERVER_PORTS = 40,    /* servers to connect to: a million 4-tuples, none using more than the
				 half of all ports that connect() tries first */
	BULK_WRITE = 65536,   /* bytes that the sender writes per turn */
	BULK_SEGMENT = 1448,  /* payload of a full segment: MTU 1500, timestamps on */
	BULK_SEGMENT6 = 1428, /* over IPv6 */
};

/* Each takes the amount of work and prints "name value" lines: `ns`, the processor time per unit;
 * `work`, the units done in all, including those before the measurement; and its other results.
 * Processor time is independent of the clock that the instances run on. */
void cell_bulk(const struct link_options *o, long mebibytes);
void cell_rtt(const struct link_options *o, int connections, long round_trips);
void cell_churn(const struct link_options *o, long connections);
void cell_fanout(const struct link_options *o, int connections, long messages);
void cell_idle(const struct link_options *o, int connections);
void cell_list(const struct link_options *o, int connections); /* of them, for ss */

/* SYNs from everywhere to a listener that answers with cookies: cell_flood.c. */
void cell_flood(const struct link_options *o, long syns);

/* Processor time of the process in nanoseconds. */
double cpu_ns(void);

/* Prints the result of a cell: `units` took `ns` nanoseconds, after `before` units that were not
 * measured. */
void report(double ns, double units, double before);

#endif
