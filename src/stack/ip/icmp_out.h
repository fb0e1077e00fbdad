/* icmp_out.h - ICMP errors out. */
#ifndef STACK_IP_ICMP_OUT_H
#define STACK_IP_ICMP_OUT_H

#include "stack/ip/ip_priv.h"

/* The packet that triggers an ICMP error. */
struct ip_cause {
	const uint8_t *p; /* its IP header */
	uint32_t len;     /* bytes, from its IP header */
	struct netdev *dev;
	struct ip_pair addr;
	bool v6;
	bool group; /* sent to a group or broadcast: no error (RFC 1122 section 3.2.2) */
};

struct icmp_what {
	uint8_t type, code;
	uint32_t rest; /* the second word of the ICMP header: MTU, pointer */
};

/* Queues an ICMP error about cause unless the rules (RFC 1122 section 3.2.2, RFC 4443 section 2.4)
 * or the rate limits forbid it. The cause is copied and stays the caller's. */
void icmp_error_out(struct stack *s, const struct ip_cause *cause, const struct icmp_what *what);

/* Counts a sent message under OutMsgs and its type's counter. */
void icmp_count_out(struct stack *s, bool v6, uint8_t type);

#endif
