/*
 * ip_fixture.h - an instance of the network layer alone for unit tests: one interface whose frames
 * are caught, and transports that record their input.
 */
#ifndef STACK_IP_TEST_IP_FIXTURE_H
#define STACK_IP_TEST_IP_FIXTURE_H

#include "base/test/test.h"
#include "stack/ip/ip_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	CAUGHT_MAX = 64,
};

struct caught {
	uint32_t len;
	uint8_t bytes[2048];
};

struct noted { /* the packets delivered to a transport */
	struct ip_rx rx;
	uint32_t len;
	uint8_t ecn;
	uint8_t bytes[70000];
};

struct world {
	struct stack s;
	struct netdev dev;
	uint32_t out_count,
		send_err; /* send_err: errno returned by the device, 0: frames are caught */
	bool reports;     /* of group membership (IGMP, MLD) are caught, too */
	struct caught out[CAUGHT_MAX];
	struct noted last; /* to TCP or UDP */
	uint32_t tcp_count, udp_count, error_count;
	struct ip_error error;
	struct icmp_quote quote;
};

/* Of the current test, between world_open() and world_close(). */
extern struct world *w;

/* The recording transport registered as TCP. */
extern const struct ip_transport test_tcp;

/* The device that catches frames. */
extern const struct netdev_ops test_ops;

/* The hardware address of w->dev. */
extern const uint8_t test_mac[6];

/* A host on the link of w->dev. */
extern const struct eth_addr peer_hw;

/* Creates an instance with "lo" and the interface w->dev of this kind, which has no address yet. */
void world_open(enum netdev_kind kind);

/* Frees it; fails the test if a packet leaks. */
void world_close(void);

/* For TEST_IN(): a world at 10.0.0.1/24 and 2001:db8::1/64, without a link layer; its end. */
int world_begin(void **state);
int world_end(void **state);

/* Parses an address. */
struct ip_addr addr(const char *text);

/* Adds an address to w->dev; bits count from the start of the 16 bytes. */
void have(const char *text, unsigned bits);

/* Adds a route over w->dev. */
void route_via(const char *dst, unsigned bits, const char *gateway);

/* Sends everything queued. */
void flush(void);

/* Runs every timer due until `to`, flushing after each. */
void run_until(nsec_t to);

/* Inputs a frame on w->dev. */
void comes_in(const uint8_t *bytes, size_t len);

/* The IP header of a packet to input; ttl 0: 64. */
struct made {
	const char *src, *dst;
	uint8_t proto, tos, ttl;
	uint16_t id, off;
	bool more;
};

/* Writes the header and the len bytes at data to out; returns the packet's length. */
size_t make_ip(uint8_t *out, const struct made *m, const void *data, size_t len);

/* The same, input on w->dev without a link header. */
void ip_comes_in(const struct made *m, const void *data, size_t len);

/* Inputs a message of neighbour discovery as a frame of peer_hw, and flushes. */
void ndp_comes_in(const char *src, const char *dst, const struct ndp *n);

/* Sends n bytes as UDP from src to dst; the result of ip_out(). */
int send_ip(const char *src, const char *dst, uint32_t n, bool may_fragment);

#define counted(which) mib_get(&w->s.mib, which)

#endif
