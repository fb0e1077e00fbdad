/*
 * push.h - messages for users who are not there go to their devices (Web Push): private ones, and
 * those of channels that name them.
 *
 *     PRIVMSG -> away, or without a client? -> endpoints of the account -> external.h -> push
 * service
 *
 * A device that shows a message learns that it was read elsewhere: the MARKREAD that tells the
 * account's clients is pushed, once, if it covers what was pushed of that conversation.
 *
 * An account has a few endpoints; a burst of PUSH_BURST messages is pushed, then one in PUSH_EVERY.
 * In memory and on the disk an endpoint is a key of its account (account.h): the hash of the
 * endpoint, and "KEY SECRET ENDPOINT".
 */
#ifndef CHAT_CMD_PUSH_H
#define CHAT_CMD_PUSH_H

#include "chat/external.h"
#include "chat/out/line_encode.h"
#include "chat/server.h"

enum {
	PUSH_BURST = 20,
	PUSH_NAMES = 64,    /* words of a message that are looked up */
	PUSH_MENTIONS = 8,  /* users that one message is pushed to */
	PUSH_SHOWN = 16,    /* conversations of an account whose reading is pushed: the latest */
	PUSH_HASH_MAX = 65, /* characters of an endpoint's hash, with the NUL */
	PUSH_TEXT_MAX = EXTERNAL_ENDPOINT_MAX + 128, /* of what is kept of it */
};

#define PUSH_EVERY (3 * NSEC_SEC)

/* Reads an endpoint and its keys, as a client gives them ("p256dh=...;auth=..."), into the texts
 * that are kept; false if they are not valid. */
bool push_subscription(
	const char *endpoint, const char *keys, char hash[PUSH_HASH_MAX], char text[PUSH_TEXT_MAX]);

/* Reads what is kept. The endpoint points into text. */
bool push_parse(const char *text, struct external_push *out);

/* A private message to a user. */
void push_private(
	struct server *s, const struct user *from, struct user *to, const struct line_out *line);

/* The account has read the conversation with `name`, a channel or a user, up to a time, as `line`
 * (MARKREAD) tells. */
void push_read(struct server *s, struct account *a, const char *name, int64_t ms, const char *line);

/* A message of a channel. */
struct push_said {
	const struct channel *channel;
	const struct user *from;
	const struct line_out *line;
	const char *text; /* of it, len bytes */
	size_t len;
};

/* Pushes it to members whose nicks are words of it. */
void push_mentions(struct server *s, const struct push_said *m);

#endif
