/*
 * cmd_message.h - delivery of a multiline message.
 */
#ifndef CHAT_CMD_CMD_MESSAGE_H
#define CHAT_CMD_CMD_MESSAGE_H

#include "chat/history/message.h"

/* Returns how many bytes of `text` fit into a line from u with this command and target, cut at a
 * whole character. */
size_t message_room(
	const struct user *u, const char *command, const char *target, const char *text);

/* Sends the message in a batch. */
void message_send_multiline(struct request *q, const struct multiline *b);

#endif
