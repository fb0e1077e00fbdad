/*
 * stream_io.c - sendmsg() and recvmsg() of streams. call->done counts the bytes moved before the
 * call blocked, so that it continues there when it is resumed.
 */
#include "socket/bounds.h"
#include "socket/tx_completions.h"
#include "stack/tcp/tcp_fast_call.h"
#include "stack/tcp/tcp_sockopt.h"

#include <errno.h>
#include <netinet/tcp.h>

enum {
	FAST_OPEN_MAX = 2048, /* bytes offered to a SYN, which takes as many as fit */
};

static size_t done_before(const struct burble_call *call)
{
	return call ? call->done : 0;
}

/* A call that has transferred bytes returns their number instead of an error. */
static ssize_t bytes_or(size_t done, ssize_t err)
{
	return done > 0 ? (ssize_t)done : err;
}

/* --- receive ---------------------------------------------------------------------------------- */

/* recv(MSG_OOB): the one urgent byte (RFC 6093, as Linux implements it). */
static ssize_t recv_urgent(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct tcp_status *f)
{
	struct iov_at at = iov_start(msg->msg_iov, msg->msg_iovlen, 0);
	bool none = f->urgent == TCP_URGENT_NONE || f->urgent == TCP_URGENT_READ;
	int64_t inl = 0;
	size_t n;

	tcp_get_opt(b->stack, s->tcp, TCPO_OOBINLINE, &inl);
	if (inl || none)
		return -EINVAL;
	if (f->state == TCPS_CLOSED && !f->done)
		return -ENOTCONN;
	if (f->urgent == TCP_URGENT_COMING)
		return f->state == TCPS_CLOSED || (f->shut & TCP_SHUT_RD) ? 0 : -EAGAIN;
	if (!(flags & MSG_PEEK))
		tcp_urgent_read(s->tcp);
	msg->msg_flags |= MSG_OOB;
	n = iov_put(&at, &f->urgent_byte, 1);
	if (n == 0)
		msg->msg_flags |= MSG_TRUNC;
	return (ssize_t)n;
}

/* The result of a receive without data: 0 at the end, an error, or 1 to wait. */
static int no_data(struct sock *s, const struct tcp_status *f)
{
	if (f->done)
		return 0;
	if (f->err)
		return -tcp_take_error(s->tcp);
	if (f->shut & TCP_SHUT_RD)
		return 0;
	return f->state == TCPS_CLOSED ? -ENOTCONN : 1;
}

static bool ended(const struct tcp_status *f)
{
	return f->err || (f->shut & TCP_SHUT_RD) || f->state == TCPS_CLOSED;
}

/* One receive: the size wanted, and the progress. */
struct receive {
	struct iov_at at;
	size_t len, done, target;
	bool peek, discard;
	struct tcp_status before; /* any of it was taken */
};

static void receive_start(struct receive *w, struct sock *s, struct msghdr *msg, int flags)
{
	w->target = flags & MSG_WAITALL ? w->len : size_min(sock_rcvlowat(s), w->len);
	w->target = size_max(w->target, 1);
	w->at = iov_start(msg->msg_iov, msg->msg_iovlen, w->done);
	w->peek = (flags & MSG_PEEK) != 0;
	w->discard = (flags & MSG_TRUNC) != 0;
}

/* Reads into the buffers in turn. Stops at the urgent byte, unless it is the first. */
static void take(struct burble *b, struct sock *s, struct receive *w)
{
	size_t before = w->done;

	for (struct iovec p; (p = iov_next(&w->at, w->len - w->done)).iov_len > 0;) {
		struct tcp_read r = {.to = w->discard ? NULL : p.iov_base, .n = p.iov_len};
		size_t n;

		r.peek = w->peek;
		r.skip = w->peek ? w->done - before : 0;
		n = tcp_read(b->stack, s->tcp, &r);
		assert(n <= p.iov_len);
		w->done += n;
		if (n < p.iov_len)
			break;
	}
	if (!w->peek && w->done > before)
		tcp_read_done(b->stack, s->tcp, w->done - before);
}

