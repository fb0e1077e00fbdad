/*
 * history_scope.h - history scope: the part of a channel's history that its members may read,
 * which begins with the channel. The store keeps the messages and is informed of the channel's
 * lifetime (store.h, struct store_channel).
 */
#ifndef CHAT_MODEL_HISTORY_SCOPE_H
#define CHAT_MODEL_HISTORY_SCOPE_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* Records that ch was created. */
void history_scope_begin(struct server *s, struct channel *ch);

/* The same with the id of its creation on another node. */
void history_scope_begin_at(struct server *s, struct channel *ch, uint64_t begun);

/* Records that its last member has left. */
void history_scope_end(struct server *s, const struct channel *ch);

/* Records that ch begins again: nothing older can be read. */
void history_scope_restart(struct server *s, struct channel *ch);

/* Returns the `begun` for a query of ch's history; of a channel that keeps none, one with which
 * nothing is found. */
uint64_t history_scope_begun(const struct server *s, const struct channel *ch);

/* Records that it was renamed. */
void history_scope_rename(struct server *s, struct channel *ch, const char *from);

/* Whether ch is open to all: the first to join it after a restart may read its past. */
bool history_scope_is_open(const struct channel *ch);

/* Records what u, leaving ch, has seen. */
void history_scope_leave(struct server *s, const struct channel *ch, const struct user *u);

/* Returns the newest message that a user rejoining ch with the same nick and host has seen; 0 if
 * unknown. */
uint64_t history_scope_seen(const struct server *s, const struct channel *ch, const struct user *u);

/* Formats a name as stored: case-folded, truncated to fit out, with a NUL. */
struct store_text store_name(const char *name, char out[CHANNEL_BYTES_MAX + 1]);

#endif
