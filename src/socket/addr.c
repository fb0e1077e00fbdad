/*
 * addr.c - conversion of sockaddr_in and sockaddr_in6, with Linux's checks.
 */
#include "socket/addr.h"

#include <errno.h>
#include <netinet/in.h>

enum {
	IN6_MIN = 24, /* SIN6_LEN_RFC2133: without the scope id */
};

struct ip_addr addr_any(int domain)
{
	return domain == AF_INET6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4;
}

static int read_in(struct endpoint *out, const struct sockaddr *sa)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	out->ip = ip_addr_from_v4(ntohl(in.sin_addr.s_addr));
	out->port = ntohs(in.sin_port);
	return 0;
}

static int read_in6(struct endpoint *out, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in6 in = {0};

	assert(len >= IN6_MIN);
	memcpy(&in, sa, len < sizeof(in) ? len : sizeof(in));
	out->ip = ip_addr_from_v6(in.sin6_addr.s6_addr);
	out->port = ntohs(in.sin6_port);
	out->flow = ntohl(in.sin6_flowinfo);
	out->scope = in.sin6_scope_id;
	return 0;
}

/* For an AF_INET socket. bind() and sendto() take AF_UNSPEC for AF_INET; bind() only with
 * 0.0.0.0. */
static int read_v4(
	struct endpoint *out, const struct sockaddr *sa, socklen_t len, enum addr_use use)
{
	if (len < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (sa->sa_family != AF_INET && (sa->sa_family != AF_UNSPEC || use == ADDR_CONNECT))
		return -EAFNOSUPPORT;
	read_in(out, sa);
	if (sa->sa_family == AF_UNSPEC && use == ADDR_BIND && !ip_addr_is_any(&out->ip))
		return -EAFNOSUPPORT;
	return 0;
}

/* The errno of a v6only socket for an IPv4 address, mapped or not. */
static int only_v6(enum addr_use use)
{
	return use == ADDR_BIND ? -EINVAL : -ENETUNREACH;
}

/* For an AF_INET6 socket. Datagrams may be sent to an AF_INET address, too. */
static int read_v6(
	struct endpoint *out, const struct sockaddr *sa, socklen_t len, struct addr_rules r)
{
	if (r.dgram && r.use != ADDR_BIND && sa->sa_family == AF_INET) {
		if (r.v6only)
			return r.use == ADDR_CONNECT ? -EAFNOSUPPORT : -ENETUNREACH;
		return read_v4(out, sa, len, r.use);
	}
	if (r.use == ADDR_SEND && sa->sa_family != AF_INET6)
		return -EINVAL;
	if (len < IN6_MIN)
		return -EINVAL;
	if (sa->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	read_in6(out, sa, len);
	return r.v6only && ip_addr_is_v4(&out->ip) ? only_v6(r.use) : 0;
}

int addr_read(struct endpoint *out, const struct sockaddr *sa, socklen_t len, struct addr_rules r)
{
	struct sockaddr_storage copy = {0};

	assert(r.domain == AF_INET || r.domain == AF_INET6);
	*out = (struct endpoint){.ip = addr_any(r.domain)};
	if (!sa)
		return -EFAULT;
	if (len > sizeof(copy) || len < sizeof(copy.ss_family))
		return -EINVAL;
	memcpy(&copy, sa, len);
	if (copy.ss_family == AF_UNSPEC &&
		(r.use == ADDR_CONNECT || (r.use == ADDR_SEND && r.domain == AF_INET6))) {
		out->unspec = true;
		return 0;
	}
	sa = (const struct sockaddr *)&copy;
	return r.domain == AF_INET ? read_v4(out, sa, len, r.use) : read_v6(out, sa, len, r);
}

int addr_write(const struct endpoint *e, int domain, struct sockaddr *sa, socklen_t *len)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(e->port)};
	const void *from = &in;
	socklen_t full = sizeof(in);

	if (!sa)
		return 0;
	if (!len)
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	assert(domain == AF_INET || domain == AF_INET6);
	if (domain == AF_INET6) {
		memcpy(in6.sin6_addr.s6_addr, e->ip.b, sizeof(e->ip.b));
		in6.sin6_scope_id = ip_addr_is_link_local(&e->ip) ? e->scope : 0;
		in6.sin6_flowinfo = htonl(e->flow);
		from = &in6;
		full = sizeof(in6);
	} else {
		in.sin_addr.s_addr = htonl(ip_addr_v4(&e->ip));
	}
	memcpy(sa, from, *len < full ? *len : full);
	*len = full;
	return 0;
}
