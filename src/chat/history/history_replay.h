/*
 * history_replay.h - replay of stored messages, line by line. A multiline message is a batch of
 * its own for clients that support multiline, and separate lines for others.
 */
#ifndef CHAT_HISTORY_HISTORY_REPLAY_H
#define CHAT_HISTORY_HISTORY_REPLAY_H

#include "chat/history/multiline.h"
#include "chat/store.h"

struct history_replay {
	const char *batch;           /* that the lines are in; NULL: none */
	const char *target;          /* where it was said, as that is called now; NULL: as stored */
	bool inside;                 /* a message of several lines is under way */
	bool tagged;                 /* ... and a line of it has had the msgid */
	char inner[BATCH_REF_MAX];   /* ... in this batch; "": in none */
	struct multiline_walk lines; /* ... of which these are left */
};

/* The next line of m to q's client, with its time, msgid and tags. True: it was the last. */
bool history_replay_line(struct history_replay *r, struct request *q, const struct store_msg *m);

#endif
