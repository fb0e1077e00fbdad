/*
 * mcast.h - the multicast groups of Ethernet interfaces as routers and switches see them: IGMP for
 * IPv4, MLD for IPv6 (group.h). Filters by source do not exist here, so a member's state is always
 * EXCLUDE of nothing.
 *
 *     version 3   joins and leaves are reported together, twice; a query is answered with the state
 *     1 and 2     spoken while a querier of that version is there: each group has reports of its
 * own
 */
#ifndef STACK_IP_MCAST_H
#define STACK_IP_MCAST_H

#include "base/hash.h"
#include "base/list.h"
#include "stack/stack_priv.h"
#include "wire/group.h"

struct ip_dev;

/* A group of an interface, or one that it has left and not yet told. */
struct mcast_group {
	struct list at;
	struct list changing; /* on the list of its protocol while version 3 is to tell a change */
	struct hash_node node;
	struct ip_addr addr;
	uint32_t users;   /* joins without leaves; 0: left */
	uint8_t changes;  /* unsolicited reports still to send */
	bool reported;    /* versions 1 and 2: the last report was this host's, so a leave is due */
	nsec_t report_at; /* a report of this group alone; NSEC_MAX: none */
};

/* IGMP or MLD on an interface. */
struct mcast {
	struct netdev *dev;
	bool v6;
	struct list groups, changing;
	struct hash_table by_addr;
	struct stack_timer timer; /* at the earliest of the times here */
	nsec_t groups_at;         /* not after the earliest report_at of a group */
	nsec_t changes_at;        /* version 3: the report of joins and leaves */
	nsec_t state_at;          /* version 3: the answer to a general query */
	nsec_t old_until[2];      /* a querier of version 1, of version 2 is there */
	uint8_t robustness;       /* of the querier; 0: the parameter */
	uint32_t interval_s;      /* of the querier */
};

/* Prepares both protocols of an interface. */
void mcast_init(struct ip_dev *d);

/* Forgets all groups of an interface that is being detached; nothing is sent. */
void mcast_free(struct stack *s, struct ip_dev *d);

/* The interface receives a group from now on, or once more; and once less. Of other links than
 * Ethernet, and of groups that are never reported, routers are not told. */
void mcast_join(struct stack *s, struct netdev *dev, const struct ip_addr *group);
void mcast_leave(struct stack *s, struct netdev *dev, const struct ip_addr *group);

/* The interface has a link-local address to report from: earlier reports came from ::, which not
 * every switch takes (RFC 3590). */
void mcast_source_ready(struct stack *s, struct netdev *dev);

/* A message was received on m's interface, parsed, and sent as RFC 3376 and 3810 demand. */
void mcast_in(struct stack *s, struct mcast *m, const struct group_msg *g);

#endif
