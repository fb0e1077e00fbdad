/*
 * mail.h - mail to the owners of accounts: codes that confirm an address or reset a password.
 */
#ifndef CHAT_CMD_MAIL_H
#define CHAT_CMD_MAIL_H

#include "chat/accounts/account_code.h"
#include "chat/server.h"

/* Whether the server can send mail. */
bool mail_works(const struct server *s);

/* Whether a mail may go to that address now; takes it out of the allowance. */
bool mail_may(struct server *s, const char *to);

/* When a code of that kind that is made now expires. */
int64_t mail_code_expires(const struct server *s, enum account_code_kind kind);

/* A code to be sent. */
struct mail_code {
	enum account_code_kind kind;
	const char *account, *to, *code;
};

/* Sends it; false if too many mails wait. Whether it arrives is in the log only. */
bool mail_code_send(struct server *s, const struct mail_code *m);

#endif
