/*
 * tcp_fast_call.h - fast path of the calls on a plain connection (tcp_plain.h): one test instead of
 * the snapshot of tcp_get_status(). False: it is not plain, or needs the general path; nothing was
 * done.
 */
#ifndef STACK_TCP_TCP_FAST_CALL_H
#define STACK_TCP_TCP_FAST_CALL_H

#include "stack/tcp/tcp.h"

/* True if writable; *readable is set likewise. */
bool tcp_fast_ready(const struct tcp_conn *c, bool *readable);

/* True if data may be written, and no error is pending. */
bool tcp_fast_open(const struct tcp_conn *c);

/* Reads data like tcp_read() and tcp_read_done(); sets r->n to the number of bytes, 0 for none
 * yet. */
bool tcp_fast_read(struct stack *s, struct tcp_conn *c, struct tcp_read *r);

/* Queues all of the n bytes, few, like tcp_send(). */
bool tcp_fast_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n);

#endif
