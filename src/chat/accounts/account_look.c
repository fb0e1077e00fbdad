/* account_look.c - names and nicks of accounts by what they look like. */
#include "chat/accounts/account_look.h"

#include "chat/accounts/account_table.h"

/* A skeleton, and whose names do not count. */
struct wanted {
	const struct accounts *table;
	const char *skeleton;
	const struct account *own;
};

/* The skeleton of a name is not kept, but made again for the few that have its hash. */
static bool match(const struct hash_node *n, const void *key)
{
	const struct account_look *l = container_of(n, struct account_look, by_skeleton);
	const struct wanted *w = key;
	char skeleton[SKELETON_MAX];

	if (l->account == w->own)
		return false;
	skeleton_full(w->table->skeletons, l->name, skeleton);
	return strcmp(skeleton, w->skeleton) == 0;
}

bool account_look_add(
	struct accounts *t, struct account_look *l, struct account *a, const char *name)
{
	char skeleton[SKELETON_MAX];

	skeleton_full(t->skeletons, name, skeleton);
	l->name = name;
	l->account = a;
	return hash_insert(&t->looks, &l->by_skeleton, account_hash(t, skeleton));
}

void account_look_remove(struct accounts *t, struct account_look *l)
{
	hash_remove(&t->looks, &l->by_skeleton);
}

const char *accounts_resembling(
	const struct accounts *t, const char *name, const struct account *own)
{
	char skeleton[SKELETON_MAX];
	struct wanted w = {t, skeleton, own};
	const struct hash_node *n;

	skeleton_full(t->skeletons, name, skeleton);
	n = hash_find(&t->looks, account_hash(t, skeleton), match, &w);
	return n ? container_of(n, struct account_look, by_skeleton)->name : NULL;
}
