/*
 * calls.c - system calls of packetdrill's interface, on the instance.
 */
#include "lab/packetdrill/packetdrill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

enum {
	SPLICE_MAX = 65536,
	POLL_MAX = 64,
};

/* --- calls that may block --------------------------------------------------------------------- */

static int64_t make_accept(struct burble *bs, struct pd_call *c)
{
	return burble_accept4_call(bs, c->fd, (struct burble_addr){c->addr, c->len}, 0, &c->wait);
}

static int64_t make_connect(struct burble *bs, struct pd_call *c)
{
	return burble_connect_call(bs, c->fd, c->addr, *c->len, &c->wait);
}

static int64_t make_recv(struct burble *bs, struct pd_call *c)
{
	return burble_recvmsg_call(bs, c->fd, c->msg, c->flags, &c->wait);
}

static int64_t make_readv(struct burble *bs, struct pd_call *c)
{
	return burble_readv_call(bs, c->fd, c->msg->msg_iov, (int)c->msg->msg_iovlen, &c->wait);
}

static int64_t make_send(struct burble *bs, struct pd_call *c)
{
	return burble_sendmsg_call(bs, c->fd, c->msg, c->flags, &c->wait);
}

static int64_t make_poll(struct burble *bs, struct pd_call *c)
{
	return burble_poll_call(bs, c->fds, c->n, &c->wait);
}

static int64_t make_epoll_wait(struct burble *bs, struct pd_call *c)
{
	return burble_epoll_wait_call(bs, c->fd, c->events, (int)c->n, &c->wait);
}

static int64_t make_close(struct burble *bs, struct pd_call *c)
{
	return burble_close_call(bs, c->fd, &c->wait);
}

static nsec_t timeout_of(int millis)
{
	return millis < 0 ? -1 : millis * NSEC_MSEC;
}

static int p_accept(void *ud, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct pd_call c = {make_accept, .fd = pd_fd(fd), .addr = addr, .len = len,
		.wait = burble_call_start()};

	return pd_fd_install(pd_blocking(&c));
}

static int p_connect(void *ud, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct pd_call c = {make_connect, .fd = pd_fd(fd), .addr = (void *)(uintptr_t)addr,
		.len = &len, .wait = burble_call_start()};

	return (int)pd_blocking(&c);
}

static ssize_t p_recvmsg(void *ud, int fd, struct msghdr *msg, int flags)
{
	struct pd_call c = {make_recv, .fd = pd_fd(fd), .msg = msg, .flags = flags,
		.wait = burble_call_start()};

	return pd_blocking(&c);
}

static ssize_t p_readv(void *ud, int fd, const struct iovec *v, int n)
{
	struct msghdr m = {.msg_iov = (void *)(uintptr_t)v, .msg_iovlen = (size_t)n};
	struct pd_call c = {make_readv, .fd = pd_fd(fd), .msg = &m, .wait = burble_call_start()};

	return pd_blocking(&c);
}

static ssize_t p_recv(void *ud, int fd, void *buf, size_t n, int flags)
{
	struct iovec v = {buf, n};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	return p_recvmsg(ud, fd, &m, flags);
}

static ssize_t p_read(void *ud, int fd, void *buf, size_t n)
{
	return p_readv(ud, fd, &(struct iovec){buf, n}, 1);
}

static ssize_t p_recvfrom(
	void *ud, int fd, void *buf, size_t n, int flags, struct sockaddr *addr, socklen_t *len)
{
	struct iovec v = {buf, n};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_name = addr,
		.msg_namelen = addr && len ? *len : 0};
	ssize_t ret = p_recvmsg(ud, fd, &m, flags);

	if (len)
		*len = m.msg_namelen;
	return ret;
}

static ssize_t p_sendmsg(void *ud, int fd, const struct msghdr *msg, int flags)
{
	struct pd_call c = {make_send, .fd = pd_fd(fd), .msg = (void *)(uintptr_t)msg,
		.flags = flags, .wait = burble_call_start()};

	return pd_blocking(&c);
}

static ssize_t p_writev(void *ud, int fd, const struct iovec *v, int n)
{
	struct msghdr m = {.msg_iov = (void *)(uintptr_t)v, .msg_iovlen = (size_t)n};

	return p_sendmsg(ud, fd, &m, 0);
}

static ssize_t p_sendto(void *ud, int fd, const void *buf, size_t n, int flags,
	const struct sockaddr *addr, socklen_t len)
{
	struct iovec v = {(void *)(uintptr_t)buf, n};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_name = (void *)(uintptr_t)addr,
		.msg_namelen = len};

	return p_sendmsg(ud, fd, &m, flags);
}

static ssize_t p_send(void *ud, int fd, const void *buf, size_t n, int flags)
{
	return p_sendto(ud, fd, buf, n, flags, NULL, 0);
}

static ssize_t p_write(void *ud, int fd, const void *buf, size_t n)
{
	return p_send(ud, fd, buf, n, 0);
}

static int p_poll(void *ud, struct pollfd *fds, nfds_t n, int timeout)
{
	struct pollfd ours[POLL_MAX];
	struct pd_call c = {make_poll, .fds = ours, .n = n, .wait = burble_call_start()};
	int64_t ret;

	if (n > POLL_MAX) {
		errno = EINVAL;
		return -1;
	}
	for (nfds_t i = 0; i < n; i++)
		ours[i] = (struct pollfd){.fd = pd_fd(fds[i].fd), .events = fds[i].events};
	c.wait.timeout = timeout_of(timeout);
	ret = pd_blocking(&c);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = ours[i].revents;
	return (int)ret;
}

