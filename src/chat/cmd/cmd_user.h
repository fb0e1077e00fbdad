/* cmd_user.h - a user's real name. */
#ifndef CHAT_CMD_CMD_USER_H
#define CHAT_CMD_CMD_USER_H

#include "chat/out/reply.h"

/* Changes the real name of u and tells who may see it; false if out of memory. */
bool real_change(struct server *s, struct user *u, const char *name);

#endif
