/* net_instance.c - chat/net.h on an instance of the stack: net_instance.h. */
#include "net/net_instance.h"

#include "burble/burble.h"
#include "burble/socket.h"
#include "net/net_socket.h"

#include <errno.h>

static struct net_instance *own(struct net *n)
{
	return container_of(n, struct net_instance, net);
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

static void send_all(struct net *n, struct net_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sends[i].done =
			n->ops->send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

/* Lets frames out, and in as many as were sent: the acknowledgements of earlier batches. */
static void step_after(struct net_instance *i, size_t sent)
{
	nsec_t now = i->net.ops->now(&i->net);

	for (size_t rounds = 1 + sent / NET_STEP_FRAMES; rounds > 0; rounds--)
		if (burble_step(i->b, now) > now)
			return;
}

static void on_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	send_all(n, sends, count);
	own(n)->sent += count;
	if (own(n)->sent < NET_STEP_SENDS)
		return;
	step_after(own(n), own(n)->sent);
	own(n)->sent = 0;
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

static int on_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct net_instance *i = own(n);
	nsec_t now = n->ops->now(n), until = timeout < NSEC_MAX - now ? now + timeout : NSEC_MAX;
	int count;

	i->sent = 0;
	burble_step(i->b, now);
	while ((count = burble_epoll_wait(i->b, i->epoll, i->events,
			max < NET_EVENTS_MAX ? max : NET_EVENTS_MAX)) == 0)
		if (!i->clock->sleep(i, until))
			return 0;
	for (int e = 0; e < count; e++)
		events[e] = (struct net_event){
			i->events[e].data.u64, net_reported(i->events[e].events)};
	return count;
}

static void on_wake(struct net *n)
{
	own(n)->clock->wake(own(n));
}

static nsec_t on_now(struct net *n)
{
	return own(n)->clock->now(own(n));
}

static nsec_t on_wall(struct net *n)
{
	return own(n)->clock->wall(own(n));
}

static const struct net_ops instance_ops = {
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

int net_instance_open(struct net_instance *i, struct burble *b, const struct net_clock *clock)
{
	i->net.ops = &instance_ops;
	i->b = b;
	i->clock = clock;
	i->sent = 0;
	i->epoll = burble_epoll_create1(b, 0);
	return i->epoll < 0 ? i->epoll : 0;
}

/* --- after the process was killed ---------------------------------------------------------------
 */

static int cut_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	return -EPIPE;
}

static int cut_accept(struct net *n, int listener, struct net_addr *peer)
{
	return -EPIPE;
}

static ssize_t cut_recv(struct net *n, int fd, void *buf, size_t len)
{
	return -EPIPE;
}

static ssize_t cut_send(struct net *n, int fd, const struct iovec *iov, int count)
{
	return -EPIPE;
}

static void cut_close(struct net *n, int fd)
{
}

static int cut_tune(struct net *n, int fd, const struct net_tuning *t)
{
	return -EPIPE;
}

static int cut_watch(struct net *n, int fd, uint32_t ready, uint64_t tag)
{
	return -EPIPE;
}

static int cut_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	return 0;
}

static const struct net_ops cut_ops = {
	.listen = cut_listen,
	.accept = cut_accept,
	.recv = cut_recv,
	.send = cut_send,
	.send_batch = send_all,
	.close = cut_close,
	.tune = cut_tune,
	.watch = cut_watch,
	.rewatch = cut_watch,
	.unwatch = cut_close,
	.wait = cut_wait,
	.wake = on_wake,
	.now = on_now,
	.wall = on_wall,
};

void net_instance_cut(struct net_instance *i)
{
	i->net.ops = &cut_ops;
}

void net_instance_close(struct net_instance *i)
{
	if (i->net.ops != &cut_ops && i->epoll >= 0)
		burble_close(i->b, i->epoll);
}
