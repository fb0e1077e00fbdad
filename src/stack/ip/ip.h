/*
 * ip.h - interface of the network layer to the transports and the instance.
 *
 *     stack_input -> link in -> ip in -> icmp, or the transport's input (struct ip_rx: the headers)
 *     tcp_out, udp_out -> ip_out -> neighbour -> netdev send
 */
#ifndef STACK_IP_IP_H
#define STACK_IP_IP_H

#include "stack/stack.h"
#include "wire/icmp.h"

struct ip_state;

/* --- ip_state.c: the instance (called by stack.c) --- */

/* Creates the network layer of s, with "lo" attached, and stores it in s->ip. NULL: out of
 * memory. */
struct ip_state *ip_new(struct stack *s);

/* Detaches all interfaces, drops queued packets and frees the network layer of s. */
void ip_free(struct stack *s);

/* Sends the packets queued during the batch: replies, forwarded packets, those whose next hop is
 * resolved; then receives the packets sent to lo. Returns true if any were received, so that the
 * transports must be flushed once more. */
bool ip_flush(struct stack *s);

/* True if ip_flush() has something to do. */
bool ip_dirty(const struct stack *s);

/* --- packets between ip and a transport --- */

/* The IP header of a received packet; p->data is the transport header. */
struct ip_rx {
	struct netdev *dev;
	struct ip_pair addr; /* src is the sender */
	uint8_t tos, ttl;
	bool v6;
	bool local;          /* dst is a unicast address of this instance */
	uint32_t flow;       /* IPv6 flow label */
	const uint8_t *head; /* the IP header, in p: quoted by ICMP errors */
	uint32_t head_len;   /* bytes from head to p->data */
};

/* An ICMP error about a packet that this instance sent. */
struct ip_error {
	bool v6;
	uint8_t type, code;
	uint8_t ttl;             /* remaining hops of the ICMP message */
	uint32_t mtu;            /* fragmentation needed, packet too big: bytes; else 0 */
	struct ip_addr offender; /* the sender of the ICMP message */
};

/* The stages of prefetching for a packet: each reads what the previous one fetched. */
enum ip_prefetch {
	IP_PREFETCH_BUCKET, /* of the table of connections */
	IP_PREFETCH_RECORD,
	IP_PREFETCH_ACTIVE, /* memory that the record points to */
	IP_PREFETCHES
};

struct ip_span { /* packets from, from + 1, ... to - 1 of a batch */
	uint32_t from, to;
};

/* A transport protocol; a constant of the transport. */
struct ip_transport {
	/* A packet of the protocol for this instance. Takes p. */
	void (*input)(struct stack *s, struct pkt *p, const struct ip_rx *rx);
	/* An ICMP error about a packet that this instance sent (q->addr.src is local). */
	void (*error)(struct stack *s, const struct icmp_quote *q, const struct ip_error *e);
	/* A whole IP packet received on dev, headers not parsed: takes p and returns true if the
	 * fast path applies; otherwise nothing has been written. May be NULL. */
	bool (*fast_input)(struct stack *s, struct netdev *dev, struct pkt *p);
	/* Packets of a batch p, with IP headers at `at`, not validated, will be input soon:
	 * prefetches what they will need, one stage further at each call. False: nothing was done,
	 * since all of it is in the cache. May be NULL. */
	bool (*prefetch)(struct stack *s, struct pkt *const *p, struct ip_span span, uint32_t at,
		enum ip_prefetch stage);
};

/* Frames of a batch p, received on dev, will be input soon: ip_transport.prefetch. */
bool ip_prefetch(struct stack *s, const struct netdev *dev, struct pkt *const *p,
	struct ip_span span, enum ip_prefetch stage);

/* Registers the transport of an IP protocol number, for both IPv4 and IPv6, once per instance.
 * Packets of protocols without one are answered with "protocol unreachable". */
void ip_register(struct stack *s, uint8_t proto, const struct ip_transport *t);

