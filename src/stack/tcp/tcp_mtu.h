/*
 * tcp_mtu.h - segment sizes: MSS, path MTU and its discovery.
 */
#ifndef STACK_TCP_TCP_MTU_H
#define STACK_TCP_TCP_MTU_H

#include "stack/tcp/tcp_priv.h"

/* The MSS option of a SYN to dst (RFC 9293 3.7.1); path as ip_route_query() gave it, or with the
 * MTU only. */
uint16_t tcp_advmss(struct stack *s, const struct ip_addr *dst, const struct ip_route *path);

/* Once timestamps are agreed on, a full segment has 12 bytes less payload: windows count in
 * those. */
void tcp_advmss_less_options(struct tcp_conn *c);

/* The payload of a full segment now; the path is looked up again if it may have changed. */
uint16_t tcp_mss_now(struct stack *s, struct tcp_conn *c);

/* The same without a look at the path. */
uint16_t tcp_mss_as_is(struct stack *s, struct tcp_conn *c);

/* Recomputes c->mss for a path MTU of pmtu (0: unknown, 1500). */
void tcp_sync_mss(struct stack *s, struct tcp_conn *c, uint32_t pmtu);

/* An ICMP error said that a segment in flight exceeds mtu (RFC 1191, RFC 8201): resends. */
void tcp_mtu_reduced(struct stack *s, struct tcp_conn *c, uint32_t mtu);

/* Packetization layer path MTU discovery (RFC 4821). Starts the search at tcp_base_mss. */
void tcp_mtu_init(struct stack *s, struct tcp_conn *c);

/* A timeout may be a black hole: probes, or searches below the size that seemed to pass. */
void tcp_mtu_probing_start(struct stack *s, struct tcp_conn *c);

enum tcp_mtu_tried {
	MTU_NOT_TRIED,
	MTU_WAITS, /* an ACK will make room for a probe: nothing else is sent before it */
	MTU_TRIED,
};

/* Sends one larger segment, if there is data and window enough to lose it without harm. */
enum tcp_mtu_tried tcp_mtu_probe(struct stack *s, struct tcp_conn *c);

/* The loss engine knows what became of the probe; LOSS_MTU_NONE is ignored. */
void tcp_mtu_probe_done(struct stack *s, struct tcp_conn *c, enum loss_mtu fate);

#endif
