/*
 * multiline.h - multiline messages (IRCv3 draft/multiline): collected from a batch, stored as one
 * text, sent line by line.
 *
 *     BATCH +1 draft/multiline #x          text   "one\ntwo\rand on"
 *     @batch=1 PRIVMSG #x :one              \n     a new line begins
 *     @batch=1 PRIVMSG #x :two              \r     the line continues in another message
 *     @batch=1;draft/multiline-concat PRIVMSG #x :and on
 *     BATCH -1
 *
 * IRC lines hold neither byte, so the text records where the sender split it.
 */
#ifndef CHAT_HISTORY_MULTILINE_H
#define CHAT_HISTORY_MULTILINE_H

#include "chat/history/message.h"

#include "base/vec.h"

enum {
	/* Bytes of client tags that each line has where a message is given as lines; longer ones
	 * are on the first only: the lines may be many. */
	MULTILINE_TAGS_EACH = 512,
};

/* A client's open batch, at most one. Owned by the connection. */
struct multiline {
	char ref[BATCH_REF_MAX], label[LABEL_MAX + 1];
	char target[CHANNEL_BYTES_MAX + 2];
	char *tags; /* of the opening BATCH, as received; NULL: none */
	VEC(char) text;
	size_t bytes; /* as counted by the limit */
	uint32_t lines;
	bool notice, blank; /* NOTICE instead of PRIVMSG; all lines are empty */
	bool failed;        /* reported to the client: what follows is skipped */
};

/* An iteration over the lines of a text. */
struct multiline_walk {
	const char *at;
	size_t left;
	bool more, concat; /* concat: the last line returned continues the one before */
	const char *line;
	size_t n;
};

/* Starts an iteration. */
struct multiline_walk multiline_begin(const char *text, size_t len);

/* Advances to the next line; false at the end. */
bool multiline_next(struct multiline_walk *w);

/* Frees a batch; b may be NULL. */
void multiline_free(struct multiline *b);

/* Delivers to all recipients: as a batch to clients with multiline, else as separate lines. */
void multiline_spread(struct message *m, const struct reach *to);

/* Sends the sender's copy. */
void multiline_echo(struct message *m);

#endif
