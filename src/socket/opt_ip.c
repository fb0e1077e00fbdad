/*
 * opt_ip.c - IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7), the options for a socket's own packets
 * and errors.
 */
#include "socket/opt_group.h"
#include "stack/ip/ip.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>

enum {
	LINUX_IP_LOCAL_PORT_RANGE = 51, /* from linux/in.h, which conflicts with netinet/in.h */
};

/* The options of a datagram socket for one IP version. */
static struct udp_ip_opts *ip_opts(struct sock *s, bool v6)
{
	struct udp_opts *o = udp_opts(s->udp);

	return v6 ? &o->v6 : &o->v4;
}

/* IP_TTL, IPV6_UNICAST_HOPS: -1 restores the default; 0, which no router forwards, only for
 * IPv6. */
static int set_ttl(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	uint16_t ttl = v == -1 ? 0 : v == 0 ? IP_NO_HOPS : (uint16_t)v;
	bool v6 = o->name == IPV6_UNICAST_HOPS;

	assert(v >= -1 && v <= UINT8_MAX);
	if (v == 0 && !v6)
		return -EINVAL;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, v6 ? TCPO_HOPS : TCPO_TTL, ttl);
	ip_opts(s, v6)->ttl = ttl;
	return 0;
}

static int get_ttl(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	int64_t ttl = 0;
	const struct sysctl *sys = sock_sysctl(b);
	bool v6 = o->name == IPV6_UNICAST_HOPS;

	if (s->file.kind == FILE_DGRAM)
		ttl = ip_opts(s, v6)->ttl;
	else if (tcp_get_opt(b->stack, s->tcp, v6 ? TCPO_HOPS : TCPO_TTL, &ttl) < 0)
		return -ENOPROTOOPT;
	*v = ttl == IP_NO_HOPS ? 0 : (int)ttl;
	if (ttl <= 0)
		*v = v6 ? sys->ipv6_hop_limit : sys->ip_default_ttl;
	return 0;
}

/* rt_tos2priority(): the class of the old TOS bits, as IP_TOS sets SO_PRIORITY. */
static int set_priority(struct burble *b, struct sock *s, int tos)
{
	static const uint8_t class[] = {0, 2, 6, 4}; /* best effort, bulk, interactive, both */
	int is = class[tos >> 3 & 3];
	struct sock_extra *x;

	if (!s->extra && is == 0)
		return 0;
	x = sock_extra(b, s);
	if (!x)
		return -ENOMEM;
	x->priority = is;
	return 0;
}

static int current_tos(struct burble *b, struct sock *s, bool v6)
{
	int64_t now = 0;
	int err;

	if (s->file.kind == FILE_DGRAM)
		return ip_opts(s, v6)->tos;
	err = tcp_get_opt(b->stack, s->tcp, v6 ? TCPO_TCLASS : TCPO_TOS, &now);
	return err ? err : (int)now;
}

/* The two low bits of IP_TOS on a stream are ECN's, and TCP's own. -1 is IPv6's default. */
static int set_tos(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	bool v6 = o->name == IPV6_TCLASS;
	int now = current_tos(b, s, v6), err = now < 0 ? now : 0;

	v = v == -1 && v6 ? 0 : v & 0xff;
	if (err)
		return err;
	if (s->file.kind == FILE_STREAM)
		v = (v & ~3) | (now & 3);
	if (!v6 && v != now)
		err = set_priority(b, s, v);
	if (err)
		return err;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, v6 ? TCPO_TCLASS : TCPO_TOS, v);
	ip_opts(s, v6)->tos = (uint8_t)v;
	return 0;
}

static int get_tos(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	int tos = current_tos(b, s, o->name == IPV6_TCLASS);

	*v = tos;
	return tos < 0 ? tos : 0;
}

/* IP_MTU: the path MTU of a connected socket. */
static int get_mtu(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	struct endpoint peer;
	struct ip_route_key ask;
	struct ip_route path;
	int err = sock_ops(b, s)->name(b, s, &peer, true);

	if (err)
		return err;
	ask = (struct ip_route_key){.dst = peer.ip, .src = addr_any(sock_domain(s))};
	if (ip_route_query(b->stack, &ask, &path) < 0)
		return -ENOTCONN;
	assert(path.mtu > 0);
	*v = (int)path.mtu;
	return 0;
}

/* After a connect() that failed the port number is still visible, but released. */
static bool has_port(struct burble *b, struct sock *s)
{
	struct endpoint e = {0};
	struct tcp_status f = {0};

	sock_ops(b, s)->name(b, s, &e, false);
	if (s->file.kind == FILE_STREAM)
		tcp_get_status(s->tcp, &f);
	return e.port && (f.state != TCPS_CLOSED || sock_is(s, SOCK_BIT_BOUND));
}

/* IPV6_V6ONLY: only before bind() and connect(). */
static int set_v6only(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	return has_port(b, s) ? -EINVAL : opt_set_bit(b, s, o, v);
}

#define BOTH(n, lo, hi, to, from)                                                                  \
	{                                                                                          \
		.name = (n), .on = OPT_BOTH, .min = (lo), .max = (hi), .set = (to), .get = (from)  \
	}
#define GROUP_TTL(n, field)                                                                        \
	{                                                                                          \
		.name = (n), .on = OPT_DGRAM, .arg = offsetof(struct udp_opts, field), .min = -1,  \
		.max = 255, .set = group_set_ttl, .get = opt_get_udp_u8                            \
	}
#define RAW(n, to, from)                                                                           \
	{                                                                                          \
		.name = (n), .on = OPT_DGRAM, .set_raw = (to), .get_raw = (from)                   \
	}

