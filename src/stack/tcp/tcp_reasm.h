/*
 * tcp_reasm.h - the out-of-order queue and the SACK blocks that describe it.
 */
#ifndef STACK_TCP_TCP_REASM_H
#define STACK_TCP_TCP_REASM_H

#include "stack/tcp/tcp_priv.h"

/* Inserts the segment, which starts beyond RCV.NXT; data already held is cut off and reported as a
 * duplicate. Takes in->p unless it returns false: dropped and counted. */
bool tcp_ofo_add(struct tcp_in *in, struct tcp_conn *c);

/* RCV.NXT has advanced: moves data that is now in sequence to the receive queue, processes a
 * FIN. */
void tcp_ofo_drain(struct stack *s, struct tcp_conn *c);

/* Frees the out-of-order queue. */
void tcp_ofo_free(struct stack *s, struct tcp_conn *c);

/* The next ACK reports r as a duplicate (RFC 2883), if SACK and tcp_dsack allow. ofo: r was held
 * out of order; extends a pending report. */
void tcp_dsack_set(struct stack *s, struct tcp_conn *c, struct tcp_sack r, bool ofo);

/* Drops all SACK blocks, and the report of a duplicate. */
void tcp_sacks_forget(struct tcp_conn *c);

/* Drops SACK blocks that RCV.NXT has covered. */
void tcp_sack_clean(struct tcp_conn *c);

/* Merges adjacent ranges, in full blocks of memory (tcp_collapse()). */
void tcp_ofo_collapse(struct stack *s, struct tcp_conn *c);

/* Drops data above in, the highest first, an eighth of the buffer at a time until in has room.
 * False: there is none above it. */
bool tcp_ofo_prune(struct tcp_in *in, struct tcp_conn *c);

#endif
