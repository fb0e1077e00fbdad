/*
 * net_burble.c - chat/net.h on an instance of burble's stack: a handle is a descriptor of the
 * instance, readiness is its epoll, wake-up is an eventfd beside the devices' descriptors.
 *
 *     wait()  step: frames in, timers, frames out -> epoll_wait -> nothing? sleep, and again
 *
 * What a turn of the server sends goes out with the step that its next wait() begins with.
 */
#include "host/net_burble.h"

#include "host/net_socket.h"
#include "host/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 1024, /* asked of one epoll_wait() */
};

struct net_burble {
	struct net net;
	struct burble *b;
	int epoll; /* of the instance */
	int wake;  /* of the process */
	struct epoll_event events[EVENTS_MAX];
};

static struct net_burble *own(struct net *n)
{
	return container_of(n, struct net_burble, net);
}

static int set_int(struct net *n, int fd, int level, int option, int value)
{
	return burble_setsockopt(own(n)->b, fd, level, option, &value, sizeof(value));
}

static int on_tune(struct net *n, int fd, const struct net_tuning *t)
{
	return net_set_tuning(n, fd, t, set_int);
}

static int on_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	struct burble *b = own(n)->b;
	union net_sockaddr addr;
	socklen_t len = net_to_sockaddr(&addr, at);
	int fd = burble_socket(b, addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int err = fd < 0 ? fd : set_int(n, fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!err && at->family == 6)
		err = set_int(n, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = on_tune(n, fd, t);
	if (!err)
		err = burble_bind(b, fd, &addr.any, len);
	if (!err)
		err = burble_listen(b, fd, backlog);
	if (err && fd >= 0)
		burble_close(b, fd);
	return err ? err : fd;
}

static int on_accept(struct net *n, int listener, struct net_addr *peer)
{
	union net_sockaddr addr = {.any.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(addr);
	int fd = burble_accept4(own(n)->b, listener, &addr.any, &len, SOCK_NONBLOCK);

	if (fd >= 0)
		net_from_sockaddr(peer, &addr);
	return fd;
}

static ssize_t on_recv(struct net *n, int fd, void *buf, size_t len)
{
	return burble_recv(own(n)->b, fd, buf, len, 0);
}

static ssize_t on_send(struct net *n, int fd, const struct iovec *iov, int count)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};

	return burble_sendmsg(own(n)->b, fd, &msg, MSG_NOSIGNAL);
}

static void on_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sends[i].done = on_send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

static void on_close(struct net *n, int fd)
{
	burble_close(own(n)->b, fd);
}

static int on_watch(struct net *n, int fd, uint32_t ready, uint64_t tag)
{
	struct epoll_event e = net_asked(ready, tag);

	return burble_epoll_ctl(own(n)->b, own(n)->epoll, EPOLL_CTL_ADD, fd, &e);
}

static int on_rewatch(struct net *n, int fd, uint32_t ready, uint64_t tag)
{
	struct epoll_event e = net_asked(ready, tag);

	return burble_epoll_ctl(own(n)->b, own(n)->epoll, EPOLL_CTL_MOD, fd, &e);
}

static void on_unwatch(struct net *n, int fd)
{
	burble_epoll_ctl(own(n)->b, own(n)->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* True if wake() was called; which is then forgotten. */
static bool woken(struct net_burble *nb)
{
	uint64_t count;

	return read(nb->wake, &count, sizeof(count)) > 0;
}

static int on_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct net_burble *nb = own(n);
	nsec_t now = burble_clock(), end = timeout < NSEC_MAX - now ? now + timeout : NSEC_MAX;
	int count = 0;

	burble_step(nb->b, now);
	while ((count = burble_epoll_wait(
			nb->b, nb->epoll, nb->events, max < EVENTS_MAX ? max : EVENTS_MAX)) == 0) {
		now = burble_clock();
		if (now >= end || woken(nb))
			return 0;
		if (host_wait(nb->b, end == NSEC_MAX ? -1 : end - now, nb->wake) < 0)
			return 0;
	}
	for (int i = 0; i < count; i++)
		events[i] = (struct net_event){
			nb->events[i].data.u64, net_reported(nb->events[i].events)};
	return count;
}

static void on_wake(struct net *n)
{
	uint64_t one = 1;
	ssize_t written = write(own(n)->wake, &one, sizeof(one));

	(void)written; /* EAGAIN: as many wake-ups are pending as fit, so one is */
}

static nsec_t on_now(struct net *n)
{
	return burble_clock();
}

static nsec_t on_wall(struct net *n)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC_SEC + ts.tv_nsec;
}

static const struct net_ops burble_ops = {
	.listen = on_listen,
	.accept = on_accept,
	.recv = on_recv,
	.send = on_send,
	.send_batch = on_send_batch,
	.close = on_close,
	.tune = on_tune,
	.watch = on_watch,
	.rewatch = on_rewatch,
	.unwatch = on_unwatch,
	.wait = on_wait,
	.wake = on_wake,
	.now = on_now,
	.wall = on_wall,
};

struct net *net_burble_new(struct burble *b)
{
	struct net_burble *nb = calloc(1, sizeof(*nb));

	if (!nb)
		return NULL;
	nb->net.ops = &burble_ops;
	nb->b = b;
	nb->epoll = burble_epoll_create1(b, 0);
	nb->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (nb->epoll >= 0 && nb->wake >= 0)
		return &nb->net;
	net_burble_free(&nb->net);
	return NULL;
}

void net_burble_free(struct net *n)
{
	struct net_burble *nb = own(n);

	if (nb->epoll >= 0)
		burble_close(nb->b, nb->epoll);
	if (nb->wake >= 0)
		close(nb->wake);
	free(nb);
}
