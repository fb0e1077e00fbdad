/*
 * udp_diag.h - the UDP sockets of an instance, for ss: in pieces, like those of TCP (tcp_diag.h).
 * A socket without a port is not listed, as in Linux.
 */
#ifndef STACK_UDP_UDP_DIAG_H
#define STACK_UDP_UDP_DIAG_H

#include "stack/udp/udp.h"

/* One socket. Valid during the call of see() only. */
struct udp_diag {
	struct udp_end local, peer;
	const void *owner;
	uint32_t ifindex; /* SO_BINDTODEVICE; 0: none */
	bool v6, v6only, connected;
	uint8_t shut;                            /* 1: in, 2: out */
	uint32_t rqueue, wqueue, rcvbuf, sndbuf; /* bytes of memory */
};

/* Where a listing continues; zero at its start. */
struct udp_diag_cursor {
	uint32_t place;
	bool done;
};

/* Calls see() for the sockets of the next few ports. False: those were the last. see() must not
 * call the stack. */
bool udp_diag_next(struct stack *s, struct udp_diag_cursor *at,
	void (*see)(const struct udp_diag *d, void *arg), void *arg);

#endif
