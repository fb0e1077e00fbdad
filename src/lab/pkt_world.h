/*
 * pkt_world.h - what a script runs against: one instance of the stack with one raw interface, and a
 * clock that moves only when it is told to. Sent packets lie in a queue until somebody looks.
 *
 *     script -> inject ->[ tun0 | stack | sockets ]<- calls <- script
 *                             |
 *                             +-> sent: packet, time -> script
 */
#ifndef LAB_PKT_WORLD_H
#define LAB_PKT_WORLD_H

#include "socket/socket.h"
#include "stack/stack.h"

enum pkt_mode {
	PKT_IPV4,
	PKT_MAPPED, /* sockets AF_INET6, wire IPv4 */
	PKT_IPV6,
	PKT_MODES,
};

struct pkt_frame {
	struct pkt_frame *next;
	nsec_t at;
	bool inbound;
	size_t len;
	uint8_t bytes[];
};

/* Sees every packet, in either direction, at its time. */
typedef void (*pkt_tap)(void *ctx, const struct pkt_frame *f);

struct pkt_world {
	struct stack *stack;
	struct bs *bs;
	struct netdev dev;
	nsec_t now;
	struct pkt_frame *first, *last; /* sent, not yet looked at */
	bool refuse;                    /* the device takes nothing: `tc ... pfifo limit 0` */
	pkt_tap tap;
	void *tap_ctx;
};

struct pkt_place {
	enum pkt_mode mode;
	uint64_t seed;
	uint32_t mtu;
	struct ip_addr local, remote, gateway;
	unsigned bits; /* of the local prefix */
};

/* Builds the world. False if memory is out. */
bool world_init(struct pkt_world *w, const struct pkt_place *place);
void world_free(struct pkt_world *w);

/* Lets time pass up to `when`, running what is due on the way. */
void world_until(struct pkt_world *w, nsec_t when);

/* The same, but stops as soon as a sent packet waits or *stop is not 0. */
void world_until_sent(struct pkt_world *w, nsec_t when, const uint32_t *stop);

/* Everything that was marked is sent. After every call. */
void world_settle(struct pkt_world *w);

/* One IP packet arrives. */
void world_inject(struct pkt_world *w, const uint8_t *bytes, size_t len);

/* Takes the oldest sent packet; NULL if there is none. The caller frees it. */
struct pkt_frame *world_take(struct pkt_world *w);

/* Puts one back as the oldest. */
void world_untake(struct pkt_world *w, struct pkt_frame *f);

#endif
