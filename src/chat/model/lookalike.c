/* lookalike.c - the table of nicks that are not ASCII, by skeletons: lookalike.h. */
#include "chat/model/lookalike.h"

#include "chat/model/registry.h"

#include <stdlib.h>

struct lookalike {
	struct hash_node by_skeleton;
	const struct user *user;
	struct lookalike *small; /* the entry of the nick's small letters; NULL: it is in them */
	char skeleton[];
};

/* A skeleton, of a user that is `of`, or of any that is registered and not `not`. */
struct wanted {
	const char *skeleton;
	const struct user *of, *not ;
};

static bool match(const struct hash_node *n, const void *key)
{
	const struct lookalike *l = container_of(n, struct lookalike, by_skeleton);
	const struct wanted *w = key;

	return (w->of ? l->user == w->of : l->user != w->not &&user_registered(l->user)) &&
	       strcmp(l->skeleton, w->skeleton) == 0;
}

static uint32_t hash_of(const struct server *s, const char *skeleton)
{
	return case_hash(skeleton, strlen(skeleton), &s->key);
}

static struct lookalike *find(const struct server *s, const struct wanted *w)
{
	struct hash_node *n = hash_find(&s->lookalikes, hash_of(s, w->skeleton), match, w);

	return n ? container_of(n, struct lookalike, by_skeleton) : NULL;
}

/* Adds an entry for a name of u; NULL if out of memory. */
static struct lookalike *add(struct server *s, const struct user *u, const char *name)
{
	char skeleton[SKELETON_MAX];
	struct lookalike *l;

	skeleton_plain(s->skeletons, name, skeleton);
	l = calloc(1, sizeof(*l) + strlen(skeleton) + 1);
	if (!l)
		return NULL;
	l->user = u;
	strcpy(l->skeleton, skeleton);
	if (hash_insert(&s->lookalikes, &l->by_skeleton, hash_of(s, skeleton)))
		return l;
	free(l);
	return NULL;
}

static void drop(struct server *s, struct lookalike *l)
{
	hash_remove(&s->lookalikes, &l->by_skeleton);
	if (l->small)
		hash_remove(&s->lookalikes, &l->small->by_skeleton);
}

bool lookalike_add(struct server *s, struct user *u)
{
	char small[SKELETON_MAX];
	struct lookalike *l;

	if (!skeleton_needs_table(user_nick(u)))
		return true;
	l = add(s, u, user_nick(u));
	if (!l || !skeleton_fold(s->skeletons, user_nick(u), small))
		return l != NULL;
	l->small = add(s, u, small);
	if (l->small)
		return true;
	drop(s, l);
	free(l);
	return false;
}

struct lookalike *lookalike_take(struct server *s, const struct user *u)
{
	char skeleton[SKELETON_MAX];
	struct lookalike *l;

	if (!skeleton_needs_table(user_nick(u)))
		return NULL;
	skeleton_plain(s->skeletons, user_nick(u), skeleton);
	l = find(s, &(struct wanted){skeleton, u, NULL});
	if (l)
		drop(s, l);
	return l;
}

void lookalike_restore(struct server *s, struct lookalike *l)
{
	for (; l; l = l->small) /* they reuse the space just freed */
		hash_insert(&s->lookalikes, &l->by_skeleton, l->by_skeleton.hash);
}

void lookalike_free(struct lookalike *l)
{
	if (l)
		free(l->small);
	free(l);
}

/* A user other than u whose nick looks like this name, case of ASCII apart. */
static const struct user *resembling(struct server *s, const char *name, const struct user *u)
{
	char skeleton[SKELETON_MAX];
	const struct lookalike *l;
	const struct user *ascii = NULL;

	skeleton_plain(s->skeletons, name, skeleton);
	if (skeleton_needs_table(name))
		ascii = registry_registered(s, skeleton);
	if (ascii && ascii != u)
		return ascii;
	l = find(s, &(struct wanted){skeleton, NULL, u});
	return l ? l->user : NULL;
}

const struct user *lookalike_find(struct server *s, const char *nick, const struct user *u)
{
	char small[SKELETON_MAX];
	const struct user *other = resembling(s, nick, u);

	if (!other && skeleton_fold(s->skeletons, nick, small))
		other = resembling(s, small, u);
	return other;
}
