/*
 * rehash.h - applying a new configuration.
 */
#ifndef CHAT_LOOP_REHASH_H
#define CHAT_LOOP_REHASH_H

#include "chat/server.h"

/* Applies a new configuration (see config_reload) and updates what depends on it. later->text gets
 * the changed keys that need a restart, as many as fit; "" if there are none. */
void server_rehash(struct server *s, struct config *fresh, struct config_error *later);

/* Reads the message of the day from its file. */
void server_load_motd(struct server *s);

#endif
