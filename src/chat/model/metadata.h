/*
 * metadata.h - metadata of users and channels (IRCv3 draft/metadata-3), and the keys that a user is
 * subscribed to. In memory only: freed with the user or the channel.
 *
 *     user.metadata  -> pairs [ "key\0value" | ... ]    subs [ "key" | ... ]
 *     channel.metadata -> the same, without subs
 *
 * Few have any, and those have few: NULL until the first is set, then plain arrays.
 */
#ifndef CHAT_MODEL_METADATA_H
#define CHAT_MODEL_METADATA_H

#include "chat/limits.h"

#include "base/base.h"

/* A set of strings, in the order of insertion. */
struct words {
	char **at; /* each one malloc'd; members as in VEC() */
	uint32_t count, size;
};

struct metadata {
	struct words pairs, subs;
};

enum metadata_result {
	METADATA_DONE,
	METADATA_SAME, /* unchanged */
	METADATA_FULL,
	METADATA_NO_MEMORY,
};

/* Whether a key is valid: 1 to METADATA_KEY_MAX of a-z 0-9 _ . / - */
bool metadata_key_valid(const char *key);

/* The value of a key; NULL if it is not set. m may be NULL. */
const char *metadata_get(const struct metadata *m, const char *key);

/* The value that follows a key in pairs. */
static inline const char *metadata_value(const char *pair)
{
	return pair + strlen(pair) + 1;
}

/* Sets a valid key. *m is created if it is NULL. */
enum metadata_result metadata_set(struct metadata **m, const char *key, const char *value);

/* Removes a key; false if it was not set. */
bool metadata_unset(struct metadata *m, const char *key);

/* Subscribes to a valid key. *m is created if it is NULL. */
enum metadata_result metadata_subscribe(struct metadata **m, const char *key);

/* Unsubscribes; false if there was no subscription. */
bool metadata_unsubscribe(struct metadata *m, const char *key);

/* Whether a key is subscribed to; m may be NULL. */
bool metadata_subscribed(const struct metadata *m, const char *key);

/* Frees all of it; m may be NULL. */
void metadata_free(struct metadata *m);

#endif
