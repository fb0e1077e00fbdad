/*
 * ip_priv.h - the state of the network layer of one instance, shared by the files of link/ and ip/.
 *
 *     netdev -> ip_dev [counters, addresses, IPv6 set-up]      one an interface
 *     address -> ip_ifaddr [prefix, interface, lifetimes]      one an address, by keyed hash
 *     later: packets that were made while something came in; they leave in ip_flush()
 */
#ifndef STACK_IP_IP_PRIV_H
#define STACK_IP_IP_PRIV_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/ip/ip.h"
#include "stack/ip/peers.h"
#include "stack/ip/reasm.h"
#include "stack/ip/route.h"
#include "stack/link/neigh.h"
#include "stack/stack_priv.h"
#include "wire/ndp.h"

/* The bounds of link/ and ip/ that are not parameters, and what happens at each. */
enum {
	IP_LATER_MAX = 4096,   /* replies made in one batch; more are dropped: OutDiscards */
	IP_LOOPED_MAX = 65536, /* packets on their way over lo in one batch; more: -ENOBUFS */
	IP_ADDRS_MAX = 65536,  /* addresses of an instance: -ENOBUFS */
	IP_GROUPS_MAX = 256,   /* multicast groups of an instance: -ENOBUFS */
	IP_WAYS = 64,          /* routes kept beside the table, a power of two; the newest wins */
	IP_IDENTS = 256,       /* counters of the identification field, a power of two */
	IP_RS_MAX = 3,         /* router solicitations without an answer (RFC 4861 section 10) */
	IP_AUTO_ADDRS_MAX =
		16, /* addresses that routers may give an interface (Linux max_addresses) */
};

#define IP_RS_INTERVAL  (4 * NSEC_SEC)
#define IP_DAD_INTERVAL NSEC_SEC

/* Per interface, as /proc/net/dev and `ip -s link` name them. */
struct ip_dev_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_length_errors, rx_frame_errors, rx_otherhost, rx_nohandler, rx_dropped;
	uint64_t tx_dropped;
	uint64_t arp_errors; /* messages that ARP could not read */
};

enum {
	IP_ADDR_TENTATIVE = 1 << 0, /* duplicate address detection runs: neither sent from nor to */
	IP_ADDR_DUPLICATE = 1 << 1, /* it failed: somebody else has the address */
	IP_ADDR_AUTO = 1 << 2,      /* a router's prefix (RFC 4862), with lifetimes */
};

struct ip_dev;

struct ip_ifaddr {
	struct hash_node node;
	struct list by_dev;
	struct ip_dev *on;
	struct ip_addr addr;
	nsec_t preferred_until, valid_until; /* NSEC_MAX: for ever */
	struct stack_timer timer;            /* next detection probe, or the end of life */
	uint8_t bits;                        /* of the prefix, from the start of the 16 bytes */
	uint8_t flags;
	uint8_t probes; /* still to send */
};

/* One interface while it is attached. */
struct ip_dev {
	struct netdev *dev;
	struct stack *stack;
	struct list addrs;
	struct ip_dev_stats stats;
	struct stack_timer solicit; /* the next router solicitation */
	uint8_t solicited;
	uint8_t hop_limit; /* told by a router; 0: the parameter counts */
	uint32_t mtu6;     /* told by a router; 0: the interface's */
	uint32_t auto_addrs;
};

/* A packet that leaves in ip_flush(). */
struct ip_later {
	struct ip_later *next;
	struct pkt *p;
	uint32_t frame_if; /* not 0: p is a whole frame for this interface; else tx says */
	struct ip_tx tx;
};

/* Where packets to a destination go: a route, resolved as far as the routing table can. */
struct ip_way {
	struct ip_addr dst;
	uint32_t ifindex; /* that was asked for */
	uint32_t gen;     /* of the time of asking; 0: empty */
	struct netdev *dev;
	struct ip_addr next; /* the neighbour: gateway or destination */
	struct ip_addr src;  /* that the route prefers; any: none */
	nsec_t expires;
	uint32_t mtu;
	int err;        /* not 0: there is no way, -errno */
	bool loopback;  /* dst is ours */
	bool broadcast; /* of the interface's link */
	bool multicast;
	bool locked; /* path MTU below the minimum: without DF */
};

struct ip_group {
	struct ip_addr addr;
	uint32_t ifindex; /* 0: all */
	uint32_t users;
};

struct ip_state {
	struct netdev lo;
	struct netdev *dev[NETDEV_MAX + 1]; /* by ifindex */
	struct hash_table addrs;
	struct pool addr_pool, later_pool;
	struct siphash_key addr_key;
	struct route_table routes;
	struct peer_table peers;
	struct neigh_table neigh;
	struct reasm reasm4, reasm6;
	struct stack_timer reasm_timer;
	struct ip_later *later, **later_end;
	uint32_t later_count;
	struct pkt_queue looped;
	uint32_t looped_count;
	uint32_t addr_gen;
	struct ip_way way[IP_WAYS];
	struct ip_group group[IP_GROUPS_MAX];
	uint32_t group_count;
	struct siphash_key ident_key;
	uint16_t ident[IP_IDENTS];
	nsec_t icmp_refilled; /* the budget of the whole instance (icmp_msgs_per_sec) */
	int32_t icmp_credit;
};

static inline struct ip_dev *ip_dev_of(const struct netdev *dev)
{
	return dev->link;
}

/* ---- ip_if.c: interfaces and addresses ---- */

/* The address as one of this instance, tentative or not; NULL if it is not. */
struct ip_ifaddr *ip_ifaddr_find(const struct stack *s, const struct ip_addr *a);

