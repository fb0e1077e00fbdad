/*
 * stream.c - stream sockets: bind, listen, connect, accept, shutdown, names, readiness, close. The
 * order of checks is Linux's, since programs see it as errno.
 *
 *     connect() again          CONNECTING, still in SYN-SENT    EALREADY
 *                              CONNECTING, established          0, once; then EISCONN
 *                              CONNECTING, failed               the error, and fresh again
 */
#include "socket/tx_completions.h"
#include "stack/ip/ip.h"
#include "stack/tcp/tcp_fast_call.h"
#include "stack/tcp/tcp_sockopt.h"

#include <errno.h>

enum {
	STATES_CONNECTING = 1 << TCPS_SYN_SENT | 1 << TCPS_SYN_RCVD,
};

static bool in(const struct tcp_status *f, unsigned states)
{
	assert(f->state > 0 && f->state < TCPS_COUNT);
	return (states >> f->state & 1) != 0;
}

static int stream_bind_flags(struct burble *b, struct sock *s)
{
	uint8_t flags = 0;

	flags |= sock_is(s, SOCK_BIT_REUSEADDR) ? TCP_BIND_REUSEADDR : 0;
	flags |= sock_is(s, SOCK_BIT_REUSEPORT) ? TCP_BIND_REUSEPORT : 0;
	flags |= sock_is(s, SOCK_BIT_V6ONLY) ? TCP_BIND_V6ONLY : 0;
	flags |= sock_is(s, SOCK_BIT_FREEBIND) ? TCP_BIND_FREE : 0;
	flags |= sock_is(s, SOCK_BIT_NO_PORT) ? TCP_BIND_NO_PORT : 0;
	return tcp_set_bind_flags(b->stack, s->tcp, flags);
}

static int stream_open(struct burble *b, struct sock *s)
{
	assert(!s->tcp);
	s->tcp = tcp_new(b->stack, s, sock_is(s, SOCK_BIT_INET6));
	if (!s->tcp)
		return -ENOMEM;
	return stream_bind_flags(b, s);
}

/* A second bind(): IPv4 checks the address first. */
static int bound_already(struct burble *b, const struct sock *s, const struct endpoint *e)
{
	bool any =
		sock_is(s, SOCK_BIT_INET6 | SOCK_BIT_FREEBIND) || sock_sysctl(b)->ip_nonlocal_bind;

	return any || ip_may_bind(b->stack, &e->ip) ? -EINVAL : -EADDRNOTAVAIL;
}

/* The scope of a link-local address binds the socket to that interface. */
static int take_scope(struct burble *b, struct sock *s, const struct endpoint *e)
{
	if (e->scope == 0 || ip_addr_is_v4(&e->ip) || !ip_addr_is_link_local(&e->ip))
		return 0;
	return tcp_set_opt(b->stack, s->tcp, TCPO_IFINDEX, e->scope);
}

static int stream_bind(struct burble *b, struct sock *s, const struct endpoint *e)
{
	struct tcp_end end = end_of(e);
	int err;
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	if (f.state != TCPS_CLOSED || sock_is(s, SOCK_BIT_BOUND))
		return bound_already(b, s, e);
	err = take_scope(b, s, e);
	if (err == 0 && e->scope != 0 && !stack_netdev(b->stack, e->scope))
		err = -ENODEV;
	if (err == 0)
		err = tcp_bind(b->stack, s->tcp, &end);
	if (err == 0)
		sock_mark(s, SOCK_BIT_BOUND, e->port != 0 || !sock_is(s, SOCK_BIT_NO_PORT));
	return err;
}

int stream_listen(struct burble *b, struct sock *s, int backlog)
{
	bool used = sock_is(s, SOCK_BIT_CONNECTING | SOCK_BIT_CONNECTED | SOCK_BIT_DISCONNECTING);
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	if (used || !in(&f, 1 << TCPS_CLOSED | 1 << TCPS_LISTEN))
		return -EINVAL;
	return tcp_listen(b->stack, s->tcp, backlog);
}

static int disconnect(struct burble *b, struct sock *s)
{
	int err = tcp_disconnect(b->stack, s->tcp);

	if (err == 0)
		sock_mark(s, SOCK_BIT_CONNECTING | SOCK_BIT_CONNECTED | SOCK_BIT_DISCONNECTING,
			false);
	return err;
}

/* connect() after the handshake has ended, successfully or not. */
static int connect_done(struct burble *b, struct sock *s, const struct tcp_status *f)
{
	int err;

	assert(sock_is(s, SOCK_BIT_CONNECTING));
	if (f->state != TCPS_CLOSED) {
		sock_mark(s, SOCK_BIT_CONNECTING, false);
		sock_mark(s, SOCK_BIT_CONNECTED, true);
		return 0;
	}
	err = f->err ? tcp_take_error(s->tcp) : 0;
	disconnect(b, s);
	return err ? -err : -ECONNABORTED;
}

