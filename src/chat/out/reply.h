/*
 * reply.h - the one way in which commands answer their client. It keeps the order of the answers
 * equal to that of the commands, and knows about labels, so that no command has to.
 *
 *     no label, nothing held        -> queued at once
 *     the command has a label       -> kept until it is done: ACK, one line, or a batch
 *     an echo waits for its commit  -> everything behind it waits too (reply_barrier.h)
 *
 * What others said is not an answer and goes through deliver.h, past all this.
 */
#ifndef CHAT_OUT_REPLY_H
#define CHAT_OUT_REPLY_H

#include "chat/out/deliver.h"
#include "chat/proto/numeric.h"
#include "chat/proto/parse.h"

struct barrier_ticket;
struct receipt;

/* A line that waits for the end of its command, with the tags that it will have. */
struct reply_line {
	struct reply_line *next;
	struct reply_place *place; /* not a line, but where one will be */
	char time[TIME_TEXT_MAX];
	uint16_t msgid, account, tags, body, len; /* offsets into text; 0: none */
	char text[];
};

/* One command being executed: what every handler gets. */
struct request {
	struct server *server;
	struct conn *conn;
	struct user *user; /* NULL until NICK or USER came */
	const struct msg *msg;
	const char *label;             /* NULL: none */
	struct barrier_ticket *ticket; /* open: lines of this command go into it */
	struct receipt *receipt;       /* of the messages of this command: history_append.h */
	struct reply_line *first, **last;
	uint32_t lines;
	char batch[BATCH_REF_MAX]; /* the batch that lines are in; "": none */
	bool deferred;             /* the answer comes in a later turn: password_attempt.h */
	bool split;                /* that batch is the labelled answer, begun before its end */
};

/* ":server NNN nick " and then the parameters: params_print() keeps what was typed from being more
 * of them, or others. */
void reply(struct request *q, enum numeric n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with parameters as they are: a list that params_add() made, or words of our own. */
void reply_params(struct request *q, enum numeric n, const char *params);

/* A whole line, without CR LF, whose parameters are printed likewise: reply_text(q, ":%s PONG ...",
 * name). */
void reply_text(struct request *q, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line with tags, to the client of q alone: an echo, one's own JOIN. */
void reply_line(struct request *q, const struct line_out *line);

/* FAIL, WARN or NOTE (standard-replies): kind, command, code, text; context, a word, may be NULL.
 */
struct reply_note {
	const char *kind, *command, *code, *context, *text;
};
void reply_note(struct request *q, const struct reply_note *n);

/* The same with a second word of context, which may be NULL. */
void reply_note_also(struct request *q, const struct reply_note *n, const char *also);

/* Where a line of an answer will be that the store has to give first. */
struct reply_place {
	struct server *server;
	struct barrier_ticket *ticket; /* NULL: the client is gone */
	char batch[BATCH_REF_MAX];     /* of the labelled answer that it is in; "": none */
	char label[LABEL_MAX + 1];     /* of its own; "": none */
};

/* Keeps a place for one line in the answer. It is known at reply_end(), before anything that the
 * store does. *p stays where it is until reply_fill(), which puts the line in (NULL: none). */
void reply_keep_place(struct request *q, struct reply_place *p);
void reply_fill(struct reply_place *p, const struct line_out *line);

/* Lines between the two are a batch of this type and parameter ("": none), for clients that know
 * batches. Comes first in an answer. */
void reply_batch_begin(struct request *q, const char *type, const char *param);
void reply_batch_end(struct request *q);

/* The answer has no end in this turn: with a label it is a batch from here on, which is closed when
 * it ends (reply_stream.h). */
void reply_split(struct request *q);

/* Starts and ends the answer to one command; in between nothing else answers on q. */
void reply_begin(struct request *q);
void reply_end(struct request *q);

#endif
