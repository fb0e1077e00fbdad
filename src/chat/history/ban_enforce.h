/*
 * ban_enforce.h - server bans: loading from the store, refusing connections, disconnecting users.
 */
#ifndef CHAT_HISTORY_BAN_ENFORCE_H
#define CHAT_HISTORY_BAN_ENFORCE_H

#include "chat/server.h"

/* Loads the bans from the store, which is drained. Returns when the first of them expires, in ms
 * since 1970; 0: none does. */
int64_t ban_enforce_load(struct server *s);

/* Whether a D-line covers this address; if so, text gets the reason to send. */
bool ban_enforce_address(const struct server *s, const struct net_addr *peer, char text[200]);

/* Disconnects the user on c, who has a name, if a ban covers it; returns whether it did. */
bool ban_enforce_user(struct server *s, struct conn *c);

/* Disconnects every connection that a new ban covers. */
void ban_enforce_all(struct server *s, const struct ban *ban);

/* Whether a ban covers c, by its visible host, address or cloak, or its account; before
 * registration by address. */
bool ban_enforce_covers(struct server *s, struct conn *c, const struct ban *ban);

/* Whether a ban covers u, who is connected elsewhere or not at all, as far as it is known here. */
bool ban_enforce_covers_user(struct server *s, const struct user *u, const struct ban *ban);

/* Whether u, who has no connection here, would be ended by it. */
bool ban_enforce_loses(struct server *s, const struct user *u, const struct ban *ban);

/* The number of those that a ban covers. */
struct ban_hits_count {
	uint32_t connections, always_on, elsewhere; /* always_on: without a connection */
};

/* Counts what a ban would disconnect or end, and calls each() for it: c is NULL for a user without
 * a connection here. Unregistered connections are only counted. */
struct ban_hits_count ban_enforce_hits(struct server *s, const struct ban *ban,
	void (*each)(void *arg, const struct user *u, const struct conn *c), void *arg);

/* Returns c's user and address in the form that bans are matched against. */
struct ban_subject ban_enforce_subject(struct server *s, const struct conn *c);

#endif
