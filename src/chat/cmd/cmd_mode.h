/*
 * cmd_mode.h - MODE as the server, for SAMODE.
 */
#ifndef CHAT_CMD_CMD_MODE_H
#define CHAT_CMD_CMD_MODE_H

#include "chat/out/reply.h"

/* Changes modes of a channel as the parameters of q say, by the server: whatever the rank of q's
 * user. */
void mode_forced(struct request *q);

#endif
