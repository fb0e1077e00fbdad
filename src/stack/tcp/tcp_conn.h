/*
 * tcp_conn.h - connection allocation, notification and teardown.
 */
#ifndef STACK_TCP_TCP_CONN_H
#define STACK_TCP_TCP_CONN_H

#include "stack/tcp/tcp_priv.h"

/* A closed connection with the instance's defaults and this congestion control, and no owner. NULL:
 * out of memory. */
struct tcp_conn *tcp_conn_new(struct stack *s, const struct cc_ops *cc);

/* Resets c, closed, to new; owner, options and the bound address are kept (Linux's
 * tcp_disconnect()). */
void tcp_conn_renew(struct stack *s, struct tcp_conn *c);

/* Initializes b, zeroed, as the active part of c. */
void tcp_active_init(struct stack *s, struct tcp_conn *c, struct tcp_active *b);

/* Frees c, closed and without owner, immediately: only in the flush, at the end of the batch. */
void tcp_conn_free(struct stack *s, struct tcp_conn *c);

/* Makes the flush free c, closed and without owner; its port is released now, so that a program may
 * bind() right after close(). */
void tcp_conn_reap(struct stack *s, struct tcp_conn *c);

/* Calls tcp_events.notify for the owner, if there is one; events: enum tcp_event, 0: the state
 * changed. */
void tcp_notify(struct stack *s, struct tcp_conn *c, uint32_t events);

/* Adds c to the list for the flush, unless it is on it. */
void tcp_dirty_mark(struct stack *s, struct tcp_conn *c);

/* Ends c: CLOSED, timers off, removed from the tables. The owner is notified; without one, c is
 * freed at the end of the batch. */
void tcp_done(struct stack *s, struct tcp_conn *c);

/* tcp_done() with err, a positive errno, pending; discards unsent data. */
void tcp_fail(struct stack *s, struct tcp_conn *c, int err);

/* Frees both queues, segments out of order and the retransmission queue. */
void tcp_queues_drop(struct stack *s, struct tcp_conn *c);

/* Discards data unsent or in flight, and its timers. */
void tcp_purge_send(struct stack *s, struct tcp_conn *c);

/* The record of rare options, for writing: created with defaults if needed, copied if other
 * connections share it. NULL: out of memory. */
struct tcp_extra *tcp_extra(struct stack *s, struct tcp_conn *c);

/* The values of a connection without a record. */
const struct tcp_extra *tcp_extra_none(void);

/* Gives the new c the options of its listener, whose record is `of`, except keys and
 * TCP_DEFER_ACCEPT. False: out of memory. */
bool tcp_extra_inherit(struct stack *s, struct tcp_conn *c, struct tcp_extra *of);

/* Drops a reference; the last one frees x with its contents: keys, the saved SYN. x may be NULL. */
void tcp_extra_free(struct stack *s, struct tcp_extra *x);

/* Counts n segments for c that are dropped (sk_drops). */
void tcp_drop(struct tcp_conn *c, uint32_t n);

/* Counts a SYN, or the final ACK of a handshake, dropped by listener l. */
void tcp_listen_drop(struct stack *s, struct tcp_conn *l);

#endif
