/*
 * conn_time.h - the flood allowance of a connection: lines and work are charged to it.
 */
#ifndef CHAT_OUT_CONN_TIME_H
#define CHAT_OUT_CONN_TIME_H

#include "chat/server.h"

/* Takes `lines` from the flood allowance of c; a command is charged for after it ran. */
void conn_charge(struct server *s, struct conn *c, uint32_t lines);

/* The same for what its lines and answers took, in units of work (limits.h). */
void conn_charge_work(struct server *s, struct conn *c, uint64_t work);

#endif
