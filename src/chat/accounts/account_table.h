/*
 * account_table.h - the table in memory, for the files of this room.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_TABLE_H
#define CHAT_ACCOUNTS_ACCOUNT_TABLE_H

#include "chat/accounts/account.h"

enum {
	ACCOUNT_FOLDED_MAX = STORE_NAME_MAX + 1,
};

/* The hash of a name or key. */
uint32_t account_hash(const struct accounts *t, const char *name);

/* The folded name, in `out`. */
struct store_text account_folded(const char *name, char out[ACCOUNT_FOLDED_MAX]);

/* Returns the account of a name, dropped or not; NULL: none. */
struct account *account_any(const struct accounts *t, const char *name);

/* Creates an account in the table, with a name that is free; NULL if out of memory. */
struct account *account_add(struct accounts *t, const struct account_values *v);

/* Copies the values to a; false, and a is good only for account_free(), if out of memory. */
bool account_take(struct account *a, const struct account_values *v);

/* Removes an account from the table and frees it. */
void account_discard(struct accounts *t, struct account *a);

/* Frees an account that is in no table. */
void account_free(struct account *a);

/* Creates a key that is free; NULL if out of memory. */
struct account_key *account_add_key(
	struct accounts *t, struct account *a, const struct account_new_key *n);

/* Removes a key and frees it. */
void account_discard_key(struct accounts *t, enum account_list list, struct account_key *k);

#endif
