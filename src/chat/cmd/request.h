/*
 * request.h - what the handlers of several commands begin with: a user, a list of targets, the
 * name of a server.
 */
#ifndef CHAT_CMD_REQUEST_H
#define CHAT_CMD_REQUEST_H

#include "chat/out/reply.h"

/* The user of q, made if there is none; NULL, and the client is told to leave, without memory. */
struct user *request_user(struct request *q);

/* Calls each(q, item) for the items of a comma list, cut in place, at most the configured number;
 * more is answered with 407. */
void each_target(struct request *q, char *list, void (*each)(struct request *q, char *item));

/* Refuses the command because memory is out: counted, 400. */
void refuse_out_of_memory(struct request *q);

/* A parameter names a server other than this one: then answers 402. */
bool other_server(struct request *q, uint32_t param);

#endif