static ssize_t receive(
	struct burble *b, struct sock *s, struct receive *w, int flags, struct burble_call *call)
{
	struct tcp_status f = w->before;
	size_t before = w->done;
	bool wait;

	if (w->len == 0 && f.unread > 0)
		return 0;
	if (!(f.at_mark && w->done > 0))
		take(b, s, w);
	if (w->done >= w->target)
		return (ssize_t)w->done;
	if (w->done > before)
		tcp_get_status(s->tcp, &f);
	if (f.at_mark && w->done > 0)
		return (ssize_t)w->done;
	wait = sock_may_block(s, call, flags) && !file_expired(b, call);
	if (w->done > 0) {
		if (!wait || ended(&f))
			return (ssize_t)w->done;
	} else {
		int why = no_data(s, &f);

		if (why <= 0)
			return why;
		if (!wait)
			return -EAGAIN;
	}
	call->done = flags & MSG_PEEK ? 0 : w->done;
	assert(w->done < w->len || w->len == 0);
	return sock_wait(b, s, call, EPOLLIN | EPOLLRDHUP, sock_rcvtimeo(s));
}

/* TCP_INQ: the bytes left, plus one for an end of file (tcp_inq_hint). */
static void put_inq(struct sock *s, struct msghdr *msg)
{
	struct tcp_status f;
	struct ctl_out c = ctl_start(msg);
	struct cmsghdr head = {.cmsg_level = SOL_TCP, .cmsg_type = TCP_CM_INQ};
	int left;

	if (sock_is(s, SOCK_BIT_INQ)) {
		tcp_get_status(s->tcp, &f);
		left = (int)f.unread + f.done;
		ctl_put(&c, &head, &left, sizeof(left));
	}
	ctl_end(&c);
}

ssize_t stream_recv(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct burble_call *call)
{
	struct tcp_status f;
	bool discard = (flags & (MSG_TRUNC | MSG_OOB | MSG_ERRQUEUE)) == MSG_TRUNC;
	ssize_t len = discard ? iov_check_trunc(msg->msg_iov, msg->msg_iovlen)
			      : iov_check(msg->msg_iov, msg->msg_iovlen);
	struct receive w;
	ssize_t n;

	msg->msg_flags = 0;
	if (len < 0)
		return len;
	if (flags & MSG_ERRQUEUE) {
		tcp_get_status(s->tcp, &f);
		if (f.state == TCPS_CLOSED)
			tx_settle(b, s);
		return sock_read_error(b, s, msg);
	}
	msg->msg_namelen = 0;
	tcp_get_status(s->tcp, &f);
	if (f.state == TCPS_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB) {
		msg->msg_controllen = 0;
		return recv_urgent(b, s, msg, flags, &f);
	}
	w = (struct receive){.len = (size_t)len, .done = done_before(call), .before = f};
	receive_start(&w, s, msg, flags);
	n = receive(b, s, &w, flags, call);
	if (n >= 0)
		put_inq(s, msg);
	return n;
}

/* --- send ------------------------------------------------------------------------------------- */

/* sk_stream_error(): a broken pipe first returns the socket's own error. */
static ssize_t broken(struct sock *s)
{
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	return f.err ? -tcp_take_error(s->tcp) : -EPIPE;
}

/* Waits for the handshake, or returns the error. */
static ssize_t wait_connected(struct burble *b, struct sock *s, int flags, struct burble_call *call)
{
	struct tcp_status f;
	bool connecting;

	tcp_get_status(s->tcp, &f);
	connecting = f.state == TCPS_SYN_SENT || f.state == TCPS_SYN_RCVD;
	if (f.err || !connecting)
		return broken(s);
	if (!sock_may_block(s, call, flags) || file_expired(b, call))
		return -EAGAIN;
	tcp_set_write_pending(s->tcp);
	return sock_wait(b, s, call, EPOLLOUT, sock_sndtimeo(s));
}

