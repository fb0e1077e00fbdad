/*
 * conn_table.h - the connections of a server as everything below its loop sees them: found by tag,
 * put on the lists of a turn, marked in a walk; and the time that lines of a turn carry.
 */
#ifndef CHAT_OUT_CONN_TABLE_H
#define CHAT_OUT_CONN_TABLE_H

#include "chat/server.h"

/* "accepted", "refused-full", ... */
const char *server_counter_name(enum server_counter c);

/* The connection of a tag; NULL if it is gone. */
struct conn *server_conn(const struct server *s, uint64_t tag);

/* Lets c go on in the next turn, with or without an event. */
void server_ready(struct server *s, struct conn *c);

/* A number that no connection is marked with: to visit each conn at most once in a walk. */
uint32_t server_mark(struct server *s);

/* The time tag of the turn. */
const char *server_time(struct server *s);

/* The time tag of a millisecond since 1970; good until the next call of the two. */
const char *server_time_at(struct server *s, int64_t ms);

/* Makes a batch reference that this server has not used before. */
void server_batch_ref(struct server *s, char ref[BATCH_REF_MAX]);

/* Marks c as leaving, once; why is its QUIT message and the text of its ERROR line. */
void conn_leave(struct server *s, struct conn *c, const char *why);

/* conn_leave() by decision of the server: counted and logged. */
void conn_cut(struct server *s, struct conn *c, enum server_counter counter, const char *why);

/* Cuts c because something without which it cannot go on cannot be allocated. */
void conn_out_of_memory(struct server *s, struct conn *c);

/* Puts c among those that are sent to at the end of the turn. */
void conn_dirty(struct server *s, struct conn *c);

/* Something of c could not go on while its queue was full. */
bool conn_waits(const struct conn *c);

/* The host of its user: its address. */
void conn_host(const struct conn *c, char out[HOST_BYTES_MAX]);

#endif
