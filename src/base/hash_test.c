/* hash_test.c - the table against a plain array, through growth and shrinking. */
#include "base/hash.h"
#include "base/prng.h"
#include "base/test/test.h"

enum {
	KEYS = 5000
};

struct item {
	struct hash_node node;
	unsigned key;
	bool in, seen;
};

static bool match(const struct hash_node *n, const void *key)
{
	return ((const struct item *)n)->key == *(const unsigned *)key;
}

static uint32_t hash_of(unsigned key)
{
	return key * 2654435761u >> (key % 3); /* with collisions */
}

static void check_all(struct hash_table *t, struct item *item)
{
	unsigned count = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		struct hash_node *n = hash_find(t, hash_of(k), match, &k);

		assert_true(item[k].in ? n == &item[k].node : n == NULL);
		item[k].seen = false;
		count += item[k].in;
	}
	assert_int_equal(t->count, count);
	struct hash_iter it = hash_walk(t);

	for (struct hash_node *n; (n = hash_next(&it)); count--) {
		assert_false(((struct item *)n)->seen);
		((struct item *)n)->seen = true;
	}
	assert_int_equal(count, 0);
}

TEST(random_inserts_and_removes_agree_with_an_array)
{
	static struct item item[KEYS];
	struct hash_table t;
	struct prng p;

	hash_init(&t);
	prng_seed(&p, 5);
	for (unsigned k = 0; k < KEYS; k++)
		item[k].key = k;
	for (int phase = 0; phase < 12; phase++) {
		for (int i = 0; i < 3000; i++) {
			unsigned k = (unsigned)prng_below(&p, KEYS);
			bool add =
				(phase % 4 < 2) ? prng_below(&p, 4) != 0 : prng_below(&p, 4) == 0;

			if (add && !item[k].in)
				assert_true(hash_insert(&t, &item[k].node, hash_of(k)));
			else if (!add && item[k].in)
				hash_remove(&t, &item[k].node);
			else
				continue;
			item[k].in = add;
		}
		check_all(&t, item);
	}
	hash_free(&t);
}

static uint8_t scanned[KEYS];

static void note_scanned(struct hash_node *node, void *arg)
{
	scanned[container_of(node, struct item, node)->key]++;
}

/* Fills the table to `others` nodes besides the permanent ones, or empties it, during a scan. */
static void scan_while(struct hash_table *t, struct item item[KEYS], bool growing)
{
	uint32_t place = 0;
	unsigned k = 1;

	memset(scanned, 0, sizeof(scanned));
	do {
		place = hash_scan(t, place, note_scanned, NULL);
		for (int i = 0; i < 30 && k < KEYS; k++) {
			if (k % 16 == 0 || item[k].in == growing)
				continue;
			if (growing)
				assert_true(hash_insert(t, &item[k].node, hash_of(k)));
			else
				hash_remove(t, &item[k].node);
			item[k].in = growing;
			i++;
		}
	} while (place);
	for (k = 0; k < KEYS; k += 16)
		assert_true(scanned[k] >= 1);
}

TEST(a_scan_sees_all_that_stay_while_the_table_grows_and_shrinks)
{
	static struct item item[KEYS];
	struct hash_table t;

	hash_init(&t);
	assert_int_equal(hash_scan(&t, 0, note_scanned, NULL), 0);
	for (unsigned k = 0; k < KEYS; k++)
		item[k].key = k;
	for (unsigned k = 0; k < KEYS; k += 16)
		assert_true(hash_insert(&t, &item[k].node, hash_of(k)));
	for (int i = 0; i < 6; i++)
		scan_while(&t, item, i % 2 == 0);
	hash_free(&t);
}

TEST(a_scan_of_an_unchanged_table_sees_each_node_once)
{
	static struct item item[KEYS];
	struct hash_table t;
	uint32_t place = 0;

	hash_init(&t);
	memset(scanned, 0, sizeof(scanned));
	for (unsigned k = 0; k < KEYS; k++) {
		item[k].key = k;
		assert_true(hash_insert(&t, &item[k].node, hash_of(k)));
	}
	do
		place = hash_scan(&t, place, note_scanned, NULL);
	while (place);
	for (unsigned k = 0; k < KEYS; k++)
		assert_int_equal(scanned[k], 1);
	hash_free(&t);
}

TEST(a_replaced_node_takes_the_place_of_the_old_one)
{
	struct item a = {.key = 1}, b = {.key = 2}, fresh = {.key = 1};
	struct hash_table t;
	struct hash_iter it;
	int n = 0;

	hash_init(&t);
	hash_insert(&t, &a.node, 7);
	hash_insert(&t, &b.node, 7); /* the same bucket */
	hash_replace(&t, &a.node, &fresh.node);
	it = hash_walk(&t);
	for (struct hash_node *node = hash_next(&it); node; node = hash_next(&it), n++)
		assert_true(node == &b.node || node == &fresh.node);
	assert_int_equal(n, 2);
	hash_remove(&t, &fresh.node);
	hash_remove(&t, &b.node);
	hash_free(&t);
}
