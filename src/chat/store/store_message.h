/*
 * store_message.h - messages as the store knows them, and whose they are.
 */
#ifndef CHAT_STORE_STORE_MESSAGE_H
#define CHAT_STORE_STORE_MESSAGE_H

#include "base/base.h"

/* Borrowed bytes: owned by the caller in a request, by the store in a reply. */
struct store_text {
	const char *p;
	size_t len;
};

/* The owner of a message: a channel {name, ""}, or the conversation of two users {a, b} in either
 * order. Names are casefolded by the caller, who also decides who may read. */
struct store_target {
	struct store_text a, b;
};

/* The kind of a message: queries for events give all kinds, others only what was said. */
enum store_event {
	STORE_SAID, /* PRIVMSG, NOTICE */
	STORE_TAGMSG,
	STORE_EVENT, /* JOIN, PART, QUIT, KICK, NICK, MODE, TOPIC: retained by bounds of their own
		      */
};

/*
 * A message as it is replayed: "@time;msgid;TAGS :SOURCE COMMAND PARAMS". The store looks into
 * none of the texts, except that it can search in "target :text" of messages that are not events.
 * account may be empty. body-like params may hold any byte, also LF.
 *
 * A target's messages are ordered by (ms, id). After the clock has been set back the two orders
 * differ: ids still increase, ms follows the clock.
 */
struct store_msg {
	uint64_t id;     /* msgid.h; unique, and growing from one append to the next */
	int64_t ms;      /* since 1970: when it was received */
	uint64_t author; /* the sender's session, unique; 0: unknown */
	uint8_t event;   /* enum store_event */
	uint32_t use;    /* any number for the caller's use, e.g. the encoding of params */
	struct store_text source, account, command, params, tags;
};

/* A frame of a node's log, as it was sent (docs/cluster.md). The store does not look into it. */
struct store_frame {
	uint32_t node;
	uint64_t incarnation, seq; /* of the node */
	int64_t ms;                /* since 1970: when it was written here, for its retention */
	struct store_text bytes;
};

/* The frames that are there of an incarnation of a node: seq from first to last, perhaps with gaps.
 */
struct store_log_end {
	uint32_t node;
	uint64_t incarnation, first, last;
};

/* The bytes of its texts. */
static inline size_t store_msg_bytes(const struct store_msg *m)
{
	return m->source.len + m->account.len + m->command.len + m->params.len + m->tags.len;
}

/* How the messages of an account are forgotten. The numbers are stored: do not change them. */
enum store_forget_how {
	STORE_FORGET_NAME = 1, /* they stay, without their author */
	STORE_FORGET_ALL = 2,  /* they are deleted */
};

/* Everything that an account has said: a job that survives a restart, and goes on in steps behind
 * the commit that records it. If `whole` its private conversations, for which there is no way to
 * ask any more, and its read markers are deleted in both ways. */
struct store_forget {
	struct store_text account; /* its casefolded name */
	enum store_forget_how how;
	bool whole;
};

/* Writes to a new file all that the server has of an account. */
struct store_export {
	struct store_text account, path; /* its casefolded name */
};

#endif
