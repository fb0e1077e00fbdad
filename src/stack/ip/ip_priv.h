/*
 * ip_priv.h - the state of the network layer of one instance, shared by the files of link/ and ip/.
 *
 *     netdev -> ip_dev [counters, addresses, IPv6 set-up]      one per interface
 *     address -> ip_ifaddr [prefix, interface, lifetimes]      one per address, by keyed hash
 *     later: packets generated during input; they are sent by ip_flush()
 */
#ifndef STACK_IP_IP_PRIV_H
#define STACK_IP_IP_PRIV_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/ip/host_cache.h"
#include "stack/ip/ip.h"
#include "stack/ip/mcast.h"
#include "stack/ip/reasm.h"
#include "stack/ip/route.h"
#include "stack/link/neigh.h"
#include "stack/stack_priv.h"
#include "wire/ndp.h"

/* The bounds of link/ and ip/ that are not parameters, and the effect of each. */
enum {
	IP_LATER_MAX = 4096,   /* replies queued in one batch; more are dropped: OutDiscards */
	IP_LOOPED_MAX = 65536, /* packets in transit on lo in one batch; more: -ENOBUFS */
	IP_ADDRS_MAX = 65536,  /* addresses of an instance: -ENOBUFS */
	IP_GROUPS_MAX = 256,   /* multicast groups of an instance: -ENOBUFS */
	IP_DST_CACHE = 64,     /* routes cached beside the table, a power of two; direct-mapped */
	IP_IDENTS = 256,       /* counters of the identification field, a power of two */
	IP_REACHABLE_MS_MIN = 100, /* of a router's times: Linux's lower bounds, */
	IP_RETRANS_MS_MIN = 10,
	IP_REACHABLE_MS_MAX = 3600000, /* RFC 4861 section 6.2.1; a longer one is ignored */
	IP_RETRANS_MS_MAX = 60000,     /* ours: detection would not end; likewise */
	IP_LEARNT_ROUTES_MAX = 1024,   /* from router advertisements; further ones are ignored */
};

enum {
	IP_ADDR_TENTATIVE =
		1 << 0, /* in duplicate address detection: neither a source nor a destination */
	IP_ADDR_DUPLICATE = 1 << 1, /* it failed: another host has the address */
	IP_ADDR_AUTO = 1 << 2,      /* from a router's prefix (RFC 4862), with lifetimes */
};

struct ip_dev;

struct ip_ifaddr {
	struct hash_node node;
	struct list by_dev;
	struct ip_dev *on;
	struct ip_addr addr;
	nsec_t preferred_until, valid_until; /* NSEC_MAX: for ever */
	struct stack_timer timer;            /* next detection probe, or the end of the lifetime */
	uint8_t bits;                        /* of the prefix */
	uint8_t flags;
	uint8_t probes; /* still to send */
};

/* One interface while it is attached. */
struct ip_dev {
	struct netdev *dev;
	struct list addrs;
	struct ip_dev_stats stats;
	struct stack_timer solicit; /* the next router solicitation */
	uint32_t solicited;         /* how many were sent */
	nsec_t solicit_wait;        /* between the last and the next (RFC 7559) */
	uint8_t hop_limit;          /* from a router; 0: the sysctl applies */
	uint32_t mtu6;              /* from a router; 0: the interface's */
	uint32_t mtu4;              /* from a DHCP server; likewise */
	struct mcast mcast[2];      /* IGMP, MLD */
	struct acd *acd;            /* the running address conflict detection; NULL: none */
	uint32_t auto_addrs;
	uint32_t attachment; /* stack_attachment() */
};

/* A packet to be sent in ip_flush(). */
struct ip_later {
	struct ip_later *next;
	struct pkt *p;
	uint32_t frame_if; /* not 0: p is a whole frame for this interface */
	bool whole;        /* p is a whole IP packet, to tx.addr.dst; else a transport packet */
	struct ip_tx tx;
};

/* The route of a destination, resolved as far as the routing table can. */
struct ip_dst {
	struct ip_addr addr;
	uint32_t ifindex; /* as requested */
	uint32_t gen;     /* at the time of the lookup; 0: empty */
	struct netdev *dev;
	struct ip_addr nexthop; /* the neighbour: gateway or destination */
	struct neigh
		*neigh; /* its entry, while the cache's gen is neigh_gen; NULL: not looked up */
	uint32_t neigh_gen;
	struct ip_addr src;  /* preferred by the route; any: none */
	struct ip_addr ours; /* the last source that was asked for and is ours; any: none yet */
	nsec_t expires;
	uint32_t mtu;
	uint32_t advmss, initcwnd; /* the route's */
	int err;                   /* not 0: unreachable, -errno */
	bool loopback;             /* dst is ours */
	bool broadcast;            /* of the interface's link */
	bool multicast;
	bool locked; /* path MTU below the minimum: without DF */
};

/* How a packet for dst received on a device is to be treated. */
enum ip_cast {
	IP_CAST_NONE,
	IP_CAST_UNICAST,
	IP_CAST_BROADCAST,
	IP_CAST_MULTICAST
};

/* The classification of a pair of addresses of a received packet: a run of similar packets computes
 * it once. */
struct ip_class {
	struct ip_pair addr;
	const struct netdev *dev;
	uint32_t gen; /* addr_gen at that time; 0: empty */
	uint8_t cast; /* enum ip_cast of dst */
	bool src_ok;
};

struct ip_group {
	struct ip_addr addr;
	uint32_t ifindex; /* 0: all */
	uint32_t users;
};

struct ip_state {
	struct netdev lo;
	const struct ip_transport *transport[256]; /* by protocol number; NULL: none */
	const struct ip_transport *fast;           /* the one with fast paths: TCP */
	struct netdev *dev[NETDEV_MAX + 1];        /* by ifindex */
	uint32_t attachments;                      /* interfaces ever attached */
	struct hash_table addrs;
	struct pool addr_pool, later_pool, mcast_pool;
	struct route_table routes;
	uint32_t learnt; /* upper bound of routes learned from routers, including expired ones */
	nsec_t learnt_swept; /* when expired ones were last removed */
	struct host_cache hosts;
	struct neigh_table neigh;
	struct reasm reasm4, reasm6;
	struct stack_timer reasm_timer;
	struct ip_later *later, **later_end;
	struct pkt_queue looped;
	uint32_t looped_count;
	uint32_t addr_gen; /* changes with addresses, groups and interfaces; never 0 */
	struct ip_dst dst_cache[IP_DST_CACHE];
	struct ip_class class_cache[IP_DST_CACHE];
	struct ip_group group[IP_GROUPS_MAX];
	uint32_t group_count;
	struct siphash_key ident_key;
	uint16_t ident[IP_IDENTS];
	nsec_t icmp_refilled; /* the rate limit of the whole instance (icmp_msgs_per_sec) */
	int32_t icmp_credit;
};

/* Milliseconds for ICMP timestamps and the timestamp option. The high bit means that an instance's
 * clock is not the time of day (RFC 792). */
static inline uint32_t ip_time_of_day(const struct stack *s)
{
	return (uint32_t)(s->now / NSEC_MSEC % 86400000) | 0x80000000;
}

static inline struct ip_dev *ip_dev_of(const struct netdev *dev)
{
	return dev->link;
}

#endif
