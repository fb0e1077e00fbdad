/*
 * msgid.h - message ids: one number that gives the order, the key in the store and the `msgid` tag.
 *
 *     bits  62 .. 10   microseconds since 1970
 *            9 ..  0   node that created it (0: there is only one)
 *
 * Ids are unique: when the clock stops or goes back, the next id is one microsecond after the last.
 * So the ids of one node increase. The time in an id is when its message was received, or later:
 * after the clock was set back, ids stay ahead of it until it has caught up. The `time` tag is the
 * clock's, stored beside the id.
 */
#ifndef CHAT_PROTO_MSGID_H
#define CHAT_PROTO_MSGID_H

#include "base/base.h"

enum {
	MSGID_NODE_BITS = 10,
	MSGID_TEXT_LEN = 13, /* base 32, most significant first: text order is id order */
};

struct msgid_maker {
	uint64_t last; /* initialize with last_id of the store: ids grow across restarts */
	uint32_t node;
};

/* The next id; wall is the time since 1970. */
uint64_t msgid_next(struct msgid_maker *m, nsec_t wall);

/* Milliseconds since 1970 of an id: the time of its message, or later. */
int64_t msgid_ms(uint64_t id);

/* The smallest id that a message of this millisecond could have. ms >= 0. */
uint64_t msgid_floor(int64_t ms);

/* Writes the 13 characters and a NUL. */
void msgid_print(char out[MSGID_TEXT_LEN + 1], uint64_t id);

/* Parses a tag's value; false if it is not one that msgid_print() writes. */
bool msgid_parse(uint64_t *id, const char *text, size_t len);

#endif
