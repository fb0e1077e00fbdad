/*
 * tree.c - AVL tree: after a change, walk up from where a height changed and rotate where the two
 * sides differ by two.
 *
 *         x                  y
 *        / \                / \
 *       a   y      ->      x   c       rotate x to the left; the mirror image to the right
 *          / \            / \
 *         b   c          a   b
 */
#include "base/tree.h"

static struct tree_node **place_of(struct tree *t, const struct tree_node *n)
{
	if (!n->parent)
		return &t->root;
	return n->parent->left == n ? &n->parent->left : &n->parent->right;
}

static struct tree_node *rotate_left(struct tree *t, struct tree_node *x)
{
	struct tree_node *y = x->right;

	*place_of(t, x) = y;
	y->parent = x->parent;
	x->right = y->left;
	if (x->right)
		x->right->parent = x;
	y->left = x;
	x->parent = y;
	x->balance = (int8_t)(x->balance - 1 - (y->balance > 0 ? y->balance : 0));
	y->balance = (int8_t)(y->balance - 1 + (x->balance < 0 ? x->balance : 0));
	return y;
}

static struct tree_node *rotate_right(struct tree *t, struct tree_node *x)
{
	struct tree_node *y = x->left;

	*place_of(t, x) = y;
	y->parent = x->parent;
	x->left = y->right;
	if (x->left)
		x->left->parent = x;
	y->right = x;
	x->parent = y;
	x->balance = (int8_t)(x->balance + 1 - (y->balance < 0 ? y->balance : 0));
	y->balance = (int8_t)(y->balance + 1 + (x->balance > 0 ? x->balance : 0));
	return y;
}

/* Rebalances n, whose sides differ by two. Returns the new root of the subtree. */
static struct tree_node *repair(struct tree *t, struct tree_node *n)
{
	if (n->balance > 0) {
		if (n->right->balance < 0)
			rotate_right(t, n->right);
		return rotate_left(t, n);
	}
	if (n->left->balance > 0)
		rotate_left(t, n->left);
	return rotate_right(t, n);
}

void tree_insert(
	struct tree *t, struct tree_node *n, struct tree_node *parent, struct tree_node **at)
{
	assert(!*at);
	*n = (struct tree_node){.parent = parent};
	*at = n;
	for (; parent; n = parent, parent = n->parent) {
		parent->balance = (int8_t)(parent->balance + (parent->left == n ? -1 : 1));
		if (parent->balance == 0)
			return;
		if (parent->balance == 2 || parent->balance == -2) {
			repair(t, parent);
			return;
		}
	}
}

/* The left (if `left`) or right side of n became shorter. */
static void shrunk(struct tree *t, struct tree_node *n, bool left)
{
	while (n) {
		n->balance = (int8_t)(n->balance + (left ? 1 : -1));
		if (n->balance == 2 || n->balance == -2)
			n = repair(t, n);
		if (n->balance != 0)
			return;
		if (n->parent)
			left = n->parent->left == n;
		n = n->parent;
	}
}

/* Puts s, the successor of n, in the place of n; returns the node below which a side became
 * shorter. */
static struct tree_node *replace(struct tree *t, struct tree_node *n, bool *left)
{
	struct tree_node *s = n->right, *from;

	while (s->left)
		s = s->left;
	*left = s->parent != n;
	from = *left ? s->parent : s;
	if (*left) {
		s->parent->left = s->right;
		if (s->right)
			s->right->parent = s->parent;
		s->right = n->right;
		s->right->parent = s;
	}
	s->left = n->left;
	s->left->parent = s;
	s->balance = n->balance;
	*place_of(t, n) = s;
	s->parent = n->parent;
	return from;
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node *child = n->left ? n->left : n->right;
	struct tree_node *from = n->parent;
	bool left = from && from->left == n;

	if (n->left && n->right) {
		from = replace(t, n, &left);
	} else {
		*place_of(t, n) = child;
		if (child)
			child->parent = n->parent;
	}
	shrunk(t, from, left);
	*n = (struct tree_node){0};
}

struct tree_node *tree_first(const struct tree *t)
{
	struct tree_node *n = t->root;

	while (n && n->left)
		n = n->left;
	return n;
}

struct tree_node *tree_last(const struct tree *t)
{
	struct tree_node *n = t->root;

	while (n && n->right)
		n = n->right;
	return n;
}

struct tree_node *tree_next(const struct tree_node *n)
{
	if (n->right) {
		n = n->right;
		while (n->left)
			n = n->left;
		return (struct tree_node *)n;
	}
	while (n->parent && n->parent->right == n)
		n = n->parent;
	return n->parent;
}
