/*
 * nick_owner.h - nicks that belong to accounts: who may use them (accounts.nick_enforcement).
 */
#ifndef CHAT_CMD_NICK_OWNER_H
#define CHAT_CMD_NICK_OWNER_H

#include "chat/out/reply.h"

/* Whether the nick is another account's than u's (u NULL: of no user). */
bool nick_is_others(const struct server *s, const struct user *u, const char *nick);

/* Whether a name that is not the account's own looks like a name or nick of another account
 * (accounts.confusables). */
bool nick_looks_owned(const struct server *s, const char *name, const struct account *own);

/* Whether q's user must not take the nick; if so, replies 433 and FAIL. */
bool nick_refused(struct request *q, const char *nick);

/* After a registered user has taken a nick, logged in or out: whose nick is another's is warned and
 * renamed later, or renamed at once. */
void nick_enforce(struct request *q);

/* Renames whose time is over. */
void nick_owner_tick(struct server *s);

/* Renames a user to a nick that is free: Guest-12345. */
void nick_make_guest(struct server *s, struct user *u);

#endif
