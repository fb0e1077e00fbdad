/*
 * opt_socket.c - SOL_SOCKET. Options of a kernel that have no meaning here (SO_DEBUG,
 * filters, credentials, busy polling) have no row.
 *
 * SO_MARK is a number for filters and routing rules on Linux, and for the program itself here,
 * where there are neither: a kernel without a rule about marks does the same. SO_PRIORITY chooses a
 * band of a queueing discipline, and there is none here.
 */
#include "socket/opt_row.h"
#include "socket/tx_completions.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/time.h>

/* --- identity of the socket
 * -------------------------------------------------------------------- */

static int get_type(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = s->file.kind == FILE_STREAM ? SOCK_STREAM : SOCK_DGRAM;
	return 0;
}

static int get_protocol(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = s->file.kind == FILE_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
	return 0;
}

static int get_domain(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = sock_domain(s);
	return 0;
}

static int get_error(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = sock_ops(b, s)->take_error(s);
	return 0;
}

static int get_acceptconn(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	struct tcp_status f = {0};

	if (s->file.kind == FILE_STREAM)
		tcp_get_status(s->tcp, &f);
	*v = f.state == TCPS_LISTEN;
	return 0;
}

/* --- buffers: the value is doubled for bookkeeping, as socket(7) says ------------------------- */

static int64_t doubled(int v, int32_t cap)
{
	uint32_t n = u32_min((uint32_t)v, (uint32_t)cap);

	assert(cap > 0); /* the bounds of rmem_max and wmem_max */
	return (int64_t)u32_min(n, INT_MAX / 2) * 2;
}

static int set_sndbuf(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	int64_t n = doubled(v, sock_sysctl(b)->wmem_max);

	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_SNDBUF, n);
	udp_opts(s->udp)->sndbuf = u32_max((uint32_t)n, STACK_SNDBUF_MIN);
	return 0;
}

static int set_rcvbuf(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	int64_t n = doubled(v, sock_sysctl(b)->rmem_max);

	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_RCVBUF, n);
	udp_opts(s->udp)->rcvbuf = u32_max((uint32_t)n, STACK_RCVBUF_MIN);
	return 0;
}

static int set_rcvlowat(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	struct sock_extra *x = sock_extra(b, s);

	if (!x)
		return -ENOMEM;
	x->rcvlowat = v < 0 ? INT_MAX : v ? (uint32_t)v : 1;
	if (s->file.kind == FILE_STREAM)
		x->rcvlowat = tcp_set_rcvlowat(b->stack, s->tcp, x->rcvlowat);
	return 0;
}

static int get_rcvlowat(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = (int)sock_rcvlowat(s);
	return 0;
}

static int get_sndlowat(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = 1;
	return 0;
}

/* --- times ------------------------------------------------------------------------------------ */

static int read_time(struct iovec value, nsec_t *out)
{
	struct timeval tv;

	if (value.iov_len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value.iov_base, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	*out = 0;
	if (tv.tv_sec < 0)
		*out = 1; /* already over: the same as non-blocking, as in Linux */
	else if (tv.tv_sec < NSEC_MAX / NSEC_SEC / 2)
		*out = tv.tv_sec * NSEC_SEC + tv.tv_usec * NSEC_USEC;
	return 0;
}

static int set_rcvtimeo(struct burble *b, struct sock *s, struct iovec value)
{
	struct sock_extra *x = sock_extra(b, s);

	return x ? read_time(value, &x->rcvtimeo) : -ENOMEM;
}

static int set_sndtimeo(struct burble *b, struct sock *s, struct iovec value)
{
	struct sock_extra *x = sock_extra(b, s);

	return x ? read_time(value, &x->sndtimeo) : -ENOMEM;
}

static int put_time(struct iovec *value, nsec_t t)
{
	struct timeval tv = {t / NSEC_SEC, t % NSEC_SEC / NSEC_USEC};

	return opt_put(value, &tv, sizeof(tv));
}

static int get_rcvtimeo(struct burble *b, struct sock *s, struct iovec *value)
{
	return put_time(value, sock_rcvtimeo(s));
}

static int get_sndtimeo(struct burble *b, struct sock *s, struct iovec *value)
{
	return put_time(value, sock_sndtimeo(s));
}

/* Linux with 250 ticks a second returns this for the longest timeout that it can store. */
#define LINGER_FOR_EVER ((int)(uint32_t)(INT64_MAX / 250))

static int set_linger(struct burble *b, struct sock *s, struct iovec value)
{
	struct sock_extra *x;
	struct linger l;

	if (value.iov_len < sizeof(l))
		return -EINVAL;
	memcpy(&l, value.iov_base, sizeof(l));
	sock_mark(s, SOCK_BIT_LINGER, l.l_onoff != 0);
	x = l.l_onoff ? sock_extra(b, s) : NULL;
	if (x)
		x->linger = l.l_linger;
	return l.l_onoff && !x ? -ENOMEM : 0;
}

static int get_linger(struct burble *b, struct sock *s, struct iovec *value)
{
	struct linger l = {.l_onoff = sock_is(s, SOCK_BIT_LINGER)};

	l.l_linger = s->extra ? s->extra->linger : 0;
	if (l.l_linger < 0)
		l.l_linger = LINGER_FOR_EVER;
	return opt_put(value, &l, sizeof(l));
}

/* --- other options
 * ----------------------------------------------------------------------------- */

static int get_meminfo(struct burble *b, struct sock *s, struct iovec *value)
{
	uint32_t words[9];

	tcp_meminfo(b->stack, s->tcp, words);
	return opt_put(value, words, sizeof(words));
}

/* SO_MAX_PACING_RATE is 32 or 64 bits wide; ~0 is no limit. For a datagram socket it is a hint to
 * Linux's queueing disciplines, of which there are none here. */
static int set_pacing(struct burble *b, struct sock *s, struct iovec value)
{
	uint64_t rate;
	struct sock_extra *x;
	uint32_t low;
	int64_t v;

	if (value.iov_len < sizeof(low))
		return -EINVAL;
	memcpy(&low, value.iov_base, sizeof(low));
	if (value.iov_len >= sizeof(rate))
		memcpy(&rate, value.iov_base, sizeof(rate));
	else
		rate = low == UINT32_MAX ? UINT64_MAX : low;
	v = rate > INT64_MAX ? INT64_MAX : (int64_t)rate;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_MAX_PACING, v);
	x = sock_extra(b, s);
	if (!x)
		return -ENOMEM;
	x->not_pacing = ~rate;
	return 0;
}

