/*
 * message.h - state of one PRIVMSG, NOTICE or TAGMSG to one target (cmd_message.c).
 */
#ifndef CHAT_HISTORY_MESSAGE_H
#define CHAT_HISTORY_MESSAGE_H

#include "chat/out/reply.h"
#include "chat/proto/msgid.h"

struct multiline;

/* The differences of the three commands. */
struct message_kind {
	const char *name;
	bool silent; /* no answer at all, not even errors (NOTICE, RFC 2812 3.3.2) */
	bool text;   /* has a text; otherwise only tags */
};

/* Texts of a message: 4 KB apart from it, so that they are not cleared for each one. */
struct message_texts {
	char tags[CLIENT_TAGS_MAX + 1];
	char to[CHANNEL_BYTES_MAX + 2]; /* the target as displayed */
};

struct message {
	struct request *q;
	const struct message_kind *kind;
	const char *target;
	const char *source; /* as its readers see it: the user's mask, or another's (cmd_relay.c) */
	const char *relay;  /* the nick of the user who has relayed it; NULL: its own */
	const char *text;
	size_t text_len;
	const struct multiline *multi; /* the text has several lines; NULL: one line */
	bool to_operators;             /* of the channel, because of its modes U or Z */
	struct line_out line;
	uint64_t id;
	char msgid[MSGID_TEXT_LEN + 1];
	struct message_texts *texts; /* written by message_line() */
};

#endif
