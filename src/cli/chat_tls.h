/*
 * chat_tls.h - TLS of the chat server: certificates and limits as the configuration has them.
 */
#ifndef CLI_CHAT_TLS_H
#define CLI_CHAT_TLS_H

#include "chat/config/config.h"
#include "chat/config/log.h"

struct chat_tls {
	struct net *net; /* the encrypting network; NULL: there is no listener for TLS */
	struct log *log; /* set by the caller as soon as there is one */
};

/* Wraps a network if c has listeners for TLS. False, after a message on stderr, if out of memory.
 */
bool chat_tls_open(struct chat_tls *t, struct net *inner, const struct config *c);

/* Loads the certificates of c, makes one if it has none, logs them and applies its limits. On
 * failure returns false, with the reason in *e, and everything remains as it was. */
bool chat_tls_load(struct chat_tls *t, const struct config *c, struct config_error *e);

/* Frees the network. */
void chat_tls_close(struct chat_tls *t);

#endif
