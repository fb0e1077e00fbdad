/*
 * multiline.h - multiline messages (IRCv3 draft/multiline): collected from a batch, stored as one
 * text, sent line by line.
 *
 *     BATCH +1 draft/multiline #x          text   "one\ntwo\rand on"
 *     @batch=1 PRIVMSG #x :one              \n     a new line begins
 *     @batch=1 PRIVMSG #x :two              \r     the line goes on in another message
 *     @batch=1;draft/multiline-concat PRIVMSG #x :and on
 *     BATCH -1
 *
 * A line of IRC holds neither byte, so the text says where the sender has cut it.
 */
#ifndef CHAT_HISTORY_MULTILINE_H
#define CHAT_HISTORY_MULTILINE_H

#include "chat/history/message.h"

#include "base/vec.h"

/* The batch that a client has open: at most one. Belongs to the conn. */
struct multiline {
	char ref[BATCH_REF_MAX], label[LABEL_MAX + 1];
	char target[CHANNEL_BYTES_MAX + 2];
	char *tags; /* of the opening BATCH, as they came; NULL: none */
	VEC(char) text;
	size_t bytes; /* as the limit counts */
	uint32_t lines;
	bool notice, blank; /* NOTICE instead of PRIVMSG; no line has a byte */
	bool failed;        /* the client was told: the rest is skipped */
};

/* A walk over the lines of a text: {text, len} at the start. */
struct multiline_walk {
	const char *at;
	size_t left;
	bool more, concat; /* concat: the line that was given last goes on where the one before
			      ended */
	const char *line;
	size_t n;
};

struct multiline_walk multiline_begin(const char *text, size_t len);

/* Steps to the next line; false at the end. */
bool multiline_next(struct multiline_walk *w);

void multiline_free(struct multiline *b);

/* To all of them: in a batch if they know multiline, else as lines of their own. */
void multiline_spread(struct message *m, const struct reach *to);

/* The sender's copy. */
void multiline_echo(struct message *m);

#endif
