/*
 * outbuf.h - the bytes that go out: lines lie one after the other in reference-counted chunks, and
 * a send queue points into them.
 *
 *     turn buffer of a form   [ line | line | line | ... free ... ]
 *     queue of a reader               ^---- one piece ---^
 *
 * Lines of one form that a turn produces are contiguous, so a reader who gets them all has one
 * piece that is made longer line by line, and one send. A chunk with nobody left is used again from
 * its start; one that is full is retired and lives as long as somebody points into it.
 */
#ifndef CHAT_OUT_OUTBUF_H
#define CHAT_OUT_OUTBUF_H

#include "chat/limits.h"

#include "base/base.h"

enum {
	FORMS = 16,          /* ways to tag a line: line_encode.h */
	BUFFERS = 2 * FORMS, /* each has a turn buffer for many readers, and one for answers */
};

struct outbuf {
	uint32_t refs; /* pieces of queues; the turn buffer itself is one more */
	uint32_t used, size;
	bool retired; /* no turn buffer any more: nothing is added */
	bool whole;   /* of OUTBUF_BYTES: may become a turn buffer again */
	struct outbuf *spare;
	char data[];
};

/* A run of bytes in a chunk; len 0: nothing. */
struct piece {
	struct outbuf *buf;
	uint32_t at, len;
};

/* The turn buffers: one chunk each, and empty ones for later. */
struct outbufs {
	struct outbuf *turn[BUFFERS];
	struct outbuf *spare;
	uint32_t spares;
	uint32_t whole, peak; /* whole chunks that there are; most since somebody set it back */
	bool retired;         /* a chunk was retired since this was last cleared */
	size_t queued;        /* bytes committed since the last outbufs_rewind() */
};

void outbufs_free(struct outbufs *c);

/* Room for `size` contiguous bytes in turn buffer `form`; NULL when memory is out. What of it
 * is used is told by outbufs_commit(). */
char *outbufs_reserve(struct outbufs *c, uint32_t form, size_t size);

/* The first len bytes of the room are written: they are this piece. Adds no reference. */
struct piece outbufs_commit(struct outbufs *c, uint32_t form, size_t len);

/* After a turn: buffers that nobody points into start again. */
void outbufs_rewind(struct outbufs *c);

/* The same for one buffer, within a turn. */
void outbufs_rewind_one(struct outbufs *c, uint32_t form);

/* A retired chunk of its own size, held once, with a copy of the bytes at p (NULL: to be filled
 * in); NULL when memory is out. */
struct outbuf *outbuf_copy(const char *p, size_t len);

static inline void outbuf_ref(struct outbuf *k)
{
	k->refs++;
}

/* Gives a reference back; the last frees the chunk, or makes it a spare of c. */
void outbuf_unref(struct outbufs *c, struct outbuf *k);

#endif