static bool may_send(const struct tcp_status *f)
{
	return f->state == TCPS_ESTABLISHED || f->state == TCPS_CLOSE_WAIT || f->fast_open;
}

/* The remainder of a send. */
struct sending {
	struct iov_at at;
	size_t n;
	const struct msghdr *msg; /* its control messages */
	const struct tcp_end *to; /* MSG_FASTOPEN: the address to connect to */
	int flags;                /* enum tcp_send_flag, of the last byte */
	struct tcp_status before; /* any of it was queued */
};

/* A stream reads only control messages of SOL_SOCKET, and none has an effect. */
static int read_control(const struct msghdr *msg)
{
	int err;
	const struct cmsghdr *c = NULL;

	while ((c = ctl_next(msg, c, &err)) != NULL) {
		if (c->cmsg_level == SOL_SOCKET)
			err = ctl_socket(c);
		if (err)
			return err;
	}
	return err;
}

/* Queues as much as fits, buffer by buffer; pushes at the end. */
static size_t queue(struct burble *b, struct sock *s, struct sending *w)
{
	size_t done = 0;

	for (struct iovec p; (p = iov_next(&w->at, w->n - done)).iov_len > 0;) {
		bool last = done + p.iov_len == w->n;
		int flags = w->flags;
		size_t n;

		if (!last)
			flags = TCP_SEND_MORE | (flags & (TCP_SEND_PIN | TCP_SEND_OOB));
		n = tcp_send(b->stack, s->tcp, p.iov_base, p.iov_len, flags);
		assert(n <= p.iov_len);
		done += n;
		if (n < p.iov_len) {
			tcp_send_push(b->stack, s->tcp);
			break;
		}
	}
	return done;
}

/* For a send that took nothing: the reason is memory, not buffer space, and nothing is in flight
 * whose ACK would cause EPOLLOUT. After EAGAIN a program would wait for ever. */
static bool out_of_memory(const struct sock *s)
{
	struct tcp_status f;

	tcp_get_status(s->tcp, &f);
	return f.unacked == 0 && tcp_has_room(s->tcp);
}

/* Sends the remainder of a call, or blocks it. */
static ssize_t send_remaining(
	struct burble *b, struct sock *s, struct sending *w, int flags, struct burble_call *call)
{
	const struct tcp_status *f = &w->before;
	size_t done = done_before(call), want = w->n;
	ssize_t err;

	if (!may_send(f)) {
		err = wait_connected(b, s, flags, call);
		/* data in a SYN was not accepted if the SYN was refused */
		return err < 0 ? err : (ssize_t)done;
	}
	err = read_control(w->msg);
	if (err)
		return err;
	if (f->err || (f->shut & TCP_SHUT_WR))
		return done && sock_is(s, SOCK_BIT_CONNECTED) ? (ssize_t)done : broken(s);
	if (w->n == 0)
		return (ssize_t)done;
	done += queue(b, s, w);
	assert(done <= done_before(call) + want);
	if (done == done_before(call) + want)
		return (ssize_t)done;
	if (out_of_memory(s))
		return bytes_or(done, -ENOBUFS);
	tcp_want_write_space(s->tcp);
	if (!sock_may_block(s, call, flags) || file_expired(b, call))
		return bytes_or(done, -EAGAIN);
	call->done = done;
	return sock_wait(b, s, call, EPOLLOUT, sock_sndtimeo(s));
}

/* MSG_FASTOPEN, or the first data of a deferred connect: data in the SYN (RFC 7413). */
static ssize_t send_fast_open(
	struct burble *b, struct sock *s, struct sending *w, int flags, struct burble_call *call)
{
	uint8_t syn[FAST_OPEN_MAX];
	struct tcp_status f;
	size_t len;
	ssize_t n;