/* ip_tx.ttl for a hop limit of 0, which IPv6 sends; IPv4 uses its default. */
#define IP_NO_HOPS 256

/* The IP header of a packet to send. */
struct ip_tx {
	struct ip_pair addr; /* both set; src as chosen by ip_route_query() */
	uint32_t ifindex;    /* 0: by route */
	uint32_t flow;       /* IPv6 flow label; 0: a hash of addresses, ports and rehash */
	uint16_t rehash;     /* a new value gives another label and perhaps another path */
	uint8_t proto, tos;
	uint8_t opt_len;   /* IPv4: bytes of options at the start of the packet, a multiple of 4 */
	uint16_t ttl;      /* 0: the default parameter; or IP_NO_HOPS */
	bool may_fragment; /* without DF; fragmented if too large */
};

/* --- ip_out.c --- */

/* Sends p, whose data is a whole transport packet with its checksum. Takes p. Returns 0, -ENOBUFS
 * (the device's queue is full: the packet is dropped), -EMSGSIZE (above the path MTU and may not be
 * fragmented), or from the route -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL. */
int ip_out(struct stack *s, struct pkt *p, const struct ip_tx *tx);

struct ip_dst;

/* The variable fields of fast path packets. */
struct ip_fast {
	const struct ip_pair *addr;
	uint16_t rehash; /* like ip_tx.rehash */
	uint8_t tos;
};

/* The cached route of a transport packet of len bytes to dst, if it needs neither fragmentation nor
 * special treatment; else NULL. */
struct ip_dst *ip_fast_route(struct stack *s, const struct ip_addr *dst, uint32_t len);

/* ip_out() of a TCP segment, with the default hop limit and DF, on a route of ip_fast_route().
 * Takes p. Errors as for ip_out(). */
int ip_fast_out(struct stack *s, struct pkt *p, struct ip_dst *dst, const struct ip_fast *f);

/* --- ip_dst.c: routes and path MTUs --- */

struct ip_route_key {
	struct ip_addr dst, src; /* src: IP_ADDR_ANY4/6 to select one */
	uint32_t ifindex;        /* 0: any */
};

/* The route to a destination. */
struct ip_route {
	struct ip_addr src; /* selected, or the key's */
	uint32_t ifindex;
	uint32_t mtu; /* of the path, bytes: the link's, the route's or learned by ICMP */
	uint32_t advmss, initcwnd; /* the route's metrics; 0: not set */
	bool paced;                /* the interface paces as TCP requests: NETDEV_FQ */
	bool gso;                  /* it accepts several segments as one packet: NETDEV_GSO */
	bool tx_csum;              /* it completes checksums: NETDEV_TX_CSUM */
	bool locked;               /* path MTU below the minimum: send without DF */
	bool broadcast;            /* dst is a broadcast address of the link */
};

/* Finds the route for key. 0, errors as for ip_out(), -EADDRNOTAVAIL (no source address), -EINVAL
 * (a source in 127/8 for another host). Valid while ip_route_gen() stays the same. */
int ip_route_query(struct stack *s, const struct ip_route_key *key, struct ip_route *out);

/* Numbers that change with routes, addresses and path MTUs, and with addresses: a cached ip_route,
 * or answer of ip_for_us(), is stale when it differs. Never 0. */
uint32_t ip_route_gen(const struct stack *s);
uint32_t ip_addr_gen(const struct stack *s);

/* Called by a transport that accepts an ICMP report that the path to dst carries only mtu bytes.
 * Kept until it expires (route_mtu_expires); ip_route_gen() changes. The network layer does not act
 * on the report itself: only the transport can validate it (RFC 5927 section 7.2). */
void ip_pmtu_update(struct stack *s, const struct ip_addr *dst, uint32_t mtu);

/* Confirms the next hop to dst as reachable, without a probe: TCP calls it when ACKs show forward
 * progress (RFC 4861 section 7.3.1). */
