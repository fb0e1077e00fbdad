/*
 * history_scope.h - history scope: the part of a channel's history that its members may read,
 * which begins with the channel. The store keeps the messages and is informed of the channel's
 * lifetime (store.h, struct store_channel).
 */
#ifndef CHAT_MODEL_HISTORY_SCOPE_H
#define CHAT_MODEL_HISTORY_SCOPE_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* ch has just been made; its last member has left; it had another name. */
void history_scope_begin(struct server *s, struct channel *ch);
void history_scope_end(struct server *s, const struct channel *ch);
void history_scope_rename(struct server *s, struct channel *ch, const char *from);

/* Everybody can see and join ch: who comes first after a restart may read what was said in it. */
bool history_scope_is_open(const struct channel *ch);

/* u leaves ch; the newest message that whoever comes back to ch with his nick and host has seen. 0:
 * that is not known (any more). */
void history_scope_leave(struct server *s, const struct channel *ch, const struct user *u);
uint64_t history_scope_seen(const struct server *s, const struct channel *ch, const struct user *u);

/* A name as the store knows it: case-folded, in out, cut to fit. */
struct store_text store_name(const char *name, char out[CHANNEL_BYTES_MAX + 1]);

#endif
