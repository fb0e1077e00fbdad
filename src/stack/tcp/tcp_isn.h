/*
 * tcp_isn.h - initial sequence numbers (RFC 6528) and timestamp offsets.
 */
#ifndef STACK_TCP_TCP_ISN_H
#define STACK_TCP_TCP_ISN_H

#include "stack/tcp/tcp_priv.h"

/* The ISN of a connection t that starts now. */
struct seq tcp_isn(struct stack *s, const struct tcp_tuple *t);

/* The timestamp offset of t: one per pair of hosts, so that RFC 6191 works across their
 * connections; 0 unless tcp_timestamps is 1. */
uint32_t tcp_ts_offset(struct stack *s, const struct tcp_tuple *t);

/* The keyed hash from which the offset is derived. */
uint32_t tcp_ts_hash(const struct stack *s, const struct tcp_tuple *t);

#endif
