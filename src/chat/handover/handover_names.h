/*
 * handover_names.h - numbers for the users of a handover: a table from any number that is not 0 to
 * a user. The writer's numbers are addresses of users and quotas; the reader takes them from it.
 */
#ifndef CHAT_HANDOVER_HANDOVER_NAMES_H
#define CHAT_HANDOVER_HANDOVER_NAMES_H

#include "base/hash.h"
#include "base/vec.h"

struct user;

struct hand_name;

struct hand_names {
	struct hash_table table;
};

/* Adds a number, which is not there yet; false if it is, is 0, or out of memory. */
bool hand_names_add(struct hand_names *n, uint64_t number, struct user *u);

/* The user of a number, or NULL. */
struct user *hand_names_find(const struct hand_names *n, uint64_t number);

/* Frees the table. */
void hand_names_free(struct hand_names *n);

#endif
