/*
 * tcp_mtu.h - segment sizes: MSS, path MTU and its discovery.
 */
#ifndef STACK_TCP_TCP_MTU_H
#define STACK_TCP_TCP_MTU_H

#include "stack/tcp/tcp_priv.h"

/* The MSS option of a SYN to dst (RFC 9293 3.7.1); path from ip_route_query(), or with the MTU
 * only. */
uint16_t tcp_advmss(struct stack *s, const struct ip_addr *dst, const struct ip_route *path);

/* With timestamps a full segment has 12 bytes less payload: windows are computed with that. */
void tcp_advmss_less_options(struct tcp_conn *c);

/* The current payload of a full segment; looks up the path again if it may have changed. */
uint16_t tcp_mss_now(struct stack *s, struct tcp_conn *c);

/* The same without looking up the path. */
uint16_t tcp_mss_as_is(struct stack *s, struct tcp_conn *c);

/* Recomputes c->mss for a path MTU of pmtu (0: unknown, 1500). */
void tcp_sync_mss(struct stack *s, struct tcp_conn *c, uint32_t pmtu);

/* An ICMP error reported that a segment in flight exceeds mtu (RFC 1191, RFC 8201): retransmits. */
void tcp_mtu_reduced(struct stack *s, struct tcp_conn *c, uint32_t mtu);

/* Packetization layer path MTU discovery (RFC 4821). Starts the search at tcp_base_mss. */
void tcp_mtu_init(struct stack *s, struct tcp_conn *c);

/* The cause of a timeout may be a black hole: probes, or searches below the size that seemed to
 * pass. */
void tcp_mtu_probing_start(struct stack *s, struct tcp_conn *c);

enum tcp_mtu_tried {
	MTU_NOT_TRIED,
	MTU_WAITS, /* an ACK will make room for a probe: send nothing else before */
	MTU_TRIED,
};

/* Sends one larger segment, if there is enough data and window to lose it without harm. */
enum tcp_mtu_tried tcp_mtu_probe(struct stack *s, struct tcp_conn *c);

/* The loss engine has the result of the probe; LOSS_MTU_NONE is ignored. */
void tcp_mtu_probe_done(struct stack *s, struct tcp_conn *c, enum loss_mtu fate);

#endif
