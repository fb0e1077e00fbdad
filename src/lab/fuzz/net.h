/*
 * net.h - the hosts and links of a plan as a world, with their faults.
 *
 *     pair     0 ---- 1
 *     router   0 ---- 2 ---- 1            host 2 forwards
 *     nat      0 ---- box ---- 1
 *     switch   0, 1, 2, 3 ---- lan
 *
 * Nodes are created in the same order as by a scenario (script.c), so that random draws are the
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
	NET_EVENTS = 2 * PLAN_ROWS + 1, /* start and end of each fault */
	NET_SEEN = 8192,                /* packets of a link whose index is kept */
};

/* After the last fault every link works perfectly, from this long after. */
#define NET_HEAL (300 * NSEC_SEC)

struct net;

/* Called when programs are due, and before and after a fault of their host. */
struct net_hooks {
	void *ctx;
	void (*run)(void *ctx); /* requested by net_due() */
	/* A packet arrives at a host; called again with NULL once its stack has processed it. */
	void (*arrives)(void *ctx, int host, const struct packet *p);
	/* A packet leaves an end host; may be NULL. */
	void (*sends)(void *ctx, int host, const struct packet *p);
	void (*down)(void *ctx, int host);   /* every program on it ends */
	void (*up)(void *ctx, int host);     /* it was booted */
	void (*thawed)(void *ctx, int host); /* its programs continue */
};

/* Before a host: hooks.arrives(); after it: hooks.sends(). */
struct net_tap {
	struct node node;
	struct net *net;
	int host;
	struct port to;
};

struct net_event {
	nsec_t at;
	const struct row *row; /* NULL: all links recover */
	bool ends;
};

struct net {
	struct world world;
	const struct plan *plan;
	struct node tasks; /* runs faults and programs, like the tasks of a scenario */
	struct host *host[PLAN_HOSTS];
	struct net_tap tap[PLAN_HOSTS], out[PLAN_HOSTS];
	struct link *link[PLAN_LINKS];
	struct lan *lan;
	struct nat *nat;
	struct net_event event[NET_EVENTS];
	uint32_t events, next;
	int port[PLAN_HOSTS]; /* of a host's interface */
	bool frozen[PLAN_HOSTS], off[PLAN_HOSTS];
	uint64_t seen[PLAN_LINKS]; /* packets that entered a link */
	uint64_t *ids[PLAN_LINKS]; /* of the first NET_SEEN, if traced */
	nsec_t healed;             /* from then on nothing is lost any more */
	struct net_hooks hooks;
};

/* Options of a run. */
struct net_options {
	struct trace *trace; /* NULL: not recorded */
	bool slow_path;      /* hosts do not use the fast paths of their stacks */
};

/* Builds the world of plan, which must outlive it. */
void net_init(struct net *n, const struct plan *plan, const struct net_options *o);

/* Calls hooks.run() no later than `when`. */
void net_due(struct net *n, nsec_t when);

/* Frees it; all programs must have ended. */
void net_free(struct net *n);

/* The address of an end host, for connections of the plan's family. */
socklen_t net_address(const struct net *n, int host, uint16_t port, struct sockaddr_storage *a);

/* The same in text form; with its prefix length if `prefix`. */
void net_address_text(const struct plan *p, int host, bool prefix, char text[64]);

/* The addresses of the router on links 0 and 1, with prefix length. */
void net_router_text(const struct plan *p, int link, char text[64]);

/* The initial configuration of a link, on both sides. */
struct link_config net_link_config(const struct plan *p, int link);

/* The MTU of a link; the time at which its faults are over. */
uint32_t net_mtu(const struct plan *p, int link);
nsec_t net_heal_time(const struct plan *p);

#endif
