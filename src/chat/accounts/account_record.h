/*
 * account_record.h - records of the store as accounts in memory: at the start, and when another
 * server of the network has written them.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_RECORD_H
#define CHAT_ACCOUNTS_ACCOUNT_RECORD_H

#include "chat/accounts/account_table.h"

/* Whether a table is one of accounts. */
bool account_has_table(enum store_table table);

/* The account that a record belongs to: its folded name; "" for an account itself. */
struct store_text account_of_record(const struct store_record *r);

/* Takes a record that is on the disk. One of no account has no effect; nor has one that is there
 * already, except an account, whose values are replaced. False if out of memory. */
bool account_record(struct accounts *t, const struct store_record *r);

/* A record is gone: only its key is used. An account that is gone has no user. */
void account_record_gone(struct accounts *t, const struct store_record *r);

/* Gives a, which is in the table, the values of fresh, and those to fresh, which is then freed; a
 * dropped one loses what belongs to it. */
void account_become(struct accounts *t, struct account *a, struct account *fresh);

/* Another registration takes the place of that of the account: forgets what belonged to it, but not
 * who is logged in. */
void account_empty(struct accounts *t, struct account *a);

#endif
