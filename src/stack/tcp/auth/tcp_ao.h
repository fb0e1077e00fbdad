/*
 * tcp_ao.h - TCP-AO keys (RFC 5925), set and read by programs: Linux's TCP_AO_ADD_KEY,
 * TCP_AO_DEL_KEY, TCP_AO_INFO and TCP_AO_GET_KEYS without their layout.
 *
 *     current   signs segments sent; chosen by the peer: the RNextKeyID of segments received
 *     rnext     requested from the peer; chosen by the program
 */
#ifndef STACK_TCP_AUTH_TCP_AO_H
#define STACK_TCP_AUTH_TCP_AO_H

#include "stack/tcp/tcp.h"
#include "wire/tcp_ao.h"

/* The peers of a key: an address or a network; prefix 0 is every peer of that IP version. */
struct tcp_ao_peer {
	struct ip_addr addr;
	bool v4;
	uint8_t prefix; /* up to 32, or 128 */
};

struct tcp_ao_new {
	struct tcp_ao_peer peer;
	uint8_t sndid, rcvid;
	uint8_t maclen;       /* 0: 12 */
	uint8_t keyflags;     /* enum tcp_ao_keyflag */
	const char *alg_name; /* tcp_ao_alg_name() */
	const uint8_t *key;
	size_t len; /* up to 80 */
	bool set_current, set_rnext;
};

enum tcp_ao_keyflag {
	TCP_AO_KEY_IFINDEX = 1 << 0, /* of an interface; only the default exists */
	TCP_AO_KEY_EXCLUDE = 1 << 1, /* the MAC does not cover other options */
};

struct tcp_ao_gone {
	struct tcp_ao_peer peer;
	uint8_t sndid, rcvid;
	uint8_t keyflags;
	uint8_t current, rnext; /* KeyIDs to switch to, if the next two are set */
	bool set_current, set_rnext;
	bool async; /* for a listener only */
};

/* Per-socket counters. */
enum tcp_ao_count {
	TCP_AO_GOOD,
	TCP_AO_BAD,
	TCP_AO_KEY_NOT_FOUND,
	TCP_AO_REQUIRED,
	TCP_AO_DROPPED_ICMP,
	TCP_AO_COUNTS
};

struct tcp_ao_status {
	bool set_current, set_rnext; /* for reading: there is one */
	uint8_t current, rnext;
	bool required; /* unsigned segments from any peer are dropped */
	bool accept_icmps;
	bool set_counts;
	uint64_t count[TCP_AO_COUNTS];
};

/* One key of a socket, for reading. */
struct tcp_ao_shown {
	struct tcp_ao_peer peer;
	enum tcp_ao_alg alg;
	uint8_t sndid, rcvid, maclen, keyflags, keylen;
	const uint8_t *key; /* borrowed */
	bool current, rnext;
	uint64_t good, bad;
};

/* All: -EISCONN: a connection established without TCP-AO; -ENOENT: no such key. Adding: -EINVAL,
 * -EEXIST (an id already used for that peer), -EKEYREJECTED (the peer has a TCP_MD5SIG key),
 * -EMSGSIZE (the MAC is too long), -ENOENT (no such algorithm), -ENOMEM. Deleting: -EBUSY: in
 * use. */
int tcp_ao_add(struct stack *s, struct tcp_conn *c, const struct tcp_ao_new *n);
int tcp_ao_del(struct stack *s, struct tcp_conn *c, const struct tcp_ao_gone *g);
int tcp_ao_set(struct stack *s, struct tcp_conn *c, const struct tcp_ao_status *i);
int tcp_ao_get(struct stack *s, struct tcp_conn *c, struct tcp_ao_status *i);

/* Calls see for each key, the newest first. -ENOENT: the socket has no TCP-AO. */
int tcp_ao_each(struct stack *s, struct tcp_conn *c,
	void (*see)(const struct tcp_ao_shown *k, void *arg), void *arg);

#endif
