/*
 * tcp_rcvmem.h - memory accounting of received segments: the charge of each, and how a connection
 * stays within SO_RCVBUF.
 */
#ifndef STACK_TCP_TCP_RCVMEM_H
#define STACK_TCP_TCP_RCVMEM_H

#include "stack/tcp/tcp_priv.h"

/* The bytes of memory that Linux would charge for a packet of len bytes, including the IP header.
 * *room: how many more would fit into the same block. */
uint32_t tcp_truesize(uint32_t len, uint32_t *room);

/* Adds the charge of p to, or removes it from, the receive memory of c. */
void tcp_rcv_charge(struct stack *s, struct tcp_conn *c, const struct pkt *p);
void tcp_rcv_uncharge(struct stack *s, struct tcp_conn *c, const struct pkt *p);

/* Removes n bytes from the front of the payload, possibly all of it. The charge of p stays the
 * same. */
void tcp_drop_front(struct pkt *p, uint32_t n);

/* Moves the payload of `from`, which follows that of `to`, into the memory of `to`. False: there is
 * no room. Both stay the caller's, with their charges. */
bool tcp_coalesce(struct stack *s, struct pkt *to, const struct pkt *from);

/* Copies the data in q from `start` to `end`, starting with the first packet whose charge exceeds
 * its contents, into full blocks. The charge of q changes accordingly. */
void tcp_collapse(
	struct stack *s, struct tcp_conn *c, struct pkt_queue *q, struct seq start, struct seq end);

/* True if the data held is within SO_RCVBUF: one segment may exceed it. */
bool tcp_can_ingest(const struct tcp_conn *c);

/* Makes room for in. False: there is none; in must be dropped. */
bool tcp_rcv_room(struct tcp_in *in, struct tcp_conn *c);

#endif
