/* ndp_in.h - neighbour discovery in (RFC 4861). */
#ifndef STACK_IP_NDP_IN_H
#define STACK_IP_NDP_IN_H

#include "stack/ip/ip_priv.h"

/* A neighbour discovery message, m, received. Invalid ones count as Icmp6InErrors. */
void ndp_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx);

#endif
