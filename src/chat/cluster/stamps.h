/*
 * stamps.h - when each mode of a channel was changed: of two changes of one mode, on two nodes at
 * once, the later one holds on all nodes, whichever a node heard first.
 *
 * A stamp is a message id: microseconds, then the node. Who takes a stamp of another node makes its
 * own later than that one (a hybrid clock), unless it is far ahead of the clock.
 */
#ifndef CHAT_CLUSTER_STAMPS_H
#define CHAT_CLUSTER_STAMPS_H

#include "chat/model/channel.h"
#include "chat/server.h"

enum {
	STAMPS = 32, /* bits of channel.modes */
	STAMPS_TEXT_MAX = 1024,
};

#define STAMP_AHEAD_MAX (60 * NSEC_SEC)

/* A stamp of now. */
uint64_t stamp_now(struct server *s);

/* Makes later stamps of this node greater than one of another. */
void stamp_seen(struct server *s, uint64_t stamp);

/* Records a change of these modes at a time. False if out of memory: it is as old as the channel.
 */
bool stamp_put(struct channel *ch, uint32_t modes, uint64_t stamp);

/* The same for the modes of a MODE line, as "+mn-t". */
void stamps_changed(struct channel *ch, const char *letters, uint64_t stamp);

/* Whether a change of this mode at a time is later than the last. */
bool stamp_is_later(const struct channel *ch, uint32_t mode, uint64_t stamp);

/* Writes them as a text: "BIT:STAMP BIT:STAMP". */
void stamps_print(const struct channel *ch, char out[STAMPS_TEXT_MAX]);

/* Reads one from the text at *at, which is advanced; false at its end. */
bool stamps_next(const char **at, uint32_t *mode, uint64_t *stamp);

#endif
