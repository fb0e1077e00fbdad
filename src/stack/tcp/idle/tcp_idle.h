/*
 * tcp_idle.h - hibernation of idle established connections (law 3). After a quiet period with
 * nothing queued, in flight or expected, both records of a connection are replaced in the table by
 * one of some 120 bytes:
 *
 *     struct tcp_conn + struct tcp_active  --tcp_hibernate-->  struct tcp_idle  --tcp_wake-->  both
 *
 * Waking restores both bit for bit (tcp_idle_codec.h), so that nothing behaves differently. The
 * owner learns the new pointer by tcp_events.moved; without that event nothing hibernates. A
 * segment, an ICMP error, a call that changes something, or the keepalive timer wakes it.
 */
#ifndef STACK_TCP_IDLE_TCP_IDLE_H
#define STACK_TCP_IDLE_TCP_IDLE_H

#include "stack/tcp/idle/tcp_idle_codec.h"

/* Starts like struct tcp_key, so that table and owner can point to either. */
struct tcp_idle {
	struct hash_node node;
	uint16_t lport, rport;
	uint8_t kind, state;
	uint16_t bits;
	uint32_t laddr, raddr; /* IPv4; with IDLE_V6 both addresses are at the start of `tail` */
	void *owner;
	uint8_t bind_flags;
	uint8_t flags : 4, cc : 4; /* enum tcp_idle_flag; index in cc_all() */
	uint8_t len;               /* of the packed fields, the last part of tail */
	uint8_t tail[];            /* [addresses] [extra] [packed fields] [timer] */
};

enum tcp_idle_flag {
	IDLE_V6 = 1 << 0,
	IDLE_EXTRA = 1 << 1, /* it has a record of rare options */
	IDLE_TIMER = 1 << 2, /* keepalive: a timer at the end, aligned */
	IDLE_PORT = 1 << 3,
};

enum {
	IDLE_UNIT = 8,               /* record sizes are multiples of this */
	IDLE_UNITS = TCP_IDLE_SIZES, /* the largest */
	IDLE_FETCH = 64,             /* bytes of a cache line */
	IDLE_SCAN = 1024, /* quiet connections examined per pass; the next is a millisecond later */
};

/* How long a connection must be quiet before it hibernates: longer than a usual delayed ACK, so
 * that a steady exchange of segments never does. */
#define TCP_QUIET (100 * NSEC_MSEC)

static inline bool tcp_is_idle(const struct tcp_conn *c)
{
	return c->key.kind == TCP_KIND_IDLE;
}

static inline struct tcp_idle *tcp_idle_of(const struct tcp_conn *c)
{
	assert(tcp_is_idle(c));
	return (struct tcp_idle *)(uintptr_t)c;
}

/* The addresses of a record. */
void tcp_idle_addrs(const struct tcp_idle *i, struct ip_addr *laddr, struct ip_addr *raddr);
/* Fills in the identity of the connection: key, owner, extra, flags of bind(), cc. */
void tcp_idle_view(const struct tcp_idle *i, struct tcp_conn *c);

/* Fills c and b, which are the caller's, as waking would, for reading only: i stays as it is. */
void tcp_idle_peek(
	struct stack *s, const struct tcp_idle *i, struct tcp_conn *c, struct tcp_active *b);

/* Name of its congestion control. */
const char *tcp_idle_cc(const struct tcp_idle *i);
struct tcp_extra *tcp_idle_extra(const struct tcp_idle *i);

/* Its keepalive timer; NULL if it has none. */
struct stack_timer *tcp_idle_timer(struct tcp_idle *i);

/* c has been used: it may hibernate after being quiet for TCP_QUIET from now. */
void tcp_idle_schedule(struct stack *s, struct tcp_conn *c);

/* Converts c to an idle record now, if possible. Returns true if so; c is then invalid. */
bool tcp_hibernate(struct stack *s, struct tcp_conn *c);

/* The active connection of c, which is woken if idle: every socket call starts with it. NULL: out
 * of memory. */
struct tcp_conn *tcp_wake(struct stack *s, struct tcp_conn *c);

/* close() without memory to wake: frees the record; nothing is sent to the peer. */
void tcp_idle_drop(struct stack *s, struct tcp_idle *i);

/* Sets up the pools, the list and its timer for an instance, false: out of memory; frees them. */
bool tcp_idle_init(struct tcp_state *t);
void tcp_idle_free(struct tcp_state *t);

#endif
