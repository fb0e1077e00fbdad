/*
 * chanserv.h - ChanServ: registered channels.
 */
#ifndef CHAT_CMD_CHANSERV_H
#define CHAT_CMD_CHANSERV_H

#include "chat/cmd/service.h"

extern const struct service chanserv;

#endif
