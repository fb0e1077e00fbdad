/*
 * tcp_arrival.h - a received segment, as passed between the steps of tcp_in.c, and the receiver's
 * view of one with data.
 */
#ifndef STACK_TCP_TCP_ARRIVAL_H
#define STACK_TCP_TCP_ARRIVAL_H

#include "stack/tcp/tcp_active.h"

/* A received segment. */
struct tcp_in {
	struct stack *s;
	struct pkt *p; /* NULL once a step has taken it */
	const struct ip_rx *rx;
	struct tcp_seg seg;
	struct tcp_opts o;
	const struct tcp_extra *extra; /* options of the socket it is for; NULL: none */
	const struct tcp_key *to;      /* the record it is for */
	struct seq end;                /* seq + space */
	uint32_t truesize;             /* charged memory */
	bool predicted;                /* exactly the expected data or ACK: Linux's fast path */
	bool only_data; /* additionally, acknowledges nothing new: does not enable sending */
};

/* The receiver's view of a segment with data. */
struct tcp_arrival {
	uint32_t len, hdr_len, truesize;
	uint32_t seg;  /* of several segments that came as one: the data of each; else len */
	uint32_t flow; /* IPv6 flow label */
	uint16_t flags;
	uint8_t tos;
};

static inline struct tcp_arrival tcp_arrival_of(const struct tcp_in *in)
{
	return (struct tcp_arrival){.len = in->seg.len,
		.seg = in->p->gso ? in->p->gso : in->seg.len,
		.hdr_len = TCP_HDR_MIN + in->seg.opt_len,
		.truesize = in->truesize,
		.flow = in->rx->flow,
		.flags = in->seg.flags,
		.tos = in->rx->tos};
}

#endif
