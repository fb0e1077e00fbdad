/*
 * chat_proxy.h - proxies of the chat server: the network below TLS that reads their headers.
 */
#ifndef CLI_CHAT_PROXY_H
#define CLI_CHAT_PROXY_H

#include "chat/config/config.h"
#include "chat/config/log.h"

struct chat_proxy {
	struct net *net; /* NULL: proxy.from is empty */
	struct log *log; /* set by the caller as soon as there is one */
};

/* Wraps a network if c has proxies. False, after a message on stderr, if out of memory. */
bool chat_proxy_open(struct chat_proxy *p, struct net *inner, const struct config *c);

/* Frees the network. */
void chat_proxy_close(struct chat_proxy *p);

#endif
