/*
 * net_kernel.c - chat/net.h on the kernel: a handle is a descriptor, readiness is epoll, wake-up is
 * an eventfd in the same epoll instance, with its own tag.
 *
 * Options for dead-peer detection are set on the listener: on Linux an accepted socket is a clone
 * of it and inherits them, so a connection needs no setsockopt().
 */
#include "host/net_kernel.h"

#include "host/send_ring.h"
#include "net/net_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 1024, /* asked of one epoll_wait() */
	RING_MIN = 8,      /* minimum number of sends for a ring: fewer are sent one by one */
	INHERITED_MAX = 256,
};

/* Not of the caller: wake(), and descriptors that it watches itself. */
static const uint64_t WAKE_TAG = UINT64_MAX, OTHER_TAG = UINT64_MAX - 1;

/* A listening socket of a process before, until listen() asks for its address. */
struct inherited {
	struct net_addr at;
	int fd;
};

struct net_kernel {
	struct net net;
	struct inherited inherited[INHERITED_MAX];
	uint32_t inherited_count;
	int epoll, wake;
	struct send_ring *ring; /* NULL: none yet, or the kernel offers none */
	bool ring_tried;
	struct epoll_event events[EVENTS_MAX];
};

static struct net_kernel *kernel(struct net *n)
{
	return container_of(n, struct net_kernel, net);
}

