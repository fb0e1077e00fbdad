/*
 * route.h - routing table: longest prefix first, then lowest metric, then preference, then oldest.
 *
 *                 ::/0                   a trie over the 16 bytes of an address; a node without
 *                /    \                  routes of its own joins two that differ, and paths without
 *      ::ffff:0:0/96   2000::/3          branches are skipped
 *        /        \
 *   10.0.0.0/8   192.168.1.0/24          IPv4 prefixes are 96 bits deeper
 *
 * An IPv4 destination never matches an IPv6 prefix: ::/0 is not a route for it.
 */
#ifndef STACK_IP_ROUTE_H
#define STACK_IP_ROUTE_H

#include "wire/addr.h"

enum {
	ROUTE_MAX = 65536, /* routes of one instance; more are refused */
};

enum route_type {
	ROUTE_UNICAST,     /* to the gateway, or directly to the destination if there is none */
	ROUTE_BLACKHOLE,   /* dropped silently: EINVAL to senders */
	ROUTE_UNREACHABLE, /* EHOSTUNREACH */
	ROUTE_PROHIBIT,    /* EACCES */
	ROUTE_TYPES,
};

enum route_origin {
	ROUTE_STATIC, /* added by a program */
	ROUTE_LINK,   /* added and removed with an address of an interface */
	ROUTE_RA,     /* advertised by a router */
	ROUTE_DHCP,   /* from a DHCP server */
};

struct route {
	struct route *next;     /* of the same prefix, in the order of preference */
	struct ip_addr dst;     /* bits after the prefix are zero */
	struct ip_addr gateway; /* any: none, the destination is on-link */
	struct ip_addr src;     /* any: by address selection */
	uint32_t ifindex;
	uint32_t metric;
	uint32_t mtu;              /* 0: the interface's */
	uint32_t advmss, initcwnd; /* TCP's MSS and initial window; 0: default */
	nsec_t expires;            /* NSEC_MAX: never */
	uint8_t bits;              /* of dst: up to 32, or 128 */
	uint8_t type;              /* enum route_type */
	uint8_t origin;            /* enum route_origin */
	int8_t preference;         /* of a router (RFC 4191): the higher goes first */
};

/* The key of a lookup. */
struct route_key {
	struct ip_addr dst;
	uint32_t ifindex; /* 0: any */
	nsec_t now;       /* routes expired by then do not count */
};

struct route_node;

struct route_table {
	struct route_node *root;
	uint32_t count; /* routes */
	uint32_t gen;   /* changes on every modification: cached routes must be looked up again */
};

/* An empty table. */
void route_init(struct route_table *t);

/* Frees all routes. */
void route_free(struct route_table *t);

/* Adds a copy of r (next is ignored, bits after the prefix are cleared). Returns 0; -EINVAL (too
 * many bits, gateway or source of the other IP version), -EEXIST (same prefix, metric, interface,
 * gateway and origin), -ENOBUFS (ROUTE_MAX) or -ENOMEM. */
int route_add(struct route_table *t, const struct route *r);

/* Removes the route with r's prefix, metric, interface, gateway and origin. 0 or -ESRCH. */
int route_del(struct route_table *t, const struct route *r);

/* Sets the time at which the route with r's prefix, metric, interface, gateway, origin and
 * preference expires, in its place in the order. 0 or -ESRCH. */
int route_set_expiry(struct route_table *t, const struct route *r);

/* Removes every route for which the function returns true; returns their number. */
uint32_t route_del_if(struct route_table *t, bool (*gone)(const struct route *r, const void *arg),
	const void *arg);

/* The route for dst, or NULL: on interface ifindex if that is not 0, and not expired at now. Owned
 * by the table and valid until gen changes. */
const struct route *route_find(
	const struct route_table *t, const struct ip_addr *dst, uint32_t ifindex, nsec_t now);

/* The first of the routes that route_find() chooses from, in its order of preference, for which the
 * function returns true; NULL if none. */
const struct route *route_find_if(const struct route_table *t, const struct route_key *key,
	bool (*fits)(const struct route *r, void *arg), void *arg);

/* Calls see for every route, shorter prefixes first along each path. */
void route_each(
	const struct route_table *t, void (*see)(const struct route *r, void *arg), void *arg);

#endif