static int connect_begin(struct burble *b, struct sock *s, const struct endpoint *to)
{
	struct tcp_end end = end_of(to);
	struct tcp_status f;
	int err;

	tcp_get_status(s->tcp, &f);
	if (f.state != TCPS_CLOSED)
		return -EISCONN;
	if (to->err)
		return to->err;
	if (ip_addr_is_link_local(&to->ip) && to->scope != 0 && sock_interface(b, s) != 0 &&
		sock_interface(b, s) != to->scope)
		return -EINVAL;
	err = take_scope(b, s, to);
	if (err == 0)
		err = tcp_connect(b->stack, s->tcp, &end);
	if (err == 0)
		sock_mark(s, SOCK_BIT_CONNECTING, true);
	return err;
}

static int stream_connect(
	struct burble *b, struct sock *s, const struct endpoint *to, struct burble_call *call)
{
	struct tcp_status f;
	int pending = -EINPROGRESS;
	bool resumed = call && call->phase != 0;

	if (to->unspec)
		return disconnect(b, s);
	if (sock_is(s, SOCK_BIT_DISCONNECTING))
		return -EINVAL;
	if (sock_is(s, SOCK_BIT_CONNECTED))
		return -EISCONN;
	if (!sock_is(s, SOCK_BIT_CONNECTING)) {
		int err = connect_begin(b, s, to);

		if (err)
			return err;
		tcp_get_status(s->tcp, &f);
		if (f.deferred)
			return 0;
	} else {
		tcp_get_status(s->tcp, &f);
		if (f.deferred)
			return -EISCONN;
		pending = resumed ? -EINPROGRESS : -EALREADY;
	}
	if (!in(&f, STATES_CONNECTING))
		return connect_done(b, s, &f);
	if (!sock_may_block(s, call, 0) || file_expired(b, call))
		return pending;
	return sock_wait(b, s, call, EPOLLOUT | EPOLLIN, sock_sndtimeo(s));
}

/* The state that a connection inherits from its listener. */
static int inherit(struct burble *b, struct sock *child, const struct sock *listener)
{
	struct sock_extra *x;

	assert(!child->extra && !child->tcp);
	child->file.bits = (uint16_t)(listener->file.bits & ~SOCK_BIT_BOUND);
	sock_mark(child, SOCK_BIT_CONNECTED, true);
	if (!listener->extra)
		return 0;
	x = sock_extra(b, child);
	if (!x)
		return -ENOMEM;
	*x = *listener->extra;
	x->errors = (struct errq){0};
	x->completions = NULL;
	x->zerocopy_next = 0;
	x->priority = 0;
	x->owner = 0;
	return 0;
}

/* Undoes sock_new() for a socket without a connection. */
static int give_up(struct burble *b, struct sock *s, int fd, int err)
{
	fds_close(&b->fds, fd);
	sock_free(b, s);
	return err;
}

static int accept_one(struct burble *b, struct sock *s, struct burble_addr peer, int flags)
{
	int fd;
	struct tcp_end end;
	struct endpoint from;
	struct sock *child = sock_new(b, FILE_STREAM, flags, &fd);
	int err;

	if (!child)
		return fd;
	err = inherit(b, child, s);
	if (err)
		return give_up(b, child, fd, err);
	child->tcp = tcp_accept(b->stack, s->tcp, child);
	if (!child->tcp)
		return give_up(b, child, fd, -ENOMEM);
	assert(tcp_owner(child->tcp) == child);
	tcp_peer(child->tcp, &end);
	from = endpoint_of(&end);
	err = addr_write(&from, sock_domain(s), peer.sa, peer.len);
	if (err == 0)
		return fd;
	file_put(b, fds_close(&b->fds, fd));
	return err;
}

int stream_accept(struct burble *b, struct sock *s, struct burble_addr peer, int flags,
	struct burble_call *call)
{
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (f.state != TCPS_LISTEN)
		return -EINVAL;
	if (f.accept)
		return accept_one(b, s, peer, flags);
	if (!sock_may_block(s, call, 0) || file_expired(b, call))
		return -EAGAIN;
	return sock_wait(b, s, call, EPOLLIN, sock_rcvtimeo(s));
}

/* inet_shutdown(): in LISTEN and SYN-SENT it ends the attempt. */
static int stream_shutdown(struct burble *b, struct sock *s, int shut)
{
	struct tcp_status f;
	int err = 0;

	assert(shut > 0 && shut <= TCP_SHUT_BOTH);
	tcp_get_status(s->tcp, &f);
	if (sock_is(s, SOCK_BIT_CONNECTING)) {
		bool under_way = in(&f, STATES_CONNECTING | 1 << TCPS_CLOSED);

		sock_mark(s, SOCK_BIT_CONNECTING, false);
		sock_mark(s, under_way ? SOCK_BIT_DISCONNECTING : SOCK_BIT_CONNECTED, true);
	}
	if (f.state == TCPS_SYN_SENT || (f.state == TCPS_LISTEN && (shut & TCP_SHUT_RD)))
		err = disconnect(b, s);
	else if (f.state != TCPS_LISTEN)
		err = tcp_shutdown(b->stack, s->tcp, shut);
	file_notify(b, &s->file, 0, true);
	return f.state == TCPS_CLOSED ? -ENOTCONN : err;
}

