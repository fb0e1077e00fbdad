/*
 * reply_barrier.h - answers that may not go out yet. A command that waits for the disk opens a
 * ticket; what it answers goes into the ticket, and everything that the same client is answered
 * later waits behind it, in order.
 *
 *     conn.barrier   [ ticket: echo 1 ] [ ticket: echo 2 ] [ ready: PONG ]
 *                   ^ not committed    ^ committed        so all three wait for echo 1
 */
#ifndef CHAT_OUT_REPLY_BARRIER_H
#define CHAT_OUT_REPLY_BARRIER_H

#include "chat/server.h"

#include "base/vec.h"

/* One entry of the queue. Belongs to the conn's hold, and while it is open to who opened it. */
struct barrier_ticket {
	struct barrier_ticket *next;
	struct conn *conn; /* NULL: the connection is gone, the ticket frees itself when settled */
	VEC(char) data;
	bool open;
};

struct reply_barrier {
	struct barrier_ticket *first, *last;
	uint32_t bytes;
};

/* A ticket at the end of c's queue; NULL when memory is out. */
struct barrier_ticket *barrier_open(struct server *s, struct conn *c);

/* Adds encoded bytes to a ticket, or behind everything that waits (t NULL). False when memory is
 * out or the client's queue limit is reached; then the client leaves. */
bool barrier_add(struct server *s, struct conn *c, struct barrier_ticket *t, struct piece p);

/* The wait is over: what the ticket holds goes out as soon as everything before it has. With a
 * replacement (encoded, without tags; may be NULL) that is sent instead. t is gone afterwards. */
void barrier_settle(struct server *s, struct barrier_ticket *t, const char *replacement);

/* The connection goes: open tickets stay with those who opened them. */
void barrier_drop(struct conn *c);

/* No answer fits in c's queue now: half of it is left to what others say. Neither rows nor lines go
 * on until the client has read. */
bool conn_output_full(const struct conn *c);

#endif
