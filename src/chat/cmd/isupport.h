/*
 * isupport.h - RPL_ISUPPORT (005), built once per configuration.
 */
#ifndef CHAT_CMD_ISUPPORT_H
#define CHAT_CMD_ISUPPORT_H

#include "chat/out/reply.h"

/* Builds the lines from the configuration; false if out of memory. */
bool isupport_build(struct server *s);

/* Frees the lines. */
void isupport_free(struct server *s);

/* Sends the lines to q's client. */
void send_isupport(struct request *q);

#endif