static int get_pacing(struct burble *b, struct sock *s, struct iovec *value)
{
	uint64_t rate = s->extra ? ~s->extra->not_pacing : UINT64_MAX;
	int64_t v = INT64_MAX;
	uint32_t low;
	int err = 0;

	if (s->file.kind == FILE_STREAM)
		err = tcp_get_opt(b->stack, s->tcp, TCPO_MAX_PACING, &v);
	if (s->file.kind == FILE_STREAM)
		rate = v == INT64_MAX ? UINT64_MAX : (uint64_t)v;
	low = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
	if (err)
		return err;
	if (value->iov_len >= sizeof(rate))
		return opt_put(value, &rate, sizeof(rate));
	return opt_put(value, &low, sizeof(low));
}

static int set_stamps(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	return tx_set_stamps(b, s, v);
}

/* The flags, and the number of a hardware clock: none. */
static int get_stamps(struct burble *b, struct sock *s, struct iovec *value)
{
	uint32_t is[2] = {s->extra ? s->extra->stamps : 0, 0};

	return opt_put(value, is, sizeof(is));
}

/* SO_BINDTODEVICE: the name of an interface; "": any. */
static int set_device(struct burble *b, struct sock *s, struct iovec value)
{
	char name[NETDEV_NAME] = "";
	uint32_t ifindex = 0;

	if (value.iov_len > 0) /* otherwise the base may be NULL */
		memcpy(name, value.iov_base, size_min(value.iov_len, sizeof(name) - 1));
	for (uint32_t i = 1; name[0] && i <= NETDEV_MAX && !ifindex; i++) {
		const struct netdev *dev = stack_netdev(b->stack, i);

		ifindex = dev && strcmp(dev->name, name) == 0 ? i : 0;
	}
	assert(ifindex <= NETDEV_MAX);
	if (name[0] && !ifindex)
		return -ENODEV;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_IFINDEX, ifindex);
	udp_opts(s->udp)->bound_if = ifindex;
	return 0;
}

/* SO_BINDTOIFINDEX: the same by index. */
static int set_ifindex(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	if (v && !stack_netdev(b->stack, (uint32_t)v))
		return -ENODEV;
	if (s->file.kind == FILE_STREAM)
		return tcp_set_opt(b->stack, s->tcp, TCPO_IFINDEX, v);
	udp_opts(s->udp)->bound_if = (uint32_t)v;
	return 0;
}

static int get_ifindex(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = (int)sock_interface(b, s);
	return 0;
}

static int get_device(struct burble *b, struct sock *s, struct iovec *value)
{
	uint32_t ifindex = sock_interface(b, s);
	const struct netdev *dev = ifindex > 0 ? stack_netdev(b->stack, ifindex) : NULL;

	if (!dev) {
		value->iov_len = 0;
		return 0;
	}
	assert(strlen(dev->name) < NETDEV_NAME);
	return opt_put(value, dev->name, strlen(dev->name) + 1);
}

/* --- the table -------------------------------------------------------------------------------- */

