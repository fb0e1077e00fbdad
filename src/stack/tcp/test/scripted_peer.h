/*
 * scripted_peer.h - test fixture: one instance whose peer is the test itself, which injects
 * segments and checks what is sent. Sequence numbers are relative, as in packet scripts: either
 * side's SYN is 0, its first byte is 1.
 *
 *     test 10.0.0.2:50000  <-- wire, no delay -->  10.0.0.1:80 instance
 */
#ifndef STACK_TCP_TEST_SCRIPTED_PEER_H
#define STACK_TCP_TEST_SCRIPTED_PEER_H

#include "stack/stack.h"
#include "stack/tcp/tcp.h"
#include "stack/tcp/tcp_sockopt.h"
#include "wire/tcp.h"

enum {
	PEER_OUTS = 64,     /* segments kept */
	PEER_BYTES = 65536, /* of payload kept */
};

/* A segment sent by the instance. */
struct peer_out {
	uint16_t flags, win, urg;
	uint32_t seq, ack, len;
	struct tcp_opts o;
};

struct peer {
	struct stack *s;
	struct netdev dev;
	struct ip_addr here, there; /* the instance, the test */
	uint16_t port;              /* of the test */
	uint16_t here_port;         /* 80, or the source port of the instance's newest SYN */
	nsec_t now;
	struct tcp_conn *l, *c; /* NULL: none */
	struct seq mine, its;   /* the base of relative numbers */
	bool synced;            /* `its` is known */
	bool hold;              /* peer_in() does not flush */
	struct tcp_opts o;      /* for every segment of the test */
	uint16_t win, urg;      /* likewise */
	struct peer_out out[PEER_OUTS];
	uint8_t cookie[TCP_COOKIE_MAX], cookie_len; /* of Fast Open, from the newest of them */
	uint8_t data[PEER_BYTES]; /* sent by the instance's newest connection: [0] is byte 1 */
	uint32_t outs; /* sent since the last peer_in(), peer_wait() or call of this file */
	uint32_t events;
};

/* An instance in CLOSED with its peer; freed with everything it owns. */
struct peer *peer_new(void);
void peer_free(struct peer *p);

/* For TEST_IN(): *state is a peer. In a PEER_TEST() it is p. */
int peer_begin(void **state);
int peer_end(void **state);

#define PEER_TEST(name) TEST_OF(name, struct peer, p, peer_begin, peer_end)

/* Inputs a segment: len bytes of data, "abc...", from seq. */
void peer_in(struct peer *p, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len);

/* Advances time by span. */
void peer_wait(struct peer *p, nsec_t span);

/* A listener. */
void peer_listen(struct peer *p, int backlog);

/* Brings a connection into `state` by segments and calls; c is owned by the test as long as the
 * state is one of a connection. A passive open, except for SYN-SENT. */
void peer_to(struct peer *p, uint8_t state);

/* The instance opens the connection instead: ESTABLISHED. */
void peer_active(struct peer *p);

/* Socket calls of the instance: shutdown for writing, close, a write of n bytes. */
void peer_shutdown(struct peer *p);
void peer_close(struct peer *p, bool abort);
void peer_write(struct peer *p, uint32_t n);
/* Reads up to n bytes; returns how many. */
size_t peer_read(struct peer *p, size_t n);

/* The instance's state of the 4-tuple: SYN-RECEIVED for request sockets, CLOSED if there is
 * none. */
uint8_t peer_state(struct peer *p);

/* Asserts that exactly one segment was sent, this one. */
void peer_sent(struct peer *p, uint16_t flags, uint32_t seq, uint32_t ack);

/* Asserts that nothing was sent. */
void peer_silent(struct peer *p);

/* The value of a counter. */
uint64_t peer_count(const struct peer *p, enum mib which);

/* SO_ERROR of c. */
int peer_error(struct peer *p);

#endif
