/*
 * host_cache.h - what an instance remembers of hosts far away: the path MTU that routers told of
 * (RFC 1191, RFC 8201), and how many ICMP errors it may still be sent.
 *
 *     siphash(address) -> set of 4 entries, the one used longest ago makes room
 *
 * A fixed table, since strangers fill it: what falls out is learned again, at worst with one more
 * packet too big or a few more ICMP errors.
 */
#ifndef STACK_IP_HOST_CACHE_H
#define STACK_IP_HOST_CACHE_H

#include "base/siphash.h"
#include "wire/addr.h"

enum {
	HOST_SETS = 256, /* a power of two */
	HOST_WAYS = 4,
	HOST_ICMP_BURST = 6, /* ICMP errors that a host gets at once (Linux XRLIM_BURST_FACTOR) */
};

struct host_entry {
	struct ip_addr addr;
	nsec_t used;         /* last asked or told; 0: the entry is free */
	nsec_t pmtu_expires; /* pmtu counts before this */
	nsec_t tokens;       /* time saved up for ICMP errors */
	nsec_t refilled;     /* when tokens were counted */
	uint32_t pmtu;       /* 0: nothing known */
	uint32_t rid;        /* fragments that came from there (ipfrag_max_dist) */
	bool metered;        /* tokens and refilled mean something */
	bool pmtu_locked;    /* below the minimum: send without DF instead (Linux "mtu lock") */
};

struct host_cache {
	struct siphash_key key;
	uint32_t pmtu_gen; /* moves when a path MTU becomes known or changes: ask again */
	struct host_entry set[HOST_SETS][HOST_WAYS];
};

/* An empty table, hashed with key. */
void host_cache_init(struct host_cache *t, const struct siphash_key *key);

/* What is known of the path to addr. */
struct host_pmtu {
	uint32_t mtu; /* 0: nothing, the interface's MTU counts */
	bool locked;
	nsec_t expires;
};
struct host_pmtu host_pmtu_get(struct host_cache *t, const struct ip_addr *addr, nsec_t now);

/* A router told of mtu. Kept until expires unless less is known already; locked as above. */
struct host_pmtu_report {
	uint32_t mtu;
	bool locked;
	nsec_t expires;
};
void host_pmtu_set(
	struct host_cache *t, const struct ip_addr *addr, struct host_pmtu_report n, nsec_t now);

/*
 * True if addr may be sent one more ICMP error, and counts it: one each `interval`, HOST_ICMP_BURST
 * of them at once. An interval of 0 allows all.
 */
bool host_icmp_allow(struct host_cache *t, const struct ip_addr *addr, nsec_t interval, nsec_t now);

/* Counts one more fragment from addr; returns how many there were. */
uint32_t host_fragment(struct host_cache *t, const struct ip_addr *addr, nsec_t now);

#endif
