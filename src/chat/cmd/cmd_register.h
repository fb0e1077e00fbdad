/*
 * cmd_register.h - the answer to REGISTER.
 */
#ifndef CHAT_CMD_CMD_REGISTER_H
#define CHAT_CMD_CMD_REGISTER_H

#include "chat/out/reply.h"

/* Reports a registration (register.h). */
void register_command_told(struct request *q, const char *name, const char *code, const char *text);

#endif
