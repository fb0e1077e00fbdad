/*
 * tcp_xmit.h - segment construction and transmission.
 */
#ifndef STACK_TCP_TCP_XMIT_H
#define STACK_TCP_TCP_XMIT_H

#include "stack/tcp/tcp_priv.h"

struct tcp_sign;

/* A run of segments of a connection. */
struct tcp_xmit {
	struct seq seq;
	uint32_t len; /* payload */
	uint16_t flags;
	uint16_t mss; /* payload of a segment; 0: all in one */
	bool resend;
	uint32_t *gone; /* out, if not NULL: payload sent before the device refused */
};

/* Sends x; PSH and FIN go on its last segment. -ENOBUFS: the device's queue is full, or out of
 * memory; other errors as for ip_out(). */
int tcp_xmit(struct stack *s, struct tcp_conn *c, const struct tcp_xmit *x);

/* [seq, seq + len) of the send buffer as one segment sent for the first time. */
struct tcp_new_segment {
	struct seq seq;
	uint32_t len;
	uint16_t flags, gso; /* gso: as pkt.gso */
};

/* How many segments `len` bytes of data are, gso in each (0: all in one). */
static inline uint32_t tcp_gso_segs(uint32_t len, uint32_t gso)
{
	return gso ? (len + gso - 1) / gso : 1;
}

/* Leaves the checksum of the segment p, which has no IP header yet, to the device: stores the sum
 * of the pseudo-header. */
void tcp_checksum_later(struct pkt *p, const struct ip_pair *a);

/* Puts [seq, seq + len) of the send buffer into p, an empty packet with room for it if it is small:
 * by reference if it is contiguous, else copied. Returns the sum for its checksum, or 0 if the
 * device computes it. */
uint64_t tcp_payload(struct tcp_conn *c, struct pkt *p, struct seq seq, uint32_t len);

/* Sets TTL and DF of tx from the options of a connection for the IP version of its addresses. x may
 * be NULL. */
void tcp_tx_options(const struct tcp_extra *x, struct ip_tx *tx);

/* Sends the SYN, or the SYN-ACK of a simultaneous open. Errors as for tcp_xmit(). */
int tcp_xmit_syn(struct stack *s, struct tcp_conn *c, bool synack);

/* Queue a segment as it would be sent now, ahead of the marks: the RST that ends c; an ACK of
 * everything received up to ack. */
void tcp_queue_rst(struct stack *s, struct tcp_conn *c);
void tcp_queue_ack(struct stack *s, struct tcp_conn *c, struct seq ack);

/* Builds a segment without a connection from g and o, signs it, and queues it for the flush. At
 * most TCP_REPLIES_MAX are queued; more are dropped and counted. */
void tcp_queue_reply(struct stack *s, const struct ip_tx *tx, struct tcp_seg *g, struct tcp_opts *o,
	const struct tcp_sign *sign);

/* Queues a RST for a segment that belongs to no connection (RFC 9293 3.10.7.1). */
void tcp_reply_rst(struct tcp_in *in);

/* The bytes of options that the next segment with data carries. */
uint32_t tcp_opt_space(const struct stack *s, const struct tcp_conn *c);

/* Looks up the path again if routes have changed; a new MTU changes the segment size. Negative
 * errno if there is no route. */
int tcp_path(struct stack *s, struct tcp_conn *c);

/* The path of c is this one, until routes change. The caller sees to the MTU. */
void tcp_path_found(struct stack *s, struct tcp_conn *c, const struct ip_route *path);

/* True if routes have not changed since the path was found. */
bool tcp_path_stands(const struct stack *s, const struct tcp_conn *c);

#endif
