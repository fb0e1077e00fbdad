/*
 * chat_web.h - HTTP and WebSocket of the chat server: who may connect, and the pages.
 */
#ifndef CLI_CHAT_WEB_H
#define CLI_CHAT_WEB_H

#include "chat/config/config.h"
#include "chat/config/log.h"
#include "cli/chat_files.h"
#include "web/http_files.h"

struct server;

/* The client for browsers, from web/dist. */
extern const struct http_file chat_pages[];
extern const size_t chat_page_count;

struct chat_web {
	struct net *net; /* the one with WebSockets; NULL: there is no listener for the web */
	const struct config *config; /* of the server */
	/* Set by the caller as soon as there are such. */
	struct log *log;
	struct server *server;
	struct chat_files files;
};

/* Wraps a network if c, which outlives w, has listeners for the web. False, after a message on
 * stderr, if out of memory. */
bool chat_web_open(struct chat_web *w, struct net *inner, const struct config *c);

/* Frees the network. */
void chat_web_close(struct chat_web *w);

#endif
