/*
 * registry.h - registry of nicks and channels.
 */
#ifndef CHAT_MODEL_REGISTRY_H
#define CHAT_MODEL_REGISTRY_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* The user with this nick (registered or not), or NULL. */
struct user *registry_user(const struct server *s, const char *nick);

/* The registered user with this nick, or NULL: what others may know of. */
struct user *registry_registered(const struct server *s, const char *nick);

/* Gives u, which has a nick or none, this one, which nobody else has. False when memory is out:
 * nothing changed. */
bool registry_set_nick(struct server *s, struct user *u, const char *nick);

/* Takes the nick of u out of the table, if it is in. */
void registry_drop_nick(struct server *s, struct user *u);

/* The channel, or NULL. */
struct channel *registry_channel(const struct server *s, const char *name);

/* The channel, made if it is not there; NULL when memory is out. */
struct channel *registry_make_channel(struct server *s, const char *name);

/* Gives ch a name that no other channel has. False when memory is out: nothing changed. */
bool registry_rename_channel(struct server *s, struct channel *ch, const char *name);

/* How a channel or a user writes this name; as it is given if there is none. */
const char *registry_spelling(const struct server *s, const char *name);

/* A channel without members goes. */
void registry_drop_empty(struct server *s, struct channel *ch);

#endif
