/*
 * cmd_sasl.h - the SASL exchange of a connection.
 */
#ifndef CHAT_CMD_CMD_SASL_H
#define CHAT_CMD_CMD_SASL_H

#include "chat/out/reply.h"

/* Ends an unfinished exchange, if there is one, with 906: registration goes on without it. */
void sasl_abort(struct request *q);

/* Frees the exchange of a departing connection. */
void sasl_free(struct conn *c);

#endif
