/*
 * two_hosts.h - test fixture: two instances joined by a wire in virtual time. The wire delays, and
 * on request loses, duplicates and reorders, by its own seeded generator.
 */
#ifndef STACK_TCP_TEST_TWO_HOSTS_H
#define STACK_TCP_TEST_TWO_HOSTS_H

#include "base/prng.h"
#include "stack/stack.h"
#include "stack/tcp/tcp.h"
#include "stack/tcp/tcp_sockopt.h"
#include "wire/tcp.h"

enum {
	PAIR_WIRE = 16384, /* packets in flight */
	PAIR_BYTES = 2048, /* of one packet */
};

struct pair_host {
	struct stack *s;
	struct netdev dev;
	struct pair *pair;
	struct ip_addr addr;
	uint32_t events;
	uint64_t sent;
};

struct pair_flight {
	nsec_t at;
	struct pkt *p;
	int to;
	uint64_t order;
};

struct pair {
	struct pair_host host[2];
	nsec_t now, delay;
	struct prng prng;
	uint32_t loss, dup, reorder; /* of 10000 */
	struct pair_flight wire[PAIR_WIRE];
	uint32_t flights;
	uint64_t order;
	/* sees every packet that enters the wire; true: lose it. May be NULL. */
	bool (*tamper)(struct pair *p, int from, struct pkt *pkt);
	void *arg;
};

/* Two instances on a wire whose faults depend on seed. */
struct pair *pair_new(uint64_t seed, bool v6);
void pair_free(struct pair *p);

/* Sends what is queued, then advances to the next event, at most to `until`. False: no more
 * events. */
bool pair_step(struct pair *p, nsec_t until);
void pair_run(struct pair *p, nsec_t span);

/* A connection through the handshake: c[0] client, c[1] accepted, l the listener. */
struct pair_conn {
	struct tcp_conn *l, *c[2];
};
/* Host 0 connects to a listener of host 1 at port; both ends are established. */
void pair_connect(struct pair *p, struct pair_conn *pc, uint16_t port);

/* Sends n bytes (at most 65,536) from host `from`, reads and compares them as they arrive. */
void pair_say(struct pair *p, const struct pair_conn *pc, int from, size_t n);

/* For tamper: parses an IPv4 packet as a segment, which borrows `bytes`. */
void pair_read(struct pkt *pkt, uint8_t bytes[PAIR_BYTES], struct ip_pair *addr, struct tcp_seg *g);

#endif
