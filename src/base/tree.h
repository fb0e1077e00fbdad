/*
 * tree.h - intrusive AVL tree (Adelson-Velsky, Landis 1962) with parent links: insert and remove in
 * O(log n) with at most O(log n) rotations, so that a peer cannot slow down lookups by choosing the
 * order in which it sends. The caller compares, owns the nodes and finds its way down:
 *
 *     struct tree_node **at = &t->root, *parent = NULL;
 *     while (*at) {
 *             parent = *at;
 *             at = less(new, *at) ? &parent->left : &parent->right;
 *     }
 *     tree_insert(t, new, parent, at);
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/base.h"

struct tree_node {
	struct tree_node *parent, *left, *right;
	int8_t balance; /* height of right minus height of left: -1, 0, 1 */
};

struct tree {
	struct tree_node *root;
};

static inline void tree_init(struct tree *t)
{
	t->root = NULL;
}

static inline bool tree_empty(const struct tree *t)
{
	return !t->root;
}

/* Links n at *at, an empty place below parent (NULL: the root), and rebalances. */
void tree_insert(
	struct tree *t, struct tree_node *n, struct tree_node *parent, struct tree_node **at);

/* Removes n, which must be in the tree. */
void tree_remove(struct tree *t, struct tree_node *n);

/* The smallest node; NULL if empty. O(log n). */
struct tree_node *tree_first(const struct tree *t);

/* The largest node; NULL if empty. O(log n). */
struct tree_node *tree_last(const struct tree *t);

/* The successor in order; NULL at the end. Amortised O(1) over a walk. */
struct tree_node *tree_next(const struct tree_node *n);

#endif
