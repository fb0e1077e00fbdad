/*
 * host_cache.h - per-destination metrics: path MTU (RFC 1191, RFC 8201), ICMP rate limit, fragment
 * count.
 *
 *     siphash(address) -> set of 4 entries, the least recently used is replaced
 *
 * A table of fixed size, since remote hosts fill it: an evicted entry is learned again, at the cost
 * of one more oversized packet or a few more ICMP errors. It is allocated when the first host
 * enters it; without memory nothing is learned, and no ICMP error is allowed.
 */
#ifndef STACK_IP_HOST_CACHE_H
#define STACK_IP_HOST_CACHE_H

#include "base/siphash.h"
#include "wire/addr.h"

enum {
	HOST_SETS = 256, /* a power of two */
	HOST_WAYS = 4,
	HOST_ROUTE_BURST =
		5, /* packets without a route answered at once (Linux ip_rt_error_burst) */
	HOST_ICMP_BURST = 6, /* ICMP errors allowed to a host at once (Linux XRLIM_BURST_FACTOR) */
};

struct host_entry {
	struct ip_addr addr;
	nsec_t used;         /* last lookup or update; 0: the entry is free */
	nsec_t pmtu_expires; /* pmtu is valid until then */
	nsec_t tokens;       /* time credit for ICMP errors */
	nsec_t refilled;     /* when tokens were last refilled */
	uint32_t pmtu;       /* 0: unknown */
	uint32_t rid;        /* fragments received from it (ipfrag_max_dist) */
	bool metered;        /* tokens and refilled are valid */
	bool pmtu_locked;    /* below the minimum: send without DF instead (Linux "mtu lock") */
};

struct host_cache {
	struct siphash_key key;
	uint32_t pmtu_gen;                   /* changes with every stored path MTU */
	struct host_entry (*set)[HOST_WAYS]; /* HOST_SETS of them; NULL: empty */
};

/* An empty table, hashed with key. */
void host_cache_init(struct host_cache *t, const struct siphash_key *key);

/* Frees the entries of t. */
void host_cache_free(struct host_cache *t);

struct host_pmtu {
	uint32_t mtu; /* 0: unknown, the interface's MTU applies */
	bool locked;
	nsec_t expires;
};

/* The path MTU to addr, unless it has expired. */
struct host_pmtu host_pmtu_get(struct host_cache *t, const struct ip_addr *addr, nsec_t now);

struct host_pmtu_report {
	uint32_t mtu;
	bool locked;
	nsec_t expires;
};

/* Stores a reported path MTU until it expires, unless a smaller one is known. n.mtu > 0. */
void host_pmtu_set(
	struct host_cache *t, const struct ip_addr *addr, struct host_pmtu_report n, nsec_t now);

/* Charges one ICMP error to addr; false: rate exceeded, HOST_ICMP_BURST at once and one per
 * `interval`. An interval of 0 allows all. */
bool host_icmp_allow(struct host_cache *t, const struct ip_addr *addr, nsec_t interval, nsec_t now);

/* The same for a packet of addr without a route, before its ICMP error: HOST_ROUTE_BURST at once
 * and one a second, of the same allowance, as in Linux's ip_error(). */
bool host_route_error_allow(struct host_cache *t, const struct ip_addr *addr, nsec_t now);

/* Counts another fragment from addr; returns their number. */
uint32_t host_fragment(struct host_cache *t, const struct ip_addr *addr, nsec_t now);

#endif
