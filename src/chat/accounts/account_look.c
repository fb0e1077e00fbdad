/* account_look.c - names and nicks of accounts by what they look like. */
#include "chat/accounts/account_look.h"

#include "chat/accounts/account_table.h"

#include <stdlib.h>

/* A skeleton, and whose names do not count. */
struct wanted {
	const struct accounts *table;
	const char *skeleton;
	const struct account *own;
};

/* Writes the skeleton of the small letters of a name; false if it is in them. */
static bool small_skeleton(const struct accounts *t, const char *name, char out[SKELETON_MAX])
{
	char small[SKELETON_MAX];

	if (!skeleton_fold(t->skeletons, name, small))
		return false;
	skeleton_full(t->skeletons, small, out);
	return true;
}

/* The skeletons of a name are not kept, but made again for the few that have the hash of one. */
static bool match(const struct hash_node *n, const void *key)
{
	const struct account_look *l = container_of(n, struct account_look, by_skeleton);
	const struct wanted *w = key;
	char skeleton[SKELETON_MAX];

	if (l->account == w->own)
		return false;
	skeleton_full(w->table->skeletons, l->name, skeleton);
	return strcmp(skeleton, w->skeleton) == 0 ||
	       (small_skeleton(w->table, l->name, skeleton) && strcmp(skeleton, w->skeleton) == 0);
}

static bool insert(struct accounts *t, struct account_look *l, const char *skeleton)
{
	return hash_insert(&t->looks, &l->by_skeleton, account_hash(t, skeleton));
}

/* Adds the entry of the small letters, if the name has capitals outside ASCII. */
static bool add_small(struct accounts *t, struct account_look *l)
{
	char skeleton[SKELETON_MAX];

	if (!small_skeleton(t, l->name, skeleton))
		return true;
	l->small = calloc(1, sizeof(*l->small));
	if (!l->small)
		return false;
	*l->small = (struct account_look){.name = l->name, .account = l->account};
	if (insert(t, l->small, skeleton))
		return true;
	free(l->small);
	return false;
}

bool account_look_add(
	struct accounts *t, struct account_look *l, struct account *a, const char *name)
{
	char skeleton[SKELETON_MAX];

	*l = (struct account_look){.name = name, .account = a};
	skeleton_full(t->skeletons, name, skeleton);
	if (!insert(t, l, skeleton))
		return false;
	if (add_small(t, l))
		return true;
	hash_remove(&t->looks, &l->by_skeleton);
	return false;
}

void account_look_remove(struct accounts *t, struct account_look *l)
{
	hash_remove(&t->looks, &l->by_skeleton);
	if (l->small)
		hash_remove(&t->looks, &l->small->by_skeleton);
	account_look_free(l);
}

void account_look_free(struct account_look *l)
{
	free(l->small);
	l->small = NULL;
}

static const char *found(const struct accounts *t, const char *skeleton, const struct account *own)
{
	const struct hash_node *n = hash_find(
		&t->looks, account_hash(t, skeleton), match, &(struct wanted){t, skeleton, own});

	return n ? container_of(n, struct account_look, by_skeleton)->name : NULL;
}

const char *accounts_resembling(
	const struct accounts *t, const char *name, const struct account *own)
{
	char skeleton[SKELETON_MAX];
	const char *other;

	skeleton_full(t->skeletons, name, skeleton);
	other = found(t, skeleton, own);
	if (!other && small_skeleton(t, name, skeleton))
		other = found(t, skeleton, own);
	return other;
}
