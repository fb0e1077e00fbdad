/*
 * tcp_rcvbuf.h - the receive buffer: data in sequence, FIN, urgent data.
 */
#ifndef STACK_TCP_TCP_RCVBUF_H
#define STACK_TCP_TCP_RCVBUF_H

#include "stack/tcp/tcp_priv.h"

/* RFC 9293 3.10.7.4, seventh: data and FIN of an acceptable segment. Takes in->p if it is queued.
 * c may be CLOSED afterwards. */
void tcp_data_in(struct tcp_in *in, struct tcp_conn *c);

/* RCV.NXT advances to `to`, over n bytes of data (and the numbers of SYN and FIN). */
void tcp_rcv_advance(struct tcp_conn *c, struct seq to, uint32_t n);

/* Eighth: RCV.NXT has reached the peer's FIN. */
void tcp_fin_in(struct stack *s, struct tcp_conn *c);

/* Sixth: the urgent pointer (RFC 6093), and the urgent byte if the segment holds it. */
void tcp_urg_in(struct tcp_in *in, struct tcp_conn *c);

/* Appends p, stripped to its payload, to the receive queue and charges its memory. Takes p. */
void tcp_queue_in_order(struct stack *s, struct tcp_conn *c, struct pkt *p);

/* Moves the payload of p, which is the next, into the memory of the last packet of the receive
 * queue. False: there is no room. p stays the caller's. */
bool tcp_rcv_join(struct stack *s, struct tcp_conn *c, const struct pkt *p);

/* Cuts p, a whole segment with header g, down to its payload from `from` on. Its memory still
 * counts whole. */
void tcp_strip(struct pkt *p, const struct tcp_seg *g, struct seq from);

/* True if little more can come until the program reads: what is queued is to be read even below
 * SO_RCVLOWAT. */
bool tcp_rcv_full(const struct tcp_conn *c);

/* Frees the receive queue. */
void tcp_rcv_free(struct stack *s, struct tcp_conn *c);

/* Data has come: notifies the reader, as Linux only when a read would return. */
void tcp_data_ready(struct stack *s, struct tcp_conn *c);

#endif
