/*
 * peers.h - what an instance remembers of hosts far away: the path MTU that routers told of
 * (RFC 1191, RFC 8201), and how many ICMP errors it may still be sent.
 *
 *     siphash(address) -> set of 4 entries, the one used longest ago makes room
 *
 * A fixed table, since strangers fill it: what falls out is learned again, at worst with one more
 * packet too big or a few more ICMP errors.
 */
#ifndef STACK_IP_PEERS_H
#define STACK_IP_PEERS_H

#include "base/siphash.h"
#include "wire/addr.h"

enum {
	PEER_SETS = 256, /* a power of two */
	PEER_WAYS = 4,
	PEER_BURST = 6, /* ICMP errors that a host gets at once (Linux XRLIM_BURST_FACTOR) */
};

struct peer {
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

struct peer_table {
	struct siphash_key key;
	uint32_t pmtu_gen; /* moves when a path MTU becomes known or changes: ask again */
	struct peer set[PEER_SETS][PEER_WAYS];
};

/* An empty table, hashed with key. */
void peer_init(struct peer_table *t, const struct siphash_key *key);

/* What is known of the path to addr. */
struct peer_pmtu {
	uint32_t mtu; /* 0: nothing, the interface's MTU counts */
	bool locked;
	nsec_t expires;
};
struct peer_pmtu peer_pmtu_get(struct peer_table *t, const struct ip_addr *addr, nsec_t now);

/* A router told of mtu. Kept until expires unless less is known already; locked as above. */
struct peer_news {
	uint32_t mtu;
	bool locked;
	nsec_t expires;
};
void peer_pmtu_set(
	struct peer_table *t, const struct ip_addr *addr, struct peer_news n, nsec_t now);

/*
 * True if addr may be sent one more ICMP error, and counts it: one each `interval`, PEER_BURST of
 * them at once. An interval of 0 allows all.
 */
bool peer_icmp_allow(struct peer_table *t, const struct ip_addr *addr, nsec_t interval, nsec_t now);

/* Counts one more fragment from addr; returns how many there were. */
uint32_t peer_fragment(struct peer_table *t, const struct ip_addr *addr, nsec_t now);

#endif
