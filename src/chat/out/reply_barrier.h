/*
 * reply_barrier.h - reply barrier: replies that wait for the disk. A command that waits for the
 * disk opens a ticket and replies into it; all later replies to the same client wait for it, in
 * order.
 *
 *     conn.barrier   [ ticket: echo 1 ] [ ticket: echo 2 ] [ ready: PONG ]
 *                   ^ not committed    ^ committed        so all three wait for echo 1
 */
#ifndef CHAT_OUT_REPLY_BARRIER_H
#define CHAT_OUT_REPLY_BARRIER_H

#include "chat/server.h"

#include "base/vec.h"

/* An entry of the queue. Owned by the connection's barrier, and while open also by its opener. */
struct barrier_ticket {
	struct barrier_ticket *next;
	struct conn *conn; /* NULL: the connection is gone, settling frees the ticket */
	VEC(char) data;
	bool open;
};

struct reply_barrier {
	struct barrier_ticket *first, *last;
	uint32_t bytes;
};

/* Opens a ticket at the end of c's queue; NULL if out of memory. */
struct barrier_ticket *barrier_open(struct server *s, struct conn *c);

/* Adds encoded bytes to a ticket, or at the end (t NULL). False, and the client is cut, if out of
 * memory or its queue limit is reached. */
bool barrier_add(struct server *s, struct conn *c, struct barrier_ticket *t, struct piece p);

/* Settles a ticket: its bytes, or the replacement (encoded, without tags; may be NULL), are sent
 * once everything before them has been sent. t is invalid afterwards. */
void barrier_settle(struct server *s, struct barrier_ticket *t, const char *replacement);

/* Drops the queue of a departing connection; open tickets stay with their openers. */
void barrier_drop(struct conn *c);

/* Whether c's queue has no room for replies now; half of it is reserved for lines from others. Rows
 * and lines continue once the client has read. */
bool conn_output_full(const struct conn *c);

#endif
