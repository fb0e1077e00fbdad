/* mcast_in.h - messages about group membership in. */
#ifndef STACK_IP_MCAST_IN_H
#define STACK_IP_MCAST_IN_H

#include "stack/ip/ip_priv.h"

/* An IGMP message received; p->data is its header. Takes p. */
void igmp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* An MLD message received, as an ICMPv6 message m. */
void mld_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx);

#endif