static int stream_name(struct burble *b, struct sock *s, struct endpoint *e, bool peer)
{
	struct tcp_status f;
	struct tcp_end end;

	if (!peer) {
		tcp_local(s->tcp, &end);
		*e = endpoint_of(&end);
		return 0;
	}
	tcp_get_status(s->tcp, &f);
	tcp_peer(s->tcp, &end);
	*e = endpoint_of(&end);
	if (end.port == 0 || in(&f, 1 << TCPS_CLOSED | 1 << TCPS_SYN_SENT))
		return -ENOTCONN;
	return 0;
}

/* The handshake is in progress; Fast Open data may be sent before its end. */
static bool opening(const struct tcp_status *f)
{
	return f->state == TCPS_SYN_SENT || (f->state == TCPS_SYN_RCVD && !f->fast_open);
}

/* tcp_poll(): the readiness of a connection as EPOLL* bits. */
static uint32_t ready_bits(const struct sock *s, const struct tcp_status *f)
{
	uint32_t bits = 0;

	if (f->shut == TCP_SHUT_BOTH || f->state == TCPS_CLOSED)
		bits |= EPOLLHUP;
	if (f->shut & TCP_SHUT_RD)
		bits |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (f->err)
		bits |= EPOLLERR;
	if (f->deferred)
		return bits | EPOLLOUT | EPOLLWRNORM;
	if (opening(f))
		return bits;
	if (f->readable >= sock_rcvlowat(s) || f->full)
		bits |= EPOLLIN | EPOLLRDNORM;
	if (f->urgent == TCP_URGENT_HERE)
		bits |= EPOLLPRI;
	if ((f->shut & TCP_SHUT_WR) || tcp_writable(s->tcp))
		bits |= EPOLLOUT | EPOLLWRNORM;
	return bits;
}

static uint32_t stream_ready(struct burble *b, struct file *file)
{
	struct sock *s = sock_of(file);
	struct tcp_status f;
	uint32_t bits;
	bool readable;

	if (!s->extra && tcp_fast_ready(s->tcp, &readable))
		return EPOLLOUT | EPOLLWRNORM | (readable ? EPOLLIN | EPOLLRDNORM : 0);
	tcp_get_status(s->tcp, &f);
	if (f.state == TCPS_LISTEN)
		return f.accept ? EPOLLIN | EPOLLRDNORM : 0;
	if (f.state == TCPS_CLOSED)
		tx_settle(b, s);
	bits = ready_bits(s, &f);
	if (!(bits & EPOLLOUT) && !opening(&f))
		tcp_want_write_space(s->tcp);
	return bits | (s->extra && s->extra->errors.count ? EPOLLERR : 0);
}

static bool lingers_zero(const struct sock *s)
{
	return sock_is(s, SOCK_BIT_LINGER) && (!s->extra || s->extra->linger == 0);
}

void stream_release(struct burble *b, struct file *file)
{
	struct sock *s = sock_of(file);

	assert(file->refs == 0 && !file->watchers);
	if (s->tcp) {
		tcp_close(b->stack, s->tcp, lingers_zero(s));
		s->tcp = NULL;
	}
	if (s->extra)
		tx_free(s->extra);
	sock_free(b, s);
}

bool stream_lingers(const struct sock *s)
{
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	return in(&f, 1 << TCPS_FIN_WAIT_1 | 1 << TCPS_CLOSING | 1 << TCPS_LAST_ACK);
}

nsec_t stream_linger_time(const struct sock *s)
{
	assert(s->extra); /* stream_linger() */
	return s->extra->linger < 0 ? 0 : s->extra->linger * NSEC_SEC;
}

bool stream_linger(struct burble *b, struct sock *s)
{
	struct tcp_status f;

	if (!sock_is(s, SOCK_BIT_LINGER) || lingers_zero(s))
		return false;
	tcp_get_status(s->tcp, &f);
	if (f.unread > 0)
		return false;
	if (stream_lingers(s)) /* its FIN is on the way since shutdown() */
		return true;
	if (!in(&f, 1 << TCPS_ESTABLISHED | 1 << TCPS_CLOSE_WAIT | 1 << TCPS_SYN_RCVD))
		return false;
	tcp_linger(b->stack, s->tcp);
	return stream_lingers(s);
}

static int stream_take_error(struct sock *s)
{
	return tcp_take_error(s->tcp);
}

static void stream_set_error(struct sock *s, int err)
{
	tcp_set_error(s->tcp, err);
}

const struct sock_ops stream_ops = {{stream_ready, stream_release}, stream_open, stream_bind,
	stream_connect, stream_shutdown, stream_name, stream_send, stream_recv, stream_take_error,
	stream_set_error, stream_ioctl, stream_bind_flags};
