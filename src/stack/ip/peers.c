/* peers.c - the table of peers.h. */
#include "stack/ip/peers.h"

void peer_init(struct peer_table *t, const struct siphash_key *key)
{
	memset(t, 0, sizeof(*t));
	t->key = *key;
}

static struct peer *set_of(struct peer_table *t, const struct ip_addr *addr)
{
	uint64_t h = siphash_2u64(ip_addr_half(addr, 0), ip_addr_half(addr, 1), &t->key);

	return t->set[h % PEER_SETS];
}

static struct peer *find(struct peer_table *t, const struct ip_addr *addr)
{
	struct peer *set = set_of(t, addr);

	for (int i = 0; i < PEER_WAYS; i++)
		if (set[i].used != 0 && ip_addr_eq(&set[i].addr, addr))
			return &set[i];
	return NULL;
}

/* The entry of addr, made if need be: a free one, or that used longest ago. */
static struct peer *obtain(struct peer_table *t, const struct ip_addr *addr, nsec_t now)
{
	struct peer *p = find(t, addr), *set = set_of(t, addr);

	if (p == NULL) {
		p = &set[0];
		for (int i = 1; i < PEER_WAYS; i++)
			if (set[i].used < p->used)
				p = &set[i];
		*p = (struct peer){.addr = *addr};
	}
	p->used = now > 0 ? now : 1;
	return p;
}

struct peer_pmtu peer_pmtu_get(struct peer_table *t, const struct ip_addr *addr, nsec_t now)
{
	struct peer *p = find(t, addr);

	if (p == NULL || p->pmtu == 0 || p->pmtu_expires <= now)
		return (struct peer_pmtu){0, false, NSEC_MAX};
	p->used = now > 0 ? now : 1;
	return (struct peer_pmtu){p->pmtu, p->pmtu_locked, p->pmtu_expires};
}

void peer_pmtu_set(struct peer_table *t, const struct ip_addr *addr, struct peer_news n, nsec_t now)
{
	struct peer *p = obtain(t, addr, now);

	assert(n.mtu > 0);
	if (p->pmtu != 0 && p->pmtu_expires > now && p->pmtu <= n.mtu)
		return;
	p->pmtu = n.mtu;
	p->pmtu_locked = n.locked;
	p->pmtu_expires = n.expires;
	t->pmtu_gen++;
}

bool peer_icmp_allow(struct peer_table *t, const struct ip_addr *addr, nsec_t interval, nsec_t now)
{
	if (interval == 0)
		return true;
	struct peer *p = obtain(t, addr, now);
	nsec_t most = interval > NSEC_MAX / PEER_BURST ? NSEC_MAX : interval * PEER_BURST;

	if (!p->metered)
		p->tokens = most;
	else
		p->tokens +=
			now - p->refilled < most - p->tokens ? now - p->refilled : most - p->tokens;
	p->metered = true;
	p->refilled = now;
	if (p->tokens < interval)
		return false;
	p->tokens -= interval;
	return true;
}

uint32_t peer_fragment(struct peer_table *t, const struct ip_addr *addr, nsec_t now)
{
	return ++obtain(t, addr, now)->rid;
}
