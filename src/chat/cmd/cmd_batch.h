/*
 * cmd_batch.h - lines of a client that belong to its open batch.
 */
#ifndef CHAT_CMD_CMD_BATCH_H
#define CHAT_CMD_CMD_BATCH_H

#include "chat/out/reply.h"

/* Consumes the line of q, which has tags, if it carries a batch tag: adds it to the open batch or
 * refuses it. Returns false if the line is an ordinary command. */
bool batch_take(struct request *q);

#endif
