/*
 * flush.h - sending of queued output.
 */
#ifndef CHAT_OUT_FLUSH_H
#define CHAT_OUT_FLUSH_H

#include "chat/server.h"

/* Sends everything queued, as far as sockets accept it. Called at the end of a turn. */
void server_flush(struct server *s);

/* Sends c's queue before the end of the turn. */
void conn_flush(struct server *s, struct conn *c);

/* Sends c's queue while a line is being queued: encoded bytes stay where they are. */
void conn_drain(struct server *s, struct conn *c);

#endif
