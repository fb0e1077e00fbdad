/*
 * replay.h - stored messages on their way to the client who asked: into the ticket that keeps their
 * place, in a batch for clients that know batches.
 */
#ifndef CHAT_REPLAY_H
#define CHAT_REPLAY_H

#include "chat/caps.h"
#include "chat/hold.h"

struct replay {
	struct server *server;
	struct conn *conn;
	struct hold_ticket *ticket;
	const char *label;         /* of the command; NULL: none */
	char batch[BATCH_REF_MAX]; /* "" while none is open */
};

/* Starts; the ticket is open and its connection is there. */
void replay_begin(struct replay *r, struct server *s, struct hold_ticket *t, const char *label);

/* BATCH + of this type, with a parameter ("": none); nothing for clients without batch. */
void replay_open(struct replay *r, const char *type, const char *param);
void replay_close(struct replay *r);

/* One message as it was, with its time, msgid and tags. */
void replay_message(struct replay *r, const struct store_msg *m);

/* One row of CHATHISTORY TARGETS. */
void replay_target(struct replay *r, const struct store_target_row *row);

/* FAIL with these words and a sentence. */
void replay_fail(struct replay *r, const char *words, const char *text);

#endif
