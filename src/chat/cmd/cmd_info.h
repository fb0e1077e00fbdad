/*
 * cmd_info.h - user counts and message of the day, as parts of the welcome.
 */
#ifndef CHAT_CMD_CMD_INFO_H
#define CHAT_CMD_CMD_INFO_H

#include "chat/out/reply.h"

/* Sends 251 - 255, 265 and 266. */
void send_lusers(struct request *q);

/* Sends the server bans (216), and 219 with that letter. */
void send_bans(struct request *q, char letter);

/* Sends 375, 372 and 376, or 422 if there is no message of the day. */
void send_motd(struct request *q);

#endif
