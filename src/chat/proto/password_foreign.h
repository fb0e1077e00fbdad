/*
 * password_foreign.h - password hashes that other servers have made, and that an import keeps until
 * the first login, when one of ours takes their place:
 *
 *     sha3$2a$COST$...                 Ergo: bcrypt of the password's SHA3-512
 *     $z$PRF$ROUNDS$SALT$KEY           Atheme, pbkdf2v2: PBKDF2
 *     $z$PRF$ROUNDS$SALT$SERVER$STORED likewise, the keys of SCRAM
 *     pbkdf2$SALT+KEY                  Atheme, pbkdf2: 16 characters of salt, 128 hex digits
 *     $rawsha1$HEX                     a plain hash; also rawmd5, rawsha256, rawsha512
 *     $argon2i$... $argon2id$...       libsodium's
 *     $1$ $2a$ $2b$ $2y$ $5$ $6$ $7$   crypt(3)'s; so are the thirteen characters of DES
 */
#ifndef CHAT_PROTO_PASSWORD_FOREIGN_H
#define CHAT_PROTO_PASSWORD_FOREIGN_H

#include "base/base.h"

enum {
	FOREIGN_TEXT_MAX = 511,              /* bytes of a hash */
	FOREIGN_ROUNDS_MAX = 1000000,        /* of PBKDF2, of crypt(3)'s $5$ and $6$ */
	FOREIGN_BCRYPT_COST_MAX = 14,        /* about a second */
	FOREIGN_ARGON2_MEMORY_MAX = 1 << 18, /* KiB */
	FOREIGN_ARGON2_PASSES_MAX = 16,
};

/* Why a hash cannot be kept: its kind is not known here, it is malformed, or it would cost too much
 * to check. NULL: it can. */
const char *password_foreign_refusal(const char *hash);

/* Whether it is of a kind that only this file checks, neither crypt(3) nor libsodium. */
bool password_is_foreign(const char *stored);

/* Whether `given` is the password of such a hash. */
bool password_foreign_check(const char *stored, const char *given);

#endif
