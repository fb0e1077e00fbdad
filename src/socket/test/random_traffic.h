/*
 * random_traffic.h - two instances with random programs, run with and without fast paths;
 * everything observable is logged (run_log.h). A run depends only on the seed and the results of
 * its calls, so that two runs with equal logs did the same.
 */
#ifndef SOCKET_TEST_RANDOM_TRAFFIC_H
#define SOCKET_TEST_RANDOM_TRAFFIC_H

#include "socket/test/run_log.h"
#include "socket/test/two_instances.h"

enum deed {
	DO_SERVE,    /* epoll_wait, then everything that is ready: accept, read, answer */
	DO_SEND,     /* up to 200 bytes */
	DO_BULK,     /* up to 64 KiB */
	DO_REF,      /* a message by reference */
	DO_FLAGS,    /* MSG_MORE, MSG_EOR, MSG_ZEROCOPY, two buffers */
	DO_URGENT,   /* send or read the urgent byte */
	DO_RECV,     /* a number of bytes */
	DO_PEEK,     /* with flags, control messages, or of the error queue */
	DO_BLOCKED,  /* a blocking send, recv, accept or epoll_wait */
	DO_OPTION,   /* setsockopt() */
	DO_ASK,      /* TCP_INFO, queues, readiness */
	DO_EPOLL,    /* changes the interest: level, edge, one-shot */
	DO_CONNECT,  /* one more */
	DO_SHUTDOWN, /* of either half */
	DO_CLOSE,
	DO_ABORT, /* SO_LINGER of 0, and close */
	DO_WAIT,  /* the traffic's `wait` passes */
	DO_ICMP,  /* an error about the newest packet of a side */
	DO_CUT,   /* the wire loses everything until chosen again */
	DEEDS,
};

struct traffic {
	const char *name;
	const char *sysctls[4][2]; /* of both sides: name, value */
	uint8_t often[DEEDS];      /* the weight of each action */
	struct wire_faults faults;
	nsec_t pace; /* maximum between two actions; with some seeds ten or a hundred times that */
	nsec_t wait; /* maximum of DO_WAIT */
	int conns;   /* opened at the start */
	uint32_t steps;
	bool v6, ether;
	uint8_t offload; /* NETDEV_GSO, NETDEV_TX_CSUM, of both devices; not with faults that alter
			  */
	bool loopback;   /* side 1 connects to itself */
	bool echo;       /* accepted connections send back what they read */
	bool checked;    /* queues are checked all the time */
};

/* One run of t, with the fast paths of each side on or off; the observations are added to an empty
 * log. */
void traffic_run(const struct traffic *t, uint64_t seed, const bool slow[2], struct run_log *log);

#endif
