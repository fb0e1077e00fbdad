/*
 * conn_table.h - connection table: lookup by tag, per-turn lists, walk marks, departures;
 * counters and time of a turn.
 */
#ifndef CHAT_OUT_CONN_TABLE_H
#define CHAT_OUT_CONN_TABLE_H

#include "chat/server.h"

/* Returns "accepted", "refused-full", ... */
const char *server_counter_name(enum server_counter c);

/* Returns the connection of a tag; NULL if it is gone. */
struct conn *server_conn(const struct server *s, uint64_t tag);

/* Schedules c for the next turn, with or without an event. */
void server_ready(struct server *s, struct conn *c);

/* Returns a mark that no connection has, to visit each at most once in a walk. */
uint32_t server_mark(struct server *s);

/* Returns the time tag of the turn. */
const char *server_time(struct server *s);

/* Returns the time tag of a millisecond since 1970; valid until the next call of either. */
const char *server_time_at(struct server *s, int64_t ms);

/* Writes a batch reference that this server has not used before. */
void server_batch_ref(struct server *s, char ref[BATCH_REF_MAX]);

/* Marks c as leaving, once; why becomes its QUIT message and the text of its ERROR line. */
void conn_leave(struct server *s, struct conn *c, const char *why);

/* conn_leave() by decision of the server: counted and logged. */
void conn_cut(struct server *s, struct conn *c, enum server_counter counter, const char *why);

/* Cuts c because an allocation failed without which it cannot continue. */
void conn_out_of_memory(struct server *s, struct conn *c);

/* Schedules sending to c at the end of the turn. */
void conn_dirty(struct server *s, struct conn *c);

/* Whether c has work left that a full queue may have interrupted. */
bool conn_waits(const struct conn *c);

/* Formats the host of its user: the address. */
void conn_host(const struct conn *c, char out[HOST_BYTES_MAX]);

/* Formats the host that hides the address (cloak.h), whether or not cloak.enabled; false if there
 * is nothing to hide: the loopback. */
bool conn_cloak(const struct server *s, const struct conn *c, char out[HOST_BYTES_MAX]);

#endif