static int set_int(struct net *n, int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int kernel_tune(struct net *n, int fd, const struct net_tuning *t)
{
	return net_set_tuning(n, fd, t, set_int);
}

/* The socket of that address that was inherited, or -1. */
static int take_inherited(struct net_kernel *k, const struct net_addr *at)
{
	for (uint32_t i = 0; i < k->inherited_count; i++) {
		struct inherited e = k->inherited[i];

		if (e.at.family != at->family || e.at.port != at->port ||
			memcmp(e.at.ip, at->ip, sizeof(at->ip)) != 0)
			continue;
		k->inherited[i] = k->inherited[--k->inherited_count];
		return e.fd;
	}
	return -1;
}

static int listen_again(struct net *n, int fd, const struct net_tuning *t, int backlog)
{
	int err = kernel_tune(n, fd, t);

	if (!err && listen(fd, backlog) < 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static int kernel_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	union net_sockaddr addr;
	socklen_t len = net_to_sockaddr(&addr, at);
	int fd = take_inherited(kernel(n), at), err;

	if (fd >= 0)
		return listen_again(n, fd, t, backlog);
	fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = fd < 0 ? -errno : set_int(n, fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!err && at->family == 6)
		err = set_int(n, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err)
		err = kernel_tune(n, fd, t);
	if (!err && (bind(fd, &addr.any, len) < 0 || listen(fd, backlog) < 0))
		err = -errno;
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int kernel_accept(struct net *n, int listener, struct net_addr *peer)
{
	union net_sockaddr addr = {.any.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(addr);
	int fd = accept4(listener, &addr.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	net_from_sockaddr(peer, &addr);
	return fd;
}

static ssize_t kernel_recv(struct net *n, int fd, void *buf, size_t len)
{
	ssize_t got = recv(fd, buf, len, 0);

	return got < 0 ? -errno : got;
}

static ssize_t kernel_send(struct net *n, int fd, const struct iovec *iov, int count)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
	ssize_t done;

	if (count == 1)
		done = send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
	else
		done = sendmsg(fd, &msg, MSG_NOSIGNAL);
	return done < 0 ? -errno : done;
}

/* The ring, created when it is first of use. */
static struct send_ring *ring_of(struct net_kernel *k)
{
	if (!k->ring_tried) {
		k->ring_tried = true;
		k->ring = send_ring_new();
	}
	return k->ring;
}

static void kernel_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	struct net_kernel *k = kernel(n);

	if (count >= RING_MIN && ring_of(k)) {
		if (send_ring_run(k->ring, sends, count))
			return;
		/* Never seen to fail once created. Sends that may have been partial cannot be
		 * continued: those connections end. */
		send_ring_free(k->ring);
		k->ring = NULL;
		for (size_t i = 0; i < count; i++)
			if (sends[i].done == SEND_RING_UNKNOWN)
				sends[i].done = -EIO;
		return;
	}
	for (size_t i = 0; i < count; i++)
		sends[i].done =
			kernel_send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

static void kernel_close(struct net *n, int fd)
{
	close(fd);
}

static int watch(struct net *n, int op, int fd, struct epoll_event e)
{
	return epoll_ctl(kernel(n)->epoll, op, fd, &e) < 0 ? -errno : 0;
}

static int kernel_watch(struct net *n, int fd, uint32_t ready, uint64_t tag)
{
	return watch(n, EPOLL_CTL_ADD, fd, net_asked(ready, tag));
}

static int kernel_rewatch(struct net *n, int fd, uint32_t ready, uint64_t tag)
{
	return watch(n, EPOLL_CTL_MOD, fd, net_asked(ready, tag));
}

static void kernel_unwatch(struct net *n, int fd)
{
	epoll_ctl(kernel(n)->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/* epoll_wait() counts milliseconds: rounded up, so that a timer is due when it returns. */
static int milliseconds(nsec_t timeout)
{
	if (timeout == NSEC_MAX)
		return -1;
	if (timeout > (nsec_t)INT_MAX * NSEC_MSEC)
		return INT_MAX;
	return (int)((timeout + NSEC_MSEC - 1) / NSEC_MSEC);
}

static int kernel_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct net_kernel *k = kernel(n);
	int count = epoll_wait(
		k->epoll, k->events, max < EVENTS_MAX ? max : EVENTS_MAX, milliseconds(timeout));
	int kept = 0;
	uint64_t woken;

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (k->events[i].data.u64 == WAKE_TAG) {
			if (read(k->wake, &woken, sizeof(woken)) < 0)
				continue; /* another turn has read it: waking twice is harmless */
			continue;
		}
		if (k->events[i].data.u64 == OTHER_TAG)
			continue;
		events[kept].tag = k->events[i].data.u64;
		events[kept++].ready = net_reported(k->events[i].events);
	}
	return kept;
}

static void kernel_wake(struct net *n)
{
	uint64_t one = 1;
	ssize_t written = write(kernel(n)->wake, &one, sizeof(one));

	(void)written; /* EAGAIN: as many wake-ups are pending as fit, so one is */
}

static nsec_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC_SEC + ts.tv_nsec;
}

static nsec_t kernel_now(struct net *n)
{
	return clock_read(CLOCK_MONOTONIC);
}

static nsec_t kernel_wall(struct net *n)
{
	return clock_read(CLOCK_REALTIME);
}

/* A handle is a descriptor, so there is nothing to describe. */
static int kernel_give(struct net *n, int fd, struct tlv_out *state)
{
	return fd;
}

static int kernel_take(struct net *n, int fd, const struct tlv_in *state)
{
	return fd;
}

static int kernel_inherit(struct net *n, int fd, const struct net_addr *at)
{
	struct net_kernel *k = kernel(n);

	if (k->inherited_count == INHERITED_MAX)
		return -ENOSPC;
	k->inherited[k->inherited_count++] = (struct inherited){*at, fd};
	return 0;
}

static const struct net_ops kernel_ops = {
	.listen = kernel_listen,
	.accept = kernel_accept,
	.recv = kernel_recv,
	.send = kernel_send,
	.send_batch = kernel_send_batch,
	.close = kernel_close,
	.tune = kernel_tune,
	.watch = kernel_watch,
	.rewatch = kernel_rewatch,
	.unwatch = kernel_unwatch,
	.wait = kernel_wait,
	.wake = kernel_wake,
	.now = kernel_now,
	.wall = kernel_wall,
	.give = kernel_give,
	.take = kernel_take,
	.inherit = kernel_inherit,
};

struct net *net_kernel_new(void)
{
	struct net_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->net.ops = &kernel_ops;
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	k->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (k->epoll < 0 || k->wake < 0 ||
		watch(&k->net, EPOLL_CTL_ADD, k->wake, net_asked(NET_IN, WAKE_TAG)) < 0) {
		net_kernel_free(&k->net);
		return NULL;
	}
	return &k->net;
}

int net_kernel_fd(struct net *n)
{
	return kernel(n)->epoll;
}

int net_kernel_watch(struct net *n, int fd)
{
	return watch(n, EPOLL_CTL_ADD, fd, net_asked(NET_IN, OTHER_TAG));
}

void net_kernel_disinherit(struct net *n)
{
	struct net_kernel *k = kernel(n);

	while (k->inherited_count)
		close(k->inherited[--k->inherited_count].fd);
}

void net_kernel_free(struct net *n)
{
	struct net_kernel *k = kernel(n);

	send_ring_free(k->ring);
	net_kernel_disinherit(n);
	if (k->epoll >= 0)
		close(k->epoll);
	if (k->wake >= 0)
		close(k->wake);
	free(k);
}
