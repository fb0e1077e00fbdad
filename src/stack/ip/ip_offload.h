/*
 * ip_offload.h - offloads in software: checksums completed and runs of TCP segments cut for a
 * device that does neither.
 */
#ifndef STACK_IP_IP_OFFLOAD_H
#define STACK_IP_IP_OFFLOAD_H

#include "stack/ip/ip_priv.h"

/* Completes the checksum of p, which has pkt.csum_partial. */
void ip_checksum_complete(struct pkt *p);

/* Checks the offload fields that a device gave p, whose IP header is at data + at: a checksum that
 * no device of ours could complete is completed, and several segments must be of TCP. False if they
 * make no sense. */
bool ip_offload_in(struct pkt *p, uint32_t at);

/* Bytes of the largest IP packet that p, which is one with pkt.gso, stands for. */
uint32_t ip_gso_packet_len(const struct pkt *p);

/* The segment of p, which is one with pkt.gso, whose data begins at *at, from 0 on, as an IP packet
 * with csum_partial; *at then is where the next begins. NULL: there is none, or memory is out. */
struct pkt *ip_gso_next(struct pkt_pool *pool, const struct pkt *p, uint32_t *at);

/* Sends p, a whole IP packet, through link_out(), as the packets that its device takes. Takes p. 0,
 * or the error of the last packet that was refused. */
int ip_offload_out(struct stack *s, struct pkt *p, struct ip_dst *dst);

#endif
