/* ip_opts.h - IPv4 record route and timestamp options (RFC 791). */
#ifndef STACK_IP_IP_OPTS_H
#define STACK_IP_IP_OPTS_H

#include "stack/ip/ip_priv.h"

struct ip_bytes {
	const uint8_t *p;
	size_t len;
};

/* Fills the next slot of both options of the header at head, which was parsed into h, with `local`,
 * and rewrites the header with its checksum. */
void ip_opts_record(
	const struct stack *s, const struct ipv4 *h, uint8_t *head, const struct ip_addr *local);

/* Builds the options of a reply from `local` to the packet whose IP header is head (RFC 1122
 * section 3.2.2.6): writes up to IPV4_OPT_MAX bytes to out; returns how many, a multiple of 4. */
uint32_t ip_opts_answer(const struct stack *s, const struct ip_bytes *head,
	const struct ip_addr *local, uint8_t *out);

#endif
