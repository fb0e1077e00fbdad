/*
 * register_other.h - accounts that an operator or the administrator registers for another person:
 * NickServ SAREGISTER, burble admin account add. Without the bounds of those who register
 * themselves, and also where registration is closed; no user is logged in.
 */
#ifndef CHAT_CMD_REGISTER_OTHER_H
#define CHAT_CMD_REGISTER_OTHER_H

#include "chat/server.h"

/* The end of it: why NULL, the account is on the disk, or why not. */
typedef void (*register_other_done)(void *arg, const char *why);

/* Registers an account. Returns NULL, and done is called once in a later turn, or in this one; or
 * why not, and it is not called. */
const char *register_other(struct server *s, const char *name, const char *password,
	register_other_done done, void *arg);

#endif
