/* chat_addr.c - see chat_addr.h. */
#include "cli/chat_addr.h"

#include "wire/addr.h"

#include <string.h>

struct prefix {
	struct ip_addr addr;
	unsigned bits; /* of the 16 bytes */
};

/* Whether all bits after the prefix have this value. */
static bool rest_is(const struct prefix *p, bool one)
{
	for (unsigned bit = p->bits; bit < 128; bit++)
		if ((p->addr.b[bit / 8] >> (7 - bit % 8) & 1) != one)
			return false;
	return true;
}

/* Whether it is the address of the network, or its broadcast address, and not that of a host. */
static bool no_host(const struct prefix *p)
{
	return p->bits < 127 && /* RFC 3021, RFC 6164: otherwise both are hosts */
	       (rest_is(p, false) || (ip_addr_is_v4(&p->addr) && rest_is(p, true)));
}

const char *chat_addr_mistake(const char *addr)
{
	struct prefix p;
	bool v4;

	if (!ip_prefix_parse(&p.addr, &p.bits, addr))
		return NULL;
	v4 = ip_addr_is_v4(&p.addr);
	p.bits += 128 - ip_addr_bits(&p.addr);
	if (!strchr(addr, '/'))
		return v4 ? "/BITS is missing, the length of its network's prefix: /24, or /32 if "
			    "there is none"
			  : "/BITS is missing, the length of its network's prefix: /64, or /128 if "
			    "there is none";
	return no_host(&p) ? "it names the whole network: give the address of a host in it" : NULL;
}

const char *chat_gateway_mistake(const char *gateway, const char *const *addrs, uint32_t count)
{
	struct ip_addr g;
	bool on_link;

	if (!ip_addr_parse(&g, gateway))
		return NULL;
	on_link = ip_addr_is_link_local(&g);
	for (uint32_t i = 0; i < count; i++) {
		struct prefix p;

		if (strcmp(addrs[i], "dhcp") == 0)
			on_link |= ip_addr_is_v4(&g);
		else if (!ip_prefix_parse(&p.addr, &p.bits, addrs[i]) ||
			 ip_addr_is_v4(&p.addr) != ip_addr_is_v4(&g))
			continue;
		else if (ip_addr_eq(&p.addr, &g))
			return "it is an address of this server: give that of the router";
		else if (ip_prefix_has(&p.addr, p.bits, &g)) {
			p = (struct prefix){g, p.bits + 128 - ip_addr_bits(&g)};
			if (no_host(&p))
				return "it names the whole network: give the address of the router";
			on_link = true;
		}
	}
	if (on_link)
		return NULL;
	return ip_addr_is_v4(&g) ? "it is in no network of --addr: no packet can reach it"
				 : "it is in no network of --addr: give the router's link-local "
				   "address, fe80::...";
}