static int p_epoll_wait(void *ud, int epfd, struct epoll_event *events, int max, int timeout)
{
	struct pd_call c = {make_epoll_wait, .fd = pd_fd(epfd), .events = events, .n = (nfds_t)max,
		.wait = burble_call_start()};

	c.wait.timeout = timeout_of(timeout);
	return (int)pd_blocking(&c);
}

static int p_close(void *ud, int fd)
{
	struct pd_call c = {make_close, .fd = pd_fd(fd), .wait = burble_call_start()};

	pd_fd_release(fd);
	return (int)pd_blocking(&c); /* the /dev/null in its place stays open */
}

/* --- calls that never block ------------------------------------------------------------------- */

static int p_socket(void *ud, int domain, int type, int protocol)
{
	struct burble *bs = pd_enter();

	return pd_fd_install(pd_leave(burble_socket(bs, domain, type, protocol)));
}

static int p_bind(void *ud, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct burble *bs = pd_enter();

	return (int)pd_leave(burble_bind(bs, pd_fd(fd), addr, len));
}

static int p_listen(void *ud, int fd, int backlog)
{
	struct burble *bs = pd_enter();

	return (int)pd_leave(burble_listen(bs, pd_fd(fd), backlog));
}

static int p_shutdown(void *ud, int fd, int how)
{
	struct burble *bs = pd_enter();

	return (int)pd_leave(burble_shutdown(bs, pd_fd(fd), how));
}

int pd_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct burble *bs = pd_enter();
	struct iovec v = {value, *len};
	int ret = burble_getopt(bs, pd_fd(fd), level, name, &v);

	*len = (socklen_t)v.iov_len;
	return (int)pd_leave(ret);
}

static int p_getsockopt(void *ud, int fd, int level, int name, void *value, socklen_t *len)
{
	return pd_getsockopt(fd, level, name, value, len);
}

static int p_setsockopt(void *ud, int fd, int level, int name, const void *value, socklen_t len)
{
	struct burble *bs = pd_enter();
	struct iovec v = {(void *)(uintptr_t)value, len};

	return (int)pd_leave(burble_setopt(bs, pd_fd(fd), level, name, v));
}

static int p_fcntl(void *ud, int fd, int command, ...)
{
	struct burble *bs = pd_enter();
	va_list ap;
	int arg;

	va_start(ap, command);
	arg = va_arg(ap, int);
	va_end(ap);
	return (int)pd_leave(burble_fcntl(bs, pd_fd(fd), command, arg));
}

static int p_ioctl(void *ud, int fd, unsigned long request, ...)
{
	struct burble *bs = pd_enter();
	va_list ap;
	int *arg;

	va_start(ap, request);
	arg = va_arg(ap, int *);
	va_end(ap);
	return (int)pd_leave(burble_ioctl(bs, pd_fd(fd), request, arg));
}

static int p_epoll_create(void *ud, int size)
{
	struct burble *bs = pd_enter();

	return pd_fd_install(pd_leave(size > 0 ? burble_epoll_create1(bs, 0) : -EINVAL));
}

static int p_epoll_ctl(void *ud, int epfd, int op, int fd, struct epoll_event *event)
{
	struct burble *bs = pd_enter();

	return (int)pd_leave(burble_epoll_ctl(bs, pd_fd(epfd), op, pd_fd(fd), event));
}

/* --- pipes of the machine, with sockets of the instance --------------------------------------- */

static int p_pipe(void *ud, int fds[2])
{
	return pipe2(fds, O_CLOEXEC);
}

static ssize_t p_splice(
	void *ud, int from, loff_t *from_at, int to, loff_t *to_at, size_t n, unsigned flags)
{
	static char bytes[SPLICE_MAX];
	bool urgent;
	ssize_t got;

	pd_enter();
	urgent = pd_fd(from) >= 0 && sut_at_urgent(&pd_one.run.sut, pd_fd(from));
	pd_leave(0);
	if (urgent)
		return 0;
	n = size_min(n, sizeof(bytes));
	got = pd_fd(from) >= 0 ? p_recv(ud, from, bytes, n, 0) : read(from, bytes, n);
	if (got <= 0)
		return got;
	return pd_fd(to) >= 0 ? p_send(ud, to, bytes, (size_t)got, 0)
			      : write(to, bytes, (size_t)got);
}

void pd_fill_calls(struct packetdrill_interface *ifc)
{
	ifc->socket = p_socket;
	ifc->bind = p_bind;
	ifc->listen = p_listen;
	ifc->accept = p_accept;
	ifc->connect = p_connect;
	ifc->read = p_read;
	ifc->readv = p_readv;
	ifc->recv = p_recv;
	ifc->recvfrom = p_recvfrom;
	ifc->recvmsg = p_recvmsg;
	ifc->write = p_write;
	ifc->writev = p_writev;
	ifc->send = p_send;
	ifc->sendto = p_sendto;
	ifc->sendmsg = p_sendmsg;
	ifc->fcntl = p_fcntl;
	ifc->ioctl = p_ioctl;
	ifc->close = p_close;
	ifc->shutdown = p_shutdown;
	ifc->getsockopt = p_getsockopt;
	ifc->setsockopt = p_setsockopt;
	ifc->poll = p_poll;
	ifc->epoll_create = p_epoll_create;
	ifc->epoll_ctl = p_epoll_ctl;
	ifc->epoll_wait = p_epoll_wait;
	ifc->pipe = p_pipe;
	ifc->splice = p_splice;
}
