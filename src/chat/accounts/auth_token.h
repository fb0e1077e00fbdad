/*
 * auth_token.h - short proofs of an account for a service beside the server: a client that is
 * logged in has one made (TOKEN GENERATE) and shows it to the service, which needs no table.
 *
 *     base64url( end, 8 bytes | account ) . base64url( HMAC of service and that )
 */
#ifndef CHAT_ACCOUNTS_AUTH_TOKEN_H
#define CHAT_ACCOUNTS_AUTH_TOKEN_H

#include "base/base.h"

enum {
	AUTH_TOKEN_ACCOUNT_MAX = 128, /* bytes of an account's name, with the NUL */
	AUTH_TOKEN_MAX = 256,         /* of a token */
	AUTH_TOKEN_KEY = 32,
};

/* Made from the server's secret of 128 bits. */
struct auth_token_key {
	uint8_t bytes[AUTH_TOKEN_KEY];
};

/* The key of this secret. */
struct auth_token_key auth_token_key(const void *secret, size_t len);

/* Makes a token that is valid until a time, in milliseconds since 1970; the name is shorter than
 * AUTH_TOKEN_ACCOUNT_MAX. */
void auth_token_make(char out[AUTH_TOKEN_MAX], const struct auth_token_key *key,
	const char *service, const char *account, int64_t end_ms);

/* Whether a text is a token of this key for this service that is still valid, and whose it is. */
bool auth_token_check(const struct auth_token_key *key, const char *service, const char *text,
	int64_t now_ms, char account[AUTH_TOKEN_ACCOUNT_MAX]);

#endif
