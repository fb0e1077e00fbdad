/* jwt.c - signed tokens: jwt.h. */
#include "external/jwt.h"

#include <cjose/cjose.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* RFC 7518 section 3.1: the key of each algorithm. */
struct algorithm {
	const char *name, *kty;
	const char *crv; /* of an elliptic curve; else NULL */
};

static const struct algorithm algorithms[] = {
	{"RS256", "RSA", NULL},
	{"RS384", "RSA", NULL},
	{"RS512", "RSA", NULL},
	{"PS256", "RSA", NULL},
	{"PS384", "RSA", NULL},
	{"PS512", "RSA", NULL},
	{"ES256", "EC", "P-256"},
	{"ES384", "EC", "P-384"},
	{"ES512", "EC", "P-521"},
	{"HS256", "oct", NULL},
	{"HS384", "oct", NULL},
	{"HS512", "oct", NULL},
};

enum {
	KEY_BITS_MIN = 256,  /* of a secret: RFC 7518 section 3.2 */
	RSA_BITS_MIN = 2048, /* sections 3.3 and 3.5 */
};

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && strncmp(p, word, n) == 0)
			return true;
		p += len;
	}
	return false;
}

/* The algorithm of a token, if it is one that is allowed; else NULL. */
static const struct algorithm *algorithm_of(const struct jwt_rules *r, cjose_header_t *header)
{
	cjose_err e;
	const char *name = cjose_header_get(header, CJOSE_HDR_ALG, &e);

	for (size_t i = 0; name && i < ARRAY_SIZE(algorithms); i++)
		if (strcmp(name, algorithms[i].name) == 0 && has_word(r->algorithms, name))
			return &algorithms[i];
	return NULL;
}

/* A member that is absent, or equals the text. */
static bool may_be(const json_t *key, const char *member, const char *text)
{
	const json_t *j = json_object_get(key, member);

	return !j || (json_is_string(j) && strcmp(json_string_value(j), text) == 0);
}

static bool fits(const json_t *key, const struct algorithm *a, const char *kid)
{
	return json_object_get(key, "kty") && may_be(key, "kty", a->kty) &&
	       (!a->crv || may_be(key, "crv", a->crv)) && may_be(key, "alg", a->name) &&
	       may_be(key, "use", "sig") && (!kid || may_be(key, "kid", kid));
}

static bool long_enough(const cjose_jwk_t *jwk)
{
	cjose_err e;
	size_t bits = cjose_jwk_get_keysize(jwk, &e);

	switch (cjose_jwk_get_kty(jwk, &e)) {
	case CJOSE_JWK_KTY_RSA: return bits >= RSA_BITS_MIN;
	case CJOSE_JWK_KTY_OCT: return bits >= KEY_BITS_MIN;
	default: return true;
	}
}

/* The length of the base64url at text, which has no padding (RFC 7515 section 2). cjose 0.6 fails
 * an assertion at what no encoder makes: a '=' inside, or a length of 1 modulo 4. */
