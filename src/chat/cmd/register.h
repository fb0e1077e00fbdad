/*
 * register.h - registration of accounts, for REGISTER and NickServ: rules for names and passwords,
 * bounds, and the way through the hasher and the store.
 */
#ifndef CHAT_CMD_REGISTER_H
#define CHAT_CMD_REGISTER_H

#include "chat/out/reply.h"

/* The code of an account that exists, but must be verified (verify.h). */
#define REGISTER_WAITS "VERIFICATION_REQUIRED"

/* How a command reports the result; code NULL: done. */
typedef void (*register_told)(
	struct request *q, const char *name, const char *code, const char *text);

/* The command that registers, and whose reporter is called. */
enum register_how {
	REGISTER_COMMAND,
	REGISTER_NICKSERV,
	REGISTER_HOWS,
};

/* Registers name ("*": the nick) for q's user, who is logged in to it then, unless its mail address
 * must be verified first. Reports once, in this turn or a later one. */
void register_begin(struct request *q, enum register_how how, const char *name, const char *email,
	const char *password);

/* Whether a mail address has as many accounts as it may. */
bool register_address_taken(const struct server *s, const char *email);

/* Why a password may not be used for an account of that name; NULL if it may. */
const char *password_refusal(const struct server *s, const char *name, const char *password);

#endif
