/*
 * one_instance.h - one instance with a device that discards packets, for tests of calls that need
 * no peer, and of connections of a host to itself.
 *
 *     lo   127.0.0.1, ::1
 *     d0   10.0.0.1/24, 10.0.0.3/24, fd00::1/64, fd00::3/64
 *
 * The expected results were read in a network namespace of Linux 6.18 with the same addresses.
 */
#ifndef SOCKET_TEST_ONE_INSTANCE_H
#define SOCKET_TEST_ONE_INSTANCE_H

#include "socket/instance.h"
#include "stack/stack.h"

#include <netinet/in.h>

struct host {
	struct stack *stack;
	struct burble *bs;
	struct netdev dev;
	nsec_t now;
};

/* An address in the form for bind() and similar calls. */
struct host_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

/* Creates an instance with only lo; frees it. */
struct host *host_new(void);
void host_free(struct host *h);

/* For TEST_IN(): *state is one. In a HOST_TEST() it is h. */
int host_begin(void **state);
int host_end(void **state);

#define HOST_TEST(name) TEST_OF(name, struct host, h, host_begin, host_end)

/* Delivers everything in flight on lo, and lets `span` pass. */
void host_settle(struct host *h, nsec_t span);

/* AF_INET6 if there is a colon in the text. */
struct host_addr host_addr(const char *text, uint16_t port);

/* A new non-blocking socket of the address family of the text. */
int host_socket(struct host *h, const char *text, int type);

/* bind(), connect(), an option with a number, and the port of a socket. */
int host_bind(struct host *h, int fd, const char *text, uint16_t port);
int host_connect(struct host *h, int fd, const char *text, uint16_t port);
int host_set(struct host *h, int fd, int level, int name, int value);
uint16_t host_port(struct host *h, int fd);

#endif
