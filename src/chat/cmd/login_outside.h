/*
 * login_outside.h - logins that are decided outside (chat/external.h): passwords checked by a
 * program or a web server, and tokens. Bounds and price are those of password_attempt.h, with
 * CHECK_LINES for the hash that is not computed. An account that is unknown here is made
 * (accounts.check_creates, oauth_creates).
 */
#ifndef CHAT_CMD_LOGIN_OUTSIDE_H
#define CHAT_CMD_LOGIN_OUTSIDE_H

#include "chat/out/reply.h"

struct login_outside {
	const char *token; /* of OAUTHBEARER; NULL: a password */
	const char *name, *password;
	/* As of struct password_attempt; name is the account's if the password is right. */
	void (*end)(struct request *q, const char *name, bool right);
	void (*refused)(struct request *q, const char *why);
};

/* Has a password or a token checked; replies in a later turn, or refuses at once. Only the name of
 * an account will do, no grouped nick: outside that may be another's name. */
void login_outside_begin(struct request *q, const struct login_outside *l);

#endif
