/*
 * apply.h - entries of other nodes, applied to the model and shown to local members. Every function
 * is given an entry that entry.c has checked, and returns false if it may not be: it is counted,
 * and nothing has changed.
 */
#ifndef CHAT_CLUSTER_APPLY_H
#define CHAT_CLUSTER_APPLY_H

#include "chat/cluster/network.h"

/* Where an entry comes from. */
struct arrival {
	struct network *n;
	struct node *from;
	bool past;     /* it is long gone: for the history only */
	bool snapshot; /* of a snapshot */
};

/* Applies an entry; false if it may not be. */
bool apply_entry(const struct arrival *a, const struct entry *e);

/* Ends those users of a node that its snapshot does not have. */
void apply_snapshot_end(const struct arrival *a);

/* Ends all users of a node, as a netsplit. */
void apply_gone(struct network *n, struct node *from, const char *why);

/* The text of an event's id, or NULL if it has none. */
const char *event_text(uint64_t id, char out[MSGID_TEXT_LEN + 1]);

/* Returns the user of an entry if it is from's; NULL if not. */
struct user *apply_user_of(const struct arrival *a, uint64_t session);

/* A user of another node is logged in to the account of a name (NULL: none), which may not be known
 * here yet; true if its account is another one now. */
bool remote_account(struct network *n, struct remote *r, const char *name);

/* Enters a user of another node in the tables; false if out of memory. */
bool remote_enter(struct network *n, struct node *from, struct user *u, const char *nick);

/* Returns a user of another node by its session, or NULL. */
struct remote *remote_find(struct network *n, uint64_t session);

#endif
