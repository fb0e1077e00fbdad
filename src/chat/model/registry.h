/*
 * registry.h - registry of nicks and channels.
 */
#ifndef CHAT_MODEL_REGISTRY_H
#define CHAT_MODEL_REGISTRY_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* Returns the user with this nick, registered or not, or NULL. */
struct user *registry_user(const struct server *s, const char *nick);

/* Returns the registered user with this nick, or NULL: others see only registered users. */
struct user *registry_registered(const struct server *s, const char *nick);

/* Sets the nick of u, which no other user has. False, and nothing changed, if out of memory. */
bool registry_set_nick(struct server *s, struct user *u, const char *nick);

/* Lets u, which is not registered, wait for a nick that another user has. False if out of memory.
 */
bool registry_want_nick(struct server *s, struct user *u, const char *nick);

/* Removes the nick of u from the table, if it has one. */
void registry_drop_nick(struct server *s, struct user *u);

/* Returns the channel, or NULL. */
struct channel *registry_channel(const struct server *s, const char *name);

/* Returns the channel, created if it does not exist; NULL if out of memory. */
struct channel *registry_make_channel(struct server *s, const char *name);

/* Creates a channel that is in the store, and does not exist; the caller calls
 * history_scope_begin(). NULL if out of memory. */
struct channel *registry_adopt_channel(struct server *s, const char *name);

/* Renames ch to a name that no other channel has. False, and nothing changed, if out of memory. */
bool registry_rename_channel(struct server *s, struct channel *ch, const char *name);

/* Returns the canonical spelling of the name of a channel or user; the name itself if neither
 * exists. */
const char *registry_spelling(const struct server *s, const char *name);

/* Frees a channel without members. */
void registry_drop_empty(struct server *s, struct channel *ch);

#endif
