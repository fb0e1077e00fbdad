/* link_out.h - packets out to a link. */
#ifndef STACK_LINK_LINK_OUT_H
#define STACK_LINK_LINK_OUT_H

#include "stack/ip/ip_priv.h"

/* Sends p, an IP packet, on dst's interface to its next hop, which may have to be resolved first.
 * Takes p. Errors as for ip_out(). */
int link_out(struct stack *s, struct pkt *p, struct ip_dst *dst);

/* Sends p, an IP packet, in an Ethernet frame to the hardware address dst. Takes p. Errors as for
 * link_send(). */
int eth_out(struct netdev *dev, struct pkt *p, const struct eth_addr *dst, bool v6);

/* Passes a whole frame to the device and counts it. Takes p. -ENETDOWN, or the driver's -ENOBUFS.
 */
int link_send(struct netdev *dev, struct pkt *p);

#endif
