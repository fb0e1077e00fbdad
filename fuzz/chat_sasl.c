/*
 * chat_sasl.c - messages of SASL: PLAIN, OAUTHBEARER, and both of SCRAM-SHA-256, separated by a
 * byte 0xff. Keys as text survive being parsed and printed.
 */
#include "chat/accounts/sasl_bearer.h"
#include "chat/accounts/sasl_plain.h"
#include "chat/accounts/scram.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void plain(const char *text, size_t n)
{
	struct sasl_plain p;

	if (sasl_plain_parse(&p, text, n) &&
		strlen(p.acting) + strlen(p.name) + strlen(p.password) + 2 != n)
		abort();
}

/* Changes the text. */
static void bearer(char *text, size_t n)
{
	struct sasl_bearer b;

	if (sasl_bearer_parse(&b, text, n) &&
		(strpbrk(b.token, " \x01\"") || strpbrk(b.acting, ",=\x01")))
		abort();
}

static void scram(const char *text, size_t n)
{
	static const uint8_t salt[SCRAM_SALT] = {1};
	const char *second = memchr(text, 0xff, n);
	size_t first = second ? (size_t)(second - text) : n;
	struct scram s = {0};
	struct scram_keys keys;
	char out[SCRAM_KEYS_TEXT_MAX];

	if (!scram_first(&s, text, first))
		return;
	if (!s.name[0] || strlen(s.name) >= SCRAM_NAME_MAX)
		abort();
	scram_derive(&keys, "password", salt, 1);
	scram_challenge(&s, &keys, "nonce");
	if (second && scram_final(&s, second + 1, n - first - 1, out) == SCRAM_OK)
		abort(); /* a proof cannot be guessed */
}

static void keys(const char *text)
{
	struct scram_keys k, back;
	char out[SCRAM_KEYS_TEXT_MAX];

	if (!scram_keys_parse(&k, text))
		return;
	scram_keys_print(&k, out);
	if (!scram_keys_parse(&back, out) || back.iterations != k.iterations ||
		memcmp(back.stored, k.stored, sizeof(k.stored)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	plain(text, size);
	scram(text, size);
	keys(text);
	bearer(text, size);
	free(text);
	return 0;
}
