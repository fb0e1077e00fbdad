/*
 * net.h - the hosts and links of a plan as a world, with their faults.
 *
 *     pair     0 ---- 1
 *     router   0 ---- 2 ---- 1            host 2 forwards
 *     nat      0 ---- box ---- 1
 *     switch   0, 1, 2, 3 ---- lan
 *
 * Nodes are made in the order in which a scenario makes them (lua.c), so that what is random is the
 * same there.
 */
#ifndef LAB_FUZZ_NET_H
#define LAB_FUZZ_NET_H

#include "lab/fuzz/plan.h"
#include "lab/world/host.h"
#include "lab/world/lan.h"
#include "lab/world/link.h"
#include "lab/world/nat.h"

#include <netinet/in.h>

enum {
	NET_EVENTS = 2 * PLAN_ROWS + 1, /* a fault begins, and ends */
	NET_SEEN = 8192, /* packets of a link whose place in the order is remembered */
};

/* After the last fault every link is as it should be, from so long after on. */
#define NET_HEAL (300 * NSEC_SEC)

struct net;

/* What programs do when their time has come, and before and after a fault of their host. */
struct net_hooks {
	void *ctx;
	void (*run)(void *ctx); /* net_due() was asked for it */
	/* A packet reaches a host; then again with NULL, when its stack has taken it. */
	void (*arrives)(void *ctx, int host, const struct packet *p);
	/* A packet leaves an end host; may be NULL. */
	void (*sends)(void *ctx, int host, const struct packet *p);
	void (*down)(void *ctx, int host);   /* everything that runs on it ends */
	void (*up)(void *ctx, int host);     /* it was booted */
	void (*thawed)(void *ctx, int host); /* its programs go on */
};

/* Before a host: hooks.arrives(); behind it: hooks.sends(). */
struct net_tap {
	struct node node;
	struct net *net;
	int host;
	struct port to;
};

struct net_event {
	nsec_t at;
	const struct row *row; /* NULL: all links heal */
	bool ends;
};

struct net {
	struct world world;
	const struct plan *plan;
	struct node tasks; /* faults and programs: what a scenario's tasks are */
	struct host *host[PLAN_HOSTS];
	struct net_tap tap[PLAN_HOSTS], out[PLAN_HOSTS];
	struct link *link[PLAN_LINKS];
	struct lan *lan;
	struct nat *nat;
	struct net_event event[NET_EVENTS];
	uint32_t events, next;
	bool frozen[PLAN_HOSTS], off[PLAN_HOSTS];
	uint64_t seen[PLAN_LINKS]; /* packets that came to a link */
	uint64_t *ids[PLAN_LINKS]; /* of the first NET_SEEN, if a trace is made */
	nsec_t healed;             /* from when on nothing is lost any more */
	struct net_hooks hooks;
};

/* How a plan is run. */
struct net_options {
	struct trace *trace; /* NULL: nothing is recorded */
	bool slow_path;      /* hosts do without the fast paths of their stacks */
};

/* Builds the world of plan, which must live as long. */
void net_init(struct net *n, const struct plan *plan, const struct net_options *o);

/* Calls hooks.run() at `when`, at the latest. */
void net_due(struct net *n, nsec_t when);

/* Frees it; programs must have ended. */
void net_free(struct net *n);

/* The address of an end host, for connections of the plan's family. */
socklen_t net_address(const struct net *n, int host, uint16_t port, struct sockaddr_storage *a);

/* The same as text; with its prefix if `prefix`. */
void net_address_text(const struct plan *p, int host, bool prefix, char text[64]);

/* The addresses of the router on link 0 and 1, with their prefix. */
void net_router_text(const struct plan *p, int link, char text[64]);

/* How a link begins, on both sides. */
struct link_config net_link_config(const struct plan *p, int link);

/* The number of bytes that a packet on a link may have; and when its faults are over. */
uint32_t net_mtu(const struct plan *p, int link);
nsec_t net_heal_time(const struct plan *p);

#endif
