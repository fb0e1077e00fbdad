/* conn_limit.c - table of address usage. */
#include "chat/model/conn_limit.h"

#include "chat/proto/addr_text.h"

#include <stdlib.h>

enum {
	BITS_4 = 32,
	BITS_6 = 64,
};

#define HELD_LOOK     (60 * NSEC_SEC)   /* how often to check whether anything is still held */
#define REGISTER_SPAN (3600 * NSEC_SEC) /* of accounts.register_rate */
#define GUESS_SPAN    (60 * NSEC_SEC)   /* the period of limits.password_rate */

static bool address_match(const struct hash_node *node, const void *key)
{
	return addr_equal(&container_of(node, struct conn_limit, by_prefix)->prefix, key);
}

static struct net_addr prefix_of(const struct conn *c)
{
	return addr_prefix(&c->peer, c->peer.family == 4 ? BITS_4 : BITS_6);
}

struct conn_limit *conn_limit_of(struct server *s, const struct net_addr *prefix)
{
	uint32_t hash = (uint32_t)siphash(prefix->ip, sizeof(prefix->ip), &s->key);
	struct hash_node *node = hash_find(&s->addresses, hash, address_match, prefix);
	struct conn_limit *a;

	if (node)
		return container_of(node, struct conn_limit, by_prefix);
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->prefix = *prefix;
	wheel_timer_init(&a->timer);
	if (hash_insert(&s->addresses, &a->by_prefix, hash))
		return a;
	free(a);
	return NULL;
}

static struct conn_limit *address_get(struct server *s, const struct conn *c)
{
	struct net_addr prefix = prefix_of(c);

	return conn_limit_of(s, &prefix);
}

static void address_free(struct server *s, struct conn_limit *a)
{
	wheel_stop(&s->address_wheel, &a->timer);
	hash_remove(&s->addresses, &a->by_prefix);
	free(a);
}

/* Takes one new connection out of the allowance; false if there is none left. */
static bool may_connect(struct server *s, struct conn_limit *a)
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

/* Whether c is a gateway's connection of which the user is not known yet: WEBIRC will tell. */
static bool is_gateway(const struct server *s, const struct conn *c)
{
	const struct config *config = s->config;

	for (size_t i = 0; i < config->webircs.count && !c->gateway; i++)
		if (config_covers(config->webircs.at[i].from, &c->peer))
			return true;
	return false;
}

const char *conn_limit_join(struct server *s, struct conn *c)
{
	const struct config_limits *l = &s->config->limits;
	struct conn_limit *a;

	a = address_get(s, c);
	if (!a) {
		server_count(s, COUNT_NO_MEMORY);
		return "Out of memory";
	}
	wheel_stop(&s->address_wheel, &a->timer);
	a->conns++;
	c->limit = a;
	if (is_gateway(s, c))
		return NULL;
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

bool conn_limit_adopt(struct server *s, struct conn *c)
{
	struct conn_limit *a = address_get(s, c);

	if (!a)
		return false;
	wheel_stop(&s->address_wheel, &a->timer);
	a->conns++;
	c->limit = a;
	return true;
}

void conn_limit_leave(struct server *s, struct conn *c)
{
	struct conn_limit *a = c->limit;

	c->limit = NULL;
	if (!a)
		return;
	a->conns--;
	conn_limit_look(s, a);
}

void conn_limit_look(struct server *s, struct conn_limit *a)
{
	nsec_t needed;

	if (a->conns > 0)
		return;
	needed = a->full > a->guesses ? a->full : a->guesses;
	needed = needed > a->registers ? needed : a->registers;
	if (a->quota.bytes && needed < s->now + HELD_LOOK)
		needed = s->now + HELD_LOOK;
	if (needed > s->now)
		wheel_start(&s->address_wheel, &a->timer, needed);
	else
		address_free(s, a);
}

/* Interval between two wrong passwords of an address; 0: unlimited. */
static nsec_t guess_interval(const struct server *s)
{
	int64_t rate = s->config->limits.password_rate;

	return rate ? GUESS_SPAN / rate : 0;
}

/* The whole allowance of a minute may be used at once. */
bool conn_limit_may_guess(const struct server *s, const struct conn *c)
{
	nsec_t each = guess_interval(s);

	return !c->limit || each == 0 || c->limit->guesses + each - s->now <= GUESS_SPAN;
}

void conn_limit_guessed(struct server *s, struct conn *c)
{
	struct conn_limit *a = c->limit;

	if (!a)
		return;
	if (a->guesses < s->now)
		a->guesses = s->now;
	a->guesses += guess_interval(s);
}

bool conn_limit_may_register(const struct server *s, const struct conn *c)
{
	int64_t rate = s->config->accounts.register_rate;
	nsec_t each = rate ? REGISTER_SPAN / rate : 0;
	struct conn_limit *a = c->limit;

	if (!a || each == 0)
		return true;
	if (a->registers < s->now)
		a->registers = s->now;
	if (a->registers + each - s->now > REGISTER_SPAN)
		return false;
	a->registers += each;
	return true;
}

uint64_t *conn_limit_round(struct conn *c)
{
	return &c->limit->round;
}

uint64_t *conn_limit_check_round(struct conn *c)
{
	return &c->limit->check_round;
}

uint64_t *conn_limit_list_round(struct conn *c)
{
	return &c->limit->list_round;
}

void conn_limit_expired(struct server *s, struct wheel_timer *t)
{
	struct conn_limit *a = container_of(t, struct conn_limit, timer);

	if (a->quota.bytes)
		wheel_start(&s->address_wheel, t, s->now + HELD_LOOK);
	else
		address_free(s, a);
}

void conn_limits_free(struct server *s)
{
	struct hash_iter it = hash_walk(&s->addresses);
	struct hash_node *node = hash_next(&it);

	while (node) {
		struct conn_limit *a = container_of(node, struct conn_limit, by_prefix);

		node = hash_next(&it);
		wheel_stop(&s->address_wheel, &a->timer);
		free(a);
	}
	hash_free(&s->addresses);
}
