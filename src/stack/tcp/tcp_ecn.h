/*
 * tcp_ecn.h - ECN: negotiation, and the receiver's echo of congestion marks.
 */
#ifndef STACK_TCP_TCP_ECN_H
#define STACK_TCP_TCP_ECN_H

#include "stack/tcp/tcp_priv.h"

/* A segment with data arrived: the codepoint in its tos, its CWR. */
void tcp_ecn_ce_in(struct stack *s, struct tcp_conn *c, uint8_t tos);
void tcp_ecn_cwr_in(struct tcp_in *in, struct tcp_conn *c);

/* The ECN flags of a segment, or of the SYN. */
uint16_t tcp_ecn_out_flags(struct tcp_conn *c, bool new_data);
uint16_t tcp_ecn_syn_flags(struct stack *s, struct tcp_conn *c);

/* The loss engine has selected its algorithm, possibly a fallback: copies that to the
 * connection. */
void tcp_cc_chosen(struct tcp_conn *c);

#endif
