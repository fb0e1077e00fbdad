/*
 * scripted_stream.h - for tests of streams: sockets on the real TCP, whose peer is the test itself,
 * segment by segment (stack/tcp/test/scripted_peer.h); and calls with the arguments that most tests
 * use.
 */
#ifndef SOCKET_TEST_SCRIPTED_STREAM_H
#define SOCKET_TEST_SCRIPTED_STREAM_H

#include "base/test/test.h"
#include "socket/instance.h"
#include "stack/tcp/test/scripted_peer.h"

#include <netinet/in.h>

struct world {
	struct peer *p;
	struct stack *stack; /* p's */
	struct burble *bs;
};

/* cmocka's: *state is a world. */
int set_up(void **state);
int tear_down(void **state);

/* 10.0.0.1, the instance's own */
struct sockaddr_in to(uint16_t port);
int open_socket(struct world *w);

/* Sends everything that is marked. */
void settle(struct world *w);

/* connect() to the peer; sends the resulting segments. */
int do_connect(struct world *w, int fd, struct burble_call *call);

/* The peer accepts, or refuses, the newest connect(). */
void syn_ack(struct world *w);
void refuse(struct world *w);

/* A connected socket, as after connect(). */
int connected(struct world *w);

/* A listener at 10.0.0.1:80; a connection from the peer for its accept queue. The peer's port is
 * 50000, then one higher for each. */
int listening(struct world *w);
void arrival(struct world *w);

/* The peer sends n bytes from seq, where 1 is 'a'; or acknowledges everything before `ack`. */
void data(struct world *w, uint32_t seq, uint32_t n);
void acked(struct world *w, uint32_t ack);

/* Data of the connection of fd stays unacknowledged for too long: ETIMEDOUT. */
void time_out(struct world *w, int fd);

/* Fills the send buffer of fd, reduced to the minimum, until nothing more fits. */
size_t fill(struct world *w, int fd);

/* send(2) and recv(2) of fd, which may block. */
ssize_t send_text(struct world *w, int fd, const char *text, struct burble_call *call);
ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct burble_call *call);

/* getsockopt(2) and setsockopt(2) of an int: the value, or the negative error. */
int get_int(struct world *w, int fd, int level, int name);
int set_int(struct world *w, int fd, int level, int name, int v);

/* Of the connection: enum tcp_state. */
uint8_t state_of(struct world *w, int fd);

/* A test in such a world, w. */
#define STREAM_TEST(name) TEST_OF(name, struct world, w, set_up, tear_down)

#endif
