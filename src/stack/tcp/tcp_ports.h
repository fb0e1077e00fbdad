/*
 * tcp_ports.h - what connect() remembers to find a local port quickly (RFC 6056 section 3.3.4, as
 * Linux): for each of 256 classes of destinations how far it got, and for which destinations every
 * port of the first parity was taken a moment ago. The latter only changes the order of looking.
 */
#ifndef STACK_TCP_TCP_PORTS_H
#define STACK_TCP_TCP_PORTS_H

#include "base/base.h"

enum {
	PORT_CLASSES = 256,
	PORT_FULLS = 64,
};

/* How long the ports of the first parity count as taken. */
#define PORT_FULL_FOR NSEC_SEC

struct tcp_ephemeral {
	uint32_t perturb[PORT_CLASSES];
	struct {
		uint64_t to; /* hash of the destination */
		nsec_t until;
	} full[PORT_FULLS];
};

#endif
