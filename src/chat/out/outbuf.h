/*
 * outbuf.h - output buffers: encoded lines are concatenated in reference-counted buffers, and send
 * queues point into them.
 *
 *     turn buffer of a form   [ line | line | line | ... free ... ]
 *     queue of a reader               ^---- one piece ---^
 *
 * Lines of one form produced in a turn are contiguous, so a reader of all of them has one piece,
 * extended line by line, and one send. A buffer without references is reused from its start; a full
 * one is retired and exists as long as pieces point into it.
 */
#ifndef CHAT_OUT_OUTBUF_H
#define CHAT_OUT_OUTBUF_H

#include "chat/limits.h"

#include "base/base.h"

enum {
	FORMS = 16,          /* ways to tag a line (line_encode.h) */
	BUFFERS = 2 * FORMS, /* each has a turn buffer for many readers, and one for replies */
};

struct outbuf {
	uint32_t refs; /* pieces of queues, and one for the turn buffer */
	uint32_t used, size;
	bool retired; /* no longer a turn buffer: nothing is appended */
	bool whole;   /* of OUTBUF_BYTES: reusable as a turn buffer */
	struct outbuf *spare;
	char data[];
};

/* A run of bytes in a buffer; len 0: empty. */
struct piece {
	struct outbuf *buf;
	uint32_t at, len;
};

/* Turn buffers of all forms, and spares. */
struct outbufs {
	struct outbuf *turn[BUFFERS];
	struct outbuf *spare;
	uint32_t spares;
	uint32_t whole, peak; /* whole buffers in existence; the maximum since last reset */
	bool retired;         /* a buffer was retired since this was cleared */
	size_t queued;        /* bytes committed since the last outbufs_rewind() */
};

/* Frees turn buffers and spares. */
void outbufs_free(struct outbufs *c);

/* Returns room for `size` contiguous bytes in turn buffer `form`; NULL if out of memory. Used by
 * outbufs_commit(). */
char *outbufs_reserve(struct outbufs *c, uint32_t form, size_t size);

/* Commits the first len bytes of the room; returns them as a piece, without a reference. */
struct piece outbufs_commit(struct outbufs *c, uint32_t form, size_t len);

/* Restarts unreferenced buffers, after a turn. */
void outbufs_rewind(struct outbufs *c);

/* Restarts one buffer if it is unreferenced, within a turn. */
void outbufs_rewind_one(struct outbufs *c, uint32_t form);

/* Returns a retired buffer of exactly len bytes with one reference and a copy of p (NULL:
 * uninitialised); NULL if out of memory. */
struct outbuf *outbuf_copy(const char *p, size_t len);

/* Takes a reference. */
static inline void outbuf_ref(struct outbuf *k)
{
	k->refs++;
}

/* Drops a reference; the last one frees the buffer or makes it a spare of c. */
void outbuf_unref(struct outbufs *c, struct outbuf *k);

#endif
