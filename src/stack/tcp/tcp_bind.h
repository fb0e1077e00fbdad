/*
 * tcp_bind.h - local ports: sharing rules, and the search for a free one (RFC 6056 3.3.4, as
 * Linux).
 */
#ifndef STACK_TCP_TCP_BIND_H
#define STACK_TCP_TCP_BIND_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/ip/ip_bind.h"

struct stack;
struct tcp_conn;
struct tcp_idle;
struct tcp_tw;

enum {
	PORT_CLASSES = 256,
	PORT_FULLS = 64,
};

/* How long the ports of the first parity are considered used up. */
#define PORT_FULL_FOR NSEC_SEC

/* State of connect()'s searches: the position in each of 256 classes of destinations, and the
 * destinations for which every port of the first parity was recently in use; the latter only
 * changes the search order. */
struct tcp_ephemeral {
	uint32_t perturb[PORT_CLASSES];
	struct {
		uint64_t to; /* hash of the destination */
		nsec_t until;
	} full[PORT_FULLS];
};

/* Hibernating connections of a port that have the same claim to it: usually all of them. */
struct tcp_idles {
	struct tcp_idles *next;
	struct ip_bind claim;
	uint8_t flags; /* enum tcp_bind_flag */
	uint32_t count;
};

/* A local port in use. */
struct tcp_port {
	struct hash_node node;
	struct list conns; /* struct tcp_conn port_link */
	struct list tws;
	struct tcp_idles *idles;
	uint16_t port;
	uint32_t bound; /* owners that got it other than by connect(); 0: shared by 4-tuple */
};

/* Binds c to port, or to a free one if 0. -EADDRINUSE, -ENOBUFS. */
int tcp_port_take(struct stack *s, struct tcp_conn *c, uint16_t port);

/* 0 if c, bound, may listen beside the other users of its port; else -EADDRINUSE. */
int tcp_port_listen_ok(struct stack *s, struct tcp_conn *c);

/* Chooses a port for c, whose addresses and peer are set, that makes its 4-tuple unique, unless it
 * has one. -EADDRNOTAVAIL. */
int tcp_port_connect(struct stack *s, struct tcp_conn *c);

/* c, a child, uses the port of its listener. */
void tcp_port_share(struct tcp_conn *c, struct tcp_conn *from);

/* c releases its port, if it has one. */
void tcp_port_leave(struct stack *s, struct tcp_conn *c);

/* The TIME-WAIT record replaces c among the users of its port, and releases it. */
void tcp_port_tw(struct tcp_conn *c, struct tcp_tw *tw);
void tcp_port_leave_tw(struct stack *s, struct tcp_tw *tw);

/* The same for an idle record: c hibernates (false: out of memory), i wakes as c, or i ends. */
bool tcp_port_hibernate(struct stack *s, struct tcp_conn *c);
void tcp_port_wake(struct stack *s, struct tcp_conn *c, struct tcp_idle *i);
void tcp_port_idle_leave(struct stack *s, struct tcp_idle *i);

#endif
