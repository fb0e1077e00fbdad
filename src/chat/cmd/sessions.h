/*
 * sessions.h - NickServ SESSIONS: the clients that are logged in to an account, and ending one.
 */
#ifndef CHAT_CMD_SESSIONS_H
#define CHAT_CMD_SESSIONS_H

#include "chat/cmd/service.h"

/* SESSIONS [END number|OTHERS] */
void sessions_command(struct service_call *c);

#endif
