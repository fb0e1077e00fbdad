/*
 * tcp_plain.h - plain connections: established, everything in order, no rare options. The fast
 * paths are tried only while tcp_conn.plain is set, so that each of them tests one bit, like
 * Linux's pred_flags, and then only the fields that change with every segment.
 *
 *     set        tcp_flush(), once all of tcp_is_plain() holds
 *     cleared    by any event that may end it: a segment on the general path, a timer, an
 *                ICMP error, a new state, an option, shutdown, close
 *
 * The rule of a fast path: it declines before its first write, and has no state of its own.
 */
#ifndef STACK_TCP_TCP_PLAIN_H
#define STACK_TCP_TCP_PLAIN_H

#include "stack/tcp/tcp_priv.h"

/* The header of a segment on the fast paths: timestamps, and no other option. */
enum {
	TCP_PLAIN_HDR_LEN = TCP_HDR_MIN + TCP_OPT_TS_ALIGNED,
	TCP_PLAIN_OPTIONS = 0x0101080a, /* its first word: NOP, NOP, timestamps of 10 bytes */
};

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
