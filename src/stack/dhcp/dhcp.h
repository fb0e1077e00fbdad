/*
 * dhcp.h - DHCP client (RFC 2131): leases an IPv4 address for an Ethernet interface, with its
 * prefix, routes and the link's MTU, and gives them up again. One client an interface.
 *
 *     dhcp_start -> ... BOUND -> [RENEWED ...] -> [LOST -> ... BOUND] -> dhcp_release -> dhcp_stop
 */
#ifndef STACK_DHCP_DHCP_H
#define STACK_DHCP_DHCP_H

#include "stack/stack.h"
#include "wire/dhcp.h"

enum dhcp_event {
	DHCP_EVENT_BOUND,   /* the interface has an address */
	DHCP_EVENT_RENEWED, /* the lease is longer; routes and MTU may have changed */
	DHCP_EVENT_LOST,    /* expired, refused or replaced: the address is gone, and is sought */
};

/* Set by the socket room; may only mark and queue. A NULL function is not called. */
struct dhcp_events {
	void *ctx;
	void (*changed)(void *ctx, uint32_t ifindex, enum dhcp_event e);
};

/* A lease as a server granted it, within the bounds of dhcp_lease.c. */
struct dhcp_lease {
	struct ip_addr addr, server;
	struct ip_addr router;                    /* of the default route; 0.0.0.0: none */
	struct dhcp_route route[DHCP_ROUTES_MAX]; /* all of them */
	uint8_t route_count;
	uint8_t bits;                        /* of the prefix */
	uint16_t mtu;                        /* 0: the interface's */
	nsec_t renew_at, rebind_at, expires; /* NSEC_MAX: never */
};

/* Messages that were not acted on, by reason. */
struct dhcp_ignored {
	uint64_t malformed;    /* dhcp_parse() */
	uint64_t foreign;      /* for another client, or an earlier exchange */
	uint64_t unexpected;   /* a type, or a server, that the state does not wait for */
	uint64_t unacceptable; /* an address, mask or time out of bounds */
};

/* Starts a client on dev. -EOPNOTSUPP (not Ethernet), -EALREADY, -ENOMEM. */
int dhcp_start(struct stack *s, struct netdev *dev);

/* The client that dhcp_start() has made asks first for an address that it had before: one message
 * pair fewer, and the same address if the server still knows it. -EINVAL (of no host), -ENOENT (no
 * client), -EALREADY (it has begun). */
int dhcp_ask_for(struct stack *s, struct netdev *dev, const struct ip_addr *addr);

/* Queues a RELEASE of the lease, if there is one; the caller flushes, and then stops. */
void dhcp_release(struct stack *s, struct netdev *dev);

/* Ends the client of dev, if there is one: its address and route are removed, nothing is sent. */
void dhcp_stop(struct stack *s, struct netdev *dev);

/* True if dev has a client. */
bool dhcp_runs(const struct stack *s, const struct netdev *dev);

/* The lease that the client of dev uses, valid until the next call; NULL: none. */
const struct dhcp_lease *dhcp_lease(const struct stack *s, const struct netdev *dev);

/* The counts of the client of dev; all zero if there is none. */
struct dhcp_ignored dhcp_ignored(const struct stack *s, const struct netdev *dev);

/* Sets the table of events; copied. */
void dhcp_set_events(struct stack *s, const struct dhcp_events *ev);

/* --- the instance (called by stack.c) --------------------------------------------------------- */

struct dhcp_state;

/* No clients yet; registers with UDP. NULL: out of memory. */
struct dhcp_state *dhcp_state_new(struct stack *s);

/* Stops all clients. */
void dhcp_state_free(struct stack *s);

#endif
