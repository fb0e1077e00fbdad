/* ndp_out.h - neighbour discovery out (RFC 4861), duplicate address detection (RFC 4862). */
#ifndef STACK_IP_NDP_OUT_H
#define STACK_IP_NDP_OUT_H

#include "stack/ip/ip_priv.h"

/* Queues n from a->src to a->dst on dev, with the hop limit 255 that proves it is from this link.
 */
void ndp_send(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_pair *a);

/* Queues a neighbour solicitation for target: to target itself if unicast, else to its
 * solicited-node group. Nothing is sent while no source address is usable. */
void ndp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target, bool unicast);

/* Starts duplicate address detection of an added address, where applicable (RFC 4862 section 5.4),
 * and the timer of its lifetime. */
void ndp_detect(struct stack *s, struct ip_ifaddr *a);

/* Detection failed: another host has the tentative address a, which is never used. */
void ndp_duplicate(struct stack *s, struct ip_ifaddr *a);

#endif
