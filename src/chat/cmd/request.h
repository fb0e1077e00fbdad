/*
 * request.h - helpers shared by command handlers: the user, lists of targets, names of servers,
 * refusals.
 */
#ifndef CHAT_CMD_REQUEST_H
#define CHAT_CMD_REQUEST_H

#include "chat/out/reply.h"

/* Returns the user of q, created if there is none. If out of memory the client is cut: NULL. */
struct user *request_user(struct request *q);

/* Calls each(q, item) for the items of a comma-separated list, split in place, up to the configured
 * number; replies 407 to the next. */
void each_target(struct request *q, char *list, void (*each)(struct request *q, char *item));

/* Refuses the command for lack of memory: counted, 400. */
void refuse_out_of_memory(struct request *q);

/* Whether a parameter names a server other than this one; if so, replies 402. */
bool other_server(struct request *q, uint32_t param);

#endif
