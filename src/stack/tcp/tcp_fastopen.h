/*
 * tcp_fastopen.h - Fast Open (RFC 7413): client and server.
 *
 *     opener     defer, syn_option, syn_data: contents of the SYN; syn_sent, syn_timeout, synack:
 *                its result
 *     listener   syn_in: a SYN with a valid cookie creates a child; child_done, child_gone: the end
 *                of its handshake
 */
#ifndef STACK_TCP_TCP_FASTOPEN_H
#define STACK_TCP_TCP_FASTOPEN_H

#include "stack/tcp/tcp_priv.h"

/* The Fast Open option of a SYN: length -1 none, 0 a cookie request, else the cookie. */
struct tcp_tfo_syn {
	int8_t len;
	bool exp;
	uint16_t mss;
	uint8_t cookie[TCP_COOKIE_MAX];
};

/* TCP_FASTOPEN_CONNECT: true if connect() should wait for the first write, since there is a
 * cookie. */
bool tcp_fastopen_defer(struct stack *s, struct tcp_conn *c);
/* Adds the cookie, or a request for one, to the options of the first SYN. */
void tcp_fastopen_syn_option(struct stack *s, struct tcp_conn *c, struct tcp_opts *o);
/* Bytes of data in this SYN. */
uint32_t tcp_fastopen_syn_data(const struct tcp_conn *c);
/* The SYN was sent: its data counts as sent. */
void tcp_fastopen_syn_sent(struct stack *s, struct tcp_conn *c);
/* A SYN with data was not answered in time: a middlebox may drop such SYNs. */
void tcp_fastopen_syn_timeout(struct stack *s, struct tcp_conn *c);
/* The SYN-ACK was received. True: data of the SYN must be retransmitted (by the caller). */
bool tcp_fastopen_synack(struct tcp_in *in, struct tcp_conn *c);
/* Queues the data of a SYN or SYN-ACK for reading. Takes in->p then. */
void tcp_syn_payload(struct tcp_in *in, struct tcp_conn *c);
/* A blackhole was detected: disables Fast Open for tcp_fastopen_blackhole_timeout_sec, then twice
 * that. */
void tcp_fastopen_active_disable(struct stack *s);

/* A SYN for listener l: true if it creates a child at once. */
bool tcp_fastopen_syn_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r);
/* Adds the requested cookie to the options of the SYN-ACK. */
void tcp_fastopen_synack_option(struct stack *s, struct tcp_req *r, struct tcp_opts *o);
/* True if in is a retransmission of the SYN of child c: the SYN-ACK was lost, and is
 * retransmitted. */
bool tcp_fastopen_syn_again(struct tcp_in *in, struct tcp_conn *c);
/* The final ACK of a child created by its SYN. */
void tcp_fastopen_child_done(struct stack *s, struct tcp_conn *c);
/* Such a child ends before that. */
void tcp_fastopen_child_gone(struct stack *s, struct tcp_conn *c);

#endif
