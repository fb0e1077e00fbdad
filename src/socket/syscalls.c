/*
 * syscalls.c - entry points of the socket calls: they look up the descriptor, make the checks
 * common to all kinds of socket, resume a blocked call, and dispatch to the kind.
 */
#include "socket/bounds.h"
#include "socket/stream.h"
#include "stack/tcp/tcp_fast_call.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>

/* The socket of a call that may be a resumed one. */
static struct sock *enter(struct burble *b, int fd, struct burble_call *call, int *err)
{
	if (call && !file_resume(call)) {
		*err = call->done > 0 ? (int)call->done : -EBADF;
		return NULL;
	}
	if (call)
		call->fd = fd;
	return sock_find(b, fd, err);
}

static struct addr_rules rules_of(const struct sock *s, enum addr_use use)
{
	return (struct addr_rules){
		sock_domain(s), sock_is(s, SOCK_BIT_V6ONLY), s->file.kind == FILE_DGRAM, use};
}

/* A missing scope is taken from the interface that the socket is bound to, if any. */
static int need_scope(struct burble *b, const struct sock *s, struct endpoint *e)
{
	if (!ip_addr_needs_scope(&e->ip) || e->scope != 0)
		return 0;
	e->scope = sock_interface(b, s);
	return e->scope != 0 ? 0 : -EINVAL;
}

static int check_bind(struct burble *b, const struct sock *s, struct endpoint *e)
{
	bool group6 = !ip_addr_is_v4(&e->ip) && ip_addr_is_multicast(&e->ip);

	if (group6 && s->file.kind == FILE_STREAM)
		return -EINVAL;
	return need_scope(b, s, e);
}

static int kind_of(int type, int protocol)
{
	if (type == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP))
		return FILE_STREAM;
	if (type == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))
		return FILE_DGRAM;
	return type == SOCK_STREAM || type == SOCK_DGRAM ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
}

int burble_socket(struct burble *b, int domain, int type, int protocol)
{
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC), kind, fd, err;
	struct sock *s;

	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if ((type & ~0xf) != flags)
		return -EINVAL;
	kind = kind_of(type & 0xf, protocol);
	if (kind < 0)
		return kind;
	s = sock_new(b, (enum file_kind)kind, flags, &fd);
	if (!s)
		return fd;
	sock_mark(s, SOCK_BIT_INET6, domain == AF_INET6);
	sock_mark(s, SOCK_BIT_V6ONLY, domain == AF_INET6 && sock_sysctl(b)->ipv6_bindv6only);
	err = sock_ops(b, s)->open(b, s);
	if (err) {
		fds_close(&b->fds, fd);
		sock_free(b, s);
	}
	return err ? err : fd;
}

int burble_bind(struct burble *b, int fd, const struct sockaddr *addr, socklen_t len)
{
	int err;
	struct endpoint e;
	struct sock *s = sock_find(b, fd, &err);

	if (!s)
		return err;
	err = addr_read(&e, addr, len, rules_of(s, ADDR_BIND));
	if (err == 0)
		err = check_bind(b, s, &e);
	if (err)
		return err;
	err = sock_ops(b, s)->bind(b, s, &e);
	if (err == 0 && !ip_addr_is_v4(&e.ip) && !ip_addr_is_any(&e.ip)) {
		sock_mark(s, SOCK_BIT_V6ONLY, true); /* as in Linux: IPv4 can no longer reach it */
		err = sock_ops(b, s)->bind_flags(b, s);
	}
	return err;
}

int burble_listen(struct burble *b, int fd, int backlog)
{
	int err;
	struct sock *s = sock_find(b, fd, &err);

	if (!s)
		return err;
	return s->file.kind == FILE_STREAM ? stream_listen(b, s, backlog) : -EOPNOTSUPP;
}

int burble_connect_call(struct burble *b, int fd, const struct sockaddr *addr, socklen_t len,
	struct burble_call *call)
{
	int err;
	struct endpoint to;
	struct sock *s = enter(b, fd, call, &err);

	if (!s)
		return err;
	err = addr_read(&to, addr, len, rules_of(s, ADDR_CONNECT));
	if (!addr || len < sizeof(addr->sa_family))
		return err;
	if (err == 0 && !(s->file.kind == FILE_STREAM && ip_addr_is_multicast(&to.ip)))
		err = need_scope(b, s, &to);
	to.err = err;
	return sock_ops(b, s)->connect(b, s, &to, call);
}

int burble_accept4_call(
	struct burble *b, int fd, struct burble_addr peer, int flags, struct burble_call *call)
{
	int err;
	struct sock *s = enter(b, fd, call, &err);

	if (!s)
		return err;
	return s->file.kind == FILE_STREAM ? stream_accept(b, s, peer, flags, call) : -EOPNOTSUPP;
}

int burble_shutdown(struct burble *b, int fd, int how)
{
	int err;
	struct sock *s = sock_find(b, fd, &err);

	if (!s)
		return err;
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	return sock_ops(b, s)->shutdown(b, s, how + 1); /* SHUT_* as two bits */
}

static int name(struct burble *b, int fd, bool peer, struct burble_addr out)
{
	int err;
	struct endpoint e = {0};
	struct sock *s = sock_find(b, fd, &err);

	if (!s)
		return err;
	err = sock_ops(b, s)->name(b, s, &e, peer);
	if (err)
		return err;
	return out.sa ? addr_write(&e, sock_domain(s), out.sa, out.len) : -EFAULT;
}

