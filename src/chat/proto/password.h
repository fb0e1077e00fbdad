/*
 * password.h - passwords as stored in the configuration: a crypt(5) hash, an argon2id hash
 * ("$argon2id$..."), or "plain:" and the password itself.
 */
#ifndef CHAT_PROTO_PASSWORD_H
#define CHAT_PROTO_PASSWORD_H

#include "base/base.h"

enum {
	PASSWORD_HASH_MAX = 384, /* bytes of a hash with its NUL, as crypt(3) bounds it */
};

/* Whether it is in one of the two forms, and not empty. */
bool password_is_stored(const char *text);

/* Whether it is stored in plain text: then checking it is cheap. */
bool password_is_plain(const char *stored);

/* Whether `given` is the password that `stored` was made from. Takes some milliseconds. */
bool password_check(const char *stored, const char *given);

/* A fresh SHA-512 hash (method $6$) of password; false if the system cannot compute one. */
bool password_hash(char out[PASSWORD_HASH_MAX], const char *password);

#endif
