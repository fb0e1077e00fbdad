/*
 * serve.c - the server: the first byte of a connection says what it does with the rest.
 *
 *     e              sends it back
 *     s              reads to the end, then sends one byte and closes
 *     g, 8 bytes     sends so many bytes (of this machine's order) and closes
 */
#include "devices/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUFFER = 65536,
};

struct conn {
	int fd;
	char mode; /* 0: not known yet */
	uint64_t left;
	char *data; /* BUFFER bytes, of an echo, len of them to be sent from `from` on */
	size_t from, len;
};

/* The turns return 0 at the end of the connection. */
static int echo(struct net *n, struct conn *c)
{
	for (;;) {
		ssize_t r;

		while (c->from < c->len) {
			r = net_send(n, c->fd, c->data + c->from, c->len - c->from);
			if (r < 0)
				return r == -EAGAIN;
			c->from += (size_t)r;
		}
		r = net_recv(n, c->fd, c->data, BUFFER);
		if (r <= 0)
			return r == -EAGAIN;
		c->from = 0;
		c->len = (size_t)r;
	}
}

static int sink(struct net *n, struct conn *c)
{
	static char data[1 << 18];
	ssize_t r;

	while ((r = net_recv(n, c->fd, data, sizeof(data))) > 0)
		;
	if (r == 0)
		net_send(n, c->fd, "", 1);
	return r == -EAGAIN;
}

static int generate(struct net *n, struct conn *c)
{
	static const char data[1 << 18];
	ssize_t r;

	while (c->left > 0) {
		r = net_send(n, c->fd, data, c->left < sizeof(data) ? c->left : sizeof(data));
		if (r < 0)
			return r == -EAGAIN;
		c->left -= (uint64_t)r;
	}
	return 0;
}

static int begin(struct net *n, struct conn *c)
{
	ssize_t r = net_recv(n, c->fd, &c->mode, 1);

	if (r <= 0)
		return r == -EAGAIN;
	if (c->mode == 'e')
		c->data = malloc(BUFFER);
	if (c->mode == 'g' && net_recv(n, c->fd, &c->left, sizeof(c->left)) != sizeof(c->left))
		return 0;
	return 1;
}

static int turn(struct net *n, struct conn *c)
{
	int on = c->mode ? 1 : begin(n, c);

	if (!on || !c->mode)
		return on;
	return c->mode == 'e' ? echo(n, c) : c->mode == 's' ? sink(n, c) : generate(n, c);
}

void serve(struct net *n)
{
	int listener = net_listen(n), fd;
	struct epoll_event e[NET_EVENTS];

	for (;;) {
		int count = net_wait(n, e);

		for (int i = 0; i < count; i++) {
			struct conn *c = e[i].data.ptr;

			while (!c && (fd = net_accept(n, listener)) >= 0) {
				struct conn *fresh = calloc(1, sizeof(*fresh));

				fresh->fd = fd;
				net_watch(n, fd, fresh);
			}
			if (!c || turn(n, c))
				continue;
			net_close(n, c->fd);
			free(c->data);
			free(c);
		}
	}
}
