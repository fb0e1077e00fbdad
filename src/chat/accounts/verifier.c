/* verifier.c - argon2id and SCRAM keys of a password, by libsodium. */
#include "chat/accounts/verifier.h"

#include <sodium.h>
#include <stdio.h>

_Static_assert((size_t)VERIFIER_HASH_MAX >= crypto_pwhash_STRBYTES, "a hash fits");

bool verifier_make(struct verifier *v, const char *password, const struct verifier_cost *cost)
{
	uint8_t salt[SCRAM_SALT];
	struct scram_keys keys;

	randombytes_buf(salt, sizeof(salt));
	if (crypto_pwhash_str_alg(v->hash, password, strlen(password), cost->passes,
		    (size_t)cost->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return false;
	scram_derive(&keys, password, salt, cost->iterations);
	scram_keys_print(&keys, v->scram);
	sodium_memzero(&keys, sizeof(keys));
	return true;
}

bool verifier_is_old(const char *hash, const char *scram)
{
	return !*scram || strncmp(hash, "$argon2id$", 10) != 0;
}

/* Base64 without padding, as in the text form of argon2. */
static void part(char *out, const uint8_t *bytes, size_t n)
{
	sodium_bin2base64(
		out, VERIFIER_HASH_MAX, bytes, n, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

void verifier_dummy(
	char hash[VERIFIER_HASH_MAX], const uint8_t seed[32], const struct verifier_cost *cost)
{
	char salt[VERIFIER_HASH_MAX], tag[VERIFIER_HASH_MAX];

	part(salt, seed, crypto_pwhash_SALTBYTES);
	part(tag, seed, 32);
	snprintf(hash, VERIFIER_HASH_MAX, "$argon2id$v=19$m=%llu,t=%llu,p=1$%.22s$%.43s",
		(unsigned long long)(cost->memory / 1024), (unsigned long long)cost->passes, salt,
		tag);
}
