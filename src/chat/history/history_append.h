/*
 * history_append.h - messages on their way into the store, and the sender's receipt on its way
 * out.
 *
 *     PRIVMSG  -> history_append() -> delivered to the others at once
 *                     |                 echo, ACK -> ticket ...........
 *                     v                                               :
 *                  commit  -> receipt settled: what the ticket holds goes out, or FAIL instead
 *
 * Only a client with echo-message, or that labelled the command, has a receipt to wait for. Any
 * sender is told when its message could not be kept.
 */
#ifndef CHAT_HISTORY_HISTORY_APPEND_H
#define CHAT_HISTORY_HISTORY_APPEND_H

#include "chat/model/history_scope.h"
#include "chat/out/reply.h"

enum {
	HISTORY_MULTILINE = 1, /* store_msg.use */
};

/* One message: to a channel, or to a user. */
struct history_append {
	uint64_t id;
	const char *target;            /* the channel's name or the user's nick */
	const struct channel *channel; /* NULL: a user */
	bool event;                    /* kept only with history.events */
	const char *command, *params;
	size_t params_len;
	const char *tags; /* client-only tags; NULL: none */
	bool multiline;   /* the text in params is that of a struct multiline */
};

/*
 * Hands a message of q's user to the store; what is answered to q from now on waits for the commit
 * if its client wants a receipt. STORE_OK also if nothing is to be kept; else the message was not
 * taken, the sender has been told, and nobody must get it.
 */
enum store_status history_append(struct request *q, const struct history_append *r);

#endif
