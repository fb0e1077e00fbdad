/*
 * ip.h - what the transports and the instance ask of the network layer, and what it calls.
 *
 *     stack_input -> link in -> ip in -> icmp, or the transport's input (struct ip_rx: the headers)
 *     tcp_output, udp_out -> ip_out -> neighbour -> netdev send
 */
#ifndef STACK_IP_IP_H
#define STACK_IP_IP_H

#include "stack/stack.h"
#include "wire/icmp.h"

struct ip_state;

/* The state of the network layer, with "lo" attached; NULL when memory is out. */
struct ip_state *ip_new(struct stack *s);
void ip_free(struct stack *s);

/* A frame from dev. Takes p. */
void link_input(struct stack *s, struct netdev *dev, struct pkt *p);

/* What waits for the end of the batch (loopback delivery, ARP) goes now; true if that made
 * something come in, so that the protocols above are asked again. */
bool ip_flush(struct stack *s);
bool ip_dirty(const struct stack *s);

/* What a transport learns of a packet that came in; p->data is the transport header. */
struct ip_rx {
	struct netdev *dev;
	struct ip_pair addr; /* src is the sender */
	uint8_t tos, ttl;
	bool v6;
	bool local;          /* dst is a unicast address of this instance */
	uint32_t flow;       /* IPv6 flow label */
	const uint8_t *head; /* the IP header, in p: what an ICMP error quotes */
	uint32_t head_len;   /* bytes from there to p->data */
};

/* A hop limit of 0: IPv6 sends it, and the next host may have it; IPv4 takes its default. */
#define IP_NO_HOPS 256

/* How a transport's packet is to leave. */
struct ip_tx {
	struct ip_pair addr; /* both given; src as ip_route_query() chose it */
	uint32_t ifindex;    /* 0: by route */
	uint32_t flow;       /* IPv6 flow label; 0: drawn from the addresses and ports, */
	uint16_t rehash;     /* and this: another number, another label and perhaps another path */
	uint8_t proto, tos;
	uint8_t opt_len;   /* IPv4: the packet's first bytes are options, a multiple of 4 */
	uint16_t ttl;      /* 0: the default of the parameters; or IP_NO_HOPS */
	bool may_fragment; /* without DF; too large ones are cut */
};

/*
 * Sends p, whose data is a whole transport packet with its checksum. Takes p. Returns 0, -ENOBUFS
 * (the device's queue is full: the packet is lost here), -EMSGSIZE (above the path MTU and may not
 * be fragmented), -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL as route types say.
 */
int ip_out(struct stack *s, struct pkt *p, const struct ip_tx *tx);

/* The way to a destination. */
struct ip_route {
	struct ip_addr src; /* chosen, or what was asked for */
	uint32_t ifindex;
	uint32_t mtu;              /* of the path: the link's, the route's or what ICMP told */
	uint32_t advmss, initcwnd; /* the route's; 0: it says nothing */
	bool paced;                /* the link lets packets leave at TCP's pace: NETDEV_FQ */
	bool loopback;             /* to ourselves */
	bool locked;               /* path MTU below the minimum: send without DF */
	bool broadcast;            /* dst is a broadcast address of the link */
};

/* Finds it. src: IP_ADDR_ANY4/6 to have one chosen. Errors as ip_out(), -EADDRNOTAVAIL. */
struct ip_route_key {
	struct ip_addr dst, src;
	uint32_t ifindex; /* 0: any */
};
int ip_route_query(struct stack *s, const struct ip_route_key *key, struct ip_route *out);

/* Counts up whenever routes or path MTUs change: a kept ip_route is stale when it moved. */
uint32_t ip_route_gen(const struct stack *s);

/* True if a is a unicast address of this instance (any of 127.0.0.0/8 included). */
bool ip_is_local(const struct stack *s, const struct ip_addr *a);

/* True if a socket may be bound to a: any address, our own, or one that comes to us though it is
 * not our own: of IPv4 broadcasts and groups; groups of IPv6 are left to the transport. */
bool ip_may_bind(const struct stack *s, const struct ip_addr *a);

