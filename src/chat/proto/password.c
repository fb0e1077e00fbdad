/* password.c - passwords through crypt(3), and argon2id through libsodium. */
#include "chat/proto/password.h"

#include "chat/proto/password_foreign.h"

#include <crypt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(PASSWORD_HASH_MAX == CRYPT_OUTPUT_SIZE, "the bound of crypt(3)");

static const char plain[] = "plain:", argon2[] = "$argon2i";

/* Compares in a time that depends only on the lengths. */
static bool equal(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned diff = la != lb;

	for (size_t i = 0; i < la; i++)
		diff |= (unsigned)(a[i] ^ b[lb ? i % lb : 0]);
	return diff == 0;
}

bool password_is_stored(const char *text)
{
	return text[0] == '$' || (password_is_plain(text) && text[sizeof(plain) - 1]);
}

bool password_is_plain(const char *stored)
{
	return strncmp(stored, plain, sizeof(plain) - 1) == 0;
}

bool password_check(const char *stored, const char *given)
{
	struct crypt_data *data; /* 32 KiB: not for the stack */
	const char *hash;
	bool same;

	if (password_is_plain(stored))
		return equal(given, stored + sizeof(plain) - 1);
	if (password_is_foreign(stored))
		return password_foreign_check(stored, given);
	if (strncmp(stored, argon2, sizeof(argon2) - 1) == 0)
		return crypto_pwhash_str_verify(stored, given, strlen(given)) == 0;
	data = calloc(1, sizeof(*data));
	if (!data)
		return false;
	hash = crypt_r(given, stored, data);
	same = hash && hash[0] != '*' && equal(hash, stored);
	free(data);
	return same;
}

bool password_hash(char out[PASSWORD_HASH_MAX], const char *password)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;
	bool ok;

	if (!data)
		return false;
	if (crypt_gensalt_rn("$6$", 0, NULL, 0, salt, sizeof(salt)))
		hash = crypt_r(password, salt, data);
	ok = hash && hash[0] != '*';
	if (ok)
		snprintf(out, PASSWORD_HASH_MAX, "%s", hash);
	free(data);
	return ok;
}
