/*
 * tree_test.c - the AVL tree against a sorted array, with its balance recomputed after each step.
 */
#include "base/prng.h"
#include "base/test/test.h"
#include "base/tree.h"

enum {
	KEYS = 300
};

struct item {
	struct tree_node node;
	uint32_t key;
	bool in;
};

static struct item *item_of(struct tree_node *n)
{
	return container_of(n, struct item, node);
}

static void put(struct tree *t, struct item *it)
{
	struct tree_node **at = &t->root, *parent = NULL;

	while (*at) {
		parent = *at;
		at = it->key < item_of(parent)->key ? &parent->left : &parent->right;
	}
	tree_insert(t, &it->node, parent, at);
	it->in = true;
}

/* Height of n; fails if a balance or a parent link is wrong. */
static int check_below(const struct tree_node *n, const struct tree_node *parent)
{
	if (!n)
		return 0;
	assert_ptr_equal(n->parent, parent);
	int l = check_below(n->left, n), r = check_below(n->right, n);
	assert_int_equal(n->balance, r - l);
	assert_true(n->balance >= -1 && n->balance <= 1);
	return 1 + (l > r ? l : r);
}

static void check(struct tree *t, struct item *items)
{
	struct tree_node *n = tree_first(t), *last = NULL;

	check_below(t->root, NULL);
	for (size_t i = 0; i < KEYS; i++) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(n, &items[i].node);
		last = n;
		n = tree_next(n);
	}
	assert_null(n);
	assert_ptr_equal(tree_last(t), last);
}

TEST(the_tree_agrees_with_a_sorted_array_under_random_changes)
{
	static struct item items[KEYS];
	struct tree t;
	struct prng rng;

	tree_init(&t);
	prng_seed(&rng, 7);
	for (uint32_t i = 0; i < KEYS; i++)
		items[i] = (struct item){.key = i};
	for (int step = 0; step < 20000; step++) {
		struct item *it = &items[prng_below(&rng, KEYS)];
		if (it->in) {
			tree_remove(&t, &it->node);
			it->in = false;
		} else {
			put(&t, it);
		}
		if (step % 16 == 0)
			check(&t, items);
	}
	check(&t, items);
}

TEST(keys_in_order_do_not_make_the_tree_deep)
{
	static struct item items[4096];
	struct tree t;

	tree_init(&t);
	for (uint32_t i = 0; i < ARRAY_SIZE(items); i++) {
		items[i].key = i;
		put(&t, &items[i]);
	}
	assert_true(check_below(t.root, NULL) <= 13);
	for (uint32_t i = 0; i < ARRAY_SIZE(items); i++) {
		assert_ptr_equal(tree_first(&t), &items[i].node);
		tree_remove(&t, &items[i].node);
	}
	assert_true(tree_empty(&t));
}
