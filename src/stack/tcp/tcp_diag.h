/*
 * tcp_diag.h - the TCP sockets of an instance in every detail, for ss: what Linux's sock_diag
 * passes to a program. The listing is made in pieces, between which the instance runs:
 *
 *     struct tcp_diag_cursor at = {0};
 *     do
 *             ... other work, then ...
 *     while (tcp_diag_next(s, &at, see, arg));
 *
 * A socket that exists from the first piece to the last is listed; one that comes or goes
 * meanwhile may be, and if the tables shrink, one may be listed twice. Nothing is changed: an idle
 * connection is listed as it would be after waking, and stays packed.
 */
#ifndef STACK_TCP_TCP_DIAG_H
#define STACK_TCP_TCP_DIAG_H

#include "stack/tcp/tcp.h"

#include <linux/inet_diag.h>
#include <linux/tcp.h>

/* struct tcp_info with the fields that kernels after 6.1 have added. */
struct tcp_info_all {
	struct tcp_info i;
	uint32_t rcv_wnd, rehash;
	uint16_t total_rto, total_rto_recoveries;
	uint32_t total_rto_time, received_ce, accecn[7]; /* AccECN is not implemented */
};
_Static_assert(offsetof(struct tcp_info_all, rcv_wnd) == sizeof(struct tcp_info), "without a gap");

/* One socket. Valid during the call of see() only. */
struct tcp_diag {
	struct tcp_row row;
	const void *owner; /* NULL: an orphan, a request or TIME-WAIT; or not accepted yet */
	uint32_t ifindex;  /* SO_BINDTODEVICE; 0: none */
	uint8_t shut;      /* enum tcp_shut */
	bool v6, v6only;   /* of domain AF_INET6; with IPV6_V6ONLY */
	bool whole;        /* the following are filled in: not a request, not TIME-WAIT */
	const char *cc;    /* congestion control */
	uint32_t mem[9];   /* SO_MEMINFO */
	struct tcp_info_all info;
	size_t cc_len; /* of cc_info; 0: none */
	union tcp_cc_info cc_info;
};

/* Where a listing continues; zero at its start, except for the states. */
struct tcp_diag_cursor {
	uint32_t states; /* a bit for each state wanted; 0: all. Others cost next to nothing */
	uint32_t place;
	bool listeners_done, done;
};

/* Calls see() for the sockets of the next bucket: listeners first, then connections, requests and
 * TIME-WAIT. False: that was the last. see() must not call the stack. */
bool tcp_diag_next(struct stack *s, struct tcp_diag_cursor *at,
	void (*see)(const struct tcp_diag *d, void *arg), void *arg);

/* The number of sockets, requests and TIME-WAIT records in each state, as a listing would show
 * them, but at no cost; 0 for CLOSED. */
void tcp_states(const struct stack *s, uint32_t counts[TCPS_COUNT]);

/* The samples of the round-trip time of all connections since the start. */
const struct histogram *tcp_rtt_histogram(const struct stack *s);

#endif
