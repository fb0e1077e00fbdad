/*
 * tcp_fast_out.h - fast path out, for plain connections.
 */
#ifndef STACK_TCP_TCP_FAST_OUT_H
#define STACK_TCP_TCP_FAST_OUT_H

#include "stack/tcp/tcp_xmit.h"

/* Sends what a plain connection has to send, if that is nothing, an ACK, or one small record.
 * False: nothing has changed, and tcp_output() must do it. */
bool tcp_fast_out(struct stack *s, struct tcp_conn *c);

/* Sends x, new, whose flags are SEG_ACK and perhaps SEG_PSH and SEG_FIN: with timestamps, and
 * nothing else that is not in every segment. False: nothing has changed. *err as for ip_out(). */
bool tcp_fast_segment(
	struct stack *s, struct tcp_conn *c, const struct tcp_new_segment *x, int *err);

/* Prepends the header of an empty ACK with timestamps to p, which is empty. */
void tcp_fast_ack_header(struct stack *s, struct tcp_conn *c, struct pkt *p);

#endif
