/* host_cache.c - per-destination metrics: path MTU, ICMP rate limit, fragment count. */
#include "stack/ip/host_cache.h"

#include <stdlib.h>

void host_cache_init(struct host_cache *t, const struct siphash_key *key)
{
	memset(t, 0, sizeof(*t));
	t->key = *key;
}

void host_cache_free(struct host_cache *t)
{
	free(t->set);
	t->set = NULL;
}

static struct host_entry *set_of(struct host_cache *t, const struct ip_addr *addr)
{
	uint64_t h = siphash_2u64(ip_addr_half(addr, 0), ip_addr_half(addr, 1), &t->key);

	return t->set[h % HOST_SETS];
}

static struct host_entry *find(struct host_cache *t, const struct ip_addr *addr)
{
	struct host_entry *set = t->set ? set_of(t, addr) : NULL;

	for (int i = 0; set && i < HOST_WAYS; i++)
		if (set[i].used != 0 && ip_addr_eq(&set[i].addr, addr))
			return &set[i];
	return NULL;
}

/* The entry of addr, created if needed: a free one, or the least recently used. NULL: out of
 * memory. */
static struct host_entry *obtain(struct host_cache *t, const struct ip_addr *addr, nsec_t now)
{
	struct host_entry *p = find(t, addr);

	if (!t->set && !(t->set = calloc(HOST_SETS, sizeof(*t->set))))
		return NULL;
	if (p == NULL) {
		struct host_entry *set = set_of(t, addr);

		p = &set[0];
		for (int i = 1; i < HOST_WAYS; i++)
			if (set[i].used < p->used)
				p = &set[i];
		*p = (struct host_entry){.addr = *addr};
	}
	assert(ip_addr_eq(&p->addr, addr));
	p->used = now > 0 ? now : 1;
	return p;
}

struct host_pmtu host_pmtu_get(struct host_cache *t, const struct ip_addr *addr, nsec_t now)
{
	struct host_entry *p = find(t, addr);

	if (p == NULL || p->pmtu == 0 || p->pmtu_expires <= now)
		return (struct host_pmtu){0, false, NSEC_MAX};
	p->used = now > 0 ? now : 1;
	return (struct host_pmtu){p->pmtu, p->pmtu_locked, p->pmtu_expires};
}

void host_pmtu_set(
	struct host_cache *t, const struct ip_addr *addr, struct host_pmtu_report n, nsec_t now)
{
	struct host_entry *p = obtain(t, addr, now);

	assert(n.mtu > 0);
	if (!p || (p->pmtu != 0 && p->pmtu_expires > now && p->pmtu <= n.mtu))
		return;
	p->pmtu = n.mtu;
	p->pmtu_locked = n.locked;
	p->pmtu_expires = n.expires;
	t->pmtu_gen++;
}

/* Takes an interval's worth of tokens, of which there are at most `most`. */
static bool take_tokens(struct host_entry *p, nsec_t interval, nsec_t most, nsec_t now)
{
	if (!p)
		return false;
	if (!p->metered)
		p->tokens = most;
	else
		p->tokens +=
			now - p->refilled < most - p->tokens ? now - p->refilled : most - p->tokens;
	assert(p->tokens >= 0 && p->tokens <= most);
	p->metered = true;
	p->refilled = now;
	if (p->tokens < interval)
		return false;
	p->tokens -= interval;
	return true;
}

bool host_icmp_allow(struct host_cache *t, const struct ip_addr *addr, nsec_t interval, nsec_t now)
{
	nsec_t most = interval > NSEC_MAX / HOST_ICMP_BURST ? NSEC_MAX : interval * HOST_ICMP_BURST;

	return interval == 0 || take_tokens(obtain(t, addr, now), interval, most, now);
}

bool host_route_error_allow(struct host_cache *t, const struct ip_addr *addr, nsec_t now)
{
	return take_tokens(obtain(t, addr, now), NSEC_SEC, HOST_ROUTE_BURST * NSEC_SEC, now);
}

uint32_t host_fragment(struct host_cache *t, const struct ip_addr *addr, nsec_t now)
{
	struct host_entry *p = obtain(t, addr, now);

	return p ? ++p->rid : 0;
}
