/*
 * link.h - the object of measurement: two instances joined by a link in memory, on one thread.
 *
 *     bs[CLIENT] - stack 10.0.0.1, fd00::1 - queue of frames - stack 10.0.0.2, fd00::2 - bs[SERVER]
 *
 * A frame is copied once in transit, as by a device; checksums are computed and verified in
 * software unless the device does it (--tx-csum), and segments travel one by one unless the device
 * accepts several as one packet (--gso). Time is virtual and advances by a fixed step per turn, so
 * that every run is the same.
 */
#ifndef BENCH_STACK_LINK_H
#define BENCH_STACK_LINK_H

#include "socket/instance.h"
#include "stack/stack.h"

#include <netinet/in.h>

enum {
	CLIENT,
	SERVER,
	SIDES,
	LINK_BATCH = 64, /* frames delivered to a side before it may act, like a driver's ring */
	LINK_FIRST_PORT = 700, /* of the servers; clients begin at 1024 */
};

struct link_options {
	bool slow_path;  /* stack_config.slow_path, of both sides */
	bool v6;         /* IPv6 connections */
	uint8_t offload; /* enum netdev_flag: NETDEV_GSO, NETDEV_TX_CSUM */
};

struct link_side {
	struct stack *stack;
	struct burble *bs;
	struct netdev dev;
	struct pkt_queue in; /* in flight to this side, from its own pool */
	struct link *link;
	int ep; /* its epoll set */
};

struct link {
	struct link_side side[SIDES];
	struct link_options options;
	nsec_t now;
	uint64_t frames;
};

/* Two instances with an epoll set each; ends the program if out of memory. */
struct link *link_new(const struct link_options *o);

/* Closes every socket and frees both instances. */
void link_free(struct link *l);

/* Sends what `side` has queued. */
void link_flush(struct link *l, int side);

/* The address of LINK_FIRST_PORT + n; returns its length. */
socklen_t link_server_addr(const struct link *l, int n, struct sockaddr_storage *a);

/* Delivers at most LINK_BATCH frames to `side`; returns how many. */
int link_deliver(struct link *l, int side);

/* Advances time by span; runs the timers that are due. */
void link_pass(struct link *l, nsec_t span);

/* Runs without input until nothing is in flight, at least for span. */
void link_settle(struct link *l, nsec_t span);

/* A non-blocking socket of `side`, watched for events (edge-triggered) if they are not 0. */
int link_socket(struct link *l, int side, uint32_t events);
void link_watch(struct link *l, int side, int fd, uint32_t events);

/* A listening, watched server socket on LINK_FIRST_PORT + n. */
int link_listen(struct link *l, int n);

/* Starts to connect a client socket to LINK_FIRST_PORT + n. */
void link_connect(struct link *l, int fd, int n);

/* Ends the program with a message if ok is false. */
void must(bool ok, const char *what);

#endif
