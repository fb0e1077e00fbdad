/*
 * tcp_invariants.h - connection invariants, checked between entry points.
 */
#ifndef STACK_TCP_TCP_INVARIANTS_H
#define STACK_TCP_TCP_INVARIANTS_H

#include "stack/tcp/tcp_priv.h"

/* Asserts the invariants that are cheap to check; the flush does so for every connection it has
 * processed. */
void tcp_conn_invariants(const struct tcp_conn *c);

/* Asserts those that require walking the queues, and that pending work has a timer; only if
 * stack_config.checked. */
void tcp_queue_invariants(const struct tcp_conn *c);

#endif
