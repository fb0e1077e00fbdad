/*
 * tcp_icmp.h - ICMP errors about TCP segments (RFC 1122 4.2.3.9, RFC 5927).
 */
#ifndef STACK_TCP_TCP_ICMP_H
#define STACK_TCP_TCP_ICMP_H

#include "stack/tcp/tcp_priv.h"

/* The entry from IP (struct ip_transport): q quotes the segment that e is about. Ignored unless
 * the quoted sequence number is in flight. */
void tcp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e);

#endif