/* True if a socket that is bound to a sends from a, too: not from any address, a broadcast or a
 * group. */
bool ip_is_source(const struct stack *s, const struct ip_addr *a);

/* A transport believes that the path to dst carries only mtu bytes (packet too big, fragmentation
 * needed) of what it sent: remembered until it expires, and ip_route_gen() moves. The network layer
 * does not by itself, since only the transport can tell a lie (RFC 5927 section 7.2). */
void ip_pmtu_update(struct stack *s, const struct ip_addr *dst, uint32_t mtu);

/* True if the neighbour of dst was confirmed; TCP says so when ACKs show that the path works. */
void ip_neigh_confirm(struct stack *s, const struct ip_addr *dst);

/* Per interface, as /proc/net/dev and `ip -s link` name them. */
struct ip_dev_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_length_errors, rx_frame_errors, rx_otherhost, rx_nohandler, rx_dropped;
	uint64_t tx_dropped;
	uint64_t arp_errors; /* messages that ARP could not read */
};

/* The counters of an attached interface; good while it is attached. */
const struct ip_dev_stats *ip_dev_stats(const struct netdev *dev);

/* Calls see for every address of the instance, in the order of the interfaces. */
struct ip_addr_row {
	struct ip_addr addr;
	uint32_t ifindex;
	uint8_t bits;
	bool tentative, duplicate, automatic;
	nsec_t preferred_until, valid_until; /* NSEC_MAX: for ever */
};
void ip_each_addr(
	struct stack *s, void (*see)(const struct ip_addr_row *row, void *arg), void *arg);

/* Calls see for every entry of the neighbour cache (ip neigh): those that never answered, then the
 * others, each the one used longest ago first. */
struct ip_neigh_row {
	struct ip_addr addr;
	uint32_t ifindex;
	const char *state;  /* "REACHABLE" ... */
	bool router, known; /* known: mac means something */
	uint8_t mac[6];
};
void ip_each_neigh(
	struct stack *s, void (*see)(const struct ip_neigh_row *row, void *arg), void *arg);

/* An ICMP error about something that this instance sent (q->addr.src is ours). */
struct ip_error {
	bool v6;
	uint8_t type, code;
	uint8_t ttl;             /* hops that the report has left */
	uint32_t mtu;            /* fragmentation needed, packet too big: for what was sent */
	struct ip_addr offender; /* who reports */
};

/* The errno, positive, that Linux gives for an ICMP error, 0 for those that mean nothing to a
 * socket. *hard: it ends a connection or fails a connected socket (RFC 1122 section 4.2.3.9). */
int ip_error_errno(const struct ip_error *e, bool *hard);

/* Joins and leaves a multicast group on an interface (0: any). 0, -EINVAL, -ENOBUFS,
 * -EADDRNOTAVAIL. */
int ip_group_join(struct stack *s, uint32_t ifindex, const struct ip_addr *group);
int ip_group_leave(struct stack *s, uint32_t ifindex, const struct ip_addr *group);

/* True if packets to the group are taken in over the interface. */
bool ip_group_has(const struct stack *s, uint32_t ifindex, const struct ip_addr *group);

/* The interface that has the address; 0: none has. */
uint32_t ip_addr_interface(const struct stack *s, const struct ip_addr *a);

/* Answers the packet that rx and p describe with "port unreachable", if the rules allow. p stays.
 */
void ip_port_unreachable(struct stack *s, const struct pkt *p, const struct ip_rx *rx);

/* A transport protocol; a constant of the transport's, both functions given. */
struct ip_transport {
	/* A packet of the protocol for this instance. Takes p. */
	void (*input)(struct stack *s, struct pkt *p, const struct ip_rx *rx);
	/* An ICMP error about a packet that this instance sent (q->addr.src is local). */
	void (*error)(struct stack *s, const struct icmp_quote *q, const struct ip_error *e);
};

/* Registers the transport of an IP protocol number, of IPv4 and IPv6 alike, once an instance. What
 * comes for a protocol without one is answered with "protocol unreachable". */
void ip_register(struct stack *s, uint8_t proto, const struct ip_transport *t);

#endif
