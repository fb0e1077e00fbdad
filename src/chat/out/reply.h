/*
 * reply.h - replies of commands to their client. They keep the order of the commands; labels are
 * handled here, not by each command.
 *
 *     no label, nothing held back   -> queued at once
 *     the command has a label       -> buffered until it is done: ACK, one line, or a batch
 *     an echo waits for its commit  -> everything after it waits too (reply_barrier.h)
 *
 * Lines from other users are not replies: they go through deliver.h and do not wait.
 */
#ifndef CHAT_OUT_REPLY_H
#define CHAT_OUT_REPLY_H

#include "chat/out/deliver.h"
#include "chat/proto/numeric.h"
#include "chat/proto/parse.h"

struct barrier_ticket;
struct receipt;

/* A line, with its tags, held back until the end of its command. */
struct reply_line {
	struct reply_line *next;
	struct reply_place *place; /* not a line, but a reserved place for one */
	char time[TIME_TEXT_MAX];
	uint16_t msgid, account, tags, body, len; /* offsets into text; 0: none */
	char text[];
};

/* A command being executed, passed to its handler. */
struct request {
	struct server *server;
	struct conn *conn;
	struct user *user; /* NULL before NICK or USER */
	const struct msg *msg;
	const char *label;             /* NULL: none */
	struct barrier_ticket *ticket; /* open: lines of this command are added to it */
	struct receipt *receipt;       /* of the messages of this command: history_append.h */
	struct reply_line *first, **last;
	uint32_t lines;
	char batch[BATCH_REF_MAX]; /* the batch of the lines; "": none */
	bool by_app;               /* its login is by an app password: login.h */
	bool deferred;             /* the reply comes in a later turn: password_attempt.h */
	bool split; /* that batch is a labelled reply, begun before the reply was complete */
};

/* Sends ":server NNN nick " and parameters; params_print() keeps user input from becoming more or
 * other parameters. */
void reply(struct request *q, enum numeric n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sends a numeric with the parameters as they are: a list made by params_add(), or a constant. */
void reply_params(struct request *q, enum numeric n, const char *params);

/* Sends a whole line, without CR LF, printed the same way: reply_text(q, ":%s PONG ...", name). */
void reply_text(struct request *q, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends a line with tags to q's client alone: an echo, its own JOIN. */
void reply_line(struct request *q, const struct line_out *line);

/* FAIL, WARN or NOTE (standard-replies): kind, command, code, text; context, a word, may be NULL.
 */
struct reply_note {
	const char *kind, *command, *code, *context, *text;
};

/* Sends a note. */
void reply_note(struct request *q, const struct reply_note *n);

/* Sends a note with a second word of context, which may be NULL. */
void reply_note_also(struct request *q, const struct reply_note *n, const char *also);

/* A reserved place for a line that depends on the store. */
struct reply_place {
	struct server *server;
	struct barrier_ticket *ticket; /* NULL: the client is gone */
	char batch[BATCH_REF_MAX];     /* of the labelled reply that contains it; "": none */
	char label[LABEL_MAX + 1];     /* of its own; "": none */
};

/* Reserves a place for one line of the reply. It takes effect at reply_end(), before any completion
 * of the store. *p must stay in place until reply_fill(). */
void reply_keep_place(struct request *q, struct reply_place *p);

/* Puts the line in its place (NULL: none). */
void reply_fill(struct reply_place *p, const struct line_out *line);

/* Begins a batch of this type and parameter ("": none), for clients with batch. Must come first in
 * a reply. */
void reply_batch_begin(struct request *q, const char *type, const char *param);

/* Ends the batch. */
void reply_batch_end(struct request *q);

/* Turns a labelled reply that does not end in this turn into a batch, closed at its end
 * (reply_stream.h). */
void reply_split(struct request *q);

/* Starts the reply to one command. */
void reply_begin(struct request *q);

/* Ends it: sends the lines held back because of a label. */
void reply_end(struct request *q);

#endif
