/*
 * conn_priv.h - what the server's loop does with connections; not for commands.
 */
#ifndef CHAT_CONN_PRIV_H
#define CHAT_CONN_PRIV_H

#include "chat/out/conn_table.h"

/* A new connection on handle, watched and with its timer running; NULL when memory is out: then
 * handle is the caller's still. (accept.c) */
struct conn *conn_new(struct server *s, int handle, const struct net_addr *peer);

/* Readiness was reported, or the next turn has come for one that was not done. */
void conn_event(struct server *s, struct conn *c, uint32_t ready);
void conn_run(struct server *s, struct conn *c);

/* Sends to c before the end of the turn. (flush.c) */
void conn_flush(struct server *s, struct conn *c);

/* The same while a line is being queued: its bytes stay where they are. */
void conn_drain(struct server *s, struct conn *c);

/* The end, in two steps of the same turn: announced before the flush, freed after it. */
void conn_depart(struct server *s, struct conn *c, const char *why);
void conn_free(struct server *s, struct conn *c);

/* Moves the connection's timer forward to `when` if it would expire later. (conn_time.c) */
void conn_time_start(struct server *s, struct conn *c, nsec_t when);

/* Sets how much may wait for c: as the configuration is now. (conn_time.c) */
void conn_set_queue(const struct server *s, struct conn *c);

/* A timer of a connection has expired: the flood allowance, registration, PING, no PONG. */
void conn_time_expired(struct server *s, struct conn *c);

/* Announces who leaves, sends what is queued, frees. The last thing of a turn. (server.c) */
void server_end_turn(struct server *s);

/* Accepts what waits, up to this turn's share. (accept.c) */
void server_accept(struct server *s, struct listener *l);

/* Gives keepalive and timeouts of the configuration to listeners and connections that exist. */
void server_tune(struct server *s);

/* Accepting again after a pause. */
void server_accept_resume(struct server *s);

#endif
