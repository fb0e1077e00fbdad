/*
 * reply_stream.h - an answer of many rows: it is given as far as the client's queue has room, and
 * goes on in later turns as the client reads. Until it ends the client's next lines wait, so
 * answers stay in the order of the commands, and no answer is too long for a client that reads.
 *
 *     command -> reply_stream_start() -> rows, in this turn             -> the queue is full
 *                                  conn.streams [ NAMES #a ] [ NAMES #b ]
 *     turn    -> reply_streams_run()  -> more rows                      -> ... -> the next lines
 *
 * What it is about may change in between: an answer keeps names and places, never pointers. One
 * that needs the store asks for a piece, waits, and asks for the next when the client has taken
 * that.
 */
#ifndef CHAT_OUT_REPLY_STREAM_H
#define CHAT_OUT_REPLY_STREAM_H

#include "chat/out/reply.h"

struct reply_stream {
	struct reply_stream *next;
	/* Gives the next few rows to q's client; false: those were the last. q has no message. */
	bool (*step)(struct request *q, struct reply_stream *a);
	void (*end)(struct reply_stream *a); /* frees what it owns; NULL: nothing */
	bool waits; /* for the store: until reply_stream_wake() there is no step */
	char channel[CHANNEL_BYTES_MAX + 1]; /* that it is about; "": another thing */
	char batch[BATCH_REF_MAX];           /* of the labelled answer that it is in; "": none */
	bool last;                           /* closes that batch */
};

/* An answer of `size` bytes, zeroed, that begins with a struct reply_stream. NULL when memory is
 * out: then the client leaves. */
void *reply_stream_new(
	struct request *q, size_t size, bool (*step)(struct request *q, struct reply_stream *a));

/* Gives what there is room for, behind the answers that are not done. Takes a over. */
void reply_stream_start(struct request *q, struct reply_stream *a);

/* Goes on, in a turn's share. True when nothing is left. */
bool reply_streams_run(struct server *s, struct conn *c);

/* What a, of c, waited for is there. */
void reply_stream_wake(struct server *s, struct conn *c, struct reply_stream *a);

/* A channel that answers of c may be about has another name. */
void reply_streams_rename(struct conn *c, const char *from, const char *to);

/* The connection goes. */
void reply_streams_free(struct conn *c);

#endif
