/*
 * nickserv.h - NickServ: accounts and their nicks.
 */
#ifndef CHAT_CMD_NICKSERV_H
#define CHAT_CMD_NICKSERV_H

#include "chat/cmd/service.h"

extern const struct service nickserv;

/* Reports a registration (register.h). */
void register_nickserv_told(
	struct request *q, const char *name, const char *code, const char *text);

/* SAREGISTER account password: for another person. */
void nickserv_saregister(struct service_call *c);

/* APPPASS ADD name | LIST | DEL name: app passwords. */
void nickserv_apppass(struct service_call *c);

#endif
