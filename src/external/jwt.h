/*
 * jwt.h - tokens that are checked here: signed JSON Web Tokens (RFC 7519, RFC 7515), with cjose.
 *
 * Only algorithms that the configuration names are accepted; each fits one type of key (RFC 7518
 * section 3.1), so a public key is never taken for the secret of an HMAC; "none" cannot be named.
 */
#ifndef EXTERNAL_JWT_H
#define EXTERNAL_JWT_H

#include "external/claims.h"

enum {
	JWT_KEYS_BYTES_MAX = 65536, /* of the file of keys */
	JWT_KEYS_TRIED_MAX = 8,     /* signatures checked for one token */
};

struct jwt_rules {
	const char *algorithms; /* words, a space apart: RS256 ES256 ... */
	struct claim_rules claims;
};

/* Checks a token by keys, a JWK or a JWK set (RFC 7517) as text, at `now`. reply: as of
 * claims_check(); not ok: the keys cannot be used. */
void jwt_check(const struct jwt_rules *r, const char *keys, const char *token, int64_t now,
	struct external_reply *reply);

/* The same with the keys of a file, read each time: issuers change them. */
void jwt_check_by_file(const struct jwt_rules *r, const char *path, const char *token, int64_t now,
	struct external_reply *reply);

#endif
