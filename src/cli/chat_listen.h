/*
 * chat_listen.h - the chat server's listeners, in the log and in words.
 */
#ifndef CLI_CHAT_LISTEN_H
#define CLI_CHAT_LISTEN_H

#include <stdbool.h>

struct server;

/* Listens at all addresses of the configuration; on_stack: they are burble's stack's. False, after
 * a message on stderr, if one cannot be had. */
bool chat_listen(struct server *s, bool on_stack);

/* Logs the address of the client for browsers, and prints it on a terminal. */
void chat_listen_tell(const struct server *s);

#endif
