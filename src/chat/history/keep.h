/*
 * keep.h - what the server does with its store beside messages: bans at the start and at the door,
 * the store's clock, and a word in the log when the store fails and when it works again.
 */
#ifndef CHAT_HISTORY_KEEP_H
#define CHAT_HISTORY_KEEP_H

#include "chat/server.h"

/* At the start: takes the last message id and the bans out of the store, and starts the clock. */
void keep_start(struct server *s);

/* Once a second. */
void keep_tick(struct server *s);

/* Runs what the store has finished, and logs its health if that has changed. */
void keep_complete(struct server *s);

/* Whether a D-line keeps this address out; then text is the reason to give. */
bool keep_refuses(const struct server *s, const struct net_addr *peer, char text[200]);

/* Whether a K-line or D-line covers the user on c, who has a name: then they are told and leave. */
bool keep_cuts(struct server *s, struct conn *c);

/* Applies a new ban to everybody who is there. */
void keep_cut_covered(struct server *s, const struct ban *ban);

/* c's user and address, as a ban looks at them. */
struct ban_subject keep_subject(struct server *s, const struct conn *c);

#endif
