/* cells.h - benchmark cells, one function each: a fresh pair of instances, a figure. */
#ifndef BENCH_STACK_CELLS_H
#define BENCH_STACK_CELLS_H

#include "stack/link.h"

enum {
	MESSAGE = 64,       /* bytes */
	SERVER_PORTS = 40,  /* servers to connect to: a million 4-tuples, and no server is asked for
			     * more than the half of all ports that connect() tries first */
	BULK_WRITE = 65536, /* bytes that the sender writes a turn */
	BULK_SEGMENT = 1448,  /* payload of a full segment: MTU 1500, timestamps on */
	BULK_SEGMENT6 = 1428, /* over IPv6 */
};

/* Each takes how much to do and prints "name value" lines: `ns`, the processor time of a unit;
 * `work`, the units that were done in all, those before the measurement too; and what else it
 * measures. Processor time is the same whatever the clock of the machine counts in. */
void cell_bulk(const struct link_options *o, long mebibytes);
void cell_rtt(const struct link_options *o, int connections, long round_trips);
void cell_churn(const struct link_options *o, long connections);
void cell_fanout(const struct link_options *o, int connections, long messages);
void cell_idle(const struct link_options *o, int connections);

/* SYNs from everywhere to a listener that answers with cookies: cell_flood.c. */
void cell_flood(const struct link_options *o, long syns);

/* Processor time of the process in nanoseconds. */
double cpu_ns(void);

/* Prints what a cell has found: so many units took so many nanoseconds, `before` were done first.
 */
void report(double ns, double units, double before);

#endif
