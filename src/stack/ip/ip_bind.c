/* ip_bind.c - bind conflicts between sockets (Linux inet_rcv_saddr_equal(), both wildcards). */
#include "stack/ip/ip_bind.h"

static bool is_any6(const struct ip_addr *a)
{
	return ip_addr_is_any(a) && !ip_addr_is_v4(a);
}

bool ip_bind_accepts(const struct ip_addr *addr, bool v6only, const struct ip_addr *dst)
{
	if (ip_addr_is_v4(addr) == ip_addr_is_v4(dst))
		return true;
	return is_any6(addr) && !v6only;
}

static bool addrs_meet(const struct ip_bind *asks, const struct ip_bind *has)
{
	const struct ip_addr *a = &asks->addr, *h = &has->addr;

	if (ip_addr_is_v4(a) != ip_addr_is_v4(h)) {
		if (!asks->v6 && ip_addr_is_any(a))
			return !has->v6only;
		return ip_bind_accepts(a, asks->v6only, h) || ip_bind_accepts(h, has->v6only, a);
	}
	return ip_addr_is_any(a) || ip_addr_is_any(h) || ip_addr_eq(a, h);
}

bool ip_binds_conflict(const struct ip_bind *asks, const struct ip_bind *has)
{
	if (asks->ifindex != 0 && has->ifindex != 0 && asks->ifindex != has->ifindex)
		return false;
	return addrs_meet(asks, has);
}
