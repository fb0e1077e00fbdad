/*
 * packet.h - packets as bytes on the wire, and as text. Their numbers are the wire's (flow.h).
 */
#ifndef LAB_PKT_PACKET_H
#define LAB_PKT_PACKET_H

#include "lab/pkt/run.h"

/* Encodes p, sent by the remote host, into out of PKT_BYTES bytes. Returns the length, or 0 if it
 * does not fit or this IP version lacks its ICMP type or code. */
size_t packet_build(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out);

/* Decodes a sent frame. Returns false if it is malformed or of another protocol. */
bool packet_parse(const struct pkt_run *r, const struct pkt_frame *f, struct pkt_packet *p);

/* Verifies the MD5 digest in p, decoded from f, with the key of want. A valid digest is replaced
 * with zeros, as in want; an invalid one is left alone and will not match. */
void packet_check_md5(const struct pkt_run *r, const struct pkt_frame *f,
	const struct pkt_packet *want, struct pkt_packet *p);

/* Writes p in the syntax of scripts. Returns the length as snprintf() does. */
int packet_text(char *out, size_t n, const struct pkt_packet *p);

#endif
