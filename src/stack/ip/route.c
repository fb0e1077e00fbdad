/* route.c - routing table: a path-compressed trie. Nodes and routes come from malloc: they change
 * rarely. */
#include "stack/ip/route.h"

#include <errno.h>
#include <stdlib.h>

enum {
	V4_DEPTH = 96, /* depth in the trie at which IPv4's prefixes start */
};

struct route_node {
	struct route_node *parent, *child[2];
	struct route *routes; /* NULL: only joins its two children */
	struct ip_addr key;
	uint8_t bits; /* of the 16 bytes */
};

/* The depth of its node. */
static unsigned depth_of(const struct route *r)
{
	assert(r->bits <= ip_addr_bits(&r->dst));
	return 128 - ip_addr_bits(&r->dst) + r->bits;
}

static unsigned bit_at(const struct ip_addr *a, unsigned bit)
{
	assert(bit < 128);
	return a->b[bit / 8] >> (7 - bit % 8) & 1;
}

static struct ip_addr masked(const struct ip_addr *a, unsigned bits)
{
	struct ip_addr m = *a;

	assert(bits <= 128);
	if (bits < 128) {
		m.b[bits / 8] &= (uint8_t) ~(0xff >> bits % 8);
		memset(m.b + bits / 8 + 1, 0, 15 - bits / 8);
	}
	return m;
}

void route_init(struct route_table *t)
{
	*t = (struct route_table){0};
}

/* ---- nodes ---- */

static struct route_node *node_new(const struct ip_addr *key, unsigned bits)
{
	struct route_node *n = calloc(1, sizeof(*n));

	if (n != NULL) {
		n->key = masked(key, bits);
		n->bits = (uint8_t)bits;
	}
	return n;
}

/* The link in the tree that points to n. */
static struct route_node **place_of(struct route_table *t, struct route_node *n)
{
	assert(n->parent == NULL || n->parent->child[0] == n || n->parent->child[1] == n);
	if (n->parent == NULL)
		return &t->root;
	return &n->parent->child[n->parent->child[1] == n];
}

static void hang(struct route_node *parent, struct route_node *child)
{
	assert(child->bits > parent->bits);
	parent->child[bit_at(&child->key, parent->bits)] = child;
	child->parent = parent;
}

/* Inserts n above old, if it is a prefix of it, or beside it below a new node that joins both. */
static struct route_node *split(
	struct route_table *t, struct route_node *old, struct route_node *n, unsigned common)
{
	struct route_node **place = place_of(t, old), *above = old->parent, *top = n;

	assert(common <= n->bits && common < old->bits);
	if (common < n->bits) {
		top = node_new(&n->key, common);
		if (top == NULL)
			return NULL;
		hang(top, n);
	}
	top->parent = above;
	*place = top;
	hang(top, old);
	return n;
}

/* The node of exactly this prefix, created if needed. NULL if out of memory. */
static struct route_node *node_at(struct route_table *t, const struct ip_addr *key, unsigned bits)
{
	struct route_node *at = t->root, *above = NULL, *n;
	unsigned common = 0;

	for (; at != NULL; above = at, at = at->child[bit_at(key, at->bits)]) {
		common = ip_addr_common_bits(key, &at->key);
		common = common < bits ? common : bits;
		if (common < at->bits)
			break;
		if (at->bits == bits)
			return at;
	}
	n = node_new(key, bits);
	if (n == NULL)
		return NULL;
	if (at != NULL) {
		if (split(t, at, n, common) == NULL) {
			free(n);
			return NULL;
		}
	} else if (above != NULL) {
		hang(above, n);
	} else {
		t->root = n;
	}
	return n;
}

static struct route_node *node_find(
	const struct route_table *t, const struct ip_addr *key, unsigned bits)
{
	struct route_node *at = t->root;

	while (at != NULL && at->bits < bits && ip_addr_prefix_eq(key, &at->key, at->bits))
		at = at->child[bit_at(key, at->bits)];
	return at != NULL && at->bits == bits && ip_addr_prefix_eq(key, &at->key, bits) ? at : NULL;
}

/* Removes n if it has no route and joins nothing; then its parent, which may have joined it. */
static void prune(struct route_table *t, struct route_node *n)
{
	while (n != NULL && n->routes == NULL && (n->child[0] == NULL || n->child[1] == NULL)) {
		struct route_node *parent = n->parent, *child = n->child[n->child[0] == NULL];

		*place_of(t, n) = child;
		if (child != NULL)
			child->parent = parent;
		free(n);
		n = parent;
	}
}

/* ---- routes ---- */

static bool same_route(const struct route *a, const struct route *b)
{
	return a->metric == b->metric && a->ifindex == b->ifindex && a->origin == b->origin &&
	       ip_addr_eq(&a->gateway, &b->gateway);
}

/* True if r, which is newer, comes after a. */
static bool goes_before(const struct route *a, const struct route *r)
{
	return a->metric < r->metric || (a->metric == r->metric && a->preference >= r->preference);
}

/* True if every address of the route is of its destination's version, or unset. */
static bool versions_agree(const struct route *r)
{
	bool v4 = ip_addr_is_v4(&r->dst);

	return (ip_addr_is_any(&r->gateway) || ip_addr_is_v4(&r->gateway) == v4) &&
	       (ip_addr_is_any(&r->src) || ip_addr_is_v4(&r->src) == v4);
}

