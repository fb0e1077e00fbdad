/*
 * opt_ip.c - IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7), as far as they concern what a socket
 * sends and is told.
 */
#include "socket/opt.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>

/* IP_TTL: -1 is the default again, 0 is not possible. */
static int set_ttl(struct bs *bs, struct sock *s, const struct opt *o, int v)
{
	if (v == 0 || v < -1 || v > 255)
		return -EINVAL;
	return tcp_set_opt(bs->stack, s->tcp, TCPO_TTL, v == -1 ? 0 : v);
}

static int get_ttl(struct bs *bs, struct sock *s, const struct opt *o, int *v)
{
	int err = opt_get_conn(bs, s, o, v);
	if (err == 0 && *v <= 0)
		*v = sock_sysctl(bs)->ip_default_ttl;
	return err;
}

/* IPV6_UNICAST_HOPS: 0 is a value too, but nothing could be sent with it. */
static int set_hops(struct bs *bs, struct sock *s, const struct opt *o, int v)
{
	return set_ttl(bs, s, o, v);
}

static int get_hops(struct bs *bs, struct sock *s, const struct opt *o, int *v)
{
	int err = opt_get_conn(bs, s, o, v);
	if (err == 0 && *v <= 0)
		*v = sock_sysctl(bs)->ipv6_hop_limit;
	return err;
}

/* The two low bits of IP_TOS on a stream are ECN's, and TCP's own. */
static int set_tos(struct bs *bs, struct sock *s, const struct opt *o, int v)
{
	int64_t now = 0;
	int err = tcp_get_opt(bs->stack, s->tcp, TCPO_TOS, &now);
	if (err)
		return err;
	v = (v == -1 ? 0 : v) & ~3;
	return tcp_set_opt(bs->stack, s->tcp, TCPO_TOS, (v | (int)(now & 3)) & 0xff);
}

/* IP_MTU: what the path of a connected socket takes. */
static int get_mtu(struct bs *bs, struct sock *s, const struct opt *o, int *v)
{
	struct tcp_info info = {0};
	struct endpoint peer;
	int err = sock_ops(s)->name(bs, s, &peer, true);
	if (err)
		return err;
	tcp_info(bs->stack, s->tcp, &info, sizeof(info));
	*v = (int)info.tcpi_pmtu;
	return *v > 0 ? 0 : -ENOTCONN;
}

/* IPV6_V6ONLY: only before bind() and connect(). */
static int set_v6only(struct bs *bs, struct sock *s, const struct opt *o, int v)
{
	struct endpoint e = {0};
	sock_ops(s)->name(bs, s, &e, false);
	return e.port ? -EINVAL : opt_set_bit(bs, s, o, v);
}

#define FROM_CONN(n, opt, lo, hi, to, from)                                                        \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (opt), .min = (lo), .max = (hi),             \
		.set = (to), .get = (from)                                                         \
	}
#define BIT(n, bit, to)                                                                            \
	{                                                                                          \
		.name = (n), .on = OPT_BOTH, .arg = (bit), OPT_ANY_INT, .set = (to),               \
		.get = opt_get_bit                                                                 \
	}

static const struct opt rows4[] = {
	FROM_CONN(IP_TTL, TCPO_TTL, INT_MIN, INT_MAX, set_ttl, get_ttl),
	FROM_CONN(IP_TOS, TCPO_TOS, INT_MIN, INT_MAX, set_tos, opt_get_conn),
	FROM_CONN(IP_MTU_DISCOVER, TCPO_PMTUDISC, IP_PMTUDISC_DONT, IP_PMTUDISC_OMIT, opt_set_conn,
		opt_get_conn),
	FROM_CONN(IP_MTU, 0, 0, 0, NULL, get_mtu),
	BIT(IP_FREEBIND, SOCK_BIT_FREEBIND, opt_set_bit),
};

static const struct opt rows6[] = {
	FROM_CONN(IPV6_UNICAST_HOPS, TCPO_TTL, -1, 255, set_hops, get_hops),
	FROM_CONN(IPV6_TCLASS, TCPO_TOS, -1, 255, set_tos, opt_get_conn),
	FROM_CONN(IPV6_MTU_DISCOVER, TCPO_PMTUDISC, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT,
		opt_set_conn, opt_get_conn),
	FROM_CONN(IPV6_MTU, 0, 0, 0, NULL, get_mtu),
	BIT(IPV6_V6ONLY, SOCK_BIT_V6ONLY, set_v6only),
	BIT(IPV6_FREEBIND, SOCK_BIT_FREEBIND, opt_set_bit),
};

const struct opt_table opt_ip = {IPPROTO_IP, true, rows4, ARRAY_SIZE(rows4)};
const struct opt_table opt_ipv6 = {IPPROTO_IPV6, false, rows6, ARRAY_SIZE(rows6)};
