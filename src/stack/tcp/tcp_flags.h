/*
 * tcp_flags.h - flag bits and small enumerations of TCP's structures.
 */
#ifndef STACK_TCP_TCP_FLAGS_H
#define STACK_TCP_TCP_FLAGS_H

#include "stack/stack_priv.h"
#include "stack/tcp/loss/loss.h"
#include "stack/tcp/tcp.h"
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_limits.h"
#include "stack/tcp/tcp_sockopt.h"
#include "wire/tcp.h"

#include <stdlib.h>

enum tcp_bit {
	TCPB_V6 = 1 << 0,     /* socket of domain AF_INET6 */
	TCPB_HASHED = 1 << 1, /* in the table of 4-tuples */
	TCPB_ORPHAN = 1 << 2, /* no owner any more: SOCK_DEAD */
	TCPB_DONE = 1 << 3,   /* the peer's FIN was received: SOCK_DONE */
	TCPB_RCVBUF_LOCK = 1 << 4,
	TCPB_SNDBUF_LOCK = 1 << 5,
	TCPB_KEEPALIVE = 1 << 6,
	TCPB_OOBINLINE = 1 << 7,
	TCPB_NOSPACE = 1 << 8,    /* the owner is waiting for room */
	TCPB_BOUND_ADDR = 1 << 9, /* bound to an address: survives a disconnect */
	TCPB_BOUND_PORT = 1 << 10,
	TCPB_DEFER_CONNECT = 1 << 11,
	TCPB_PATH = 1 << 12,         /* a path was found once */
	TCPB_RFC6191 = 1 << 13,      /* reuses a TIME-WAIT pair */
	TCPB_CONNECT_PORT = 1 << 15, /* its port was chosen by connect() */
	TCPB_NEW_PATH =
		1 << 14, /* a segment was sent on a path with another MTU than the known one */
};

/* Negotiated in the handshake. */
enum tcp_agreed {
	TCPA_TS = 1 << 0,
	TCPA_SACK = 1 << 1,
	TCPA_WSCALE = 1 << 2,
	TCPA_ECN = 1 << 3,
};

enum tcp_ecn_bit {
	TCPE_QUEUE_CWR = 1 << 0,  /* the next new segment carries CWR */
	TCPE_DEMAND_CWR = 1 << 1, /* ECE on every ACK until CWR is received */
	TCPE_SEEN = 1 << 2,       /* an ECT packet was received */
	TCPE_CE = 1 << 3,         /* DCTCP: the last packet was marked */
};

enum tcp_nagle {
	NAGLE_OFF = 1,  /* TCP_NODELAY */
	NAGLE_CORK = 2, /* TCP_CORK */
	NAGLE_PUSH = 4, /* for this flush only */
};

enum tcp_ack_bit {
	ACKP_SCHED = 1 << 0,
	ACKP_TIMER = 1 << 1,
	ACKP_PUSHED = 1 << 2,
	ACKP_PUSHED2 = 1 << 3,
	ACKP_NOW = 1 << 4,   /* at once, regardless of the other bits */
	ACKP_SEND = 1 << 5,  /* decided: the flush sends an ACK */
	ACKP_NOMEM = 1 << 6, /* the next ACK closes the window: out of memory */
};

enum tcp_probe_kind {
	PROBE_SEND_NONE,
	PROBE_SEND_WINDOW, /* zero window: a byte beyond it, or nothing */
	PROBE_SEND_KEEPALIVE,
	PROBE_SEND_URGENT,
};
/* IP_MTU_DISCOVER */
enum tcp_pmtudisc {
	TCP_PMTUDISC_DONT,
	TCP_PMTUDISC_WANT,
	TCP_PMTUDISC_DO,
	TCP_PMTUDISC_PROBE,
	TCP_PMTUDISC_INTERFACE, /* never DF, and ICMP is ignored */
	TCP_PMTUDISC_OMIT,
};

enum tcp_chrono {
	TCP_CHRONO_NONE,
	TCP_CHRONO_BUSY,
	TCP_CHRONO_RWND,
	TCP_CHRONO_SNDBUF
};

#endif
