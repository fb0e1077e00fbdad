/*
 * udp_priv.h - state of UDP: sockets, ports, queued datagrams.
 *
 *     port -> udp_port -> sockets bound to it, the newest first; IPv6 with SO_REUSEPORT last
 *     stack -> out: datagrams to be sent by udp_flush(), in the order of the calls
 */
#ifndef STACK_UDP_UDP_PRIV_H
#define STACK_UDP_UDP_PRIV_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/ip/ip.h"
#include "stack/ip/ip_bind.h"
#include "stack/stack_priv.h"
#include "stack/udp/udp.h"
#include "wire/udp.h"

/* The bounds of udp/ that are not parameters. */
enum {
	UDP_SOCKS_MAX = 1 << 20, /* sockets of an instance: udp_new() returns NULL */
	UDP_PKT_COST =
		512, /* charge for a queued datagram besides its bytes, for rcvbuf and sndbuf */
};

/* All sockets of one local port. */
struct udp_port {
	struct hash_node node;
	struct list socks;
	uint16_t port;
};

/* A received datagram waiting to be read. */
struct udp_dgram {
	struct udp_dgram *next;
	struct pkt *p; /* data is the payload */
	struct udp_end from, to;
	uint8_t tos, ttl;
};

/* A group that a socket has joined. */
struct udp_member {
	struct udp_member *next;
	struct ip_addr group;
	uint32_t ifindex;
	uint32_t attachment; /* of the interface at that time */
};

/* A datagram being assembled. */
struct udp_draft {
	struct udp_end to;
	struct ip_tx tx;
	uint32_t len, mtu;
	uint32_t loop_if; /* a group: members on this interface get it, too; 0: none */
	bool stays;       /* it does not leave this host */
	struct pkt *p;    /* room for the header, then len bytes */
};

struct udp_sock {
	struct list all, by_port;
	struct udp_port *port; /* NULL: no port yet */
	void *owner;
	struct udp_end local, peer;
	struct udp_opts opts;
	struct udp_dgram *first, *last; /* receive queue */
	uint32_t held;                  /* bytes in it, plus UDP_PKT_COST each */
	uint32_t unsent;                /* bytes queued for the flush, likewise */
	int err;
	bool v6, connected;
	bool auto_addr,
		auto_port; /* chosen by connect or the first send: removed by udp_disconnect() */
	bool want_write;
	struct udp_member *members;
	struct udp_draft *corked; /* gathered datagram (UDP_CORK, MSG_MORE); NULL: none */
};

/* A datagram to be sent in udp_flush(). */
struct udp_tx {
	struct udp_tx *next;
	struct udp_sock *from; /* NULL: closed in the meantime */
	struct pkt *p;
	struct ip_tx tx;
	uint32_t cost, loop_if;
	bool stays;
};

struct udp_state {
	struct udp_events events;
	struct hash_table ports;
	struct pool sock_pool, port_pool, dgram_pool, later_pool, draft_pool, member_pool;
	struct list socks;
	struct udp_tx *out, **out_end;
	struct siphash_key
		hash_key;      /* selects among the sockets sharing a port the one for a peer */
	uint64_t memory;       /* bytes charged to all sockets, against udp_mem */
	uint16_t service_port; /* udp_set_service() */
	bool (*service)(struct stack *s, const struct udp *u, const struct ip_rx *rx);
};

/* Reports events (enum udp_event) to the owner of u. */
void udp_notify(struct stack *s, const struct udp_sock *u, uint32_t events);

/* The options of u for datagrams to or from an address. */
static inline const struct udp_ip_opts *udp_ip_opts(
	const struct udp_sock *u, const struct ip_addr *to)
{
	return ip_addr_is_v4(to) ? &u->opts.v4 : &u->opts.v6;
}

/* The group of sockets on a port; NULL if there is none. */
struct udp_port *udp_port_find(const struct udp_state *st, uint16_t port);

/* ---- udp_in.c: registered with ip (struct ip_transport) ---- */

/* A datagram received; p->data is the UDP header. Takes p. */
void udp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* An ICMP error about a datagram that was sent (RFC 1122 section 4.1.3.3). */
void udp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e);

/* ---- udp_group.c ---- */

/* True if u receives datagrams to the group `to`: joined on the interface, or IP_MULTICAST_ALL. */
bool udp_group_wanted(const struct udp_sock *u, const struct udp_end *to);

/* Leaves every group that u has joined. */
void udp_leave_all(struct stack *s, struct udp_sock *u);

/* Delivers a copy of p, a whole datagram to a group, to the members of this host on an
 * interface. */
void udp_group_loop(struct stack *s, const struct pkt *p, const struct ip_tx *tx, uint32_t ifindex);

/* Drops the corked datagram of u. */
void udp_uncork(struct stack *s, struct udp_sock *u);

/* How well u matches a datagram for `to` from `from`: below 0 not at all; else the higher the
 * better. */
int udp_score(const struct udp_sock *u, const struct udp_end *to, const struct udp_end *from);

#endif
