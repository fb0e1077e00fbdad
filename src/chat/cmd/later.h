/*
 * later.h - a command whose reply comes in a later turn: when a password is hashed, or a change is
 * on the disk. Until then the client's next lines wait.
 *
 *     later_begin(q, &w->later)               in the handler; it replies nothing
 *     if (later_resume(&w->later, &q)) {      in the completion
 *             reply(&q, ...);                 or later_begin() again
 *             later_end(&q);
 *     }
 */
#ifndef CHAT_CMD_LATER_H
#define CHAT_CMD_LATER_H

#include "chat/out/reply.h"

struct later {
	struct server *server;
	uint64_t tag; /* of the connection */
	char label[LABEL_MAX + 1];
	struct msg none;
};

/* Fills in l, for later_wanted(): before the work is handed over, if the reply may still be given
 * at once. */
void later_init(const struct request *q, struct later *l);

/* Puts the reply off. */
void later_begin(struct request *q, struct later *l);

/* Whether the client is still there. */
bool later_wanted(const struct later *l);

/* Makes q the request again, without its message; false if the client is gone. q->label and q->msg
 * point into l. */
bool later_resume(struct later *l, struct request *q);

/* Ends the reply; the client's next lines are executed. */
void later_end(struct request *q);

#endif
