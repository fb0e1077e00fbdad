/*
 * tcp_plain.h - plain connections: established, everything in order, nothing rare set. Only while
 * tcp_conn.plain is set are the fast paths tried, so that each of them asks one bit, as Linux's
 * pred_flags, and then only what changes with every segment.
 *
 *     set        tcp_flush(), once all of tcp_is_plain() holds
 *     cleared    by whatever may end it: a segment on the general path, a timer, an ICMP error, a
 *                new state, an option, shutdown, close
 *
 * The law of a fast path: it declines before its first write, and has no state of its own.
 */
#ifndef STACK_TCP_TCP_PLAIN_H
#define STACK_TCP_TCP_PLAIN_H

#include "stack/tcp/tcp_priv.h"

/* Computes the condition that the bit caches. */
bool tcp_is_plain(const struct tcp_conn *c);

/* Sets the bit if the condition holds and the instance has fast paths. */
void tcp_plain_check(const struct stack *s, struct tcp_conn *c);

/* The condition may have changed: the general path decides. */
static inline void tcp_plain_end(struct tcp_conn *c)
{
	c->plain = false;
}

#endif
