/*
 * acd.h - IPv4 address conflict detection (RFC 5227): whether another host on the link uses an
 * address, before it is used here.
 */
#ifndef STACK_LINK_ACD_H
#define STACK_LINK_ACD_H

#include "stack/stack_priv.h"
#include "wire/arp.h"

/* One detection; at most one runs on an interface. */
struct acd {
	struct stack_timer timer;
	struct netdev *dev;
	struct ip_addr addr;
	uint8_t probes; /* still to send */
	void (*done)(struct stack *s, struct acd *a, bool taken);
};

/* Initializes a; done is called at the end of every detection, unless it is stopped. */
void acd_init(struct acd *a, struct netdev *dev,
	void (*done)(struct stack *s, struct acd *a, bool taken));

/* Starts to probe for addr (section 2.1.1): four to seven seconds if no host answers. */
void acd_start(struct stack *s, struct acd *a, const struct ip_addr *addr);

/* Ends a detection, if one is running, without calling done. */
void acd_stop(struct stack *s, struct acd *a);

/* A valid ARP message was received on dev. */
void acd_seen(struct stack *s, struct netdev *dev, const struct arp *m);

#endif
