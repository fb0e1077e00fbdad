/*
 * tcp_isn.h - initial sequence numbers (RFC 6528) and timestamp offsets.
 */
#ifndef STACK_TCP_TCP_ISN_H
#define STACK_TCP_TCP_ISN_H

#include "stack/tcp/tcp_priv.h"

/* The ISN of a connection t that begins now. */
struct seq tcp_isn(struct stack *s, const struct tcp_tuple *t);

/* The offset of the timestamps of t: one a pair of hosts, so that RFC 6191 works across its
 * connections; 0 unless tcp_timestamps is 1. */
uint32_t tcp_ts_offset(struct stack *s, const struct tcp_tuple *t);

/* The keyed hash that the offset is made of. */
uint32_t tcp_ts_hash(const struct stack *s, const struct tcp_tuple *t);

#endif
