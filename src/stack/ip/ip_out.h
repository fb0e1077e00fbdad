/* ip_out.h - IP output below the transports. */
#ifndef STACK_IP_IP_OUT_H
#define STACK_IP_IP_OUT_H

#include "stack/ip/ip_priv.h"

/* ip_tx.flow for a flow label of 0: neighbour discovery and MLD, as in Linux. */
#define IP_NO_FLOW (1u << 20)

/* The hop limit of an IPv6 packet: tx's, 1 for a group, the router's or the parameter. */
uint8_t ip6_hops(const struct stack *s, const struct ip_tx *tx, const struct ip_dst *dst);

/* The flow label of the transport packet p (RFC 6437): tx's, or a keyed hash of its flow; 0 if
 * ipv6_auto_flowlabels is off. */
uint32_t ip6_flow(const struct stack *s, const struct pkt *p, const struct ip_tx *tx);

/* The next identification for a pair of addresses and a protocol (RFC 6864, RFC 7739). */
uint32_t ip_ident(struct stack *s, const struct ip_pair *a, uint8_t proto);

/* Counts p, a whole IP packet, and passes it to the link or lo. Takes p. Errors as for ip_out(). */
int ip_transmit(struct stack *s, struct pkt *p, struct ip_dst *dst);

/* Queues p, a transport packet, for ip_flush(), which passes it to ip_out(). Takes p; beyond
 * IP_LATER_MAX it is dropped and counted as OutDiscards. The same applies to the next two. */
void ip_send_later(struct stack *s, struct pkt *p, const struct ip_tx *tx);

/* Queues p, a whole IP packet between other hosts (a), for forwarding. Takes p. */
void ip_forward_later(struct stack *s, struct pkt *p, const struct ip_pair *a);

/* Queues p, a whole frame, for dev; dropped if dev is detached by then. Takes p. */
void ip_frame_later(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
