/*
 * tcp_listen.h - passive open: SYNs, request sockets, the accept queue.
 */
#ifndef STACK_TCP_TCP_LISTEN_H
#define STACK_TCP_TCP_LISTEN_H

#include "stack/tcp/tcp_priv.h"

/* A segment for listener l (RFC 9293 3.10.7.2); isn: for a SYN accepted by TIME-WAIT, else NULL. */
void tcp_listen_in(struct tcp_in *in, struct tcp_conn *l, const struct seq *isn);

/* l stops listening: requests are freed, connections in the accept queue are reset. */
void tcp_listen_stop(struct stack *s, struct tcp_conn *l);

/* Appends child to the accept queue of l and notifies its owner. */
void tcp_accept_add(struct stack *s, struct tcp_conn *l, struct tcp_conn *child);

/* True if the accept queue of l is full. */
bool tcp_accept_full(const struct tcp_conn *l);

/* Frees r, wherever it is queued. */
void tcp_req_free(struct stack *s, struct tcp_req *r);

/* Sends the SYN-ACK of r. */
void tcp_req_out(struct stack *s, struct tcp_req *r);

/* Makes the flush retransmit the SYN-ACK of r; counted. */
void tcp_req_repeat(struct stack *s, struct tcp_req *r);

/* The window that r offers, from the buffer of l, in units of mss. */
void tcp_req_window(struct stack *s, const struct tcp_conn *l, struct tcp_req *r, uint16_t mss);

/* The interface for answers to a SYN, or to the ACK of a cookie: the listener's, or for a
 * link-local peer the one on which it was received; 0: any. */
uint32_t tcp_req_interface(const struct tcp_in *in, const struct tcp_conn *l);

/* Stores the TCP-AO key ids of a signed SYN, or of the signed ACK of a cookie. */
void tcp_req_ao(const struct tcp_in *in, struct tcp_req *r);

#endif
