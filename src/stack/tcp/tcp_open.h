/*
 * tcp_open.h - active open.
 */
#ifndef STACK_TCP_TCP_OPEN_H
#define STACK_TCP_TCP_OPEN_H

#include "stack/tcp/tcp_priv.h"

/* A segment for c in SYN-SENT (RFC 9293 3.10.7.3). */
void tcp_syn_sent_in(struct tcp_in *in, struct tcp_conn *c);

/* The flush sends the SYN of c, whose addresses and numbers are set. */
void tcp_connect_syn(struct stack *s, struct tcp_conn *c);

/* The SYN is acknowledged: ESTABLISHED. */
void tcp_finish_connect(struct stack *s, struct tcp_conn *c);

/* The handshake is complete: passes sizes, options and path metrics to the loss engine. */
void tcp_init_transfer(struct stack *s, struct tcp_conn *c);

#endif
