/*
 * admin_wait.h - an answer that waits for the disk, or for a hash. Either may go first: the answer,
 * because its reader leaves, or what it waits for.
 */
#ifndef CHAT_ADMIN_ADMIN_WAIT_H
#define CHAT_ADMIN_ADMIN_WAIT_H

#include "chat/accounts/account.h"
#include "chat/admin/admin_command.h"

struct admin_wait {
	struct admin *admin; /* NULL: the answer is not needed any more */
};

/* Makes a wait; NULL if out of memory. */
struct admin_wait *admin_wait_new(struct admin *a);

/* Ends the wait with a result, a reason or NULL, and frees it. */
void admin_wait_settle(struct admin_wait *w, const char *why);

/* The answer is not needed any more. w may be NULL. */
void admin_wait_forget(struct admin_wait *w);

/* Completions of the store and of an account's change; arg is the wait. */
void admin_wait_kept(void *arg, const struct store_reply *r);
void admin_wait_changed(void *arg, struct account *a, enum store_status status);

#endif
