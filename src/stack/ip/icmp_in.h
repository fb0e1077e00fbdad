/* icmp_in.h - ICMP input. */
#ifndef STACK_IP_ICMP_IN_H
#define STACK_IP_ICMP_IN_H

#include "stack/ip/ip_priv.h"

/* A message received; p->data is the ICMP header. Takes p. */
void icmp4_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* The same for ICMPv6. */
void icmp6_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* Reports e to the transport that sent the packet of len bytes at p (starting with its IP header).
 * No effect if that cannot be parsed or is not local. */
void icmp_notify(struct stack *s, const uint8_t *p, uint32_t len, const struct ip_error *e);

#endif
