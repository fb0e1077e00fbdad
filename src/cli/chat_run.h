/*
 * chat_run.h - a running `burble chat`: its command line and its parts.
 */
#ifndef CLI_CHAT_RUN_H
#define CLI_CHAT_RUN_H

#include "chat/server.h"
#include "cli/chat_admin.h"
#include "cli/chat_bus.h"
#include "cli/chat_net.h"
#include "cli/chat_proxy.h"
#include "cli/chat_tls.h"
#include "cli/chat_upgrade.h"
#include "cli/chat_web.h"

struct control;
struct metrics;

enum {
	SETTINGS_MAX = 256,
	SETTING_TEXT_MAX = 4096,
};

/* Command line. */
struct chat_args {
	struct config_source from;
	const char *settings[SETTINGS_MAX];
	/* All --listen and so on, separated by blanks. */
	char listen[SETTING_TEXT_MAX], listen_tls[SETTING_TEXT_MAX];
	char listen_web[SETTING_TEXT_MAX], listen_web_tls[SETTING_TEXT_MAX];
	struct chat_net_args net;
	int (*instead)(void);  /* run instead of the server; NULL: none */
	const char *take_over; /* the descriptor of an upgrade; NULL: none */
	int argc;              /* as they were given */
	char **argv;
};

struct chat_run {
	struct net *sockets; /* the kernel's or burble's */
	struct net *net;     /* the same, or around it those with proxies, TLS, WebSockets */
	struct chat_proxy proxy;
	struct chat_tls tls;
	struct chat_web web;
	struct log *log;
	struct store *store;
	struct external *external;
	struct chat_bus bus;
	struct skeletons *skeletons;
	struct server *server;
	const struct chat_args *args;
	struct burble *stack; /* NULL: the kernel's */
	struct chat_admin admin_parts;
	struct control_service admin; /* of the server, on its control socket */
	struct control *control;      /* NULL: none */
	struct metrics *metrics;      /* NULL: none */
	struct chat_upgrade upgrade;
};

#endif
