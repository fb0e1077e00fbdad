/*
 * account_mail.h - the index of accounts by mail address, and the list of unverified ones; for the
 * files of this room.
 */
#ifndef CHAT_ACCOUNTS_ACCOUNT_MAIL_H
#define CHAT_ACCOUNTS_ACCOUNT_MAIL_H

#include "chat/accounts/account.h"

/* Adds an account to both, as far as it belongs there. */
void account_index_mail(struct accounts *t, struct account *a);

/* Removes it from them: before a change of its address or flags. */
void account_unindex_mail(struct accounts *t, struct account *a);

#endif
