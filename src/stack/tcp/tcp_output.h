/* tcp_output.h - output: the only place that decides what to send. */
#ifndef STACK_TCP_TCP_OUTPUT_H
#define STACK_TCP_TCP_OUTPUT_H

#include "stack/tcp/tcp_priv.h"

/* Sends what is due for c: handshake, retransmissions, new segments, probes, a pure ACK. */
void tcp_output(struct stack *s, struct tcp_conn *c);

#endif
