/*
 * tcp_uto.h - the user timeout option (RFC 5482).
 */
#ifndef STACK_TCP_TCP_UTO_H
#define STACK_TCP_TCP_UTO_H

#include "stack/tcp/tcp_priv.h"

/* The option of a segment, if it has one. */
void tcp_uto_in(struct tcp_in *in, struct tcp_conn *c);

/* Adopts the peer's timeout within bounds, if the program has enabled that; x may be NULL. */
void tcp_uto_adopt(struct tcp_extra *x, uint32_t seconds);

/* Adds the option to those of a segment, if due: until the first data, and after a change. */
void tcp_uto_out(const struct tcp_conn *c, struct tcp_opts *o);

/* Adds it if x has a value and there is room. */
void tcp_uto_offer(const struct tcp_extra *x, struct tcp_opts *o);

#endif
