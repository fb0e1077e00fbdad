/*
 * login.h - users who are logged in to an account: entering, leaving, and the lines about it
 * (900, 901, account-notify), and networks from which one must.
 */
#ifndef CHAT_CMD_LOGIN_H
#define CHAT_CMD_LOGIN_H

#include "chat/out/reply.h"

enum {
	LOGIN_FINGERPRINT_MAX = 65, /* SHA-256 in hexadecimal, with its NUL */
};

/* Loads the accounts from the store, at the start. */
void login_load(struct server *s);

/* Loads them later if the store failed then. Cheap. */
void login_tick(struct server *s);

/* Logs q's user in to a, and out of another; replies 900. False, with a reply, if the account has
 * too many sessions. */
bool login(struct request *q, struct account *a);

/* Logs q's user out; replies 901. */
void logout(struct request *q);

/* Logs all its users out of a, whose owner has dropped it. */
void logout_all(struct server *s, struct account *a);

/* Tells who may see it which account u is logged in to. */
void login_tell(struct server *s, struct user *u);

/* Forgets a departing user, without a line. */
void login_forget(struct user *u);

/* Whether q's client must log in before it is let in and has not; then it is cut. */
bool login_missing(struct request *q);

/* Checks a password for an account, or for a name that has none, in a later turn;
 * password_attempt.h has the bounds. An app password (app_password.h) is checked at once; who logs
 * in by it cannot change what opens the account (conn.by_app). */
void login_attempt(struct request *q, const char *name, const char *password,
	void (*end)(struct request *q, const char *name, bool right),
	void (*refused)(struct request *q, const char *why));

/* Whether a password may be tried for that name now; if not, `refused` has replied. */
bool login_may_guess(
	struct request *q, const char *name, void (*refused)(struct request *q, const char *why));

/* Counts and logs a wrong password for a name. */
void login_wrong(struct request *q, const char *name);

/* Whether q's client may have another password hashed that it sets; counted as a registration. */
bool login_may_hash(struct request *q);

/* Writes the fingerprint of the client's certificate in hexadecimal; false if it has none. */
bool login_fingerprint(const struct request *q, char out[LOGIN_FINGERPRINT_MAX]);

/* Why an account that exists cannot be used, perhaps in `room`; NULL if it can. */
const char *login_refusal(const struct server *s, const struct account *a, char room[REPLY_MAX]);

#endif
