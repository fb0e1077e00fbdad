/*
 * tcp_syncookie.h - SYN cookies (RFC 4987 3.6).
 */
#ifndef STACK_TCP_TCP_SYNCOOKIE_H
#define STACK_TCP_TCP_SYNCOOKIE_H

#include "stack/tcp/tcp_priv.h"

/* The ISN that encodes r: the minute, and the MSS as one of four. */
struct seq tcp_cookie_make(struct stack *s, struct tcp_req *r);

/* The timestamp that encodes the options of r. */
uint32_t tcp_cookie_ts(struct stack *s, const struct tcp_req *r);

/* An ACK for listener l: if it returns a valid cookie, fills in *r as the original request, and
 * returns it; else NULL. */
struct tcp_req *tcp_cookie_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r);

#endif
