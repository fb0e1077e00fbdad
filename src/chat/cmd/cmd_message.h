/*
 * cmd_message.h - messages that do not begin with PRIVMSG.
 */
#ifndef CHAT_CMD_CMD_MESSAGE_H
#define CHAT_CMD_CMD_MESSAGE_H

#include "chat/history/message.h"

/* Returns how many bytes of `text` fit into a line from `source` with this command and target, cut
 * at a whole character. */
size_t message_room(const char *source, const char *command, const char *target, const char *text);

/* Delivers a message, whose line is made, to its recipients. */
void message_spread(struct message *m, const struct reach *to);

/* Sends the message in a batch. */
void message_send_multiline(struct request *q, const struct multiline *b);

/* Sends the text of RELAYMSG, params[2], to the channel params[0], as from the mask `source`. */
void message_relay(struct request *q, const char *source);

#endif
