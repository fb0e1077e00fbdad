/*
 * tcp_rcvbuf.h - the receive buffer: data in sequence, FIN, urgent data.
 */
#ifndef STACK_TCP_TCP_RCVBUF_H
#define STACK_TCP_TCP_RCVBUF_H

#include "stack/tcp/tcp_priv.h"

/* RFC 9293 3.10.7.4, seventh: data and FIN of an acceptable segment. Takes in->p if it is queued.
 * c may be CLOSED afterwards. */
void tcp_data_in(struct tcp_in *in, struct tcp_conn *c);

/* Advances RCV.NXT to `to`, over n bytes of data (and the numbers of SYN and FIN). */
void tcp_rcv_advance(struct tcp_conn *c, struct seq to, uint32_t n);

/* Eighth: RCV.NXT has reached the peer's FIN. */
void tcp_fin_in(struct stack *s, struct tcp_conn *c);

/* Sixth: the urgent pointer (RFC 6093), and the urgent byte if the segment contains it. */
void tcp_urg_in(struct tcp_in *in, struct tcp_conn *c);

/* Appends p, stripped to its payload, to the receive queue and charges its memory. Takes p. */
void tcp_queue_in_order(struct stack *s, struct tcp_conn *c, struct pkt *p);

/* Moves the payload of p, which is the next in sequence, into the memory of the last packet of the
 * receive queue. False: there is no room. p stays the caller's. */
bool tcp_rcv_join(struct stack *s, struct tcp_conn *c, const struct pkt *p);

/* Reduces p, a whole segment with header g, to its payload from `from` on. Its whole memory stays
 * charged. */
void tcp_strip(struct pkt *p, const struct tcp_seg *g, struct seq from);

/* True if there is room for little more until the program reads: queued data must then be readable
 * even below SO_RCVLOWAT. */
bool tcp_rcv_full(const struct tcp_conn *c);

/* Frees the receive queue. */
void tcp_rcv_free(struct stack *s, struct tcp_conn *c);

/* Data has arrived: notifies the reader, as in Linux only if a read would return. */
void tcp_data_ready(struct stack *s, struct tcp_conn *c);

#endif
