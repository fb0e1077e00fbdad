/*
 * drawn_option.c - the options that random programs set, and their bounds.
 */
#include "socket/test/drawn_option.h"

#include "burble/socket.h"
#include "socket/instance.h"

#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <netinet/in.h>

enum {
	CONGESTION = 40, /* one of so many draws sets the algorithm */
};

static const struct drawn_option {
	const char *name;
	int level, option, low, high;
} options[] = {
	{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0, 1},
	{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 0, 1},
	{"TCP_CORK", IPPROTO_TCP, TCP_CORK, 0, 1},
	{"TCP_CORK", IPPROTO_TCP, TCP_CORK, 0, 0},
	{"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 0, 1},
	{"TCP_WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP, 1024, 100000},
	{"TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1, 100000},
	{"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 1, 20},
	{"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 1, 5},
	{"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 1, 9},
	{"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 60000},
	{"TCP_INQ", IPPROTO_TCP, TCP_INQ, 0, 1},
	{"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, -1, 60},
	{"TCP_THIN_LINEAR_TIMEOUTS", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 0, 1},
	{"TCP_TX_DELAY", IPPROTO_TCP, TCP_TX_DELAY, 0, 3000},
	{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 0, 1},
	{"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 2000, 300000},
	{"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 2000, 300000},
	{"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 1, 3000},
	{"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 1, 1},
	{"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 0, 1},
	{"SO_MAX_PACING_RATE", SOL_SOCKET, SO_MAX_PACING_RATE, 100000, 100000000},
	{"SO_ZEROCOPY", SOL_SOCKET, SO_ZEROCOPY, 0, 1},
	{"SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS, 0, 1},
	{"SO_TIMESTAMPING", SOL_SOCKET, SO_TIMESTAMPING, 0, SOF_TIMESTAMPING_MASK},
	{"SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 0, 6},
	{"SO_MARK", SOL_SOCKET, SO_MARK, 0, 3},
	{"IP_TOS", IPPROTO_IP, IP_TOS, 0, 255},
	{"IP_TTL", IPPROTO_IP, IP_TTL, 1, 255},
	{"IP_RECVTOS", IPPROTO_IP, IP_RECVTOS, 0, 1},
	{"IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER, 0, 3},
	{"IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, 0, 255},
	{"IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 255},
};

static int set_algorithm(struct prng *p, struct burble *b, int fd)
{
	static const char *const names[] = {"cubic", "reno", "bbr", "dctcp"};
	const char *name = names[prng_below(p, ARRAY_SIZE(names))];

	return burble_setopt(
		b, fd, IPPROTO_TCP, TCP_CONGESTION, (struct iovec){(char *)name, strlen(name)});
}

const char *draw_option(struct prng *p, struct burble *b, int fd, int *result)
{
	const struct drawn_option *o = &options[prng_below(p, ARRAY_SIZE(options))];
	int value = o->low + (int)prng_below(p, (uint64_t)(o->high - o->low) + 1);

	if (prng_below(p, CONGESTION) == 0) {
		*result = set_algorithm(p, b, fd);
		return "TCP_CONGESTION";
	}
	*result = burble_setopt(b, fd, o->level, o->option, (struct iovec){&value, sizeof(value)});
	return o->name;
}