void ip_neigh_confirm(struct stack *s, const struct ip_addr *dst);

/* --- ip_if.c: addresses and groups --- */

/* True if a is a unicast address of this instance (including all of 127.0.0.0/8). */
bool ip_is_local(const struct stack *s, const struct ip_addr *a);

/* True if a packet with these addresses received on dev is for a unicast address of this instance,
 * and its source is valid. */
bool ip_for_us(struct stack *s, const struct netdev *dev, const struct ip_pair *a);

/* True if bind() to a is allowed: any address, a local one, IPv4 broadcasts and groups; IPv6 groups
 * are checked by the transport. */
bool ip_may_bind(const struct stack *s, const struct ip_addr *a);

/* True if a socket bound to a also sends from a: not the any address, a broadcast or a group. */
bool ip_is_source(const struct stack *s, const struct ip_addr *a);

/* The real destination of a packet from a socket bound to src to dst: dst, or for the any address,
 * which BSD and Linux take as "this host", src if it is a usable IPv4 source, else loopback. */
struct ip_addr ip_this_host(
	const struct stack *s, const struct ip_addr *dst, const struct ip_addr *src);

/* The interface that has the address; 0: none. */
uint32_t ip_addr_interface(const struct stack *s, const struct ip_addr *a);

/* Joins a multicast group on an interface (0: any); counted, so each join needs a leave. -EINVAL
 * (not a multicast address), -ENOBUFS (IP_GROUPS_MAX). */
int ip_group_join(struct stack *s, uint32_t ifindex, const struct ip_addr *group);

/* Undoes one ip_group_join(). -EADDRNOTAVAIL: not joined. */
int ip_group_leave(struct stack *s, uint32_t ifindex, const struct ip_addr *group);

/* True if packets to the group are accepted on the interface. */
bool ip_group_has(const struct stack *s, uint32_t ifindex, const struct ip_addr *group);

/* --- icmp_out.c --- */

/* The errno, positive, that Linux maps an ICMP error to; 0 if sockets ignore it. *hard: it aborts a
 * connection or fails a connected socket (RFC 1122 section 4.2.3.9). */
int ip_error_errno(const struct ip_error *e, bool *hard);

/* Answers the packet of rx and p with "port unreachable", if rules and rate limits allow. p stays
 * the caller's. */
void ip_port_unreachable(struct stack *s, const struct pkt *p, const struct ip_rx *rx);

/* --- ip_dump.c: introspection --- */

/* Per interface, with the names of /proc/net/dev and `ip -s link`. */
struct ip_dev_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_length_errors, rx_frame_errors, rx_otherhost, rx_nohandler, rx_dropped;
	uint64_t tx_dropped;
	uint64_t arp_errors; /* malformed ARP messages */
};

/* The counters of an attached interface; valid while it is attached. */
const struct ip_dev_stats *ip_dev_stats(const struct netdev *dev);

struct ip_addr_row {
	struct ip_addr addr;
	uint32_t ifindex;
	uint8_t bits; /* of the prefix, from the start of the 16 bytes */
	bool tentative, duplicate, automatic;
	nsec_t preferred_until, valid_until; /* NSEC_MAX: for ever */
};

/* Calls see for every address of the instance, in the order of the interfaces (ip addr). */
void ip_each_addr(
	struct stack *s, void (*see)(const struct ip_addr_row *row, void *arg), void *arg);

struct ip_neigh_row {
	struct ip_addr addr;
	uint32_t ifindex;
	const char *state;  /* "REACHABLE" ... */
	bool router, known; /* known: mac is valid */
	uint8_t mac[6];
};

/* Calls see for every entry of the neighbour cache (ip neigh): unconfirmed ones, then the others,
 * each least recently used first. */
void ip_each_neigh(
	struct stack *s, void (*see)(const struct ip_neigh_row *row, void *arg), void *arg);

#endif
