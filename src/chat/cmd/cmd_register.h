/*
 * cmd_register.h - the answers to REGISTER and VERIFY.
 */
#ifndef CHAT_CMD_CMD_REGISTER_H
#define CHAT_CMD_CMD_REGISTER_H

#include "chat/out/reply.h"

/* Reports a registration (register.h), and a verification (verify.h). */
void register_command_told(struct request *q, const char *name, const char *code, const char *text);
void verify_command_told(struct request *q, const char *name, const char *code, const char *text);

#endif
