/*
 * tcp_fast_call.h - fast path of the calls on a plain connection (tcp_plain.h): one look at it, not
 * the snapshot that tcp_get_status() takes. False: it is not plain, or there is more to it; nothing
 * was done.
 */
#ifndef STACK_TCP_TCP_FAST_CALL_H
#define STACK_TCP_TCP_FAST_CALL_H

#include "stack/tcp/tcp.h"

/* It can be written to, and perhaps read. */
bool tcp_fast_ready(const struct tcp_conn *c, bool *readable);

/* Takes data as tcp_read() and tcp_read_done(); r->n becomes how much, 0 for none yet. */
bool tcp_fast_read(struct stack *s, struct tcp_conn *c, struct tcp_read *r);

/* Queues all of the n bytes, few, as tcp_send(). */
bool tcp_fast_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n);

#endif
