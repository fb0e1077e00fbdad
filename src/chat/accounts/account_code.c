/* account_code.c - codes and their hashes. */
#include "chat/accounts/account_code.h"

#include "chat/proto/casemap.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	HASH = 32,
	HASH_TEXT = 2 * HASH + 1,
};

/* Without letters and digits that are mistaken for each other. */
static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";

_Static_assert(sizeof(alphabet) == 33, "five bits a character");

/* Of the code in small letters, whatever was typed. */
static void hash_of(const char *code, char out[HASH_TEXT])
{
	uint8_t hash[HASH];
	char folded[ACCOUNT_CODE + 1] = "";

	for (size_t i = 0; i < ACCOUNT_CODE && code[i]; i++)
		folded[i] = case_fold(code[i]);
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)folded, ACCOUNT_CODE, NULL, 0);
	sodium_bin2hex(out, HASH_TEXT, hash, sizeof(hash));
}

void account_code_make(
	const struct account_code *c, char code[ACCOUNT_CODE + 1], char kept[ACCOUNT_CODE_KEPT_MAX])
{
	char hash[HASH_TEXT];

	for (size_t i = 0; i < ACCOUNT_CODE; i++)
		code[i] = alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
	code[ACCOUNT_CODE] = '\0';
	hash_of(code, hash);
	snprintf(kept, ACCOUNT_CODE_KEPT_MAX, "%c %lld %s%s%s", c->kind, (long long)c->expires_ms,
		hash, *c->address ? " " : "", c->address);
}

bool account_code_right(
	const char *kept, enum account_code_kind kind, const char *given, int64_t now_ms)
{
	char hash[HASH_TEXT], *end;
	int64_t expires_ms;

	if (kept[0] != (char)kind || kept[1] != ' ' || strlen(given) != ACCOUNT_CODE)
		return false;
	expires_ms = strtoll(kept + 2, &end, 10);
	if (*end != ' ' || expires_ms <= now_ms || strlen(end + 1) < HASH_TEXT - 1)
		return false;
	hash_of(given, hash);
	return sodium_memcmp(hash, end + 1, HASH_TEXT - 1) == 0;
}

void account_code_address(const char *kept, char out[MAIL_ADDRESS_MAX + 1])
{
	const char *last = strrchr(kept, ' ');

	snprintf(out, MAIL_ADDRESS_MAX + 1, "%s",
		last && mail_address_valid(last + 1) ? last + 1 : "");
}
