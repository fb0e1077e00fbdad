/* jwt_test.c - tokens that are right, and each way of being wrong; signed by cjose itself, and, in
 * tests/test_oauth.py, by OpenSSL. */
#include "external/introspect.h"
#include "external/jwt.h"

#include "base/test/test.h"

#include <cjose/cjose.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	NOW = 1000000,
};

static const char good[] =
	"{\"iss\":\"https://i\",\"aud\":[\"x\",\"irc\"],\"exp\":1000100,\"name\":\"ann\"}";

static const struct jwt_rules rules = {"RS256 ES256 HS256", {"https://i", "irc", "name", true}};

/* A key, its public part as a JWK, and its secret one. */
struct key {
	cjose_jwk_t *jwk;
	char *public;
};

static cjose_err e;

static struct key key_of(cjose_jwk_t *jwk, bool secret)
{
	return (struct key){jwk, cjose_jwk_to_json(jwk, secret, &e)};
}

static struct key rsa_key(void)
{
	return key_of(cjose_jwk_create_RSA_random(2048, NULL, 0, &e), false);
}

static struct key secret_key(size_t bits)
{
	return key_of(cjose_jwk_create_oct_random(bits, &e), true);
}

static struct key ec_key(cjose_jwk_ec_curve curve)
{
	return key_of(cjose_jwk_create_EC_random(curve, &e), false);
}

static void key_free(struct key *k)
{
	cjose_jwk_release(k->jwk);
	free(k->public);
}

/* A token in `out`; extra: a member of the header, raw, or NULL. */
static const char *sign(const struct key *k, const char *alg, const char *claims, const char *extra)
{
	static char out[4096];
	cjose_header_t *h = cjose_header_new(&e);
	cjose_jws_t *jws;
	const char *text;

	cjose_header_set(h, CJOSE_HDR_ALG, alg, &e);
	if (extra)
		cjose_header_set_raw(h, extra, "[\"b64\"]", &e);
	jws = cjose_jws_sign(k->jwk, h, (const uint8_t *)claims, strlen(claims), &e);
	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &text, &e));
	snprintf(out, sizeof(out), "%s", text);
	cjose_jws_release(jws);
	cjose_header_release(h);
	return out;
}

static struct external_reply check(const char *keys, const char *token)
{
	struct external_reply reply = {0};

	jwt_check(&rules, keys, token, NOW, &reply);
	return reply;
}

static void assert_refused(const char *keys, const char *token, const char *why)
{
	struct external_reply r = check(keys, token);

	assert_true(r.ok);
	assert_false(r.right);
	assert_non_null(strstr(r.why, why));
}

TEST(a_token_signed_by_a_key_of_the_set_names_its_account)
{
	struct key rsa = rsa_key(), ec = ec_key(CJOSE_JWK_EC_P_256), hmac = secret_key(256);
	char set[4096];
	struct external_reply r;

	snprintf(set, sizeof(set), "{\"keys\":[%s,5,%s,%s]}", ec.public, hmac.public, rsa.public);
	r = check(set, sign(&rsa, "RS256", good, NULL));
	assert_true(r.ok && r.right);
	assert_string_equal(r.account, "ann");
	assert_true(check(set, sign(&ec, "ES256", good, NULL)).right);
	assert_true(check(hmac.public, sign(&hmac, "HS256", good, NULL)).right);
	key_free(&rsa);
	key_free(&ec);
	key_free(&hmac);
}

TEST(another_key_or_a_changed_token_is_refused)
{
	struct key a = rsa_key(), b = rsa_key();
	char token[4096];

	assert_refused(a.public, sign(&b, "RS256", good, NULL), "no key made its signature");
	snprintf(token, sizeof(token), "%s", sign(&a, "RS256", good, NULL));
	assert_true(check(a.public, token).right);
	token[strlen(token) / 2] ^= 1;
	assert_false(check(a.public, token).right);
	key_free(&a);
	key_free(&b);
}

