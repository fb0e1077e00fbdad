/* cells.h - benchmark cells, one function each: a fresh pair of instances, a figure. */
#ifndef BENCH_STACK_CELLS_H
#define BENCH_STACK_CELLS_H

#include "stack/link.h"

enum {
	MESSAGE = 64,       /* bytes */
	SERVER_PORTS = 40,  /* servers to connect to: a million 4-tuples, and no server is asked for
			     * more than the half of all ports that connect() tries first */
	BULK_WRITE = 65536, /* bytes that the sender writes a turn */
	BULK_SEGMENT = 1448, /* payload of a full segment: MTU 1500, timestamps on */
};

/* Clocks at a moment. */
struct stamp {
	uint64_t cycles; /* of the time stamp counter */
	double seconds;
};
struct stamp stamp_now(void);

/* Each takes how much to do, prints "name value" lines. */
void cell_bulk(long mebibytes);
void cell_rtt(int connections, long round_trips);
void cell_churn(long connections);
void cell_idle(int connections);

#endif
