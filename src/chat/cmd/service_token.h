/*
 * service_token.h - the account of a request to a service beside the server: proved by a token of
 * TOKEN, or by an app password.
 */
#ifndef CHAT_CMD_SERVICE_TOKEN_H
#define CHAT_CMD_SERVICE_TOKEN_H

#include "chat/accounts/auth_token.h"
#include "chat/server.h"

#define SERVICE_FILEHOST "FILEHOST"

/* The key of the server's tokens. */
struct auth_token_key service_token_key(const struct server *s);

/* The account whose token for a service this is, or was at a time in milliseconds since 1970; NULL:
 * it is none, or the account cannot be used. */
struct account *service_token_account(
	const struct server *s, const char *service, const char *token, int64_t when_ms);

/* The account of a name that an app password opens; NULL if none. Its own password is not tried:
 * its hash takes long. */
struct account *service_app_account(struct server *s, const char *name, const char *password);

#endif
