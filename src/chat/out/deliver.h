/*
 * deliver.h - fan-out of a line: encoded once for each form that its readers use, queued by
 * reference.
 *
 *     struct delivery d;
 *     deliver_begin(&d, s, &line);
 *     deliver_channel(&d, ch, except);
 */
#ifndef CHAT_OUT_DELIVER_H
#define CHAT_OUT_DELIVER_H

#include "chat/model/channel.h"
#include "chat/out/conn_table.h"

struct delivery {
	struct server *server;
	const struct line_out *line;
	uint32_t rank;       /* only members with one of these modes; 0: all (deliver_channel) */
	uint32_t need, deny; /* only conns with all caps of need and none of deny */
	uint32_t encoded;    /* forms already encoded in `piece` */
	struct piece piece[FORMS];
};

/* Recipients of a message. */
struct reach {
	const struct channel *channel; /* its members; NULL: user */
	uint32_t rank;                 /* of those members; 0: all */
	const struct user *user;
	uint32_t need;             /* only connections with these caps */
	const struct conn *except; /* NULL: none */
};

/* Starts the delivery of a line; need and deny may be set afterwards. */
void deliver_begin(struct delivery *d, struct server *s, const struct line_out *line);

/* Delivers to one connection. */
void deliver_to(struct delivery *d, struct conn *c);

/* Delivers to every connection of u but `except` (may be NULL). */
void deliver_user(struct delivery *d, const struct user *u, const struct conn *except);

/* Delivers to every connection of every member of ch but `except` (may be NULL). */
void deliver_channel(struct delivery *d, const struct channel *ch, const struct conn *except);

/* Delivers what u, a member of ch, does there to the members who see it (auditorium.h), and to u
 * itself; to no connection `except`. */
void deliver_about(struct delivery *d, const struct channel *ch, const struct user *u,
	const struct conn *except);

/* Delivers one line of a message to its recipients. */
void reach_deliver(const struct reach *to, struct delivery *d);

/* Delivers once to each connection of each user that shares a channel with u and sees it there, but
 * not to u. */
void deliver_peers(struct delivery *d, const struct user *u);

/* Queues an encoded piece on c, unless it is leaving; cuts it if its queue is full. */
void conn_queue(struct server *s, struct conn *c, struct piece p);

/* Encodes and queues a line for c alone. Replies to commands go through reply.h instead. */
void conn_line(struct server *s, struct conn *c, const struct line_out *line);

#endif
