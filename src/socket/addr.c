/*
 * addr.c - sockaddr_in and sockaddr_in6, checked as Linux checks them.
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

static int read_in(struct endpoint *out, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	if (len < sizeof(in))
		return -EINVAL;
	memcpy(&in, sa, sizeof(in));
	out->ip = ip_addr_from_v4(ntohl(in.sin_addr.s_addr));
	out->port = ntohs(in.sin_port);
	return 0;
}

static int read_in6(struct endpoint *out, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in6 in = {0};
	if (len < IN6_MIN)
		return -EINVAL;
	memcpy(&in, sa, len < sizeof(in) ? len : sizeof(in));
	out->ip = ip_addr_from_v6(in.sin6_addr.s6_addr);
	out->port = ntohs(in.sin6_port);
	out->flow = ntohl(in.sin6_flowinfo);
	out->scope = in.sin6_scope_id;
	return 0;
}

int addr_read(struct endpoint *out, const struct sockaddr *sa, socklen_t len, struct addr_rules r)
{
	sa_family_t family;
	*out = (struct endpoint){.ip = addr_any(r.domain)};
	if (!sa)
		return -EFAULT;
	if (len < sizeof(family))
		return -EINVAL;
	memcpy(&family, sa, sizeof(family));
	if (family == AF_UNSPEC) {
		out->unspec = true;
		return 0;
	}
	if (family != r.domain)
		return -EAFNOSUPPORT;
	int err = family == AF_INET ? read_in(out, sa, len) : read_in6(out, sa, len);
	if (err == 0 && r.domain == AF_INET6 && r.v6only && ip_addr_is_v4(&out->ip))
		return -EINVAL;
	return err;
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
