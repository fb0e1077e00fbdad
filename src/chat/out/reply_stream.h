/*
 * reply_stream.h - reply streams: a reply of many rows is sent as far as the client's queue has
 * room, and continued in later turns as the client reads. Until it ends the client's next lines
 * wait, so replies keep the order of the commands, and no reply is too long for a client that
 * reads.
 *
 *     command -> reply_stream_start() -> rows, in this turn             -> the queue is full
 *                                  conn.streams [ NAMES #a ] [ NAMES #b ]
 *     turn    -> reply_streams_run()  -> more rows                      -> ... -> the next lines
 *
 * Its subject may change meanwhile: a stream stores names and positions, never pointers. One that
 * needs the store requests a piece, waits, and requests the next when the client has read that.
 */
#ifndef CHAT_OUT_REPLY_STREAM_H
#define CHAT_OUT_REPLY_STREAM_H

#include "chat/out/reply.h"

struct reply_stream {
	struct reply_stream *next;
	/* Sends the next few rows to q's client; false after the last. q has no message. */
	bool (*step)(struct request *q, struct reply_stream *a);
	void (*end)(struct reply_stream *a); /* frees what it owns; may be NULL */
	bool waits;                          /* waiting for the store, until reply_stream_wake() */
	char channel[CHANNEL_BYTES_MAX + 1]; /* its subject; "": not a channel */
	char batch[BATCH_REF_MAX];           /* of the labelled reply that contains it; "": none */
	bool last;                           /* closes that batch */
};

/* Allocates `size` zeroed bytes that begin with a struct reply_stream. NULL, and the client is cut,
 * if out of memory. */
void *reply_stream_new(
	struct request *q, size_t size, bool (*step)(struct request *q, struct reply_stream *a));

/* Sends as much as fits, after unfinished streams. Takes ownership of a. */
void reply_stream_start(struct request *q, struct reply_stream *a);

/* Continues the streams of c, within its share of the turn. True when none is left. */
bool reply_streams_run(struct server *s, struct conn *c);

/* Ends the streams of c by queueing all that is left of them, whatever room there is; c is cut if
 * its queue's limit is exceeded. False: one waits for the store. */
bool reply_streams_finish(struct server *s, struct conn *c);

/* Continues stream a of c, which waited for the store. */
void reply_stream_wake(struct server *s, struct conn *c, struct reply_stream *a);

/* Updates the channel of streams after a rename. */
void reply_streams_rename(struct conn *c, const char *from, const char *to);

/* Frees the streams of a departing connection. */
void reply_streams_free(struct conn *c);

#endif
