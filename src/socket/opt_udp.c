/*
 * opt_udp.c - IPPROTO_UDP: udp(7). Not here, and so ENOPROTOOPT: UDP_ENCAP (no IPsec), UDP_SEGMENT
 * and UDP_GRO (no offloads), UDP_NO_CHECK6_TX and _RX (a checksum is never left out of IPv6).
 */
#include "socket/opt_row.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>

static int set_cork(struct burble *b, struct sock *s, const struct opt *o, int v)
{
	assert(s->file.kind == FILE_DGRAM);
	udp_opts(s->udp)->cork = v != 0;
	return v ? 0 : udp_push(b->stack, s->udp);
}

static int get_cork(struct burble *b, struct sock *s, const struct opt *o, int *v)
{
	*v = udp_opts(s->udp)->cork;
	return 0;
}

static const struct opt rows[] = {
	{.name = UDP_CORK, .on = OPT_DGRAM, OPT_ANY_INT, .set = set_cork, .get = get_cork},
};

const struct opt_table opt_udp = {IPPROTO_UDP, false, true, rows, ARRAY_SIZE(rows)};
