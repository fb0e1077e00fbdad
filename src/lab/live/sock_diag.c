/* sock_diag.c - the TCP sockets of the namespace: sock_diag.h. */
#include "lab/live/sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROOM = 32768, /* of one answer */
	ALL_STATES = 0xfff,
};

struct listing {
	nsec_t now;
	void (*see)(const struct tcp_row *row, void *arg);
	void *arg;
};

static struct tcp_end end_of(const struct inet_diag_msg *d, const uint32_t addr[4], uint16_t port)
{
	struct tcp_end e = {.port = ntohs(port)};
	uint32_t v4;

	memcpy(&v4, addr, sizeof(v4));
	e.addr = d->idiag_family == AF_INET ? ip_addr_from_v4(ntohl(v4))
					    : ip_addr_from_v6((const uint8_t *)addr);
	return e;
}

static void show(const struct listing *l, const struct inet_diag_msg *d)
{
	struct tcp_row row = {.local = end_of(d, d->id.idiag_src, d->id.idiag_sport),
		.peer = end_of(d, d->id.idiag_dst, d->id.idiag_dport),
		.state = d->idiag_state,
		.timer = d->idiag_timer,
		.rqueue = d->idiag_rqueue,
		.wqueue = d->idiag_wqueue,
		.retrans = d->idiag_retrans,
		.expires = d->idiag_timer ? l->now + d->idiag_expires * NSEC_MSEC : NSEC_MAX};

	l->see(&row, l->arg);
}

static bool request(int s, int family)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} r = {{.nlmsg_len = sizeof(r),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		{.sdiag_family = (uint8_t)family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = ALL_STATES}};

	return send(s, &r, sizeof(r), 0) == sizeof(r);
}

/* One answer: 1 if there is more, 0 after the last, -1 on an error. */
static int answer(int s, const struct listing *l)
{
	_Alignas(struct nlmsghdr) char room[ROOM];
	ssize_t n = recv(s, room, sizeof(room), 0);
	unsigned left = (unsigned)n;

	if (n < 0)
		return -1;
	for (struct nlmsghdr *h = (struct nlmsghdr *)room; NLMSG_OK(h, left);
		h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR) {
			errno = EOPNOTSUPP;
			return -1;
		}
		show(l, NLMSG_DATA(h));
	}
	return 1;
}

bool sock_diag_each(nsec_t now, void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	static const int families[] = {AF_INET, AF_INET6};
	const struct listing l = {now, see, arg};
	int s = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), more = 0;

	for (size_t i = 0; s >= 0 && more == 0 && i < ARRAY_SIZE(families); i++) {
		more = request(s, families[i]) ? 1 : -1;
		while (more == 1)
			more = answer(s, &l);
	}
	if (s >= 0)
		close(s);
	return s >= 0 && more == 0;
}
