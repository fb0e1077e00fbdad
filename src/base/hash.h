/*
 * hash.h - intrusive hash table that grows and shrinks a few buckets at a time, so that no
 * operation takes time in proportion to the size of the table.
 *
 *     old  [ . . . . | moved ]   while growing, buckets [0, done) of `old` have moved to `cur`
 *     cur  [ . . . . . . . . ]   a lookup searches `old` only if its bucket has not moved
 *
 * The caller hashes (keyed: siphash.h), compares, and owns the nodes; the table owns its buckets.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/base.h"
#include "base/mul.h"

struct hash_node {
	struct hash_node *next;
	uint32_t hash;
};

struct hash_table {
	struct hash_node **cur, **old;
	uint32_t cur_size, old_size; /* powers of two; old_size is 0 when nothing moves */
	uint32_t done;               /* buckets of `old` already moved */
	uint32_t count;
};

/* A hash of x in which each bit depends on all bits of x. For keys that an attacker cannot choose;
 * for the others there is siphash.h. */
static inline uint32_t hash_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(x >> 32);
}

/* The product of a and b with its upper half folded into the lower. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	struct u128 m = u64_mul(a, b);

	return m.low ^ m.high;
}

/* Returns true if node has the key. */
typedef bool (*hash_match)(const struct hash_node *node, const void *key);

/* An empty table; allocates on the first insert. */
void hash_init(struct hash_table *t);

/* Frees the buckets. The nodes belong to the caller. */
void hash_free(struct hash_table *t);

/* Inserts node under hash. Returns false, with the table unchanged, if out of memory. */
bool hash_insert(struct hash_table *t, struct hash_node *node, uint32_t hash);

/* The node that matches key under hash, or NULL. */
struct hash_node *hash_find(
	const struct hash_table *t, uint32_t hash, hash_match match, const void *key);

/* The bucket where hash_find() will begin, for prefetching; NULL if the table is empty. */
struct hash_node *const *hash_bucket(const struct hash_table *t, uint32_t hash);

/* Removes node, which must be in the table. */
void hash_remove(struct hash_table *t, struct hash_node *node);

/* Puts `fresh`, which is in no table, in the place of `node`: under the same hash, at the same
 * point of a walk. The table does not grow or shrink. */
void hash_replace(struct hash_table *t, struct hash_node *node, struct hash_node *fresh);

/* A cursor over all nodes, in unspecified order; the table must not change during the walk. */
struct hash_iter {
	const struct hash_table *table;
	uint32_t bucket;
	bool in_old;
	struct hash_node *node;
};

/* A cursor before the first node. */
struct hash_iter hash_walk(const struct hash_table *t);

/* The next node; each is returned once. NULL at the end. */
struct hash_node *hash_next(struct hash_iter *it);

/* One step of a scan that may be suspended while the table changes: calls each() for the nodes of
 * one bucket and returns the place to resume at. Start at 0; the scan ends when 0 is returned. A
 * node that is in the table throughout is visited, perhaps twice if the table has shrunk. each()
 * must not change the table. */
uint32_t hash_scan(const struct hash_table *t, uint32_t place,
	void (*each)(struct hash_node *node, void *arg), void *arg);

#endif
