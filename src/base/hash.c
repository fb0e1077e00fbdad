/* hash.c - hash table with incremental resize: chained buckets, moved MOVE_STEP at a time after a
 * resize. */
#include "base/hash.h"

#include <stdlib.h>

enum {
	HASH_MIN = 16, /* buckets of the smallest table */
	MOVE_STEP = 4, /* old buckets moved per insert or remove while resizing */
};

void hash_init(struct hash_table *t)
{
	*t = (struct hash_table){0};
}

void hash_free(struct hash_table *t)
{
	free(t->cur);
	free(t->old);
	hash_init(t);
}

static struct hash_node **bucket_of(const struct hash_table *t, uint32_t hash)
{
	if (t->old_size > 0) {
		uint32_t b = hash & (t->old_size - 1);

		if (b >= t->done)
			return &t->old[b];
	}
	return &t->cur[hash & (t->cur_size - 1)];
}

/* Starts a move to a table of `size` buckets; the table stays as it is if out of memory. */
static bool resize(struct hash_table *t, uint32_t size)
{
	struct hash_node **fresh = calloc(size, sizeof(struct hash_node *));

	if (!fresh)
		return t->cur_size > 0;
	t->old = t->cur;
	t->old_size = t->cur_size;
	t->done = 0;
	t->cur = fresh;
	t->cur_size = size;
	return true;
}

static void move_some(struct hash_table *t)
{
	for (int i = 0; i < MOVE_STEP && t->done < t->old_size; i++) {
		struct hash_node *n = t->old[t->done], *next;

		t->old[t->done++] = NULL;
		for (; n; n = next) {
			struct hash_node **b = &t->cur[n->hash & (t->cur_size - 1)];

			next = n->next;
			n->next = *b;
			*b = n;
		}
	}
	if (t->old_size > 0 && t->done == t->old_size) {
		free(t->old);
		t->old = NULL;
		t->old_size = t->done = 0;
	}
}

bool hash_insert(struct hash_table *t, struct hash_node *node, uint32_t hash)
{
	if (t->cur_size == 0 && !resize(t, HASH_MIN))
		return false;
	if (t->old_size > 0)
		move_some(t);
	else if (t->count >= t->cur_size)
		resize(t, t->cur_size * 2);
	struct hash_node **b = bucket_of(t, hash);

	node->hash = hash;
	node->next = *b;
	*b = node;
	t->count++;
	return true;
}

struct hash_node *const *hash_bucket(const struct hash_table *t, uint32_t hash)
{
	return t->count > 0 ? bucket_of(t, hash) : NULL;
}

struct hash_node *hash_find(
	const struct hash_table *t, uint32_t hash, hash_match match, const void *key)
{
	if (t->count == 0)
		return NULL;
	for (struct hash_node *n = *bucket_of(t, hash); n; n = n->next)
		if (n->hash == hash && match(n, key))
			return n;
	return NULL;
}

/* The link that points to a node in the table. */
static struct hash_node **link_to(struct hash_table *t, const struct hash_node *node)
{
	struct hash_node **b = bucket_of(t, node->hash);

	while (*b != node) {
		assert(*b);
		b = &(*b)->next;
	}
	return b;
}

void hash_remove(struct hash_table *t, struct hash_node *node)
{
	*link_to(t, node) = node->next;
	node->next = NULL;
	t->count--;
	if (t->old_size > 0)
		move_some(t);
	else if (t->cur_size > HASH_MIN && t->count < t->cur_size / 8)
		resize(t, t->cur_size / 2);
}

void hash_replace(struct hash_table *t, struct hash_node *node, struct hash_node *fresh)
{
	*fresh = *node;
	*link_to(t, node) = fresh;
	node->next = NULL;
}

struct hash_iter hash_walk(const struct hash_table *t)
{
	return (struct hash_iter){.table = t, .bucket = t->done, .in_old = t->old_size > 0};
}

struct hash_node *hash_next(struct hash_iter *it)
{
	const struct hash_table *t = it->table;

	if (it->node)
		it->node = it->node->next;
	while (!it->node) {
		if (it->in_old && it->bucket == t->old_size) {
			it->in_old = false;
			it->bucket = 0;
		}
		if (!it->in_old && it->bucket == t->cur_size)
			return NULL;
		it->node = it->in_old ? t->old[it->bucket++] : t->cur[it->bucket++];
	}
	return it->node;
}

static void scan_bucket(
	struct hash_node *n, void (*each)(struct hash_node *node, void *arg), void *arg)
{
	for (; n; n = n->next)
		each(n, arg);
}

/* The place after this one among mask + 1, counting from the highest bit down, so that the places
 * already visited remain the same when a bucket is split in two or two are merged. */
static uint32_t next_place(uint32_t place, uint32_t mask)
{
	uint32_t bit = (mask + 1) / 2;

	place &= mask;
	for (; place & bit; bit /= 2)
		place ^= bit;
	return place | bit;
}

uint32_t hash_scan(const struct hash_table *t, uint32_t place,
	void (*each)(struct hash_node *node, void *arg), void *arg)
{
	bool grows = t->old_size < t->cur_size;
	struct hash_node **small = grows ? t->old : t->cur, **large = grows ? t->cur : t->old;
	uint32_t small_size = grows ? t->old_size : t->cur_size;
	uint32_t large_size = grows ? t->cur_size : t->old_size;

	if (large_size == 0)
		return 0;
	if (small_size == 0) {
		scan_bucket(large[place & (large_size - 1)], each, arg);
		return next_place(place, large_size - 1);
	}
	scan_bucket(small[place & (small_size - 1)], each, arg);
	do { /* every bucket of the large table that this one is split into */
		scan_bucket(large[place & (large_size - 1)], each, arg);
		place = next_place(place, large_size - 1);
	} while (place & (large_size - small_size));
	return place;
}
