/*
 * conn_time.h - flood allowance and timer of a connection.
 */
#ifndef CHAT_OUT_CONN_TIME_H
#define CHAT_OUT_CONN_TIME_H

#include "chat/server.h"

/* Charges `lines` to the flood allowance of c; commands are charged after they ran. */
void conn_charge(struct server *s, struct conn *c, uint32_t lines);

/* Charges the work of its lines and replies (limits.h). */
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
