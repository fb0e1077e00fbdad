/*
 * lookalike.h - nicks in use by what they look like (skeleton.h), as written and in small letters.
 * An ASCII nick is found by itself: only users with another have an entry.
 */
#ifndef CHAT_MODEL_LOOKALIKE_H
#define CHAT_MODEL_LOOKALIKE_H

#include "chat/server.h"

/* The entry of a user. */
struct lookalike;

/* Adds u, which has a nick; false if out of memory. */
bool lookalike_add(struct server *s, struct user *u);

/* Takes the entry of u out of the table; NULL if it has none. */
struct lookalike *lookalike_take(struct server *s, const struct user *u);

/* Puts it back, or (u has another nick now) frees it. l may be NULL. */
void lookalike_restore(struct server *s, struct lookalike *l);
void lookalike_free(struct lookalike *l);

/* Returns a registered user other than u whose nick looks like this one, or differs from it
 * in case only, one of both not being ASCII; NULL if there is none. */
const struct user *lookalike_find(struct server *s, const char *nick, const struct user *u);

#endif
