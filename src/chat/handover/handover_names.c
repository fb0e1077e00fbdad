/* handover_names.c - a table from numbers to users: handover_names.h. */
#include "chat/handover/handover_names.h"

#include <stdlib.h>

struct hand_name {
	struct hash_node node;
	uint64_t number;
	struct user *user;
};

static bool is(const struct hash_node *node, const void *number)
{
	return container_of(node, const struct hand_name, node)->number ==
	       *(const uint64_t *)number;
}

bool hand_names_add(struct hand_names *n, uint64_t number, struct user *u)
{
	struct hand_name *e;

	if (number == 0 || hand_names_find(n, number))
		return false;
	e = malloc(sizeof(*e));
	if (!e)
		return false;
	e->number = number;
	e->user = u;
	if (hash_insert(&n->table, &e->node, hash_mix(number)))
		return true;
	free(e);
	return false;
}

struct user *hand_names_find(const struct hand_names *n, uint64_t number)
{
	struct hash_node *node = hash_find(&n->table, hash_mix(number), is, &number);

	return node ? container_of(node, struct hand_name, node)->user : NULL;
}

void hand_names_free(struct hand_names *n)
{
	struct hash_iter it = hash_walk(&n->table);
	struct hash_node *node = hash_next(&it);

	while (node) {
		struct hand_name *e = container_of(node, struct hand_name, node);

		node = hash_next(&it);
		free(e);
	}
	hash_free(&n->table);
}
