/*
 * answer.h - an answer of many rows: it is given as far as the client's queue has room, and goes on
 * in later turns as the client reads. Until it ends the client's next lines wait, so answers stay
 * in the order of the commands, and no answer is too long for a client that reads.
 *
 *     command -> answer_start() -> rows, in this turn             -> the queue is full
 *                                  conn.answers [ NAMES #a ] [ NAMES #b ]
 *     turn    -> answers_run()  -> more rows                      -> ... -> the next lines
 *
 * What it is about may change in between: an answer keeps names and places, never pointers. One
 * that needs the store asks for a piece, waits, and asks for the next when the client has taken
 * that.
 */
#ifndef CHAT_OUT_ANSWER_H
#define CHAT_OUT_ANSWER_H

#include "chat/out/reply.h"

struct answer {
	struct answer *next;
	/* Gives the next few rows to q's client; false: those were the last. q has no message. */
	bool (*step)(struct request *q, struct answer *a);
	void (*end)(struct answer *a); /* frees what it owns; NULL: nothing */
	bool waits;                    /* for the store: until answer_wake() there is no step */
	char channel[CHANNEL_BYTES_MAX + 1]; /* that it is about; "": another thing */
	char batch[BATCH_REF_MAX];           /* of the labelled answer that it is in; "": none */
	bool last;                           /* closes that batch */
};

/* An answer of `size` bytes, zeroed, that begins with a struct answer. NULL when memory is out:
 * then the client leaves. */
void *answer_new(struct request *q, size_t size, bool (*step)(struct request *q, struct answer *a));

/* Gives what there is room for, behind the answers that are not done. Takes a over. */
void answer_start(struct request *q, struct answer *a);

/* Goes on, in a turn's share. True when nothing is left. */
bool answers_run(struct server *s, struct conn *c);

/* What a, of c, waited for is there. */
void answer_wake(struct server *s, struct conn *c, struct answer *a);

/* A channel that answers of c may be about has another name. */
void answers_rename(struct conn *c, const char *from, const char *to);

/* The connection goes. */
void answers_free(struct conn *c);

#endif
