/*
 * verifier.h - what is kept of a password: an argon2id hash (libsodium's text form), and the keys
 * with which SCRAM-SHA-256 is checked. The password itself is never kept.
 *
 * SCRAM's keys cost an attacker who has the file less per guess than argon2id does. Both are made
 * with a salt of their own.
 */
#ifndef CHAT_ACCOUNTS_VERIFIER_H
#define CHAT_ACCOUNTS_VERIFIER_H

#include "chat/accounts/scram.h"

enum {
	VERIFIER_HASH_MAX = 128, /* bytes of an argon2id hash with its NUL */
	VERIFIER_PASSWORD_MAX = 600,
};

/* The price of a password: memory in bytes and passes of argon2id, iterations of PBKDF2. */
struct verifier_cost {
	uint64_t memory, passes;
	uint32_t iterations;
};

struct verifier {
	char hash[VERIFIER_HASH_MAX];
	char scram[SCRAM_KEYS_TEXT_MAX];
};

/* Makes the verifier of a password. Takes tens of milliseconds; false if there is not enough
 * memory. Its salts are the system's randomness. */
bool verifier_make(struct verifier *v, const char *password, const struct verifier_cost *cost);

/* Whether a password was imported, and its verifier is not one that verifier_make() makes. */
bool verifier_is_old(const char *hash, const char *scram);

/* A hash of no password, which takes as long to check as a real one of this cost; the same for the
 * same seed. */
void verifier_dummy(
	char hash[VERIFIER_HASH_MAX], const uint8_t seed[32], const struct verifier_cost *cost);

#endif
