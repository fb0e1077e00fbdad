/*
 * correspondent.h - correspondent: one side of a private conversation, and the owner of read
 * markers. While a user is logged in it is the account, under whatever nick; else the nick.
 *
 *     "*ann"   the account ann        '*' begins no nick, so the two cannot be confused
 *     "ann"    the users of the nick ann without an account
 */
#ifndef CHAT_MODEL_CORRESPONDENT_H
#define CHAT_MODEL_CORRESPONDENT_H

#include "chat/server.h"

enum {
	CORRESPONDENT_MAX = CHANNEL_BYTES_MAX + 1, /* with its NUL */
};
_Static_assert(NICK_BYTES_MAX < (int)CORRESPONDENT_MAX, "a nick and the mark of an account");

/* Returns the correspondent that u is, as stored, in `out`. */
struct store_text correspondent_of(const struct user *u, char out[CORRESPONDENT_MAX]);

/* Returns the one that a nick stands for: its user, else the account that owns it, else the nick.
 */
struct store_text correspondent_named(
	const struct server *s, const char *nick, char out[CORRESPONDENT_MAX]);

/* Writes the nick under which a correspondent is found now; false if there is none, because another
 * has that nick. */
bool correspondent_nick(
	const struct server *s, struct store_text stored, char nick[CORRESPONDENT_MAX]);

#endif