/* How a packet for dst that came in over dev is to be taken. */
enum ip_cast {
	IP_CAST_NONE,
	IP_CAST_UNICAST,
	IP_CAST_BROADCAST,
	IP_CAST_MULTICAST
};
enum ip_cast ip_cast_of(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst);

/* Adds an address with lifetimes and flags; as stack_addr_add(). *out may be NULL. */
struct ip_ifaddr_spec {
	struct ip_addr addr;
	unsigned bits;
	uint8_t flags;
	nsec_t preferred_until, valid_until;
};
int ip_ifaddr_add(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec,
	struct ip_ifaddr **out);
void ip_ifaddr_del(struct stack *s, struct ip_ifaddr *a);

/* True if dst is 255.255.255.255 or the broadcast address of a prefix of dev. */
bool ip_is_broadcast(const struct netdev *dev, const struct ip_addr *dst);

/* True if src may stand in a packet that came in over dev (not multicast, broadcast, ours ...). */
bool ip_source_ok(const struct stack *s, const struct netdev *dev, const struct ip_addr *src);

/* ---- ip_src.c: which of our addresses stands for us ---- */

/* The source for dst over dev: RFC 6724 section 5 for IPv6, Linux's rules for IPv4. False: none. */
bool ip_src_select(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst,
	struct ip_addr *out);

/* ---- ip_way.c: the way to a destination ---- */

const struct ip_way *ip_way_find(struct stack *s, const struct ip_addr *dst, uint32_t ifindex);

/* ---- ip_frag.c: cutting ---- */

/* Sends p, a transport packet too long for the way, in fragments. Takes p. As ip_out(). */
int ip_fragment(struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_way *way);

/* The identification of the next packet between these two (RFC 6864, RFC 7739). */
uint32_t ip_ident(struct stack *s, const struct ip_pair *a, uint8_t proto);

/* Puts an IP packet, header in place, on its way: to lo or a link; counts it. Takes p. */
int ip_transmit(struct stack *s, struct pkt *p, const struct ip_way *way);

/* ---- ip_state.c: later ---- */

/* Sends p in ip_flush(), as tx says. Takes p. */
void ip_send_later(struct stack *s, struct pkt *p, const struct ip_tx *tx);

/* Sends the frame p to dev in ip_flush(). Takes p. */
void ip_frame_later(struct stack *s, struct netdev *dev, struct pkt *p);

/* ---- link/: frames ---- */

/* Puts p, an IP packet, on the link towards next; way says if it is a group. Takes p. As ip_out().
 */
int link_out(struct stack *s, struct pkt *p, const struct ip_way *way);

/* Hands a whole frame to the device and counts it. Takes p. */
int link_send(struct netdev *dev, struct pkt *p);

/* An ARP message; p->data is behind the Ethernet header. Takes p. */
void arp_in(struct stack *s, struct netdev *dev, struct pkt *p);

/* Sends one ARP question about target; to hw, or to all if NULL. */
void arp_ask(struct stack *s, struct netdev *dev, const struct ip_addr *target,
	const struct eth_addr *hw);

/* Tells everybody of an address of ours (gratuitous ARP, RFC 5227 section 2.3). */
void arp_announce(struct stack *s, struct netdev *dev, const struct ip_addr *addr);

/* Does what the neighbour cache has marked. True if something was marked. */
bool link_resolve(struct stack *s);

/* ---- ip_in.c, ip6_in.c: packets ---- */

/* p->data is the IP header. Take p. */
void ip4_input(struct stack *s, struct netdev *dev, struct pkt *p);
void ip6_input(struct stack *s, struct netdev *dev, struct pkt *p);

/* What a packet was, for the ICMP error about it. */
struct ip_cause {
	const uint8_t *p; /* its IP header */
	uint32_t len;
	struct netdev *dev;
	struct ip_pair addr;
	bool v6;
	bool group; /* it came to a group on the link or in IP: no error (RFC 1122 section 3.2.2) */
};

/* ---- icmp_in.c, icmp_out.c ---- */

void icmp4_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);
void icmp6_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* Sends an error about cause, if the rules and the budgets allow. rest: the header's second word.
 */
struct icmp_what {
	uint8_t type, code;
	uint32_t rest;
};
void icmp_error_out(struct stack *s, const struct ip_cause *cause, const struct icmp_what *what);

/* Counts a message that leaves. */
void icmp_count_out(struct stack *s, bool v6, uint8_t type);

/* Tells the transport of a packet of our own, at p from its IP header on, that e happened to it. */
void icmp_tell(struct stack *s, const uint8_t *p, uint32_t len, const struct ip_error *e);

/* ---- ndp.c, ndp_auto.c: IPv6 neighbours, routers, addresses ---- */

void ndp_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx);

/* Sends n between a on dev. */
void ndp_send(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_pair *a);

/* Sends a neighbour solicitation about target; to hw's owner alone if unicast. */
void ndp_ask(struct stack *s, struct netdev *dev, const struct ip_addr *target, bool unicast);

/* An address was added: starts duplicate address detection (RFC 4862 section 5.4). */
void ndp_detect(struct stack *s, struct ip_ifaddr *a);

/* Somebody else has the tentative address a. */
void ndp_duplicate(struct stack *s, struct ip_ifaddr *a);

/* An interface came up: link-local address, then router solicitations. */
void ndp_start(struct stack *s, struct netdev *dev);

/* A router advertised: default route, prefixes, addresses, MTU (RFC 4861 section 6.3.4, RFC 4862).
 */
void ndp_advert(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_rx *rx);

#endif
