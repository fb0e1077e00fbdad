/*
 * wire.h - the peer at the other end of the wire, 10.0.0.9: builds segments and datagrams from
 * numbers, and prints received ones in a deterministic form: sequence numbers are relative to the
 * start of each direction, an ephemeral port is "eph".
 */
#ifndef TWIN_WIRE_H
#define TWIN_WIRE_H

#include "world.h"

enum {
	FLOWS = 3,         /* peer's ports 6000 to 6002, with 5000 to 5002 of ours at first */
	FLOW_PORT = 5000,  /* ours */
	FLOW_PEER = 6000,  /* the peer's */
	EPHEMERAL = 32768, /* ports are drawn from here on */
};

/* A segment to send, relative to the correct one. */
struct segment {
	unsigned flow;
	int flags;    /* SEG_... */
	int seq, ack; /* added to the next correct value */
	unsigned len, win;
};

struct wire;

struct wire *wire_new(const struct world *w);
void wire_free(struct wire *wire);
void wire_segment(struct wire *wire, const struct segment *s);
void wire_datagram(struct wire *wire, unsigned flow, unsigned len);

/* Prints every packet that leaves, one per line, until there are no more. */
void wire_print(struct wire *wire);

#endif