/* IP_LOCAL_PORT_RANGE accepts neither a byte, nor anything longer. */
static int set_range(struct burble *b, struct sock *s, struct iovec value)
{
	uint32_t r, low, high;

	if (value.iov_len != sizeof(r))
		return -EINVAL;
	memcpy(&r, value.iov_base, sizeof(r));
	low = r & 0xffff;
	high = r >> 16;
	if (low && high && low > high)
		return -EINVAL;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_PORT_RANGE, r);
	udp_opts(s->udp)->port_range = r;
	return 0;
}

static int get_range(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	int64_t r = 0;
	int err = 0;

	if (s->file.kind == FILE_STREAM)
		err = tcp_get_opt(b->stack, s->tcp, TCPO_PORT_RANGE, &r);
	else
		r = udp_opts(s->udp)->port_range;
	*v = (int)r;
	return err;
}

static const struct opt rows4[] = {
	BOTH(IP_TTL, -1, 255, set_ttl, get_ttl),
	BOTH(IP_TOS, INT_MIN, INT_MAX, set_tos, get_tos),
	BOTH(IP_MTU, 0, 0, NULL, get_mtu),
	OPT_CONN(IP_MTU_DISCOVER, TCPO_PMTUDISC),
	OPT_UDP_U8(IP_MTU_DISCOVER, v4.pmtu, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT),
	GROUP_TTL(IP_MULTICAST_TTL, v4.group_ttl),
	{.name = IP_MULTICAST_LOOP,
		.on = OPT_DGRAM,
		.arg = offsetof(struct udp_opts, v4.group_loop),
		OPT_ANY_INT,
		.set = group_set_loop,
		.get = opt_get_udp_u8},
	OPT_UDP_U8(IP_MULTICAST_ALL, v4.group_all, 0, 1),
	RAW(IP_MULTICAST_IF, group_set_if, group_get_if),
	RAW(IP_ADD_MEMBERSHIP, group_join, NULL),
	RAW(IP_DROP_MEMBERSHIP, group_leave, NULL),
	RAW(MCAST_JOIN_GROUP, group_join_any, NULL),
	RAW(MCAST_LEAVE_GROUP, group_leave_any, NULL),
	OPT_BIT(IP_BIND_ADDRESS_NO_PORT, OPT_BOTH, SOCK_BIT_NO_PORT, INT_MIN, INT_MAX),
	{.name = LINUX_IP_LOCAL_PORT_RANGE, .on = OPT_BOTH, .set_raw = set_range, .get = get_range},
	OPT_BIT(IP_FREEBIND, OPT_BOTH, SOCK_BIT_FREEBIND, INT_MIN, INT_MAX),
	OPT_BIT(IP_RECVERR, OPT_DGRAM, SOCK_BIT_RECVERR, INT_MIN, INT_MAX),
	OPT_CONN(IP_RECVERR, TCPO_RECVERR),
	OPT_CONN(IP_MINTTL, TCPO_MINTTL),
	OPT_WANT(IP_PKTINFO, WANT_PKTINFO),
	OPT_WANT(IP_RECVTTL, WANT_TTL),
	OPT_WANT(IP_RECVTOS, WANT_TOS),
};

static const struct opt rows6[] = {
	BOTH(IPV6_UNICAST_HOPS, -1, 255, set_ttl, get_ttl),
	BOTH(IPV6_TCLASS, -1, 255, set_tos, get_tos),
	BOTH(IPV6_MTU, 0, 0, NULL, get_mtu),
	OPT_CONN(IPV6_MTU_DISCOVER, TCPO_PMTUDISC6),
	OPT_UDP_U8(IPV6_MTU_DISCOVER, v6.pmtu, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT),
	GROUP_TTL(IPV6_MULTICAST_HOPS, v6.group_ttl),
	OPT_UDP_U8(IPV6_MULTICAST_LOOP, v6.group_loop, 0, 1),
	OPT_UDP_U8(IPV6_MULTICAST_ALL, v6.group_all, 0, 1),
	{.name = IPV6_MULTICAST_IF,
		.on = OPT_DGRAM,
		.arg = offsetof(struct udp_opts, v6.group_if),
		.max = INT_MAX,
		.set = group_set_if6,
		.get = opt_get_udp_u32},
	RAW(IPV6_ADD_MEMBERSHIP, group_join6, NULL),
	RAW(IPV6_DROP_MEMBERSHIP, group_leave6, NULL),
	RAW(MCAST_JOIN_GROUP, group_join_any, NULL),
	RAW(MCAST_LEAVE_GROUP, group_leave_any, NULL),
	{.name = IPV6_V6ONLY,
		.on = OPT_BOTH,
		.arg = SOCK_BIT_V6ONLY,
		OPT_ANY_INT,
		.set = set_v6only,
		.get = opt_get_bit},
	OPT_BIT(IPV6_FREEBIND, OPT_BOTH, SOCK_BIT_FREEBIND, INT_MIN, INT_MAX),
	OPT_BIT(IPV6_RECVERR, OPT_DGRAM, SOCK_BIT_RECVERR6, INT_MIN, INT_MAX),
	OPT_CONN(IPV6_RECVERR, TCPO_RECVERR6),
	OPT_CONN(IPV6_MINHOPCOUNT, TCPO_MINHOPS),
	OPT_WANT(IPV6_RECVPKTINFO, WANT_PKTINFO6),
	OPT_WANT(IPV6_RECVHOPLIMIT, WANT_TTL6),
	OPT_WANT(IPV6_RECVTCLASS, WANT_TOS6),
};

const struct opt_table opt_ip = {IPPROTO_IP, true, false, rows4, ARRAY_SIZE(rows4)};
const struct opt_table opt_ipv6 = {IPPROTO_IPV6, false, false, rows6, ARRAY_SIZE(rows6)};
