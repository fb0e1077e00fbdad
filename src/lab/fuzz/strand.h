/*
 * strand.h - the writer and the reader of an end: their actions, one after the other, with one
 * system call each, or many.
 */
#ifndef LAB_FUZZ_STRAND_H
#define LAB_FUZZ_STRAND_H

#include "lab/fuzz/program.h"

/* Runs until it must wait; true if a call transferred bytes, or an action ended. */
bool strand_step(struct strand *s, struct burble *b);

/* True if a client's first action is to send with MSG_FASTOPEN, and that is not done. */
bool strand_opens_fast(const struct strand *s);

/* Makes the attempt: bytes, or an error; s->blocked or s->waiting: it is in progress. Where Fast
 * Open is off, or has no cookie yet, connect() is next. */
int64_t strand_open_fast(
	struct strand *s, struct burble *b, const struct sockaddr_storage *to, socklen_t len);

/* The byte at a position of the data sent by an end; neighbouring bytes differ. */
uint8_t strand_byte(const struct end *from, uint64_t at);

/* When it continues by itself; NSEC_MAX: never. */
nsec_t strand_due(const struct strand *s);

/* Prepares its call, which wakes the end. */
void strand_call(struct strand *s);

/* Ends its call and frees its buffer. */
void strand_stop(struct strand *s);

/* Adds the result of a call, and the time, to the hash of the run. */
void fuzz_note(struct run *r, int64_t result);

#endif
