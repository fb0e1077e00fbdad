/* sockets.c - the kernel's sockets or burble's, see sockets.h. */
#include "devices/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long result(long r)
{
	return r < 0 ? -errno : r;
}

static int must(long r, const char *what)
{
	if (r < 0)
		error(1, (int)-r, "%s", what);
	return (int)r;
}

void net_open(struct net *n, char **words, int count)
{
	int ifindex;

	*n = (struct net){.port = NET_PORT};
	if (strcmp(words[0], "kernel") == 0) {
		n->epoll = must(result(epoll_create1(0)), "epoll");
		return;
	}
	n->b = burble_new(
		&(struct burble_config){.seed = (uint64_t)getpid(), .now = burble_clock()});
	burble_sysctl_set(n->b, "net.core.busy_poll", getenv("BUSY_POLL") ?: "0", NULL);
	ifindex = must(burble_if_open(n->b, words[0]), words[0]);
	for (int i = 1; i < count; i++)
		must(burble_addr_add(n->b, ifindex, words[i]), words[i]);
	while (burble_addr_tentative(n->b) > 0)
		burble_wait(n->b, 1000000000);
	n->epoll = burble_epoll_create1(n->b, 0);
}

void net_end(struct net *n)
{
	if (n->b)
		burble_free(n->b);
	else
		close(n->epoll);
}

void net_watch(struct net *n, int fd, void *ptr)
{
	struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = ptr}};

	must(n->b ? burble_epoll_ctl(n->b, n->epoll, EPOLL_CTL_ADD, fd, &e)
		  : result(epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &e)),
		"epoll");
}

static int new_socket(struct net *n)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK, one = 1;
	int fd = must(
		n->b ? burble_socket(n->b, AF_INET6, type, 0) : result(socket(AF_INET6, type, 0)),
		"socket");

	if (!n->b) /* the kernel's TIME-WAIT keeps the port */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

int net_listen(struct net *n)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(NET_PORT)};
	struct sockaddr *sa = (struct sockaddr *)&at;
	int fd = new_socket(n);

	must(n->b ? burble_bind(n->b, fd, sa, sizeof(at)) : result(bind(fd, sa, sizeof(at))),
		"bind");
	must(n->b ? burble_listen(n->b, fd, 4096) : result(listen(fd, 4096)), "listen");
	net_watch(n, fd, NULL);
	return fd;
}

int net_connect(struct net *n, const char *host)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(n->port)};
	struct sockaddr *sa = (struct sockaddr *)&at;
	char mapped[80] = "::ffff:";
	int fd = new_socket(n);
	long r;

	if (!strchr(host, ':'))
		host = strcat(mapped, host);
	if (inet_pton(AF_INET6, host, &at.sin6_addr) != 1)
		error(1, 0, "%s: not an address", host);
	r = n->b ? burble_connect(n->b, fd, sa, sizeof(at)) : result(connect(fd, sa, sizeof(at)));
	must(r == -EINPROGRESS ? 0 : r, host);
	return fd;
}

int net_accept(struct net *n, int listener)
{
	return n->b ? burble_accept4(n->b, listener, NULL, NULL, SOCK_NONBLOCK)
		    : (int)result(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
}

ssize_t net_send(struct net *n, int fd, const void *data, size_t len)
{
	return n->b ? burble_send(n->b, fd, data, len, 0)
		    : result(send(fd, data, len, MSG_NOSIGNAL));
}

ssize_t net_recv(struct net *n, int fd, void *data, size_t len)
{
	return n->b ? burble_recv(n->b, fd, data, len, 0) : result(recv(fd, data, len, 0));
}

void net_shutdown(struct net *n, int fd)
{
	n->b ? burble_shutdown(n->b, fd, SHUT_WR) : shutdown(fd, SHUT_WR);
}

void net_close(struct net *n, int fd)
{
	n->b ? burble_close(n->b, fd) : close(fd);
}

int net_wait(struct net *n, struct epoll_event *events)
{
	int got;

	if (!n->b)
		return epoll_wait(n->epoll, events, NET_EVENTS, -1);
	while ((got = burble_epoll_wait(n->b, n->epoll, events, NET_EVENTS)) == 0)
		burble_wait(n->b, -1);
	return got;
}
