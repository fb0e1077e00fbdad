/*
 * account_entry.h - lists that go with an account, in one table of the store: each entry is a text
 * with a note. They are written without waiting: what an entry is worth is known in memory.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_ENTRY_H
#define CHAT_ACCOUNTS_ACCOUNT_ENTRY_H

#include "chat/accounts/account.h"

/* The lists, by their names in the store: do not change them. */
#define ACCOUNT_SILENCED     "silence" /* masks */
#define ACCOUNT_ACCEPTED     "accept"  /* accounts; the note is the nick */
#define ACCOUNT_VHOST        "vhost"   /* a host; the note is on or off (vhost.h) */
#define ACCOUNT_VHOST_WANTED "vhost-wanted"

struct account_entry {
	const char *list, *text, *note; /* note: NULL: "" */
	int64_t added_ms;
};

/* Writes or deletes an entry. */
enum store_status account_entry_put(
	struct accounts *t, const struct account *a, const struct account_entry *e);
enum store_status account_entry_delete(
	struct accounts *t, const struct account *a, const struct account_entry *e);

/* Deletes all of an account. */
enum store_status account_entries_delete(struct accounts *t, const struct account *a);

#endif
