/*
 * jwt_sign.h - signed claims for a service that shares a secret with this server: a JSON Web Token
 * (RFC 7519) by HMAC with SHA-256, HS256 (RFC 7518 section 3.2).
 *
 *     struct jwt_claims c = {0};
 *     jwt_text(&c, "sub", nick);
 *     jwt_sign(token, &c, secret, strlen(secret));
 */
#ifndef CHAT_ACCOUNTS_JWT_SIGN_H
#define CHAT_ACCOUNTS_JWT_SIGN_H

#include "base/base.h"

enum {
	JWT_CLAIMS_MAX = 1536, /* bytes of JSON */
	JWT_MAX = 2176,        /* of a token, with the NUL */
};

struct jwt_claims {
	size_t n;
	bool full; /* a claim did not fit: there will be no token */
	char json[JWT_CLAIMS_MAX];
};

/* Adds a claim: a text of UTF-8, a number, or an array of texts of one letter. */
void jwt_text(struct jwt_claims *c, const char *name, const char *value);
void jwt_number(struct jwt_claims *c, const char *name, int64_t value);
void jwt_letters(struct jwt_claims *c, const char *name, const char *letters);

/* Makes the token; false if the claims did not fit. */
bool jwt_sign(char out[JWT_MAX], struct jwt_claims *c, const void *secret, size_t len);

#endif
