/*
 * tcp_ack.h - processing of the ACK field.
 */
#ifndef STACK_TCP_TCP_ACK_H
#define STACK_TCP_TCP_ACK_H

#include "stack/tcp/tcp_priv.h"

/* RFC 9293 3.10.7.4, fifth. Returns 1: acceptable, processed; 0: old, only its SACK blocks were
 * used; -1: unacceptable, to be dropped (answered in ESTABLISHED). */
int tcp_ack_in(struct tcp_in *in, struct tcp_conn *c);

/* Notifies TCP_EVENT_OUT if the owner has requested it (tcp_want_write_space()) and there is room
 * now. */
void tcp_write_space(struct stack *s, struct tcp_conn *c);

#endif
