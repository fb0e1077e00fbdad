/*
 * missed.h - replay of what an always-on user missed, for a client that cannot ask (without
 * draft/chathistory): of each channel and private conversation the last history.on_join messages.
 */
#ifndef CHAT_CMD_MISSED_H
#define CHAT_CMD_MISSED_H

#include "chat/out/reply.h"

enum {
	MISSED_CONVERSATIONS = 50, /* private ones that are replayed, the newest */
};

/* Replays to q's client, just welcomed, what came after this message id. */
void missed_replay(struct request *q, uint64_t since);

#endif
