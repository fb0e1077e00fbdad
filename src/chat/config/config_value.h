/*
 * config_value.h - values of configuration keys.
 */
#ifndef CHAT_CONFIG_CONFIG_VALUE_H
#define CHAT_CONFIG_CONFIG_VALUE_H

#include "chat/config/config_table.h"

/* Parses and checks text and stores it at `base` + the key's offset, freeing the old value. On
 * failure returns false with the reason in *e, without file and line. */
bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e);

/* Frees the value, which becomes empty. */
void config_clear(const struct config_key *key, void *base);

/* Whether two values are equal. */
bool config_equal(const struct config_key *key, const void *a, const void *b);

/* Moves the value from `from`, freeing what was there. */
void config_move(const struct config_key *key, void *to, void *from);

#endif
