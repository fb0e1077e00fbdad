/*
 * dialogue.h - the packets received and sent and the calls made by each host of a run, as lines of
 * a packet script (docs/pkt.md), one per event. It is one block of memory without pointers into the
 * run, so that it can be read after a child process has crashed.
 *
 *     0.010007 < 20000 > 8000 S 0:0(0) win 64240 <mss 1460,sackOK,nop,nop,nop,wscale 10>
 *     0.010007 > 8000 > 20000 S. 0:0(0) ack 1 win 65160 <mss 1460,nop,nop,sackOK,nop,wscale 10>
 *     0.030006 accept(4, ..., ...) = 5
 *
 * Sequence numbers are relative to the SYN of their side, ports are the wire's.
 */
#ifndef LAB_FUZZ_DIALOGUE_H
#define LAB_FUZZ_DIALOGUE_H

#include "lab/fuzz/plan.h"
#include "wire/addr.h"

#include <stdarg.h>

enum {
	DIALOGUE_TEXT = 1 << 17, /* bytes of the lines of a host */
	DIALOGUE_FLOWS = 64,     /* connections of a host */
	DIALOGUE_FD = 3,         /* a script's descriptors start here, an instance's at 0 */
};

/* The initial sequence numbers of a connection: at the host, and at its peer. */
struct dialogue_flow {
	uint16_t local_port, peer_port;
	uint32_t local_isn, peer_isn;
};

struct dialogue_host {
	struct dialogue_flow flow[DIALOGUE_FLOWS];
	int flows;
	struct ip_addr peer; /* of its first packet */
	bool has_peer;
	uint64_t sent;      /* packets */
	uint64_t calls;     /* system calls */
	nsec_t events;      /* lines */
	nsec_t begun;       /* of them before the call in progress, */
	size_t mark;        /* and their bytes */
	nsec_t last;        /* time of the last event, from the start */
	const char *cannot; /* why a packet script cannot express the run; NULL: it can */
	size_t len;
	char text[DIALOGUE_TEXT];
};

struct dialogue {
	nsec_t end; /* the end of the run, from its start */
	struct dialogue_host host[PLAN_HOSTS];
};

/* Adds a packet to or from a host at a time from the start. */
void dialogue_packet(
	struct dialogue_host *h, nsec_t at, bool inbound, const uint8_t *bytes, size_t len);

/* Starts a call: packets sent until it is added are sent by it. */
void dialogue_begin(struct dialogue_host *h);

/* Adds a call, formatted like printf(), and starts the next. */
void dialogue_call(struct dialogue_host *h, nsec_t at, const char *format, va_list args);

#endif
