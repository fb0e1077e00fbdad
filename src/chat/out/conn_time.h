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

/* Moves the connection's timer forward to `when` if it would expire later. */
void conn_time_start(struct server *s, struct conn *c, nsec_t when);

/* Runs what is due when the timer of c expires: flood allowance, registration, PING, no PONG. */
void conn_time_expired(struct server *s, struct conn *c);

/* Applies the limits and timeouts of a registered connection. */
void conn_registered(struct server *s, struct conn *c);

/* Sets the bound of c's send queue from the configuration. */
void conn_set_queue(const struct server *s, struct conn *c);

#endif
