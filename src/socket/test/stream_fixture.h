/*
 * stream_fixture.h - for tests of streams: a set of descriptors over a TCP made by hand, and calls
 * with the arguments that most tests use.
 */
#ifndef SOCKET_TEST_STREAM_FIXTURE_H
#define SOCKET_TEST_STREAM_FIXTURE_H

#include "socket/test/sock_fixture.h"

#include <netinet/in.h>

struct world {
	struct stack *stack;
	struct burble *bs;
};

/* cmocka's: *state is a world. */
int set_up(void **state);
int tear_down(void **state);

/* 10.0.0.1 */
struct sockaddr_in to(uint16_t port);
int open_socket(struct world *w);
/* connect() to a peer that is always the same. */
int do_connect(struct world *w, int fd, struct burble_call *call);
/* A connected socket, as a program has it after connect(). */
int connected(struct world *w);
ssize_t send_text(struct world *w, int fd, const char *text, struct burble_call *call);
ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct burble_call *call);
/* The value, or the negative error. */
int get_int(struct world *w, int fd, int level, int name);
int set_int(struct world *w, int fd, int level, int name, int v);

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
