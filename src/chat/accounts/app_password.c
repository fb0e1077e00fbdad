/* app_password.c - random passwords and their hashes. */
#include "chat/accounts/app_password.h"

#include <sodium.h>

enum {
	GROUP = 6, /* characters, of which the last is a dash */
	HASH = 32,
};

static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz2345678";

void app_password_make(char password[APP_PASSWORD + 1])
{
	for (uint32_t i = 0; i < APP_PASSWORD; i++)
		password[i] = i % GROUP == GROUP - 1
				      ? '-'
				      : alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
	password[APP_PASSWORD] = '\0';
}

bool app_password_hash(const char *password, char hash[APP_PASSWORD_HASH])
{
	uint8_t bytes[HASH];

	if (strlen(password) != APP_PASSWORD)
		return false;
	for (size_t i = 0; i < APP_PASSWORD; i++)
		if (i % GROUP == GROUP - 1 ? password[i] != '-' : !strchr(alphabet, password[i]))
			return false;
	crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)password, APP_PASSWORD, NULL, 0);
	sodium_bin2hex(hash, APP_PASSWORD_HASH, bytes, sizeof(bytes));
	return true;
}

struct account_key *app_password_find(
	const struct accounts *t, const struct account *a, const char *password)
{
	char hash[APP_PASSWORD_HASH];
	struct account_key *k =
		app_password_hash(password, hash) ? accounts_key(t, ACCOUNT_APPS, hash) : NULL;

	return k && k->account == a && !k->writing ? k : NULL;
}