TEST(base64url_that_no_encoder_makes_is_refused)
{
	static const char *const parts[] = {"x", "eyJhbGciOiJIUzI1NiJ9x", "ey=J", "eyJh="};
	struct key k = secret_key(256);
	char token[4096], text[4096], set[256];

	snprintf(token, sizeof(token), "%s", sign(&k, "HS256", good, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (int part = 0; part < 3; part++) {
			const char *a = strchr(token, '.') + 1, *b = strchr(a, '.') + 1;

			snprintf(text, sizeof(text), "%.*s%s.%.*s%s.%s%s",
				part == 0 ? 0 : (int)(a - token - 1), token,
				part == 0 ? parts[i] : "", part == 1 ? 0 : (int)(b - a - 1), a,
				part == 1 ? parts[i] : "", part == 2 ? parts[i] : b, "");
			assert_refused(k.public, text, "no signed JSON Web Token");
		}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(set, sizeof(set), "{\"keys\":[{\"kty\":\"oct\",\"k\":\"%s\"}]}", parts[i]);
		assert_refused(set, token, "no key made its signature");
	}
	key_free(&k);
}

TEST(algorithms_are_those_allowed_and_each_has_its_type_of_key)
{
	struct key rsa = rsa_key(), p384 = ec_key(CJOSE_JWK_EC_P_384), hmac = secret_key(256);
	struct key confused, small = secret_key(128);
	char *public = rsa.public;

	assert_refused(public, sign(&rsa, "PS256", good, NULL), "algorithm is not allowed");
	/* the public key as the secret of an HMAC */
	confused = key_of(cjose_jwk_create_oct_spec((uint8_t *)public, strlen(public), &e), true);
	assert_refused(public, sign(&confused, "HS256", good, NULL), "no key made");
	assert_refused(p384.public, sign(&p384, "ES256", good, NULL), "no key made");
	assert_refused(small.public, sign(&small, "HS256", good, NULL), "no key made");
	/* {"alg":"none"} . {} . */
	assert_refused(public, "eyJhbGciOiJub25lIn0.e30.", "");
	assert_refused(public, "eyJhbGciOiJub25lIn0.e30.AAAA", "");
	assert_refused(hmac.public, sign(&hmac, "HS256", good, "crit"), "critical");
	assert_refused(public, "nonsense", "no signed");
	assert_false(check("[]", "nonsense").ok);
	key_free(&rsa);
	key_free(&p384);
	key_free(&hmac);
	key_free(&confused);
	key_free(&small);
}

TEST(claims_are_checked_one_by_one)
{
	struct key k = secret_key(256);
	static const struct {
		const char *claims, *why;
	} cases[] = {
		{"[]", "no object"},
		{"{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":\"ann\"}", "(exp)"},
		{"{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":\"ann\",\"exp\":999940}",
			"(exp)"},
		{"{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":\"ann\",\"exp\":\"2000000\"}",
			"(exp)"},
		{"{\"iss\":\"https://"
		 "i\",\"aud\":\"irc\",\"name\":\"ann\",\"exp\":1000001,\"nbf\":1000061}",
			"(nbf)"},
		{"{\"iss\":\"https://j\",\"aud\":\"irc\",\"name\":\"ann\",\"exp\":1000001}",
			"(iss)"},
		{"{\"aud\":\"irc\",\"name\":\"ann\",\"exp\":1000001}", "(iss)"},
		{"{\"iss\":\"https://i\",\"aud\":[\"ircx\"],\"name\":\"ann\",\"exp\":1000001}",
			"(aud)"},
		{"{\"iss\":\"https://i\",\"name\":\"ann\",\"exp\":1000001}", "(aud)"},
		{"{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":5,\"exp\":1000001}",
			"no account"},
		{"{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":\"\",\"exp\":1000001}",
			"no account"},
		{"{\"iss\":\"https://"
		 "i\",\"aud\":\"irc\",\"name\":\"a\",\"name\":\"b\",\"exp\":1000001}",
			""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(k.public, sign(&k, "HS256", cases[i].claims, NULL), cases[i].why);
	assert_true(check(k.public, sign(&k, "HS256",
					    "{\"iss\":\"https://i\",\"aud\":\"irc\",\"name\":\"a\","
					    "\"exp\":999941,\"nbf\":1000060}",
					    NULL))
			    .right);
	key_free(&k);
}

TEST(the_answer_of_an_issuer_is_active_or_not)
{
	struct claim_rules r = {"", "", "username", false};
	struct external_reply reply = {0};

	introspect_read(&r, "{\"active\":true,\"username\":\"ann\"}", NOW, &reply);
	assert_true(reply.ok && reply.right);
	introspect_read(&r, "{\"active\":false,\"username\":\"ann\"}", NOW, &reply);
	assert_true(reply.ok && !reply.right);
	introspect_read(&r, "{\"active\":true,\"username\":\"ann\",\"exp\":1}", NOW, &reply);
	assert_true(reply.ok && !reply.right);
	reply = (struct external_reply){0};
	introspect_read(&r, "{\"active\":\"true\",\"username\":\"ann\"}", NOW, &reply);
	assert_false(reply.ok || reply.right);
	introspect_read(&r, "", NOW, &reply);
	assert_false(reply.ok || reply.right);
}
