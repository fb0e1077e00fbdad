/*
 * cmd_registration.h - completion of registration.
 */
#ifndef CHAT_CMD_CMD_REGISTRATION_H
#define CHAT_CMD_CMD_REGISTRATION_H

#include "chat/out/reply.h"

/* Completes registration and sends the welcome once nick, user name, password and CAP allow it. */
void registration_check(struct request *q);

/* Changes the nick of u, registered, to one that no other user has, without a request of its own;
 * false if out of memory. */
bool nick_set(struct server *s, struct user *u, const char *nick);

/* The network has given the nick that q's user has waited for. */
void nick_granted(struct request *q, const char *nick);

/* Takes the nick from a user who is not registered, and tells it. */
void nick_lost(struct server *s, struct user *holder);

/* Changes the nick of q's user to one that no other user has, and announces it. */
void nick_change(struct request *q, const char *nick);

#endif
