/*
 * presence.h - presence: a user and its connections, of which there may be several, or none.
 *
 *     user.conn -> conn -> conn       conn.sibling; every member entry has the first
 *
 * A client that logs in by SASL and asks for a nick that its own account is using joins that user:
 * it gets the welcome and the channels, and from then on everything that the user gets and, of what
 * the user's other clients do, what an echo would show. What it sends comes from the user. A user
 * quits with its last connection, unless it is always-on (always_on.h).
 */
#ifndef CHAT_CMD_PRESENCE_H
#define CHAT_CMD_PRESENCE_H

#include "chat/out/reply.h"

/* Whether q's client, not registered yet, may wait for a nick that another user has: the two may
 * turn out to be the same. */
bool presence_may_wait(const struct request *q, const struct user *holder);

/* Returns the user that q's client, which is about to be registered, is to join; NULL: none. */
struct user *presence_of(const struct request *q);

/* Makes q's client a connection of u, in place of its own user, which is freed; false, with a
 * reply, if it may not be. *gone: the message id of when u lost
 * its last client; 0: it had one. */
bool presence_join(struct request *q, struct user *u, uint64_t *gone);

/* Sends the welcomed client of q the user's channels. */
void presence_show_channels(struct request *q);

/* Removes a departing connection from its user, who quits if it was the last. */
void presence_leave(struct server *s, struct conn *c, const char *why);

/* Ends u, which has no connection, and announces it. */
void presence_quit(struct server *s, struct user *u, const char *why);

/* Ends a user by decision of another (KILL, GHOST), with all its connections. */
void presence_end(struct server *s, struct user *u, const char *why);

/* Tells those who share a channel with u, or watch it, whether it is away (away-notify). */
void presence_tell_away(struct server *s, const struct user *u);

#endif
