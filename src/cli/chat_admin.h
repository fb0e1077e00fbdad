/*
 * chat_admin.h - the chat server's part of the control socket: its administrator's requests.
 */
#ifndef CLI_CHAT_ADMIN_H
#define CLI_CHAT_ADMIN_H

#include "host/control_service.h"

struct chat_files;
struct chat_upgrade;
struct server;

/* Those who answer. */
struct chat_admin {
	struct server *server;
	struct chat_files *files;     /* "files ..." */
	struct chat_upgrade *upgrade; /* "upgrade" */
};

/* The service that answers requests to a's parts; all of them outlive it. */
struct control_service chat_admin(struct chat_admin *a);

#endif
