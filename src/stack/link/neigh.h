/*
 * neigh.h - which hardware address an IP address on a link has: the cache behind ARP (RFC 826) and
 * neighbour discovery (RFC 4861 section 7.3), with the states of both.
 *
 *               output             answer                    reachable time over
 *     (none) ----------> INCOMPLETE ------> REACHABLE -------------------------> STALE
 *                          |                  ^   ^                                | output
 *                          | 3 asked          |   | answer, or progress above      v
 *                          v                  |   +------------------------- PROBE <- DELAY (5 s)
 *                        FAILED               +------------------------------- (also from DELAY)
 *                          ^                                                    |
 *                          +---------------- 3 asked in PROBE -----------------+
 *
 * A neighbour that answered us is known; the others are strangers, whom anybody on the link can
 * make up by the thousand. When the table is full the stranger used longest ago goes, whatever
 * waits for him; a known one goes only if there are no strangers and nothing is lost with it.
 *
 * Pure state: it sends nothing. What is to be sent is marked in `todo` and the entry put on the
 * table's dirty list, for whoever flushes. Packets that wait for an answer hang on the entry and
 * belong to it.
 */
#ifndef STACK_LINK_NEIGH_H
#define STACK_LINK_NEIGH_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/stack_priv.h"
#include "wire/eth.h"

enum {
	NEIGH_GC_MIN = 128, /* below that many entries stale ones stay (Linux gc_thresh1) */
};

enum neigh_state {
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE,
	NEIGH_DELAY,
	NEIGH_PROBE,
	NEIGH_FAILED,
	NEIGH_PERMANENT, /* set by hand */
	NEIGH_STATES,
};

/* What the flush has to do for an entry. */
enum {
	NEIGH_SOLICIT_ALL = 1 << 0, /* send a multicast or broadcast solicitation */
	NEIGH_SOLICIT_ONE = 1 << 1, /* send a solicitation to hw */
	NEIGH_SEND = 1 << 2,        /* hw is known: send what hangs on queue */
	NEIGH_FAIL = 1 << 3,        /* nobody answered: drop the queue and tell the senders */
};

enum neigh_kind {
	NEIGH_UNCONFIRMED, /* never answered, or no more */
	NEIGH_CONFIRMED,   /* has been REACHABLE since it last failed, or was set by hand */
	NEIGH_KINDS,
};

struct neigh_table;

struct neigh {
	struct hash_node node;
	struct neigh_table *table;
	struct list lru;        /* on the list of its kind */
	struct list dirty;      /* on the table's list while todo is not 0 */
	struct pkt_queue queue; /* packets that wait */
	struct stack_timer timer;
	struct ip_addr addr;
	uint32_t ifindex;
	uint16_t queued;
	struct eth_addr hw; /* of any state but INCOMPLETE and FAILED */
	uint8_t state;      /* enum neigh_state */
	uint8_t todo, asked;
	bool router;
	uint8_t kind; /* enum neigh_kind */
	nsec_t updated;
	nsec_t confirmed; /* something above got an answer through it */
	nsec_t lasts;     /* of the state: how long without */
};

/* As /proc/net/stat/arp_cache counts. */
struct neigh_stats {
	uint64_t allocs, destroys, lookups, hits, res_failed, unres_discards, table_fulls;
};

struct neigh_table {
	struct stack *stack;
	struct siphash_key key;
	struct hash_table table;
	struct pool pool;
	struct list lru[NEIGH_KINDS]; /* the one used longest ago in front */
	struct list dirty;
	struct neigh_stats stats;
	uint32_t gen; /* moves when an entry goes: whoever keeps a pointer to one asks again */
};

/* An empty table of s. */
void neigh_init(struct neigh_table *t, struct stack *s);

/* Frees the entries and what waits on them. */
void neigh_free(struct neigh_table *t);

/* Forgets every entry of an interface, and drops what waits on them. */
void neigh_forget(struct neigh_table *t, uint32_t ifindex);

/* The entry for addr, or NULL. */
struct neigh *neigh_find(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr);

/* What becomes of a packet for addr. */
enum neigh_verdict {
	NEIGH_RESOLVED, /* hw of the entry is good: send; the packet is the caller's */
	NEIGH_QUEUED,   /* taken: it hangs on the entry; unres_qlen of them push out the oldest */
	NEIGH_FULL,     /* no room in the table (gc_thresh3): the packet is the caller's */
};
struct neigh_result {
	enum neigh_verdict verdict;
	struct neigh *neigh;
};
struct neigh_result neigh_output(
	struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr, struct pkt *p);

/* True if a packet may go to n.hw at once, with nothing to note: what neigh_output() would say too.
 */
static inline bool neigh_ready(const struct neigh *n)
{
	return n->state == NEIGH_REACHABLE || n->state == NEIGH_DELAY || n->state == NEIGH_PROBE ||
	       n->state == NEIGH_PERMANENT;
}

/* What a message from the link says of addr. */
struct neigh_update {
	uint32_t ifindex;
	struct ip_addr addr;
	bool has_hw;
	struct eth_addr hw;
	bool create;    /* make an entry if there is none */
	bool override;  /* hw replaces another */
	bool solicited; /* it answers our question: REACHABLE */
	bool says_router, router;
};
void neigh_learn(struct neigh_table *t, const struct neigh_update *u);

/* Something above got an answer through n: it is reachable without asking. */
void neigh_confirm(struct neigh_table *t, struct neigh *n);

/* Sets an entry by hand. False if the table is full. */
bool neigh_set_permanent(struct neigh_table *t, uint32_t ifindex, const struct ip_addr *addr,
	const struct eth_addr *hw);

/* Takes one entry off the dirty list, with its todo cleared into *todo; NULL if there is none. */
struct neigh *neigh_next_dirty(struct neigh_table *t, uint8_t *todo);

/* Takes the oldest waiting packet off n; NULL if there is none. */
struct pkt *neigh_dequeue(struct neigh *n);

/* The name of a state as `ip neigh` prints it: "REACHABLE". */
const char *neigh_state_name(enum neigh_state s);

#endif
