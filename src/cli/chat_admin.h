/*
 * chat_admin.h - the chat server's part of the control socket: its administrator's requests.
 */
#ifndef CLI_CHAT_ADMIN_H
#define CLI_CHAT_ADMIN_H

#include "host/control_service.h"

struct server;

/* The service that answers requests to s, which outlives it. */
struct control_service chat_admin(struct server *s);

#endif
