/*
 * tcp_timewait.h - TIME-WAIT records (RFC 9293 3.6.1, RFC 6191).
 */
#ifndef STACK_TCP_TCP_TIMEWAIT_H
#define STACK_TCP_TCP_TIMEWAIT_H

#include "stack/tcp/tcp_priv.h"

/* Ends c and replaces it in the table by a small record for span; substate is TIME-WAIT, or
 * FIN-WAIT-2 of an orphan. If out of memory, c just ends. */
void tcp_time_wait(struct stack *s, struct tcp_conn *c, uint8_t substate, nsec_t span);

/* A segment for tw, which may be freed. True: its SYN is passed to a listener, to start from
 * *isn. */
bool tcp_tw_in(struct tcp_in *in, struct tcp_tw *tw, struct seq *isn);

/* True if connect() may reuse the pair of tw (tcp_tw_reuse); bound: the port was bind()'s. */
bool tcp_tw_reusable(const struct stack *s, const struct tcp_tw *tw, bool loopback, bool bound);

/* Frees tw at once. */
void tcp_tw_kill(struct stack *s, struct tcp_tw *tw);

#endif
