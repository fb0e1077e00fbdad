/*
 * opt_tcp.c - IPPROTO_TCP: tcp(7). Not here, and so ENOPROTOOPT: TCP_REPAIR and what belongs to it,
 * TCP_ULP (no modules), TCP_ZEROCOPY_RECEIVE (no page tables).
 */
#include "socket/ao_api.h"
#include "socket/opt_row.h"

#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

static int set_inq(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	sock_mark(s, SOCK_BIT_INQ, v);
	return 0;
}

/* TCP_FASTOPEN_CONNECT: only where tcp_fastopen lets clients, and before connect(). */
static int set_fastopen_connect(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	struct tcp_status f;
	tcp_get_status(s->tcp, &f);
	if (!(sock_sysctl(b)->tcp_fastopen & 1))
		return -EOPNOTSUPP;
	if (f.state != TCPS_CLOSED)
		return -EINVAL;
	return opt_set_conn(b, s, o, v);
}

/* TCP_FASTOPEN and TCP_FASTOPEN_NO_COOKIE: of a listener, or of what may become one. */
static int set_unused(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	struct tcp_status f;
	tcp_get_status(s->tcp, &f);
	if (f.state != TCPS_CLOSED && f.state != TCPS_LISTEN)
		return -EINVAL;
	return opt_set_conn(b, s, o, v);
}

/* A byte count that is unsigned in Linux. */
static int set_unsigned(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	return tcp_set_opt(b->stack, s->tcp, (enum tcp_opt_name)o->arg, (uint32_t)v);
}

static int set_cc(struct burble *b, struct sock *s, struct iovec value)
{
	char name[SYSCTL_CC_NAME] = "";
	if (value.iov_len < 1)
		return -EINVAL;
	memcpy(name, value.iov_base, size_min(value.iov_len, sizeof(name) - 1));
	return tcp_set_cc(b->stack, s->tcp, name);
}

static int get_cc(struct burble *b, struct sock *s, struct iovec *value)
{
	char name[SYSCTL_CC_NAME] = "";
	const char *is = tcp_cc_name(b->stack, s->tcp);
	memcpy(name, is, size_min(strlen(is), sizeof(name) - 1));
	return opt_put(value, name, sizeof(name));
}

static int get_info(struct burble *b, struct sock *s, struct iovec *value)
{
	uint8_t info[512]; /* libc's structure is behind the kernel's */
	size_t n = tcp_info(b->stack, s->tcp, info, sizeof(info));
	return opt_put(value, &info, n);
}

static int get_cc_info(struct burble *b, struct sock *s, struct iovec *value)
{
	union tcp_cc_info info = {0};
	size_t n = tcp_cc_info(b->stack, s->tcp, &info);
	return opt_put(value, &info, n);
}

static int get_saved_syn(struct burble *b, struct sock *s, struct iovec *value)
{
	return tcp_take_saved_syn(b->stack, s->tcp, value->iov_base, &value->iov_len);
}

static int set_key(struct burble *b, struct sock *s, struct iovec value)
{
	if (value.iov_len != 16 && value.iov_len != 32)
		return -EINVAL;
	return tcp_set_fastopen_key(b->stack, s->tcp, value.iov_base, value.iov_len);
}

#define CONN(n, opt, lo, hi)                                                                       \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (opt), .min = (lo), .max = (hi),             \
		.set = opt_set_conn, .get = opt_get_conn                                           \
	}
#define FLAG(n, opt)                                                                               \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (opt), OPT_ANY_INT,                          \
		.set = opt_set_conn_flag, .get = opt_get_conn                                      \
	}
#define OWN(n, opt, lo, hi, how)                                                                   \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .arg = (opt), .min = (lo), .max = (hi),             \
		.set = (how), .get = opt_get_conn                                                  \
	}
#define RAW(n, to, from)                                                                           \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .set_raw = (to), .get_raw = (from)                  \
	}

static const struct opt rows[] = {
	FLAG(TCP_NODELAY, TCPO_NODELAY),
	FLAG(TCP_CORK, TCPO_CORK),
	CONN(TCP_QUICKACK, TCPO_QUICKACK, INT_MIN, INT_MAX),
	CONN(TCP_MAXSEG, TCPO_MAXSEG, INT_MIN, INT_MAX),
	CONN(TCP_KEEPIDLE, TCPO_KEEPIDLE, 1, 32767),
	CONN(TCP_KEEPINTVL, TCPO_KEEPINTVL, 1, 32767),
	CONN(TCP_KEEPCNT, TCPO_KEEPCNT, 1, 127),
	CONN(TCP_SYNCNT, TCPO_SYNCNT, 1, 127),
	CONN(TCP_LINGER2, TCPO_LINGER2, INT_MIN, INT_MAX),
	CONN(TCP_DEFER_ACCEPT, TCPO_DEFER_ACCEPT, INT_MIN, INT_MAX),
	CONN(TCP_WINDOW_CLAMP, TCPO_WINDOW_CLAMP, INT_MIN, INT_MAX),
	CONN(TCP_USER_TIMEOUT, TCPO_USER_TIMEOUT, 0, INT_MAX),
	CONN(TCP_THIN_LINEAR_TIMEOUTS, TCPO_THIN_LINEAR, 0, 1),
	CONN(TCP_SAVE_SYN, TCPO_SAVE_SYN, 0, 1), /* 2, with the link's header, is not there */
	CONN(BURBLE_TCP_UTO, TCPO_UTO, 0, 32767 * 60),
	{.name = TCP_TIMESTAMP, .on = OPT_STREAM, .arg = TCPO_TIMESTAMP, .get = opt_get_conn},
	OWN(TCP_NOTSENT_LOWAT, TCPO_NOTSENT_LOWAT, INT_MIN, INT_MAX, set_unsigned),
	OWN(TCP_FASTOPEN, TCPO_FASTOPEN, 0, INT_MAX, set_unused),
	OWN(TCP_FASTOPEN_CONNECT, TCPO_FASTOPEN_CONNECT, 0, 1, set_fastopen_connect),
	OWN(TCP_FASTOPEN_NO_COOKIE, TCPO_FASTOPEN_NO_COOKIE, 0, 1, set_unused),
	{.name = TCP_INQ,
		.on = OPT_STREAM,
		.arg = SOCK_BIT_INQ,
		.max = 1,
		.set = set_inq,
		.get = opt_get_bit},
	RAW(TCP_CONGESTION, set_cc, get_cc),
	RAW(TCP_INFO, NULL, get_info),
	RAW(TCP_CC_INFO, NULL, get_cc_info),
	RAW(TCP_FASTOPEN_KEY, set_key, NULL),
	RAW(TCP_SAVED_SYN, NULL, get_saved_syn),
	RAW(TCP_MD5SIG, opt_set_md5, NULL),
	RAW(TCP_MD5SIG_EXT, opt_set_md5_ext, NULL),
	RAW(BURBLE_TCP_AO_ADD_KEY, opt_ao_add, NULL),
	RAW(BURBLE_TCP_AO_DEL_KEY, opt_ao_del, NULL),
	RAW(BURBLE_TCP_AO_INFO, opt_ao_set, opt_ao_get),
	RAW(BURBLE_TCP_AO_GET_KEYS, NULL, opt_ao_keys),
};

const struct opt_table opt_tcp = {IPPROTO_TCP, false, true, rows, ARRAY_SIZE(rows)};