int route_add(struct route_table *t, const struct route *r)
{
	struct route **at, *copy;

	if (r->bits > ip_addr_bits(&r->dst) || r->type >= ROUTE_TYPES || !versions_agree(r))
		return -EINVAL;
	if (t->count == ROUTE_MAX)
		return -ENOBUFS;
	copy = malloc(sizeof(*copy));
	struct route_node *n = copy == NULL ? NULL : node_at(t, &r->dst, depth_of(r));

	if (n == NULL) {
		free(copy);
		return -ENOMEM;
	}
	for (at = &n->routes; *at != NULL && goes_before(*at, r); at = &(*at)->next)
		if (same_route(*at, r)) {
			free(copy);
			return -EEXIST;
		}
	*copy = *r;
	copy->dst = n->key;
	copy->next = *at;
	*at = copy;
	t->count++;
	t->gen++;
	return 0;
}

static void unlink_route(struct route_table *t, struct route **at)
{
	struct route *r = *at;

	assert(t->count > 0);
	*at = r->next;
	free(r);
	t->count--;
	t->gen++;
}

static struct route_node *node_of(struct route_table *t, const struct route *r)
{
	return r->bits > ip_addr_bits(&r->dst) ? NULL : node_find(t, &r->dst, depth_of(r));
}

int route_set_expiry(struct route_table *t, const struct route *r)
{
	struct route_node *n = node_of(t, r);
	struct route *at = n == NULL ? NULL : n->routes;

	while (at != NULL && !(same_route(at, r) && at->preference == r->preference))
		at = at->next;
	if (at == NULL)
		return -ESRCH;
	if (r->expires < at->expires)
		t->gen++; /* cached routes would last too long */
	at->expires = r->expires;
	return 0;
}

int route_del(struct route_table *t, const struct route *r)
{
	struct route_node *n = node_of(t, r);

	if (n == NULL)
		return -ESRCH;
	for (struct route **at = &n->routes; *at != NULL; at = &(*at)->next)
		if (same_route(*at, r)) {
			unlink_route(t, at);
			prune(t, n);
			return 0;
		}
	return -ESRCH;
}

/* The node after n in preorder; NULL at the end. */
static struct route_node *node_next(struct route_node *n)
{
	if (n->child[0] != NULL)
		return n->child[0];
	if (n->child[1] != NULL)
		return n->child[1];
	for (; n->parent != NULL; n = n->parent)
		if (n->parent->child[0] == n && n->parent->child[1] != NULL)
			return n->parent->child[1];
	return NULL;
}

static struct route_node *node_last(struct route_node *n)
{
	while (n != NULL && (n->child[0] != NULL || n->child[1] != NULL))
		n = n->child[n->child[1] != NULL];
	return n;
}

/* The node before n in preorder; NULL at the start. Stays valid when n is removed. */
static struct route_node *node_prev(struct route_node *n)
{
	if (n->parent == NULL)
		return NULL;
	if (n->parent->child[1] == n && n->parent->child[0] != NULL)
		return node_last(n->parent->child[0]);
	return n->parent;
}

uint32_t route_del_if(struct route_table *t, bool (*gone)(const struct route *r, const void *arg),
	const void *arg)
{
	struct route_node *n = node_last(t->root), *before;
	uint32_t count = t->count;

	for (; n != NULL; n = before) {
		struct route **at = &n->routes;

		before = node_prev(n);
		while (*at != NULL) {
			if (gone(*at, arg))
				unlink_route(t, at);
			else
				at = &(*at)->next;
		}
		if (n->routes == NULL && (n->child[0] == NULL || n->child[1] == NULL)) {
			struct route_node *child = n->child[n->child[0] == NULL];

			*place_of(t, n) = child;
			if (child != NULL)
				child->parent = n->parent;
			free(n);
		}
	}
	return count - t->count;
}

static bool any_route(const struct route *r, const void *arg)
{
	return true;
}

void route_free(struct route_table *t)
{
	route_del_if(t, any_route, NULL);
	assert(t->root == NULL && t->count == 0);
}

static const struct route *usable(const struct route *r, uint32_t ifindex, nsec_t now)
{
	while (r != NULL && (r->expires <= now || (ifindex != 0 && r->ifindex != ifindex)))
		r = r->next;
	return r;
}

/* The node of the longest prefix that contains dst; NULL if none does. */
static const struct route_node *longest(const struct route_table *t, const struct ip_addr *dst)
{
	const struct route_node *at = t->root, *last = NULL;

	while (at != NULL && ip_addr_prefix_eq(dst, &at->key, at->bits)) {
		last = at;
		at = at->bits == 128 ? NULL : at->child[bit_at(dst, at->bits)];
	}
	return last;
}

const struct route *route_find_if(const struct route_table *t, const struct route_key *key,
	bool (*fits)(const struct route *r, void *arg), void *arg)
{
	const struct route_node *at = longest(t, &key->dst);
	unsigned least = ip_addr_is_v4(&key->dst) ? V4_DEPTH : 0;
	const struct route *r;

	for (; at != NULL && at->bits >= least; at = at->parent)
		for (r = at->routes; (r = usable(r, key->ifindex, key->now)) != NULL; r = r->next)
			if (fits(r, arg))
				return r;
	return NULL;
}

static bool any(const struct route *r, void *arg)
{
	return true;
}

const struct route *route_find(
	const struct route_table *t, const struct ip_addr *dst, uint32_t ifindex, nsec_t now)
{
	const struct route_key key = {*dst, ifindex, now};

	return route_find_if(t, &key, any, NULL);
}

void route_each(
	const struct route_table *t, void (*see)(const struct route *r, void *arg), void *arg)
{
	for (struct route_node *n = t->root; n != NULL; n = node_next(n))
		for (const struct route *r = n->routes; r != NULL; r = r->next)
			see(r, arg);
}
