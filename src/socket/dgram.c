/*
 * dgram.c - datagram sockets: open, bind, connect, names, readiness, and the events of UDP. ICMP
 * errors go to the error queue of a socket that has IP_RECVERR.
 */
#include "socket/dgram.h"
#include "socket/dgram_io.h"
#include "wire/udp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

static struct udp_end end_of(const struct endpoint *e)
{
	return (struct udp_end){e->ip, e->port, e->scope};
}

static int dgram_open(struct burble *b, struct sock *s)
{
	assert(!s->udp);
	s->udp = udp_new(b->stack, s, sock_is(s, SOCK_BIT_INET6));
	return s->udp ? 0 : -ENOMEM;
}

static int dgram_bind_flags(struct burble *b, struct sock *s)
{
	struct udp_opts *o = udp_opts(s->udp);

	o->reuseaddr = sock_is(s, SOCK_BIT_REUSEADDR);
	o->reuseport = sock_is(s, SOCK_BIT_REUSEPORT);
	o->v6only = sock_is(s, SOCK_BIT_V6ONLY);
	o->freebind = sock_is(s, SOCK_BIT_FREEBIND);
	o->no_port = sock_is(s, SOCK_BIT_NO_PORT);
	o->broadcast = sock_is(s, SOCK_BIT_BROADCAST);
	o->v4.recverr = sock_is(s, SOCK_BIT_RECVERR);
	o->v6.recverr = sock_is(s, SOCK_BIT_RECVERR6);
	return 0;
}

static int dgram_bind(struct burble *b, struct sock *s, const struct endpoint *e)
{
	struct udp_end end = end_of(e);

	return udp_bind(b->stack, s->udp, &end);
}

static int dgram_connect(
	struct burble *b, struct sock *s, const struct endpoint *to, struct burble_call *call)
{
	struct udp_end end = end_of(to);
	int err;

	if (to->unspec) {
		udp_disconnect(b->stack, s->udp);
		return 0;
	}
	err = udp_autobind(b->stack, s->udp); /* even if the call then fails: Linux */
	if (err == 0)
		err = to->err;
	return err ? err : udp_connect(b->stack, s->udp, &end);
}

/* Marks the socket even without a peer, so that blocked calls wake, as in Linux. */
static int dgram_shutdown(struct burble *b, struct sock *s, int shut)
{
	struct udp_opts *o = udp_opts(s->udp);
	struct udp_status f;

	udp_status(s->udp, &f);
	assert(shut > 0 && shut <= 3);
	o->shut_rd |= (shut & 1) != 0;
	o->shut_wr |= (shut & 2) != 0;
	file_notify(b, &s->file, 0, true);
	return f.connected ? 0 : -ENOTCONN;
}

static int dgram_name(struct burble *b, struct sock *s, struct endpoint *e, bool peer)
{
	struct udp_status f;
	struct udp_end end;

	udp_status(s->udp, &f);
	if (peer && !f.connected)
		return -ENOTCONN;
	if (peer)
		udp_peer(s->udp, &end);
	else
		udp_local(s->udp, &end);
	*e = (struct endpoint){.ip = end.addr, .port = end.port, .scope = end.ifindex};
	return 0;
}

static int dgram_take_error(struct sock *s)
{
	return udp_take_error(s->udp);
}

static void dgram_set_error(struct sock *s, int err)
{
	udp_set_error(s->udp, err);
}

static int dgram_ioctl(struct sock *s, unsigned long request, int *arg)
{
	struct udp_status f;

	udp_status(s->udp, &f);
	switch (request) {
	case SIOCINQ: *arg = (int)f.next_len; return 0;
	case SIOCOUTQ: *arg = (int)f.unsent; return 0;
	default: return -ENOTTY;
	}
}

/* datagram_poll() */
static uint32_t dgram_ready(struct burble *b, struct file *file)
{
	struct sock *s = sock_of(file);
	const struct udp_opts *o = udp_opts(s->udp);
	struct udp_status f;
	uint32_t bits = 0;

	udp_status(s->udp, &f);
	if (f.err || (s->extra && s->extra->errors.count))
		bits |= EPOLLERR;
	if (o->shut_rd)
		bits |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (o->shut_rd && o->shut_wr)
		bits |= EPOLLHUP;
	if (f.readable)
		bits |= EPOLLIN | EPOLLRDNORM;
	if (f.writable)
		return bits | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	udp_want_write(s->udp);
	return bits;
}

static void dgram_release(struct burble *b, struct file *file)
{
	struct sock *s = sock_of(file);

	assert(s->udp && s->file.refs == 0);
	udp_close(b->stack, s->udp);
	s->udp = NULL;
	sock_free(b, s);
}

const struct sock_ops dgram_ops = {{dgram_ready, dgram_release}, dgram_open, dgram_bind,
	dgram_connect, dgram_shutdown, dgram_name, dgram_send, dgram_recv, dgram_take_error,
	dgram_set_error, dgram_ioctl, dgram_bind_flags};

static void on_event(void *ctx, void *owner, uint32_t events)
{
	struct sock *s = owner;
	uint32_t key = events;

	if (events & UDP_EVENT_IN)
		key |= EPOLLRDNORM | EPOLLRDBAND;
	if (events & UDP_EVENT_OUT)
		key |= EPOLLWRNORM | EPOLLWRBAND;
	assert(s->file.kind == FILE_DGRAM);
	file_notify(ctx, &s->file, key, events == 0);
}

static void on_icmp(
	void *ctx, void *owner, const struct icmp_quote *q, const struct ip_error *e, int err)
{
	struct sock_icmp m = {q, e, err, UDP_HDR_LEN};

	sock_queue_icmp(ctx, owner, &m);
}

void dgram_set_events(struct burble *b)
{
	struct udp_events ev = {.ctx = b, .notify = on_event, .icmp = on_icmp};

	udp_set_events(b->stack, &ev);
}
