/*
 * chunk.h - the bytes that go out: lines lie one after the other in reference-counted chunks, and a
 * send queue points into them.
 *
 *     turn buffer of a form   [ line | line | line | ... free ... ]
 *     queue of a reader               ^---- one piece ---^
 *
 * Lines of one form that a turn produces are contiguous, so a reader who gets them all has one
 * piece that is made longer line by line, and one send. A chunk with nobody left is used again from
 * its start; one that is full is retired and lives as long as somebody points into it.
 */
#ifndef CHAT_OUT_CHUNK_H
#define CHAT_OUT_CHUNK_H

#include "chat/limits.h"

#include "base/base.h"

enum {
	FORMS = 16,          /* ways to tag a line: form.h */
	BUFFERS = 2 * FORMS, /* each has a turn buffer for many readers, and one for answers */
};

struct chunk {
	uint32_t refs; /* pieces of queues; the turn buffer itself is one more */
	uint32_t used, size;
	bool retired; /* no turn buffer any more: nothing is added */
	bool whole;   /* of CHUNK_BYTES: may become a turn buffer again */
	struct chunk *spare;
	char data[];
};

/* A run of bytes in a chunk; len 0: nothing. */
struct piece {
	struct chunk *chunk;
	uint32_t at, len;
};

/* The turn buffers: one chunk each, and empty ones for later. */
struct chunks {
	struct chunk *turn[BUFFERS];
	struct chunk *spare;
	uint32_t spares;
	uint32_t whole, peak; /* whole chunks that there are; most since somebody set it back */
	bool retired;         /* a chunk was retired since this was last cleared */
	size_t queued;        /* bytes committed since the last chunks_rewind() */
};

void chunks_free(struct chunks *c);

/* Room for `size` contiguous bytes in turn buffer `form`; NULL when memory is out. What of it
 * is used is told by chunks_commit(). */
char *chunks_reserve(struct chunks *c, uint32_t form, size_t size);

/* The first len bytes of the room are written: they are this piece. Adds no reference. */
struct piece chunks_commit(struct chunks *c, uint32_t form, size_t len);

/* After a turn: buffers that nobody points into start again. */
void chunks_rewind(struct chunks *c);

/* The same for one buffer, within a turn. */
void chunks_rewind_one(struct chunks *c, uint32_t form);

/* A retired chunk of its own size, held once, with a copy of the bytes at p (NULL: to be filled
 * in); NULL when memory is out. */
struct chunk *chunk_copy(const char *p, size_t len);

static inline void chunk_ref(struct chunk *k)
{
	k->refs++;
}

/* Gives a reference back; the last frees the chunk, or makes it a spare of c. */
void chunk_unref(struct chunks *c, struct chunk *k);

#endif
