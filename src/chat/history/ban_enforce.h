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

/* Disconnects the user on c, who has a name, if a K-line or D-line covers it; returns whether it
 * did. */
bool ban_enforce_user(struct server *s, struct conn *c);

/* Disconnects every connection that a new ban covers. */
void ban_enforce_all(struct server *s, const struct ban *ban);

/* Whether a ban covers c, by its visible host, address or cloak; before registration by address. */
bool ban_enforce_covers(struct server *s, struct conn *c, const struct ban *ban);

/* Returns c's user and address in the form that bans are matched against. */
struct ban_subject ban_enforce_subject(struct server *s, const struct conn *c);

#endif
