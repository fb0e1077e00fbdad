/*
 * wire.h - an instance of the stack at one end of the cable. Its device puts what is sent into one
 * ring; what arrives in the other is the owner's to hand over: the server takes it through the
 * device, the clients' end sorts it by host first.
 */
#ifndef BENCH_MILLION_WIRE_H
#define BENCH_MILLION_WIRE_H

#include "million/ring.h"
#include "socket/instance.h"
#include "stack/stack.h"

enum {
	SERVER_ADDR = 0x0a000001, /* 10.0.0.1 */
	CLIENT_ADDR = 0x0a000101, /* of the first host */
	SERVER_PORT = 6667,
	WIRE_MTU = 1500,
};

/* The device. */
struct wire {
	struct netdev dev;
	struct stack *stack;
	struct burble *bs;
	struct ring *out, *in;    /* in: NULL if the owner hands over what arrives */
	void (*full)(void *ctx);  /* out is full: makes room */
	void (*flush)(void *ctx); /* end of a batch; may be NULL */
	void *ctx;                /* of both */
};

/* The instance and its address. w's rings and functions are the caller's to set before. */
void wire_open(struct wire *w, uint32_t addr, nsec_t now);

/* Closes all sockets and frees the instance: what it says last goes nowhere. */
void wire_close(struct wire *w);

/* A packet of w's instance with the bytes of a frame. */
struct pkt *wire_packet(struct wire *w, const uint8_t *frame, uint32_t len);

#endif
