/*
 * cmd_registration.h - completion of registration.
 */
#ifndef CHAT_CMD_CMD_REGISTRATION_H
#define CHAT_CMD_CMD_REGISTRATION_H

#include "chat/out/reply.h"

/* Completes registration and sends the welcome once nick, user name, password and CAP allow it. */
void registration_check(struct request *q);

/* Changes the nick of q's user to one that no other user has, and announces it. */
void nick_change(struct request *q, const char *nick);

#endif
