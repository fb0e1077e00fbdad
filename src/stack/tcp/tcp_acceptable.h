/*
 * tcp_acceptable.h - segment acceptability: window, RST, SYN, PAWS, challenge ACKs.
 */
#ifndef STACK_TCP_TCP_ACCEPTABLE_H
#define STACK_TCP_TCP_ACCEPTABLE_H

#include "stack/tcp/tcp_priv.h"

/* RFC 9293 3.10.7.4 first to fourth, preceded by PAWS. True: continue with the ACK field; false:
 * processing is complete, including any answer, and c may have been reset. */
bool tcp_validate(struct tcp_in *in, struct tcp_conn *c);

/* Processes a valid RST: ends c with the error of its state. */
void tcp_reset_in(struct tcp_in *in, struct tcp_conn *c);

/* Marks a challenge ACK (RFC 5961), within the limits of the connection and of the instance. */
void tcp_challenge_ack(struct tcp_in *in, struct tcp_conn *c);

/* True if the answer to an unacceptable segment must be suppressed: within tcp_invalid_ratelimit of
 * *last, which is updated if not; counted as `which`. Segments with data are always answered. */
bool tcp_oow_limited(struct stack *s, struct tcp_in *in, nsec_t *last, enum mib which);

/* PAWS (RFC 7323 5.3): true if timestamp val is older than ts_recent, which was stored at
 * ts_recent_s. */
bool tcp_paws_reject(const struct stack *s, uint32_t ts_recent, uint32_t ts_recent_s, uint32_t val);

/* Updates TS.Recent from a segment that starts at seq (RFC 7323 4.3). */
void tcp_store_ts(struct tcp_in *in, struct tcp_conn *c, struct seq seq);

/* Duplicate data arrived: if its flow label changed, ACKs change paths too (RFC 6438). */
void tcp_spurious_in(struct tcp_in *in, struct tcp_conn *c);

#endif
