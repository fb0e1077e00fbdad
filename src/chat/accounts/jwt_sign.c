/* jwt_sign.c - signed claims: jwt_sign.h. */
#include "chat/accounts/jwt_sign.h"

#include "chat/proto/json_char.h"

#include <sodium.h>
#include <stdio.h>

enum {
	BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
	/* Of claims and of a MAC as text, with the NUL. */
	CLAIMS_TEXT = (JWT_CLAIMS_MAX * 4 + 2) / 3 + 1,
	MAC_TEXT = (crypto_auth_hmacsha256_BYTES * 4 + 2) / 3 + 1,
};

/* {"alg":"HS256","typ":"JWT"} */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

_Static_assert(sizeof(HEADER) + CLAIMS_TEXT + MAC_TEXT <= JWT_MAX, "room for the three parts");

/* Adds bytes, and leaves room for the last bracket. */
static void put(struct jwt_claims *c, const char *bytes, size_t n)
{
	c->full = c->full || n >= JWT_CLAIMS_MAX - c->n;
	if (!c->full) {
		memcpy(c->json + c->n, bytes, n);
		c->n += n;
	}
}

static void put_text(struct jwt_claims *c, const char *text)
{
	char escaped[JSON_CHAR_MAX];

	put(c, "\"", 1);
	for (; *text; text++)
		put(c, escaped, json_char(escaped, *text));
	put(c, "\"", 1);
}

static void put_name(struct jwt_claims *c, const char *name)
{
	put(c, c->n ? "," : "{", 1);
	put_text(c, name);
	put(c, ":", 1);
}

void jwt_text(struct jwt_claims *c, const char *name, const char *value)
{
	put_name(c, name);
	put_text(c, value);
}

void jwt_number(struct jwt_claims *c, const char *name, int64_t value)
{
	char text[24];

	put_name(c, name);
	put(c, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)value));
}

void jwt_letters(struct jwt_claims *c, const char *name, const char *letters)
{
	put_name(c, name);
	put(c, "[", 1);
	for (const char *p = letters; *p; p++) {
		char letter[2] = {*p, '\0'};

		if (p > letters)
			put(c, ",", 1);
		put_text(c, letter);
	}
	put(c, "]", 1);
}

bool jwt_sign(char out[JWT_MAX], struct jwt_claims *c, const void *secret, size_t len)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	size_t n = strlen(HEADER);

	if (c->full)
		return false;
	c->json[c->n++] = '}';
	memcpy(out, HEADER, n);
	sodium_bin2base64(out + n, CLAIMS_TEXT, (const uint8_t *)c->json, c->n, BASE64);
	n += strlen(out + n);
	crypto_auth_hmacsha256_init(&state, secret, len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)out, n);
	crypto_auth_hmacsha256_final(&state, mac);
	out[n++] = '.';
	sodium_bin2base64(out + n, MAC_TEXT, mac, sizeof(mac), BASE64);
	return true;
}
