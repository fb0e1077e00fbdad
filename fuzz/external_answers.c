/*
 * external_answers.c - what comes from outside of a login: a token, the claims of one that is
 * signed, the answer about a password, that of an issuer. The input is each of them in turn.
 */
#include "external/check.h"
#include "external/introspect.h"
#include "external/jwt.h"

#include <cjose/cjose.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] = "{\"keys\":[{\"kty\":\"oct\",\"k\":"
			   "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
			   "PS4hcgUuTwjAzZr1Z9CAow\"}]}";

static const struct jwt_rules rules = {"HS256", {"i", "irc", "name", true}};

static void token_is_refused(const char *text)
{
	struct external_reply reply = {0};

	jwt_check(&rules, keys, text, 1000000, &reply);
	if (reply.right)
		abort(); /* a signature cannot be guessed */
}

/* The input as the claims of a token that is signed. */
static void claims_are_checked(const uint8_t *data, size_t size)
{
	struct external_reply reply = {0};
	cjose_err e;
	cjose_header_t *h = cjose_header_new(&e);
	cjose_jwk_t *jwk = cjose_jwk_import(keys + 9, sizeof(keys) - 12, &e);
	cjose_jws_t *jws;
	const char *text;

	cjose_header_set(h, CJOSE_HDR_ALG, "HS256", &e);
	jws = cjose_jws_sign(jwk, h, data, size, &e);
	if (jws && cjose_jws_export(jws, &text, &e)) {
		jwt_check(&rules, keys, text, 1000000, &reply);
		if (!reply.ok || (reply.right && !reply.account[0]))
			abort();
	}
	cjose_jws_release(jws);
	cjose_jwk_release(jwk);
	cjose_header_release(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct external_reply reply = {0};
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	token_is_refused(text);
	claims_are_checked(data, size);
	check_read(text, &reply);
	if (reply.right && !reply.ok)
		abort();
	introspect_read(&rules.claims, text, 1000000, &reply);
	free(text);
	return 0;
}
