/*
 * dgram_io.c - sendmsg() and recvmsg() of datagrams: address, data and control messages.
 */
#include "socket/dgram_io.h"

#include "socket/bounds.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/time.h>

enum {
	DATAGRAM_MAX = 65535,
};

/* --- out -------------------------------------------------------------------------------------- */

static int read_to(struct endpoint *to, const struct sock *s, const struct msghdr *msg)
{
	struct addr_rules rules = {
		sock_domain(s), sock_is(s, SOCK_BIT_V6ONLY), .dgram = true, .use = ADDR_SEND};

	return addr_read(to, msg->msg_name, msg->msg_namelen, rules);
}

/* Reads an int of exactly that size, `least` to 255. */
static int ctl_int(const struct cmsghdr *c, int least, int *v)
{
	if (ctl_len(c) != sizeof(*v))
		return -EINVAL;
	memcpy(v, CMSG_DATA(c), sizeof(*v));
	return *v >= least && *v <= 255 ? 0 : -EINVAL;
}

/* IP_TOS may also be a byte. */
static int ctl_tos(const struct cmsghdr *c, int *v)
{
	if (ctl_len(c) != sizeof(uint8_t))
		return ctl_int(c, 0, v);
	*v = *CMSG_DATA(c);
	return 0;
}

static int ctl_ip(struct udp_out *o, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	switch (c->cmsg_type) {
	case IP_TTL: return ctl_int(c, 1, &o->ttl);
	case IP_TOS: return ctl_tos(c, &o->tos);
	case IP_PKTINFO:
		if (ctl_len(c) != sizeof(info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		o->ifindex = (uint32_t)info.ipi_ifindex;
		o->src = ip_addr_from_v4(ntohl(info.ipi_spec_dst.s_addr));
		return 0;
	default: return -EINVAL;
	}
}

static int ctl_pktinfo6(struct udp_out *o, const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	if (ctl_len(c) < sizeof(info))
		return -EINVAL;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	o->ifindex = info.ipi6_ifindex;
	o->src = ip_addr_from_v6(info.ipi6_addr.s6_addr);
	return 0;
}

/* -1: as if absent. */
static int ctl_ipv6(struct udp_out *o, const struct cmsghdr *c)
{
	switch (c->cmsg_type) {
	case IPV6_HOPLIMIT: return ctl_int(c, -1, &o->ttl);
	case IPV6_TCLASS: return ctl_int(c, -1, &o->tos);
	case IPV6_PKTINFO: return ctl_pktinfo6(o, c);
	default: return -EINVAL;
	}
}

/* An IPv4 datagram of an AF_INET6 socket: of IPv6's messages only a mapped source counts. */
static int ctl_mapped(struct udp_out *o, const struct cmsghdr *c)
{
	int err;

	if (c->cmsg_type != IPV6_PKTINFO)
		return 0;
	err = ctl_pktinfo6(o, c);
	return err == 0 && !ip_addr_is_v4(&o->src) ? -EINVAL : err;
}

static int read_control(struct udp_out *o, const struct sock *s, const struct msghdr *msg, bool v4)
{
	int err;
	const struct cmsghdr *c = NULL;

	while ((c = ctl_next(msg, c, &err)) != NULL) {
		if (c->cmsg_level == SOL_SOCKET)
			err = ctl_socket(c);
		else if (c->cmsg_level == SOL_IP && v4)
			err = ctl_ip(o, c);
		else if (c->cmsg_level == SOL_IPV6 && !v4)
			err = ctl_ipv6(o, c);
		else if (c->cmsg_level == SOL_IPV6 && sock_domain(s) == AF_INET6)
			err = ctl_mapped(o, c);
		if (err)
			return err;
	}
	return err;
}

/* True for an IPv4 datagram, such as one to :: from a mapped address. */
static bool goes_by_v4(const struct sock *s, const struct endpoint *to)
{
	struct udp_end e;

	if (to && !ip_addr_is_any(&to->ip))
		return ip_addr_is_v4(&to->ip);
	if (to)
		udp_local(s->udp, &e);
	else
		udp_peer(s->udp, &e);
	return ip_addr_is_v4(&e.addr) || (to && ip_addr_is_v4(&to->ip));
}

/* Reads the options of the call into *o and the destination into *end, which is ignored if the
 * datagram has already been started. Errors in Linux's order. */
static int read_call(
	struct udp_out *o, struct udp_end *end, struct sock *s, const struct msghdr *msg, int flags)
{
	struct endpoint to = {.unspec = true};
	int gathers = udp_gathers(s->udp);
	bool looks = msg->msg_name && !(gathers && sock_domain(s) == AF_INET);
	int err = looks ? read_to(&to, s, msg) : 0;
	bool named = err == 0 && !to.unspec, v4 = goes_by_v4(s, named ? &to : NULL);

	if (err == 0 && v4 && (flags & MSG_OOB)) /* IPv6 ignores it */
		err = -EOPNOTSUPP;
	if (err == 0)
		err = read_control(o, s, msg, v4);
	*end = (struct udp_end){to.ip, to.port, to.scope};
	o->to = named ? end : NULL;
	o->more = (flags & MSG_MORE) != 0;
	o->iov = msg->msg_iov;
	o->iovcnt = (int)msg->msg_iovlen;
	if (err == 0 && gathers == 6 && named && v4)
		err = -EINVAL;
	return err;
}

ssize_t dgram_send(struct burble *b, struct sock *s, const struct msghdr *msg, int flags,
	struct burble_call *call)
{
	struct udp_out o = {.src = addr_any(sock_domain(s)), .tos = -1, .ttl = -1};
	ssize_t len = iov_check(msg->msg_iov, msg->msg_iovlen), n;
	struct udp_end end;
	int err;

	if (len < 0)
		return len;
	err = udp_autobind(b->stack, s->udp); /* before the call is examined: Linux */
	if (err)
		return err;
	if (len > DATAGRAM_MAX)
		return -EMSGSIZE;
	if ((flags & MSG_OOB) && sock_domain(s) == AF_INET)
		return -EOPNOTSUPP;
	err = read_call(&o, &end, s, msg, flags);
	if (err)
		return err;
	assert(msg->msg_iovlen <= LIMIT_IOV); /* iov_check() */
	n = udp_send(b->stack, s->udp, &o);
	if (n != -EAGAIN)
		return n;
	udp_want_write(s->udp);
	if (!sock_may_block(s, call, flags) || file_expired(b, call))
		return -EAGAIN;
	return sock_wait(b, s, call, EPOLLOUT, sock_sndtimeo(s));
}

/* --- in --------------------------------------------------------------------------------------- */

static void put(struct ctl_out *c, int level, int type, struct iovec data)
{
	struct cmsghdr head = {.cmsg_level = level, .cmsg_type = type};

	ctl_put(c, &head, data.iov_base, data.iov_len);
}

static void put_int(struct ctl_out *c, int level, int type, int v)
{
	put(c, level, type, (struct iovec){&v, sizeof(v)});
}

static void put_stamp(struct ctl_out *c, uint32_t wants, nsec_t at)
{
	struct timespec ts = {at / NSEC_SEC, at % NSEC_SEC};
	struct timeval tv = {ts.tv_sec, ts.tv_nsec / NSEC_USEC};

	assert(at >= 0);
	if (wants & WANT_STAMPNS)
		put(c, SOL_SOCKET, SO_TIMESTAMPNS, (struct iovec){&ts, sizeof(ts)});
	else if (wants & WANT_STAMP)
		put(c, SOL_SOCKET, SO_TIMESTAMP, (struct iovec){&tv, sizeof(tv)});
}

static void put_ip(struct ctl_out *c, uint32_t wants, const struct udp_in *in)
{
	struct in_pktinfo info = {.ipi_ifindex = (int)in->to.ifindex};
	uint8_t tos = in->tos;

	info.ipi_addr.s_addr = info.ipi_spec_dst.s_addr = htonl(ip_addr_v4(&in->to.addr));
	if (wants & WANT_PKTINFO)
		put(c, SOL_IP, IP_PKTINFO, (struct iovec){&info, sizeof(info)});
	if (wants & WANT_TTL)
		put_int(c, SOL_IP, IP_TTL, in->ttl);
	if (wants & WANT_TOS)
		put(c, SOL_IP, IP_TOS, (struct iovec){&tos, sizeof(tos)});
}

/* For an IPv4 datagram only the address, mapped: IP_RECVTTL and IP_RECVTOS report the rest. */
static void put_ipv6(struct ctl_out *c, uint32_t wants, const struct udp_in *in)
{
	struct in6_pktinfo info = {.ipi6_ifindex = in->to.ifindex};
	bool v4 = ip_addr_is_v4(&in->to.addr);

	memcpy(info.ipi6_addr.s6_addr, in->to.addr.b, sizeof(in->to.addr.b));
	if (wants & WANT_PKTINFO6)
		put(c, SOL_IPV6, IPV6_PKTINFO, (struct iovec){&info, sizeof(info)});
	if (wants & WANT_TTL6 && !v4)
		put_int(c, SOL_IPV6, IPV6_HOPLIMIT, in->ttl);
	if (wants & WANT_TOS6 && !v4)
		put_int(c, SOL_IPV6, IPV6_TCLASS, in->tos);
}

static void deliver(struct sock *s, struct msghdr *msg, const struct udp_in *in)
{
	struct endpoint from = {.ip = in->from.addr, .port = in->from.port, in->from.ifindex};
	struct ctl_out c = ctl_start(msg);
	uint32_t wants = s->extra ? s->extra->wants : 0;

	put_stamp(&c, wants, in->stamp);
	if (sock_domain(s) == AF_INET6)
		put_ipv6(&c, wants, in);
	if (ip_addr_is_v4(&in->to.addr))
		put_ip(&c, wants, in);
	ctl_end(&c);
	if (msg->msg_name)
		addr_write(&from, sock_domain(s), msg->msg_name, &msg->msg_namelen);
}

/* No datagram is queued: the error, the end, or a blocked call. */
static ssize_t nothing(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct burble_call *call)
{
	if (!sock_may_block(s, call, flags) || file_expired(b, call))
		return -EAGAIN;
	if (udp_opts(s->udp)->shut_rd) { /* only a call that would block sees it, as in Linux */
		msg->msg_controllen = msg->msg_namelen = 0;
		return 0;
	}
	return sock_wait(b, s, call, EPOLLIN, sock_rcvtimeo(s));
}

ssize_t dgram_recv(
	struct burble *b, struct sock *s, struct msghdr *msg, int flags, struct burble_call *call)
{
	struct udp_in in = {.peek = (flags & MSG_PEEK) != 0};
	ssize_t room = iov_check(msg->msg_iov, msg->msg_iovlen), n;
	int err;

	msg->msg_flags = 0;
	if (room < 0)
		return room;
	if (flags & MSG_ERRQUEUE)
		return sock_read_error(b, s, msg);
	err = udp_take_error(s->udp);
	if (err)
		return -err;
	in.iov = msg->msg_iov;
	in.iovcnt = (int)msg->msg_iovlen;
	n = udp_recv(b->stack, s->udp, &in);
	if (n == -EAGAIN)
		return nothing(b, s, msg, flags, call);
	if (n < 0)
		return n;
	assert(n <= room && (size_t)n <= in.len);
	if (in.len > (size_t)room)
		msg->msg_flags |= MSG_TRUNC;
	deliver(s, msg, &in);
	return flags & MSG_TRUNC ? (ssize_t)in.len : n;
}
