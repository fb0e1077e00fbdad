/*
 * verify.h - codes that came by mail: verification of a new account, a new address, a new password.
 */
#ifndef CHAT_CMD_VERIFY_H
#define CHAT_CMD_VERIFY_H

#include "chat/cmd/register.h"

/* Confirms the mail address of an account by its code: a new account's, whose user is logged in
 * then, or a changed one. Reports once, in this turn or a later one. */
void verify_begin(struct request *q, enum register_how how, const char *name, const char *code);

/* Mails a new code to the address of an account that waits for one. The answer does not depend on
 * whether there is such an account. */
void verify_resend(struct request *q, const char *name);

/* Mails a code to the confirmed address of an account, for a new password; likewise. */
void verify_send_reset(struct request *q, const char *name);

/* Changes the password of an account by such a code, and ends its sessions. */
void verify_reset(struct request *q, const char *name, const char *code, const char *password);

/* Changes the mail address of q's account: at once if the server sends no mail, else once the code
 * that it mails there is given. */
void verify_set_address(struct request *q, const char *address);

/* Deletes accounts that were not verified in time. Cheap. */
void verify_tick(struct server *s);

#endif
