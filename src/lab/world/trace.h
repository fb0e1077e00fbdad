/*
 * trace.h - the record of a run: the events at each node with their virtual time, in order.
 * Reports, captures and expectations are derived from it; nothing is printed during a run.
 *
 *     SEND     a host sends packet `id`              bytes
 *     RECEIVE  packet `id` reaches a host
 *     DROP     packet `id` ends at a node            text: the reason, a counter of Linux's if the
 *                                                    host's stack counted one
 *     CALL     a program makes system call `id`      text: "connect(3, 10.0.0.2:80)"
 *     RETURN   system call `id` returns              text: "0", "-1 ETIMEDOUT"
 *     STATE    a connection changes its state        flow, value: enum tcp_state_name
 *     SAMPLE   a connection's TCP_INFO               flow, sample
 *     QUEUE    packets and bytes waiting in a link   value, value2
 *     NOTE     a fault or a remark of the scenario   text
 *     READY    readiness of descriptor `id`          value: EPOLL* bits; flow, if it has a peer
 *     LISTEN   the queues of a listener              flow: local; value: request sockets,
 *                                                    value2: those to be accepted, id: the limit
 */
#ifndef LAB_WORLD_TRACE_H
#define LAB_WORLD_TRACE_H

#include "base/arena.h"
#include "wire/addr.h"

enum trace_kind {
	TRACE_SEND,
	TRACE_RECEIVE,
	TRACE_DROP,
	TRACE_CALL,
	TRACE_RETURN,
	TRACE_STATE,
	TRACE_SAMPLE,
	TRACE_QUEUE,
	TRACE_NOTE,
	TRACE_READY,
	TRACE_LISTEN,
};

/* A connection from its host's side. */
struct trace_flow {
	struct ip_addr local, peer;
	uint16_t local_port, peer_port;
};

/* The fields of TCP_INFO that change during a transfer. */
struct trace_sample {
	uint32_t cwnd, ssthresh;  /* segments */
	uint32_t srtt_us, rto_us; /* microseconds */
	uint32_t in_flight;       /* segments */
	uint32_t snd_wnd;         /* bytes */
	uint32_t unacked, unsent; /* bytes: SIOCOUTQ, SIOCOUTQNSD */
	uint32_t unread;          /* bytes: SIOCINQ */
	uint8_t ca_state, retransmits, probes, backoff;
};

struct trace_event {
	nsec_t at;
	uint8_t kind;  /* enum trace_kind */
	uint32_t node; /* index of struct trace's names */
	uint64_t id;   /* of the packet, the call, the descriptor; 0: none */
	const char *text;
	const uint8_t *bytes;
	uint32_t len;
	struct trace_flow flow;
	int64_t value, value2;
	const struct trace_sample *sample;
};

/* A counter of a host that changed during the run. */
struct trace_counter {
	uint32_t node;
	const char *name;
	uint64_t before, after;
};

struct trace {
	struct arena arena; /* owns everything pointed to */
	struct trace_event *event;
	size_t count, room;
	const char **name; /* of nodes, by number */
	uint8_t *is_host;  /* likewise */
	uint32_t nodes;
	struct trace_counter *counter;
	size_t counters;
	bool full; /* TRACE_EVENTS_MAX was reached: later events are missing */
};

enum {
	TRACE_EVENTS_MAX = 1 << 24,
};

/* An empty record. */
void trace_init(struct trace *t);

/* Frees all of it. */
void trace_free(struct trace *t);

/* Names the next node; nodes must be named in the order of their numbers. */
void trace_node(struct trace *t, const char *name, bool is_host);

/* Appends a copy of e with its text, bytes and sample. */
void trace_add(struct trace *t, const struct trace_event *e);

/* Sets the text of event i (from 0); no effect if that was not kept, or if text is NULL. */
void trace_text(struct trace *t, size_t i, const char *text);

/* Appends a counter that changed. */
void trace_counter(struct trace *t, const struct trace_counter *c);

#endif
