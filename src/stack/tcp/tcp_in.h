/*
 * tcp_in.h - segment arrival (RFC 9293 3.10.7).
 */
#ifndef STACK_TCP_TCP_IN_H
#define STACK_TCP_TCP_IN_H

#include "stack/tcp/tcp_priv.h"

/* The entry from IP (struct ip_transport): p->data is the TCP header. Consumes p. */
void tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx);

/* An authenticated segment for c, in any state but LISTEN: 3.10.7.1, .3 and .4. A step that
 * keeps in->p sets it to NULL; c may be CLOSED afterwards, but is not freed. */
void tcp_segment_in(struct tcp_in *in, struct tcp_conn *c);

/* IP_MINTTL and IPV6_MINHOPCOUNT (RFC 5082): true if ttl is below the minimum of c; counted. */
bool tcp_below_min_ttl(struct stack *s, const struct tcp_conn *c, uint8_t ttl, bool v6);

#endif
