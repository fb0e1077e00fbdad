/*
 * password_attempt.h - password attempts (PASS, OPER, accounts): bounds on guessing, and the wait
 * for the hash.
 *
 *     of a connection   PASSWORD_TRIES_MAX, then it is cut
 *     of an address     limits.password_rate wrong ones a minute, then 263 without hashing
 *     of the server     HASHER_JOBS_MAX at once, then 263
 *     the price         PASSWORD_LINES of the flood limit, and one more for each ms of hashing
 *
 * Until the result is known the client's next lines wait, as after a long reply: OPER and commands
 * that need it may arrive in one packet, and PASS before NICK.
 */
#ifndef CHAT_CMD_PASSWORD_ATTEMPT_H
#define CHAT_CMD_PASSWORD_ATTEMPT_H

#include "chat/accounts/verifier.h"
#include "chat/out/reply.h"

struct password_attempt {
	const char *stored, *given;
	const char *name; /* passed to `end` */
	/* Sends the reply, in this turn or a later one. q has a label and a user, but no message.
	 */
	void (*end)(struct request *q, const char *name, bool right);
	/* Replies that it is not tried now, and why. NULL: 263. */
	void (*refused)(struct request *q, const char *why);
	/* Not NULL: if the password is right, a new verifier of it is made in the same job, and
	 * given to this before `end`. */
	void (*renew)(struct request *q, const char *name, const struct verifier *v);
};

/* The bounds alone, for what is not a hash to check: counts an attempt, and whether it may be made.
 * If not, the client was cut, or `refused` has replied. */
bool password_attempt_may(struct request *q, void (*refused)(struct request *q, const char *why));

/* Counts a wrong password. */
void password_attempt_wrong(struct request *q);

/* Makes a verifier (verifier.h) of a password, in a later turn, at the price of an attempt; `end`
 * gets NULL if that failed, and `name` as given. False if too many wait: the caller replies. */
bool password_make_begin(struct request *q, const char *password, const char *name,
	void (*end)(struct request *q, const char *name, const struct verifier *v));

/* Starts an attempt; `end` reports the result. */
void password_attempt_begin(struct request *q, const struct password_attempt *a);

#endif
