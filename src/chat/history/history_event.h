/*
 * history_event.h - what happens in a channel besides messages, kept for clients with
 * draft/event-playback: JOIN PART QUIT KICK NICK MODE TOPIC.
 */
#ifndef CHAT_HISTORY_HISTORY_EVENT_H
#define CHAT_HISTORY_HISTORY_EVENT_H

#include "chat/model/channel.h"
#include "chat/out/line_encode.h"
#include "chat/proto/msgid.h"
#include "chat/server.h"

/* An event of one channel, and the id that its line has, if it is kept. */
struct history_event {
	const struct user *user; /* who did it; NULL: the server, or a service */
	const char *source;      /* ... as in the line */
	const char *command;
	char params[LINE_BODY_MAX];
	char msgid[MSGID_TEXT_LEN + 1];
};

/* Writes params, strings that end with NULL, to e. */
void history_event_params(struct history_event *e, ...) __attribute__((sentinel));

/* Keeps e as an event of ch, and gives line (NULL: none) its msgid, which lives in e. No effect
 * without history.events, or while the store is busy: events wait behind messages, and have no
 * receipt. */
void history_event(
	struct server *s, const struct channel *ch, struct history_event *e, struct line_out *line);

/* Keeps e as an event of every channel of u. */
void history_event_of_all(struct server *s, const struct user *u, struct history_event *e);

#endif
