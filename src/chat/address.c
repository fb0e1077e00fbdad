/*
 * address.c - connections counted by where they come from: an IPv4 address or an IPv6 /64. An entry
 * lives while it has connections, and until its allowance of new ones is full again.
 */
#include "chat/addr.h"
#include "chat/conn_priv.h"

#include <stdlib.h>

enum {
	BITS_4 = 32,
	BITS_6 = 64,
};

struct address {
	struct hash_node by_prefix; /* in server.addresses */
	struct wheel_timer timer;   /* frees an entry that nobody needs */
	struct net_addr prefix;
	uint32_t conns;
	nsec_t full; /* when its allowance of new connections is full again */
};

static bool address_match(const struct hash_node *node, const void *key)
{
	return addr_equal(&container_of(node, struct address, by_prefix)->prefix, key);
}

static struct net_addr prefix_of(const struct conn *c)
{
	return addr_prefix(&c->peer, c->peer.family == 4 ? BITS_4 : BITS_6);
}

static struct address *address_get(struct server *s, const struct conn *c)
{
	struct net_addr prefix = prefix_of(c);
	uint32_t hash = (uint32_t)siphash(prefix.ip, sizeof(prefix.ip), &s->key);
	struct hash_node *node = hash_find(&s->addresses, hash, address_match, &prefix);
	struct address *a;

	if (node)
		return container_of(node, struct address, by_prefix);
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->prefix = prefix;
	wheel_timer_init(&a->timer);
	if (hash_insert(&s->addresses, &a->by_prefix, hash))
		return a;
	free(a);
	return NULL;
}

static void address_free(struct server *s, struct address *a)
{
	wheel_stop(&s->address_wheel, &a->timer);
	hash_remove(&s->addresses, &a->by_prefix);
	free(a);
}

/* Takes one new connection out of the allowance; false if there is none left. */
static bool may_connect(struct server *s, struct address *a)
{
	const struct config_limits *l = &s->config->limits;
	nsec_t each = l->connect_rate ? 60 * NSEC_SEC / l->connect_rate : 0;

	if (each == 0)
		return true;
	if (a->full < s->now)
		a->full = s->now;
	if (a->full + each - s->now > l->connect_burst * each)
		return false;
	a->full += each;
	return true;
}

const char *address_join(struct server *s, struct conn *c)
{
	const struct config_limits *l = &s->config->limits;
	struct address *a;

	if (l->per_address == 0 && l->connect_rate == 0)
		return NULL;
	a = address_get(s, c);
	if (!a) {
		server_count(s, COUNT_NO_MEMORY);
		return "Out of memory";
	}
	wheel_stop(&s->address_wheel, &a->timer);
	a->conns++;
	c->address = a;
	if (l->per_address && a->conns > l->per_address) {
		server_count(s, COUNT_REFUSED_ADDRESS);
		return "Too many connections from your address";
	}
	if (!may_connect(s, a)) {
		server_count(s, COUNT_REFUSED_RATE);
		return "Connecting too fast";
	}
	return NULL;
}

void address_leave(struct server *s, struct conn *c)
{
	struct address *a = c->address;

	c->address = NULL;
	if (!a || --a->conns > 0)
		return;
	if (a->full > s->now)
		wheel_start(&s->address_wheel, &a->timer, a->full);
	else
		address_free(s, a);
}

void address_expired(struct server *s, struct wheel_timer *t)
{
	address_free(s, container_of(t, struct address, timer));
}

void address_table_free(struct server *s)
{
	struct hash_iter it = hash_walk(&s->addresses);
	struct hash_node *node = hash_next(&it);

	while (node) {
		struct address *a = container_of(node, struct address, by_prefix);

		node = hash_next(&it);
		wheel_stop(&s->address_wheel, &a->timer);
		free(a);
	}
	hash_free(&s->addresses);
}
