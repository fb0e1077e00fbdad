/*
 * sock.c - code shared by stream and datagram sockets.
 */
#include "socket/sock.h"

#include "stack/ip/ip.h"
#include "stack/tcp/tcp_sockopt.h"
#include "stack/udp/udp.h"

#include <errno.h>

struct sock_extra *sock_extra(struct burble *b, struct sock *s)
{
	assert(s->file.kind != FILE_EPOLL);
	if (!s->extra)
		s->extra = pool_get(&b->extras);
	return s->extra;
}

nsec_t sock_rcvtimeo(const struct sock *s)
{
	return s->extra ? s->extra->rcvtimeo : 0;
}

nsec_t sock_sndtimeo(const struct sock *s)
{
	return s->extra ? s->extra->sndtimeo : 0;
}

uint32_t sock_rcvlowat(const struct sock *s)
{
	return s->extra && s->extra->rcvlowat ? s->extra->rcvlowat : 1;
}

uint32_t sock_interface(const struct burble *b, const struct sock *s)
{
	int64_t ifindex = 0;

	if (s->file.kind == FILE_DGRAM)
		return udp_opts(s->udp)->bound_if;
	if (tcp_get_opt(b->stack, s->tcp, TCPO_IFINDEX, &ifindex) < 0)
		return 0;
	assert(ifindex >= 0 && ifindex <= NETDEV_MAX);
	return (uint32_t)ifindex;
}

struct sock *sock_find(struct burble *b, int fd, int *err)
{
	struct file *f = fds_file(&b->fds, fd);

	if (f && f->kind != FILE_EPOLL)
		return sock_of(f);
	*err = f ? -ENOTSOCK : -EBADF;
	return NULL;
}

struct sock *sock_new(struct burble *b, enum file_kind kind, int flags, int *err)
{
	struct sock *s = pool_get(&b->socks);

	*err = -ENFILE;
	if (!s)
		return NULL;
	assert(kind == FILE_STREAM || kind == FILE_DGRAM);
	s->file.kind = (uint8_t)kind;
	s->file.refs = 1;
	s->file.flags = flags & SOCK_NONBLOCK ? FILE_NONBLOCK : 0;
	*err = fds_open(&b->fds, &s->file, 0, flags & SOCK_CLOEXEC);
	if (*err < 0) {
		pool_put(&b->socks, s);
		return NULL;
	}
	return s;
}

void sock_free(struct burble *b, struct sock *s)
{
	assert(s->file.refs <= 1 && !s->file.watchers && !s->tcp);
	if (s->extra) {
		assert(!s->extra->completions);
		errq_free(&s->extra->errors);
		pool_put(&b->extras, s->extra);
	}
	pool_put(&b->socks, s);
}

static bool is_icmp(const struct errq_record *r)
{
	return r && (r->ee.ee_origin == SO_EE_ORIGIN_ICMP || r->ee.ee_origin == SO_EE_ORIGIN_ICMP6);
}

ssize_t sock_read_error(struct burble *b, struct sock *s, struct msghdr *msg)
{
	struct errq none = {0}, *q = s->extra ? &s->extra->errors : &none;
	bool was = is_icmp(q->first);
	ssize_t n = errq_read(q, sock_domain(s), msg);

	if (n < 0)
		return n;
	if (is_icmp(q->first))
		sock_ops(b, s)->set_error(s, (int)q->first->ee.ee_errno);
	else if (was)
		sock_ops(b, s)->set_error(s, 0);
	if (q->first)
		file_notify(b, &s->file, EPOLLERR, false);
	return n;
}

void sock_queue_icmp(struct burble *b, struct sock *s, const struct sock_icmp *m)
{
	const struct ip_error *e = m->error;
	const struct icmp_quote *q = m->quote;
	struct errq_record r = {.ee = {.ee_errno = (uint32_t)m->err,
					.ee_origin = e->v6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP,
					.ee_type = e->type,
					.ee_code = e->code,
					.ee_info = e->mtu}};
	struct sock_extra *x = sock_extra(b, s);
	size_t len = q->len > m->skip ? q->len - m->skip : 0;

	if (!x)
		return;
	assert(m->err > 0);
	r.offender.ip = e->offender;
	r.destination = (struct endpoint){.ip = q->addr.dst, .port = q->dport};
	r.len = (uint16_t)size_min(len, sizeof(r.data));
	r.cut = len > r.len;
	if (r.len)
		memcpy(r.data, q->data + m->skip, r.len);
	if (errq_add(&x->errors, &r))
		file_notify(b, &s->file, EPOLLERR, false);
}

const struct sysctl *sock_sysctl(const struct burble *b)
{
	return stack_sysctl(b->stack);
}

bool sock_may_block(const struct sock *s, const struct burble_call *call, int flags)
{
	return call && !(s->file.flags & FILE_NONBLOCK) && !(flags & MSG_DONTWAIT);
}

int sock_wait(
	struct burble *b, struct sock *s, struct burble_call *call, uint32_t events, nsec_t timeout)
{
	assert(timeout >= 0);
	if (call->phase == 0)
		call->deadline = timeout == 0 ? NSEC_MAX : stack_now(b->stack) + timeout;
	return file_wait(b, &s->file, call, events);
}
