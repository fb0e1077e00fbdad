/*
 * neigh.h - neighbour cache of ARP (RFC 826) and neighbour discovery (RFC 4861 section 7.3), with
 * the states of both.
 *
 *               output             reply                     reachable time expired
 *     (none) ----------> INCOMPLETE ------> REACHABLE -------------------------> STALE
 *                          |                  ^   ^                                | output
 *                          | 3 solicitations  |   | reply, or progress above       v
 *                          v                  |   +------------------------- PROBE <- DELAY (5 s)
 *                        FAILED               +------------------------------- (also from DELAY)
 *                          ^                                                    |
 *                          +------------ 3 solicitations in PROBE --------------+
 *
 * A neighbour that has answered is confirmed; unconfirmed entries can be created by the thousand by
 * any host on the link. When the table is full the least recently used unconfirmed entry is
 * evicted, with its queued packets; a confirmed one only if there is no unconfirmed one and no
 * information is lost with it.
 *
 * Pure state: it sends nothing. Pending work is marked in `todo` and the entry put on the table's
 * dirty list, which ip_resolve() processes. Packets that wait for a reply are queued on the entry,
 * which owns them.
 */
#ifndef STACK_LINK_NEIGH_H
#define STACK_LINK_NEIGH_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/stack_priv.h"
#include "wire/eth.h"

enum {
	NEIGH_GC_MIN = 128, /* with fewer entries stale ones are kept (Linux gc_thresh1) */
};

enum neigh_state {
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE,
	NEIGH_DELAY,
	NEIGH_PROBE,
	NEIGH_FAILED,
	NEIGH_PERMANENT, /* configured */
	NEIGH_STATES,
};

/* The work to do for an entry in the flush. */
enum {
	NEIGH_SOLICIT_ALL = 1 << 0, /* send a multicast or broadcast solicitation */
	NEIGH_SOLICIT_ONE = 1 << 1, /* send a solicitation to hw */
	NEIGH_SEND = 1 << 2,        /* hw is known: send the queued packets */
	NEIGH_FAIL = 1 << 3,        /* no answer: drop the queue and notify the senders */
};

enum neigh_kind {
	NEIGH_UNCONFIRMED, /* has never answered, or not since it failed */
	NEIGH_CONFIRMED,   /* REACHABLE since it last failed, or permanent */
	NEIGH_KINDS,
};

struct neigh_table;

struct neigh {
	struct hash_node node;
	struct neigh_table *table;
	struct list lru;        /* on the list of its kind */
	struct list dirty;      /* on the table's list while todo is not 0 */
	struct pkt_queue queue; /* packets waiting for hw */
	struct stack_timer timer;
	struct ip_addr addr;
	uint32_t ifindex;
	uint16_t queued;
	struct eth_addr hw; /* in all states except INCOMPLETE and FAILED */
	uint8_t state;      /* enum neigh_state */
	uint8_t todo, asked;
	bool router;
	bool gateway;     /* packets for other destinations go through it */
	bool unreachable; /* it has failed, and nothing has been heard of it since */
	uint8_t kind;     /* enum neigh_kind */
	nsec_t updated;
	nsec_t confirmed; /* last forward progress of a transport through it */
	nsec_t lasts;     /* duration of the state without events */
};

/* Times of the neighbours of an interface, as a router says (RFC 4861 section 6.3.4): IPv6 only. */
struct neigh_times {
	uint32_t reachable_ms, retrans_ms; /* 0: the parameters apply */
};

/* The counters of /proc/net/stat/arp_cache. */
struct neigh_stats {
	uint64_t allocs, destroys, lookups, hits, res_failed, unres_discards, table_fulls;
};

struct neigh_table {
	struct stack *stack;
	struct siphash_key key;
	struct hash_table table;
	struct pool pool;
	struct list lru[NEIGH_KINDS]; /* least recently used first */
	struct list dirty;
	struct neigh_stats stats;
	struct neigh_times times[NETDEV_MAX + 1]; /* by ifindex */
	uint32_t gen;         /* changes when an entry is deleted: kept pointers are stale */
	uint32_t gateway_gen; /* changes when a gateway fails, and when it is heard of again */
};

/* True if the table is empty, as it is if no link needs neighbours. */
static inline bool neigh_none(const struct neigh_table *t)
{
	return t->table.count == 0;
}

/* An empty table of s. */
void neigh_init(struct neigh_table *t, struct stack *s);

/* Frees the entries and their queued packets. */
void neigh_free(struct neigh_table *t);

/* Deletes the entries of an interface, drops their queued packets, and forgets its times. */
void neigh_forget(struct neigh_table *t, uint32_t ifindex);

/* The time between solicitations for an IPv6 address of an interface. */
nsec_t neigh_retrans_time(const struct neigh_table *t, uint32_t ifindex);

/* The entry for addr, or NULL. */
struct neigh *neigh_find(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr);

enum neigh_verdict {
	NEIGH_RESOLVED, /* the entry's hw is valid: send; the packet is the caller's */
	NEIGH_QUEUED,   /* the entry owns it; beyond unres_qlen the oldest is dropped */
	NEIGH_FULL,     /* no room in the table (gc_thresh3): the packet is the caller's */
};
struct neigh_result {
	enum neigh_verdict verdict;
	struct neigh *neigh;
};

/* Looks up or creates the entry for a packet p to addr, and queues p on it until the address is
 * resolved. The verdict determines who owns p. */
struct neigh_result neigh_output(
	struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr, struct pkt *p);

/* True if neigh_output() would return NEIGH_RESOLVED without changing the entry. */
static inline bool neigh_ready(const struct neigh *n)
{
	return n->state == NEIGH_REACHABLE || n->state == NEIGH_DELAY || n->state == NEIGH_PROBE ||
	       n->state == NEIGH_PERMANENT;
}

/* The contents of a received ARP or NDP message about addr. */
struct neigh_update {
	uint32_t ifindex;
	struct ip_addr addr;
	bool has_hw;
	struct eth_addr hw;
	bool create;    /* create an entry if there is none */
	bool override;  /* hw replaces a different one */
	bool solicited; /* it answers a solicitation: REACHABLE */
	bool says_router, router;
};

/* Updates the cache from a received message (RFC 4861 section 7.2.5, RFC 826). */
void neigh_learn(struct neigh_table *t, const struct neigh_update *u);

/* A transport has made forward progress through n: reachable without a probe. */
void neigh_confirm(struct neigh_table *t, struct neigh *n);

/* Solicits a neighbour that failed once more, unless that was less than `interval` ago; until it is
 * heard of it stays unreachable. */
void neigh_probe_failed(struct neigh_table *t, struct neigh *n, nsec_t interval);

/* Adds a permanent entry. False if the table is full. */
bool neigh_set_permanent(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr,
	const struct eth_addr *hw);

/* Removes one entry from the dirty list; its todo is cleared and returned in *todo. NULL: none. */
struct neigh *neigh_next_dirty(struct neigh_table *t, uint8_t *todo);

/* Removes the oldest queued packet of n, which becomes the caller's; NULL if there is none. */
struct pkt *neigh_dequeue(struct neigh *n);

/* The name of a state as `ip neigh` prints it: "REACHABLE". */
const char *neigh_state_name(enum neigh_state s);

#endif
