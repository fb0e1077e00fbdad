/*
 * tcp_invariants.h - connection invariants, checked between entry points.
 */
#ifndef STACK_TCP_TCP_INVARIANTS_H
#define STACK_TCP_TCP_INVARIANTS_H

#include "stack/tcp/tcp_priv.h"

/* Asserts what costs nothing to check; the flush does so for every connection it has served. */
void tcp_conn_invariants(const struct tcp_conn *c);

/* Asserts what takes a walk through the queues, and that what is to be done has a timer; only if
 * stack_config.checked. */
void tcp_queue_invariants(const struct tcp_conn *c);

#endif
