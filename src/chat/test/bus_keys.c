/* bus_keys.c - keys in a hash table: bus_keys.h. */
#include "chat/test/bus_keys.h"

#include "base/siphash.h"

#include <stdlib.h>

struct row {
	struct hash_node node;
	uint64_t revision;
	size_t key_len, len;
	char key[BUS_KEY_MAX];
	uint8_t value[BUS_VALUE_MAX];
};

static bool match(const struct hash_node *n, const void *key)
{
	const struct row *r = container_of(n, const struct row, node);
	const struct bus_key *k = key;

	return r->key_len == k->key_len && memcmp(r->key, k->key, k->key_len) == 0;
}

static uint32_t hash_of(const struct bus_key *k)
{
	static const struct siphash_key spread = {3, 4};

	return (uint32_t)siphash(k->key, k->key_len, &spread);
}

static struct row *find(const struct bus_keys *t, const struct bus_key *k)
{
	struct hash_node *n = hash_find(&t->table, hash_of(k), match, k);

	return n ? container_of(n, struct row, node) : NULL;
}

static void set(struct bus_keys *t, struct row *r, const struct bus_key *k, struct bus_reply *reply)
{
	assert(k->len <= BUS_VALUE_MAX);
	if (k->len)
		memcpy(r->value, k->value, k->len);
	r->len = k->len;
	r->revision = ++t->revision;
	*reply = (struct bus_reply){.status = BUS_OK, .revision = r->revision};
}

void bus_keys_create(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply)
{
	struct row *r;

	*reply = (struct bus_reply){.status = BUS_TAKEN};
	if (find(t, k))
		return;
	reply->status = BUS_AWAY;
	r = calloc(1, sizeof(*r));
	if (!r || !hash_insert(&t->table, &r->node, hash_of(k))) {
		free(r);
		return;
	}
	memcpy(r->key, k->key, k->key_len);
	r->key_len = k->key_len;
	set(t, r, k, reply);
}

void bus_keys_replace(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply)
{
	struct row *r = find(t, k);

	*reply = (struct bus_reply){.status = BUS_TAKEN};
	if (r && r->revision == k->revision)
		set(t, r, k, reply);
}

void bus_keys_remove(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply)
{
	struct row *r = find(t, k);

	*reply = (struct bus_reply){.status = BUS_TAKEN};
	if (!r || r->revision != k->revision)
		return;
	hash_remove(&t->table, &r->node);
	free(r);
	reply->status = BUS_OK;
}

void bus_keys_get(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply)
{
	const struct row *r = find(t, k);

	*reply = (struct bus_reply){.status = BUS_NONE};
	if (r)
		*reply = (struct bus_reply){BUS_OK, r->revision, r->value, r->len};
}

void bus_keys_clear(struct bus_keys *t)
{
	struct hash_iter it = hash_walk(&t->table);
	struct hash_node *n, *next;

	for (n = hash_next(&it); n; n = next) {
		next = hash_next(&it);
		free(container_of(n, struct row, node));
	}
	hash_free(&t->table);
	hash_init(&t->table);
}
