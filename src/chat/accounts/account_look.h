/*
 * account_look.h - the table of names and nicks by what they look like, for the files of this room.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_LOOK_H
#define CHAT_ACCOUNTS_ACCOUNT_LOOK_H

#include "chat/accounts/account.h"

/* Adds a name or nick to the table by what it looks like; false if out of memory. And removes it.
 */
bool account_look_add(
	struct accounts *t, struct account_look *l, struct account *a, const char *name);
void account_look_remove(struct accounts *t, struct account_look *l);

/* Frees what an entry has, at the end of the table. */
void account_look_free(struct account_look *l);

#endif
