/*
 * history_replay.h - replay of stored messages, line by line. A multiline message is a batch of
 * its own for clients that support multiline, and separate lines for others.
 */
#ifndef CHAT_HISTORY_HISTORY_REPLAY_H
#define CHAT_HISTORY_HISTORY_REPLAY_H

#include "chat/history/multiline.h"
#include "chat/store.h"

struct history_replay {
	const char *batch;           /* the batch of the lines; NULL: none */
	const char *target;          /* the current name of the target; NULL: as stored */
	bool inside;                 /* a multiline message is in progress */
	bool tagged;                 /* ... and one of its lines had the msgid */
	char inner[BATCH_REF_MAX];   /* ... in this batch; "": in none */
	struct multiline_walk lines; /* ... of which these remain */
};

/* Sends the next line of m to q's client, with its time, msgid and tags. True after the last. */
bool history_replay_line(struct history_replay *r, struct request *q, const struct store_msg *m);

#endif
