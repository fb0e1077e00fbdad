/*
 * net_socket.c - conversions between chat/net.h and the socket API.
 */
#include "net/net_socket.h"

#include <netinet/tcp.h>

socklen_t net_to_sockaddr(union net_sockaddr *out, const struct net_addr *a)
{
	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(a->port);
		memcpy(&out->v4.sin_addr, a->ip, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(a->port);
	memcpy(&out->v6.sin6_addr, a->ip, 16);
	return sizeof(out->v6);
}

void net_from_sockaddr(struct net_addr *out, const union net_sockaddr *a)
{
	memset(out, 0, sizeof(*out));
	if (a->any.sa_family == AF_INET) {
		out->family = 4;
		out->port = ntohs(a->v4.sin_port);
		memcpy(out->ip, &a->v4.sin_addr, 4);
	} else if (a->any.sa_family == AF_INET6) {
		out->family = 6;
		out->port = ntohs(a->v6.sin6_port);
		memcpy(out->ip, &a->v6.sin6_addr, 16);
	}
}

int net_set_tuning(struct net *n, int handle, const struct net_tuning *t, net_set_option *set)
{
	const struct {
		int level, option, value;
		bool set;
	} rows[] = {
		{SOL_SOCKET, SO_KEEPALIVE, t->keepalive_idle > 0, true},
		{IPPROTO_TCP, TCP_KEEPIDLE, t->keepalive_idle, t->keepalive_idle > 0},
		{IPPROTO_TCP, TCP_KEEPINTVL, t->keepalive_interval, t->keepalive_interval > 0},
		{IPPROTO_TCP, TCP_KEEPCNT, t->keepalive_count, t->keepalive_count > 0},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, t->user_timeout_ms, true},
		{IPPROTO_TCP, TCP_NODELAY, t->nodelay, true},
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !err; i++)
		if (rows[i].set)
			err = set(n, handle, rows[i].level, rows[i].option, rows[i].value);
	return err;
}

struct epoll_event net_asked(uint32_t ready, uint64_t tag)
{
	struct epoll_event e = {.events = EPOLLRDHUP, .data.u64 = tag};

	e.events |= ready & NET_IN ? EPOLLIN : 0;
	e.events |= ready & NET_OUT ? EPOLLOUT : 0;
	e.events |= ready & NET_EDGE ? EPOLLET : 0;
	return e;
}

uint32_t net_reported(uint32_t e)
{
	uint32_t ready = 0;

	ready |= e & EPOLLIN ? NET_IN : 0;
	ready |= e & EPOLLOUT ? NET_OUT : 0;
	ready |= e & (EPOLLERR | EPOLLHUP | EPOLLRDHUP) ? NET_GONE : 0;
	return ready;
}
