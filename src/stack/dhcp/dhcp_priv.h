/*
 * dhcp_priv.h - a DHCP client and its states (RFC 2131 figure 5), shared by the files of dhcp/.
 *
 *     INIT --DISCOVER--> SELECTING --OFFER, REQUEST--> REQUESTING --ACK--> PROBING --free--> BOUND
 *       | ^                                                |                 ^ |             |  ^
 *       | +<-------- NAK, no answer -----------------------+                 | |          T1 | ACK
 *       | +<-------- taken: DECLINE ---------------------------------------- | +             v  |
 *       | +<-------- NAK, expired ------------------- REBINDING <--T2------- | ------ RENEWING
 *       | +<-------- NAK, no answer --------+                                |
 *       +--an address of before, REQUEST--> REBOOTING --ACK------------------+
 */
#ifndef STACK_DHCP_DHCP_PRIV_H
#define STACK_DHCP_DHCP_PRIV_H

#include "stack/dhcp/dhcp.h"
#include "stack/link/acd.h"
#include "stack/stack_priv.h"
#include "wire/dhcp.h"

enum dhcp_phase {
	DHCP_INIT,       /* waits for the timer to begin */
	DHCP_REBOOTING,  /* REQUEST to all servers for the address of an earlier lease */
	DHCP_SELECTING,  /* DISCOVER is sent again and again */
	DHCP_REQUESTING, /* REQUEST to the server of the first acceptable offer */
	DHCP_PROBING,    /* granted: is the address in use on the link? */
	DHCP_BOUND,
	DHCP_RENEWING,  /* REQUEST to the server of the lease */
	DHCP_REBINDING, /* REQUEST to all servers */
	DHCP_PHASES
};

/* One interface's. */
struct dhcp_client {
	struct stack_timer timer; /* the next thing to do, by phase */
	struct acd acd;
	struct netdev *dev;
	enum dhcp_phase phase;
	uint8_t tries;        /* messages sent in this phase */
	uint8_t failures;     /* attempts since the last lease */
	struct ip_addr again; /* the address of an earlier lease; 0.0.0.0: none, or tried */
	uint32_t xid;
	nsec_t began;            /* the exchange: secs */
	nsec_t requested_at;     /* the last REQUEST: a lease counts from it */
	struct dhcp_lease offer; /* asked for, and probed */
	struct dhcp_lease lease; /* used from BOUND on */
	struct dhcp_ignored ignored;
};

struct dhcp_state {
	struct dhcp_client *of[NETDEV_MAX + 1]; /* by ifindex; NULL: none */
	struct dhcp_events events;
};

/* True if the client uses its lease. */
static inline bool dhcp_has_lease(const struct dhcp_client *c)
{
	return c->phase >= DHCP_BOUND;
}

#endif
