/*
 * opt_group.c - multicast options of datagram sockets: IP_ADD_MEMBERSHIP and related options,
 * ip(7), ipv6(7). Filters by source (IP_ADD_SOURCE_MEMBERSHIP, MCAST_MSFILTER ...) have no row.
 */
#include "socket/opt_group.h"
#include "stack/ip/ip.h"

#include <errno.h>
#include <netinet/in.h>

static struct ip_addr v4(struct in_addr a)
{
	return ip_addr_from_v4(ntohl(a.s_addr));
}

/* struct ip_mreqn, or struct ip_mreq, which has no index. */
static int read_mreq(struct iovec value, struct ip_mreqn *m)
{
	*m = (struct ip_mreqn){0};
	if (value.iov_len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(m, value.iov_base,
		value.iov_len >= sizeof(*m) ? sizeof(*m) : sizeof(struct ip_mreq));
	return 0;
}

/* The interface given by m as index or address. 0: none is given; -ENODEV: it does not exist. */
static int interface_of(struct burble *b, const struct ip_mreqn *m)
{
	struct ip_addr a = v4(m->imr_address);
	uint32_t ifindex;

	if (m->imr_ifindex)
		return stack_netdev(b->stack, (uint32_t)m->imr_ifindex) ? m->imr_ifindex : -ENODEV;
	if (ip_addr_is_any(&a))
		return 0;
	ifindex = ip_addr_interface(b->stack, &a);
	return ifindex ? (int)ifindex : -ENODEV;
}

static int membership(struct burble *b, struct sock *s, struct iovec value, bool join)
{
	struct ip_mreqn m;
	struct ip_addr group;
	int err = read_mreq(value, &m), ifindex;

	if (err)
		return err;
	assert(s->file.kind == FILE_DGRAM);
	group = v4(m.imr_multiaddr);
	if (!ip_addr_is_multicast(&group))
		return join ? -EINVAL : -EADDRNOTAVAIL;
	if (!join && m.imr_ifindex) /* Linux: also of an interface that was deleted */
		ifindex = m.imr_ifindex;
	else
		ifindex = interface_of(b, &m);
	if (ifindex < 0)
		return join ? ifindex : -EADDRNOTAVAIL;
	return (join ? udp_join : udp_leave)(b->stack, s->udp, &group, (uint32_t)ifindex);
}

int group_join(struct burble *b, struct sock *s, struct iovec value)
{
	return membership(b, s, value, true);
}

int group_leave(struct burble *b, struct sock *s, struct iovec value)
{
	return membership(b, s, value, false);
}

static int membership6(struct burble *b, struct sock *s, struct iovec value, bool join)
{
	struct ipv6_mreq m;
	struct ip_addr group;

	assert(s->file.kind == FILE_DGRAM);
	if (value.iov_len < sizeof(m))
		return -EINVAL;
	memcpy(&m, value.iov_base, sizeof(m));
	group = ip_addr_from_v6(m.ipv6mr_multiaddr.s6_addr);
	if (ip_addr_is_v4(&group))
		return -EINVAL;
	return (join ? udp_join : udp_leave)(b->stack, s->udp, &group, m.ipv6mr_interface);
}

int group_join6(struct burble *b, struct sock *s, struct iovec value)
{
	return membership6(b, s, value, true);
}

int group_leave6(struct burble *b, struct sock *s, struct iovec value)
{
	return membership6(b, s, value, false);
}

/* MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP (RFC 3678), of either version. */
static int any_membership(struct burble *b, struct sock *s, struct iovec value, bool join)
{
	struct group_req req;
	struct addr_rules rules;
	struct endpoint e;
	int err;

	assert(s->file.kind == FILE_DGRAM);
	if (value.iov_len < sizeof(req))
		return -EINVAL;
	memcpy(&req, value.iov_base, sizeof(req));
	rules = (struct addr_rules){.domain = req.gr_group.ss_family};
	if (rules.domain != AF_INET && rules.domain != AF_INET6)
		return -EADDRNOTAVAIL;
	err = addr_read(&e, (struct sockaddr *)&req.gr_group, sizeof(req.gr_group), rules);
	if (err)
		return err;
	return (join ? udp_join : udp_leave)(b->stack, s->udp, &e.ip, req.gr_interface);
}

int group_join_any(struct burble *b, struct sock *s, struct iovec value)
{
	return any_membership(b, s, value, true);
}

int group_leave_any(struct burble *b, struct sock *s, struct iovec value)
{
	return any_membership(b, s, value, false);
}

/* IP_MULTICAST_IF: an address, struct ip_mreq or struct ip_mreqn; an index has precedence over the
 * address, which then is the source address of datagrams. */
int group_set_if(struct burble *b, struct sock *s, struct iovec value)
{
	struct udp_opts *o = udp_opts(s->udp);
	struct ip_mreqn m = {0};
	int ifindex;

	if (value.iov_len < sizeof(m.imr_address))
		return -EINVAL;
	if (value.iov_len >= sizeof(struct ip_mreq))
		read_mreq(value, &m);
	else
		memcpy(&m.imr_address, value.iov_base, sizeof(m.imr_address));
	ifindex = interface_of(b, &m);
	if (ifindex < 0)
		return -EADDRNOTAVAIL;
	if (ifindex && o->bound_if && o->bound_if != (uint32_t)ifindex)
		return -EINVAL;
	assert(ifindex <= NETDEV_MAX);
	o->v4.group_if = (uint32_t)ifindex;
	o->group_src = v4(m.imr_address);
	return 0;
}

int group_get_if(struct burble *b, struct sock *s, struct iovec *value)
{
	uint32_t a = htonl(ip_addr_v4(&udp_opts(s->udp)->group_src));

	return opt_put(value, &a, sizeof(a));
}

int group_set_if6(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	struct udp_opts *u = udp_opts(s->udp);

	if (v && !stack_netdev(b->stack, (uint32_t)v))
		return -ENODEV;
	if (v && u->bound_if && u->bound_if != (uint32_t)v)
		return -EINVAL;
	u->v6.group_if = (uint32_t)v;
	return 0;
}

int group_set_ttl(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	assert(v >= -1 && v <= UINT8_MAX);
	return opt_set_udp_u8(b, s, o, v == -1 ? 1 : v);
}

int group_set_loop(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	return opt_set_udp_u8(b, s, o, v != 0);
}
