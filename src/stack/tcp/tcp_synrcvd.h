/*
 * tcp_synrcvd.h - SYN-RECEIVED: requests that become connections.
 */
#ifndef STACK_TCP_TCP_SYNRCVD_H
#define STACK_TCP_TCP_SYNRCVD_H

#include "stack/tcp/tcp_priv.h"

/* A segment for r (RFC 9293 3.10.7.4); r may be freed. */
void tcp_req_in(struct tcp_in *in, struct tcp_req *r);

/* The connection of r, in SYN-RECEIVED, which replaces r in the table. The caller frees r. NULL:
 * out of memory, or the accept queue is full; counted. */
struct tcp_conn *tcp_child(struct tcp_in *in, struct tcp_req *r);

/* Queues child, new, at listener l and processes the segment that completed its handshake. */
void tcp_child_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_conn *child);

#endif