	if (sock_is(s, SOCK_BIT_CONNECTED))
		return -EISCONN;
	tcp_get_status(s->tcp, &f);
	if (w->to && !f.deferred && sock_is(s, SOCK_BIT_CONNECTING))
		return -EALREADY;
	len = iov_take(&w->at, syn, size_min(sizeof(syn), w->n));
	n = tcp_send_fastopen(b->stack, s->tcp, w->to, syn, len);
	if (n == -EINPROGRESS)
		n = 0;
	if (n < 0)
		return n;
	assert((size_t)n <= len);
	sock_mark(s, SOCK_BIT_CONNECTING, true);
	if (!sock_may_block(s, call, flags))
		return bytes_or((size_t)n, -EINPROGRESS);
	call->done = (size_t)n;
	if ((size_t)n < w->n)
		tcp_set_write_pending(s->tcp);
	return sock_wait(b, s, call, EPOLLOUT, sock_sndtimeo(s));
}

/* The address that MSG_FASTOPEN connects to. */
static int fast_open_to(struct tcp_end *to, const struct sock *s, const struct msghdr *msg)
{
	struct endpoint e;
	struct addr_rules rules = {
		sock_domain(s), sock_is(s, SOCK_BIT_V6ONLY), .use = ADDR_CONNECT};
	int err = addr_read(&e, msg->msg_name, msg->msg_namelen, rules);

	if (err)
		return err;
	*to = end_of(&e);
	return e.unspec ? -EOPNOTSUPP : 0;
}

static ssize_t send_some(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
	struct burble_call *call)
{
	struct tcp_end to;
	ssize_t len = iov_check(msg->msg_iov, msg->msg_iovlen);
	size_t done = done_before(call);
	bool first = !call || call->phase == 0;
	struct sending w;

	if (len < 0)
		return len;
	if (done > (size_t)len) /* not the call that was blocked */
		return -EINVAL;
	w = (struct sending){.at = iov_start(msg->msg_iov, msg->msg_iovlen, done),
		.n = (size_t)len - done,
		.msg = msg};
	w.flags |= flags & MSG_OOB ? TCP_SEND_OOB : 0;
	w.flags |= flags & MSG_MORE ? TCP_SEND_MORE : 0;
	w.flags |= flags & MSG_EOR ? TCP_SEND_EOR : 0;
	w.flags |= tx_is_zerocopy(s, flags) ? TCP_SEND_PIN : 0;
	tcp_get_status(s->tcp, &w.before);
	if (first && (flags & MSG_FASTOPEN)) {
		int err = fast_open_to(&to, s, msg);

		if (err)
			return err;
		w.to = &to;
	}
	if (w.to && may_send(&w.before) && sock_is(s, SOCK_BIT_CONNECTING)) {
		sock_mark(s, SOCK_BIT_CONNECTING, false); /* the handshake is complete now */
		sock_mark(s, SOCK_BIT_CONNECTED, true);
		w.to = NULL;
	}
	if (first && (w.to || w.before.deferred))
		return send_fast_open(b, s, &w, flags, call);
	return send_remaining(b, s, &w, flags, call);
}

ssize_t stream_send(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
	struct burble_call *call)
{
	ssize_t n = send_some(b, s, msg, flags, call);

	if (n > 0)
		tx_note(b, s, flags);
	return n;
}

ssize_t burble_send_ref(struct burble *b, int fd, struct chunk *ref, const uint8_t *data, size_t n)
{
	int err;
	struct tcp_status f;
	struct sock *s = sock_find(b, fd, &err);

	if (!s)
		return err;
	if (s->file.kind != FILE_STREAM)
		return -EOPNOTSUPP;
	if (!tcp_fast_open(s->tcp)) {
		tcp_get_status(s->tcp, &f);
		if (!may_send(&f))
			return f.state == TCPS_SYN_SENT || f.state == TCPS_SYN_RCVD ? -EAGAIN
										    : broken(s);
		if (f.err || (f.shut & TCP_SHUT_WR))
			return broken(s);
	}
	if (n > 0 && !tcp_send_ref(b->stack, s->tcp, chunk_hold(ref), data, n)) {
		chunk_drop(ref);
		if (out_of_memory(s))
			return -ENOBUFS;
		tcp_want_write_space(s->tcp);
		return -EAGAIN;
	}
	return (ssize_t)n;
}