static size_t base64url_length(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

/* Whether the numbers of a key can be decoded (RFC 7518 section 6). */
static bool has_numbers(const json_t *key)
{
	static const char *const names[] = {"n", "e", "x", "y", "k"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *text = json_string_value(json_object_get(key, names[i]));
		size_t n = text ? base64url_length(text) : 0;

		if (text && (text[n] || n % 4 == 1))
			return false;
	}
	return true;
}

/* Whether that key made the signature. */
static bool verifies(cjose_jws_t *jws, const json_t *key)
{
	char *text = has_numbers(key) ? json_dumps(key, JSON_COMPACT) : NULL;
	cjose_err e;
	cjose_jwk_t *jwk = text ? cjose_jwk_import(text, strlen(text), &e) : NULL;
	bool ok = jwk && long_enough(jwk) && cjose_jws_verify(jws, jwk, &e);

	cjose_jwk_release(jwk);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return ok;
}

/* Tries the keys that fit. */
static bool signed_by_one(
	cjose_jws_t *jws, const json_t *keys, const struct algorithm *a, const char *kid)
{
	const json_t *list = json_object_get(keys, "keys");
	size_t count = list ? json_array_size(list) : 1;
	int tried = 0;

	for (size_t i = 0; i < count && tried < JWT_KEYS_TRIED_MAX; i++) {
		const json_t *key = list ? json_array_get(list, i) : keys;

		if (!fits(key, a, kid))
			continue;
		tried++;
		if (verifies(jws, key))
			return true;
	}
	return false;
}

/* Why a token's header or signature is refused; NULL: it is not. */
static const char *refusal(const struct jwt_rules *r, cjose_jws_t *jws, const json_t *keys)
{
	cjose_header_t *header = cjose_jws_get_protected(jws);
	const struct algorithm *a = algorithm_of(r, header);
	cjose_err e;
	char *critical = cjose_header_get_raw(header, "crit", &e);

	if (critical) { /* RFC 7515 section 4.1.11: none is understood */
		free(critical);
		return "its header has critical members";
	}
	if (!a)
		return "its algorithm is not allowed (accounts.oauth_algorithms)";
	if (!signed_by_one(jws, keys, a, cjose_header_get(header, CJOSE_HDR_KID, &e)))
		return "no key made its signature (accounts.oauth_keys)";
	return NULL;
}

static void check_claims(
	const struct jwt_rules *r, cjose_jws_t *jws, int64_t now, struct external_reply *reply)
{
	uint8_t *text = NULL;
	size_t n = 0;
	cjose_err e;
	json_error_t error;
	json_t *claims = cjose_jws_get_plaintext(jws, &text, &n, &e)
				 ? json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &error)
				 : NULL;

	claims_check(&r->claims, claims, now, reply);
	json_decref(claims);
}

/* RFC 7515 section 3.1: three parts. */
static bool is_compact(const char *token)
{
	for (int part = 0; part < 3; part++) {
		size_t n = base64url_length(token);

		if (n % 4 == 1 || token[n] != (part < 2 ? '.' : '\0'))
			return false;
		token += n + 1;
	}
	return true;
}

void jwt_check(const struct jwt_rules *r, const char *keys, const char *token, int64_t now,
	struct external_reply *reply)
{
	json_error_t error;
	json_t *set = json_loads(keys, JSON_REJECT_DUPLICATES, &error);
	cjose_err e;
	cjose_jws_t *jws = is_compact(token) ? cjose_jws_import(token, strlen(token), &e) : NULL;
	const char *why;

	if (!json_is_object(set)) {
		snprintf(reply->why, sizeof(reply->why), "accounts.oauth_keys: no JSON Web Keys");
	} else if (!jws) {
		claims_refuse(reply, "it is no signed JSON Web Token");
	} else {
		why = refusal(r, jws, set);
		if (why)
			claims_refuse(reply, why);
		else
			check_claims(r, jws, now, reply);
	}
	cjose_jws_release(jws);
	json_decref(set);
}

void jwt_check_by_file(const struct jwt_rules *r, const char *path, const char *token, int64_t now,
	struct external_reply *reply)
{
	char *keys = malloc(JWT_KEYS_BYTES_MAX);
	FILE *f = keys ? fopen(path, "re") : NULL;
	size_t n = f ? fread(keys, 1, JWT_KEYS_BYTES_MAX, f) : 0;

	if (!f)
		snprintf(reply->why, sizeof(reply->why), "%.150s: %s", path, strerror(errno));
	else if (n == JWT_KEYS_BYTES_MAX)
		snprintf(reply->why, sizeof(reply->why), "%.150s: too long", path);
	if (f)
		fclose(f);
	if (f && n < JWT_KEYS_BYTES_MAX) {
		keys[n] = '\0';
		jwt_check(r, keys, token, now, reply);
		explicit_bzero(keys, n);
	}
	free(keys);
}
