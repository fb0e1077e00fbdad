/*
 * history_append.h - appending of messages to the store, and the sender's receipt.
 *
 *     PRIVMSG  -> history_append() -> delivered to the others at once
 *                     |                 echo, ACK -> ticket ...........
 *                     v                                               :
 *                  commit  -> receipt settled: its contents are sent, or FAIL instead
 *
 * Only a client that has echo-message or labelled the command waits for a receipt. Every sender
 * gets an error when its message could not be stored.
 */
#ifndef CHAT_HISTORY_HISTORY_APPEND_H
#define CHAT_HISTORY_HISTORY_APPEND_H

#include "chat/model/history_scope.h"
#include "chat/out/reply.h"

enum {
	HISTORY_MULTILINE = 1, /* value of store_msg.use */
};

/* A message to a channel or a user. */
struct history_append {
	uint64_t id;
	const char *target;            /* the channel's name or the user's nick */
	const char *source;            /* the mask that it comes from */
	const struct channel *channel; /* NULL: a user */
	bool event;                    /* a TAGMSG: stored only with history.events */
	const char *command, *params;
	size_t params_len;
	const char *tags; /* client-only tags; NULL: none */
	bool multiline;   /* params hold the text of a struct multiline */
};

/* Whether the history keeps messages, or events such as TAGMSG, of ch; NULL: of a conversation. */
bool history_keeps(const struct server *s, const struct channel *ch, bool event);

/* Submits a message of q's user to the store; if its client wants a receipt, further replies to q
 * wait for the commit. Returns STORE_OK also if nothing is to be stored; on any other status the
 * sender has been notified, and the message must not be delivered. */
enum store_status history_append(struct request *q, const struct history_append *r);

#endif
