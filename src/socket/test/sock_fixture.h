/*
 * sock_fixture.h - a TCP made by hand, over the real UDP and IP, for the tests of this room:
 * connections are as the test says, what is sent lies in a buffer, what is received comes from one.
 */
#ifndef SOCKET_TEST_SOCK_FIXTURE_H
#define SOCKET_TEST_SOCK_FIXTURE_H

#include "socket/instance.h"
#include "stack/tcp/tcp.h"
#include "stack/tcp/tcp_sockopt.h"

enum {
	FAKE_BYTES = 4096,
};

struct tcp_conn {
	struct tcp_conn *next; /* in a listener's accept queue */
	void *owner;
	struct tcp_facts f;
	struct tcp_end local, peer;
	uint8_t bind_flags;
	int64_t opt[TCPO_COUNT];
	char in[FAKE_BYTES], out[FAKE_BYTES];
	size_t in_len, in_urgent; /* in_urgent: place of the urgent byte; SIZE_MAX: none */
	size_t out_len, out_room; /* room: bytes that a send may still queue */
	int pushed, aborted, closed, wants_room, backlog;
	int connect_gives;
	uint32_t rcvlowat;
	bool watched;
};

/* A fake stack; and the connection behind a stream socket. */
struct stack *fake_stack(void);
void fake_stack_free(struct stack *s);
/* Lets UDP and IP send what waits; lo brings it back. */
void fake_flush(struct stack *s);
void fake_now(struct stack *s, nsec_t now);
struct tcp_conn *fake_conn(struct burble *bs, int fd);

/* The connection has become so; tells its owner `news`. */
void fake_become(struct stack *s, struct tcp_conn *c, uint8_t state, uint32_t news);

/* Bytes come in, with news. */
void fake_data(struct stack *s, struct tcp_conn *c, const char *text);

/* The peer has acknowledged the first `end` bytes. */
void fake_acked(struct stack *s, struct tcp_conn *c, uint64_t end);

/* A connection in the accept queue of listener l. */
struct tcp_conn *fake_arrival(struct stack *s, struct tcp_conn *l);

#endif
