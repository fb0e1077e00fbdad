/*
 * opt_tcp.c - IPPROTO_TCP: tcp(7). Bounds and effects of options of a connection are TCP's own
 * (tcp_sockopt.c). Not here, and so ENOPROTOOPT: TCP_REPAIR and its companions, TCP_ULP (no
 * modules), TCP_ZEROCOPY_RECEIVE (no page tables).
 */
#include "socket/ao_api.h"
#include "socket/opt_row.h"

#include <errno.h>
#include <limits.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

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
	uint8_t info[512]; /* libc's structure is older than the kernel's */
	size_t n = tcp_info(b->stack, s->tcp, info, sizeof(info));

	assert(n > 0 && n <= sizeof(info));
	return opt_put(value, &info, n);
}

static int get_cc_info(struct burble *b, struct sock *s, struct iovec *value)
{
	union tcp_cc_info info = {0};
	size_t n = tcp_cc_info(b->stack, s->tcp, &info);

	assert(n <= sizeof(info));
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

#define RAW(n, to, from)                                                                           \
	{                                                                                          \
		.name = (n), .on = OPT_STREAM, .set_raw = (to), .get_raw = (from)                  \
	}

static const struct opt rows[] = {
	OPT_CONN(TCP_NODELAY, TCPO_NODELAY),
	OPT_CONN(TCP_CORK, TCPO_CORK),
	OPT_CONN(TCP_QUICKACK, TCPO_QUICKACK),
	OPT_CONN(TCP_MAXSEG, TCPO_MAXSEG),
	OPT_CONN(TCP_KEEPIDLE, TCPO_KEEPIDLE),
	OPT_CONN(TCP_KEEPINTVL, TCPO_KEEPINTVL),
	OPT_CONN(TCP_KEEPCNT, TCPO_KEEPCNT),
	OPT_CONN(TCP_SYNCNT, TCPO_SYNCNT),
	OPT_CONN(TCP_LINGER2, TCPO_LINGER2),
	OPT_CONN(TCP_DEFER_ACCEPT, TCPO_DEFER_ACCEPT),
	OPT_CONN(TCP_WINDOW_CLAMP, TCPO_WINDOW_CLAMP),
	OPT_CONN(TCP_USER_TIMEOUT, TCPO_USER_TIMEOUT),
	OPT_CONN(TCP_THIN_LINEAR_TIMEOUTS, TCPO_THIN_LINEAR),
	OPT_CONN(TCP_SAVE_SYN, TCPO_SAVE_SYN), /* 2, to include the link header, is EINVAL */
	OPT_CONN(BURBLE_TCP_UTO, TCPO_UTO),
	OPT_CONN(TCP_NOTSENT_LOWAT, TCPO_NOTSENT_LOWAT),
	OPT_CONN(TCP_FASTOPEN, TCPO_FASTOPEN),
	OPT_CONN(TCP_FASTOPEN_CONNECT, TCPO_FASTOPEN_CONNECT),
	OPT_CONN(TCP_FASTOPEN_NO_COOKIE, TCPO_FASTOPEN_NO_COOKIE),
	{.name = TCP_TIMESTAMP, .on = OPT_STREAM, .arg = TCPO_TIMESTAMP, .get = opt_get_conn},
	OPT_BIT(TCP_INQ, OPT_STREAM, SOCK_BIT_INQ, 0, 1),
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
