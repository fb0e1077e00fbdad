/*
 * caller.h - whether a user hears another one: SILENCE, and caller-id (mode g with ACCEPT), as
 * InspIRCd and solanum have them. For everything that a user says to another: PRIVMSG, NOTICE,
 * TAGMSG, INVITE.
 *
 *     ann is on bob's SILENCE list       ann does not notice; nothing is delivered, pushed or kept
 *     bob has +g, ann is not accepted    ann reads so (716), bob that ann wrote (718), once a
 *                                        minute in all, and ann that he was (717)
 *     ann has +g and writes to bob       he may answer: she accepts him; if her list is full she
 *                                        may not write (456)
 *
 *     bob has +R                         as +g, but who has an account is heard; others read so
 * (477)
 *
 * A user without lists, +g and +R pays for two tests.
 */
#ifndef CHAT_CMD_CALLER_H
#define CHAT_CMD_CALLER_H

#include "chat/cmd/command.h"

enum caller {
	CALLER_HEARD,
	CALLER_UNHEARD, /* is not to notice */
	CALLER_REFUSED, /* it has been sent 716, unless quiet */
};

/* Whether u is heard by `to`. */
enum caller caller_of(struct server *s, const struct user *u, struct user *to);

/* The same of q's user, who is about to say something; quiet: it gets no reply (NOTICE). */
enum caller caller_check(struct request *q, struct user *to, bool quiet);

/* Puts w on the ACCEPT list of q's user, also in the store. */
enum guard_result caller_accept(struct request *q, const struct guard_who *w);

/* Writes or deletes an entry of the lists of q's user, if they go with an account. */
void caller_write(
	struct request *q, const char *list, const char *text, const char *note, bool put);

#endif