int burble_getsockname(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len)
{
	return name(b, fd, false, (struct burble_addr){addr, len});
}

int burble_getpeername(struct burble *b, int fd, struct sockaddr *addr, socklen_t *len)
{
	return name(b, fd, true, (struct burble_addr){addr, len});
}

ssize_t burble_sendmsg_call(
	struct burble *b, int fd, const struct msghdr *msg, int flags, struct burble_call *call)
{
	int err;
	struct sock *s = enter(b, fd, call, &err);

	if (!s)
		return err;
	if (msg->msg_control && msg->msg_controllen > (size_t)sock_sysctl(b)->optmem_max)
		return -ENOBUFS;
	return sock_ops(b, s)->send(b, s, msg, flags, call);
}

ssize_t burble_recvmsg_call(
	struct burble *b, int fd, struct msghdr *msg, int flags, struct burble_call *call)
{
	int err;
	struct sock *s = enter(b, fd, call, &err);
	struct msghdr before;
	ssize_t n;

	if (!s)
		return err;
	before = *msg;
	n = sock_ops(b, s)->recv(b, s, msg, flags, call);
	if (n < 0)
		*msg = before; /* a failed call writes nothing: no flags, no lengths */
	return n;
}

/* The stream of fd, if a call on it only transfers bytes; else NULL. */
static struct sock *simple_stream(
	const struct burble *b, int fd, int flags, const struct burble_call *call)
{
	struct file *f =
		call || (flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) ? NULL : fds_file(&b->fds, fd);
	struct sock *s = f && f->kind == FILE_STREAM ? sock_of(f) : NULL;

	return s && !s->extra ? s : NULL;
}

ssize_t burble_send_call(
	struct burble *b, int fd, struct iovec data, int flags, struct burble_call *call)
{
	struct sock *s = simple_stream(b, fd, flags, call);
	struct msghdr msg = {.msg_iov = &data, .msg_iovlen = 1};

	if (s && tcp_fast_send(b->stack, s->tcp, data.iov_base, data.iov_len))
		return (ssize_t)data.iov_len;
	return burble_sendmsg_call(b, fd, &msg, flags, call);
}

ssize_t burble_recv_call(
	struct burble *b, int fd, struct iovec room, int flags, struct burble_call *call)
{
	struct msghdr msg = {.msg_iov = &room, .msg_iovlen = 1};
	struct sock *s = room.iov_len > 0 ? simple_stream(b, fd, flags, call) : NULL;
	struct tcp_read r = {.to = room.iov_base, .n = room.iov_len};

	if (s && tcp_fast_read(b->stack, s->tcp, &r))
		return r.n > 0 ? (ssize_t)r.n : -EAGAIN;
	return burble_recvmsg_call(b, fd, &msg, flags, call);
}

/* EINVAL of readv() and writev(), for an epoll set and where sendmsg() returns EMSGSIZE. */
static bool no_vector(struct burble *b, int fd, int n)
{
	const struct file *f = fds_file(&b->fds, fd);

	return n < 0 || n > LIMIT_IOV || (f && f->kind == FILE_EPOLL);
}

/* A transfer of no bytes does not reach the socket, as in Linux: 0, or why fd is invalid. */
static ssize_t move_nothing(struct burble *b, int fd)
{
	int err;

	return sock_find(b, fd, &err) ? 0 : err;
}

static bool is_empty(const struct iovec *v, int n)
{
	return iov_check(v, (size_t)n) == 0;
}

ssize_t burble_writev_call(
	struct burble *b, int fd, const struct iovec *v, int n, struct burble_call *call)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n};

	if (no_vector(b, fd, n))
		return -EINVAL;
	return is_empty(v, n) ? move_nothing(b, fd) : burble_sendmsg_call(b, fd, &msg, 0, call);
}

ssize_t burble_readv_call(
	struct burble *b, int fd, const struct iovec *v, int n, struct burble_call *call)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n};

	if (no_vector(b, fd, n))
		return -EINVAL;
	return is_empty(v, n) ? move_nothing(b, fd) : burble_recvmsg_call(b, fd, &msg, 0, call);
}

/* close(2) resumed: SO_LINGER was waiting on a file without descriptors. */
static int close_resumed(struct burble *b, struct burble_call *call)
{
	struct file *f = container_of(call->chain, struct file, watchers);
	struct sock *s = sock_of(f);

	assert(f->refs == 0);
	file_resume(call);
	if (stream_lingers(s) && !file_expired(b, call))
		return file_wait(b, f, call, EPOLLHUP);
	call->phase = 0;
	stream_release(b, f);
	return 0;
}

int burble_close_call(struct burble *b, int fd, struct burble_call *call)
{
	struct file *f;

	if (call && call->phase != 0)
		return close_resumed(b, call);
	if (!fds_file(&b->fds, fd))
		return -EBADF;
	f = fds_close(&b->fds, fd);
	if (!call || f->refs > 1 || f->kind != FILE_STREAM || !stream_linger(b, sock_of(f))) {
		file_put(b, f);
		return 0;
	}
	assert(f->refs == 1);
	f->refs = 0; /* released when the call is resumed */
	file_unwatch(f);
	call->fd = -1;
	return sock_wait(b, sock_of(f), call, EPOLLHUP, stream_linger_time(sock_of(f)));
}