#define READ(n, how)                                                                               \
	{                                                                                          \
		.name = (n), .on = OPT_BOTH, .get = (how)                                          \
	}
#define SET_CONN(n, opt, how)                                                                      \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (opt), OPT_ANY_INT, .set = (how),            \
		.get = opt_get_conn                                                                \
	}
#define UDP_BUF(n, field, how)                                                                     \
	{                                                                                          \
		.name = (n), .on = OPT_DGRAM, .arg = offsetof(struct udp_opts, field),             \
		OPT_ANY_INT, .set = (how), .get = opt_get_udp_u32                                  \
	}
#define EXTRA(n, field)                                                                            \
	{                                                                                          \
		.name = (n), .on = OPT_BOTH, .arg = offsetof(struct sock_extra, field),            \
		OPT_ANY_INT, .set = opt_set_extra, .get = opt_get_extra                            \
	}
#define RAW(n, where, to, from)                                                                    \
	{                                                                                          \
		.name = (n), .on = (where), .set_raw = (to), .get_raw = (from)                     \
	}

static const struct opt rows[] = {
	OPT_BIT(SO_REUSEADDR, OPT_BOTH, SOCK_BIT_REUSEADDR, INT_MIN, INT_MAX),
	OPT_BIT(SO_REUSEPORT, OPT_BOTH, SOCK_BIT_REUSEPORT, INT_MIN, INT_MAX),
	READ(SO_TYPE, get_type),
	READ(SO_PROTOCOL, get_protocol),
	READ(SO_DOMAIN, get_domain),
	READ(SO_ERROR, get_error),
	READ(SO_ACCEPTCONN, get_acceptconn),
	READ(SO_SNDLOWAT, get_sndlowat),
	OPT_CONN(SO_KEEPALIVE, TCPO_KEEPALIVE),
	OPT_CONN(SO_OOBINLINE, TCPO_OOBINLINE),
	SET_CONN(SO_SNDBUF, TCPO_SNDBUF, set_sndbuf),
	SET_CONN(SO_RCVBUF, TCPO_RCVBUF, set_rcvbuf),
	UDP_BUF(SO_SNDBUF, sndbuf, set_sndbuf),
	UDP_BUF(SO_RCVBUF, rcvbuf, set_rcvbuf),
	{.name = SO_NO_CHECK,
		.on = OPT_DGRAM,
		.arg = offsetof(struct udp_opts, no_check),
		OPT_ANY_INT,
		.set = opt_set_udp_flag,
		.get = opt_get_udp_u8},
	OPT_BIT(SO_NO_CHECK, OPT_STREAM, SOCK_BIT_NO_CHECK, INT_MIN, INT_MAX),
	OPT_WANT(SO_TIMESTAMP, WANT_STAMP),
	OPT_WANT(SO_TIMESTAMPNS, WANT_STAMPNS),
	OPT_BIT(SO_KEEPALIVE, OPT_DGRAM, SOCK_BIT_KEEPALIVE, INT_MIN, INT_MAX),
	OPT_BIT(SO_OOBINLINE, OPT_DGRAM, SOCK_BIT_OOBINLINE, INT_MIN, INT_MAX),
	OPT_BIT(SO_BROADCAST, OPT_BOTH, SOCK_BIT_BROADCAST, INT_MIN, INT_MAX),
	OPT_BIT(SO_ZEROCOPY, OPT_STREAM, SOCK_BIT_ZEROCOPY, 0, 1),
	{.name = SO_TIMESTAMPING,
		.on = OPT_STREAM,
		OPT_ANY_INT,
		.set = set_stamps,
		.get_raw = get_stamps},
	EXTRA(SO_PRIORITY, priority),
	EXTRA(SO_MARK, mark),
	RAW(SO_BINDTODEVICE, OPT_BOTH, set_device, get_device),
	{.name = SO_BINDTOIFINDEX,
		.on = OPT_BOTH,
		.max = INT_MAX,
		.set = set_ifindex,
		.get = get_ifindex},
	{.name = SO_RCVLOWAT,
		.on = OPT_BOTH,
		OPT_ANY_INT,
		.set = set_rcvlowat,
		.get = get_rcvlowat},
	RAW(SO_RCVTIMEO, OPT_BOTH, set_rcvtimeo, get_rcvtimeo),
	RAW(SO_SNDTIMEO, OPT_BOTH, set_sndtimeo, get_sndtimeo),
	RAW(SO_LINGER, OPT_BOTH, set_linger, get_linger),
	RAW(SO_MEMINFO, OPT_STREAM, NULL, get_meminfo),
	RAW(SO_MAX_PACING_RATE, OPT_BOTH, set_pacing, get_pacing),
};

const struct opt_table opt_socket = {SOL_SOCKET, false, true, rows, ARRAY_SIZE(rows)};
