/*
 * entry.h - what nodes tell each other: messages of the bus, and the entries in them.
 *
 *     message = 'B' version entry ...               the first entry is a header
 *     entry   = kind length numbers texts           all numbers are LEB128
 *     numbers = count number ...                    texts = count (length bytes NUL) ...
 *
 * An entry of an unknown kind is skipped and counted, and so are numbers and texts beyond those
 * that this version knows: those that are missing are 0 and "". So two versions run side by side.
 * Everything else is checked here, once: lengths, names, and that no text has a byte that would
 * make another line of it. Texts are strings: each ends with a NUL and has no other.
 */
#ifndef CHAT_CLUSTER_ENTRY_H
#define CHAT_CLUSTER_ENTRY_H

#include "base/vec.h"
#include "chat/store/store_message.h"

enum {
	ENTRY_NUMBERS = 12,
	ENTRY_TEXTS = 9,
	ENTRY_VERSION = 1,
	ENTRY_MESSAGE_MAX = 1 << 19, /* bytes of a message: BUS_MESSAGE_MAX */
};

/* On the wire: do not change them. */
enum entry_kind {
	ENTRY_HEADER = 1,
	ENTRY_BEAT = 2,
	ENTRY_ASK = 3,
	ENTRY_PAST = 4,
	ENTRY_PAGE = 5,
	ENTRY_HAVE = 6,
	ENTRY_USER = 16,
	ENTRY_QUIT = 17,
	ENTRY_IN = 18,
	ENTRY_JOIN = 19,
	ENTRY_PART = 20,
	ENTRY_KICK = 21,
	ENTRY_MODE = 22,
	ENTRY_TOPIC = 23,
	ENTRY_CHANNEL = 24,
	ENTRY_MASK = 25,
	ENTRY_KILL = 26,
	ENTRY_INVITE = 27,
	ENTRY_RECORD = 28,
	ENTRY_DIGEST = 29,
	ENTRY_MESSAGE = 48,
	ENTRY_EVENT = 49,
	ENTRY_REDACT = 50,
	ENTRY_MARKER = 51,
};

/* Their numbers and texts, by place. */
/* clang-format off */
enum { HEADER_NODE, HEADER_BEGUN, HEADER_SEQ, HEADER_WHAT, HEADER_PART, HEADER_LAST };
enum { BEAT_SEQ, BEAT_USERS, BEAT_ENDED, BEAT_ENDED_BEGUN, BEAT_ENDED_SEQ, BEAT_RENEWED };
enum { BEAT_NAME, BEAT_ABOUT };
enum { ASK_FROM, ASK_SNAPSHOT, ASK_MUTUAL };
enum { PAST_BEGUN, PAST_FROM };
enum { PAGE_BEGUN, PAGE_FROM, PAGE_NEXT_BEGUN, PAGE_NEXT, PAGE_MORE };
enum { HAVE_FIRST, HAVE_LAST };
enum { USER_SESSION, USER_MODES, USER_SIGNED_ON, USER_SINCE };
enum { USER_NICK, USER_NAME, USER_HOST, USER_REAL, USER_ACCOUNT, USER_AWAY };
enum { IN_SESSION };
enum { IN_CHANNELS }; /* "RANK#channel RANK#channel", ranks in decimal */
enum { JOIN_SESSION, JOIN_RANK, JOIN_EVENT };
enum { JOIN_CHANNEL };
enum { PART_SESSION, PART_EVENT };
enum { PART_CHANNEL, PART_WHY };
enum { QUIT_SESSION };
enum { QUIT_WHY };
enum { KICK_WHOM, KICK_EVENT };
enum { KICK_CHANNEL, KICK_NICK, KICK_WHY, KICK_SOURCE, KICK_ACCOUNT };
enum { MODE_STAMP, MODE_EVENT };
enum { MODE_CHANNEL, MODE_SOURCE, MODE_LETTERS, MODE_PARAMS, MODE_ACCOUNT, MODE_SESSIONS };
enum { TOPIC_AT, TOPIC_EVENT };
enum { TOPIC_CHANNEL, TOPIC_SETTER, TOPIC_TEXT, TOPIC_ACCOUNT };
enum { CHANNEL_MODES, CHANNEL_MEMBERS_MAX, CHANNEL_CREATED, CHANNEL_BEGUN, CHANNEL_TOPIC_AT };
enum {
	CHANNEL_NAME,
	CHANNEL_KEY_TEXT,
	CHANNEL_TOPIC,
	CHANNEL_TOPIC_BY,
	CHANNEL_STAMPS, /* "BIT:STAMP BIT:STAMP" */
	CHANNEL_JOINS,  /* rates, as in MODE */
	CHANNEL_LINES,
};
enum { MASK_LIST, MASK_SINCE };
enum { MASK_CHANNEL, MASK_TEXT, MASK_SETTER };
enum { KILL_SESSION };
enum { KILL_NICK, KILL_BY, KILL_WHY };
enum {
	RECORD_TABLE, RECORD_GONE, RECORD_VERSION, RECORD_AFTER, RECORD_OWNER,
	RECORD_FIELDS /* STORE_RECORD_NUMBERS of them; its texts are those of the record */
};
enum { DIGEST_TABLE, DIGEST_LAST };
enum { DIGEST_TEXT }; /* a number of 16 hexadecimal digits for each part of the table */
enum { INVITE_BY, INVITE_WHOM };
enum { INVITE_CHANNEL, INVITE_NICK };
enum { SAID_BY, SAID_ID, SAID_MS, SAID_TO, SAID_RANK, SAID_FLAGS, SAID_AFTER };
enum {
	SAID_COMMAND, SAID_TARGET, SAID_SHOWN, SAID_TEXT,
	SAID_TAGS, SAID_SOURCE, SAID_ACCOUNT, SAID_RELAY,
	SAID_WITH /* the correspondent to whom it is; "": a channel, or of an older version */
};
enum { EVENT_ID, EVENT_MS, EVENT_AUTHOR, EVENT_OPEN };
enum { EVENT_CHANNEL, EVENT_SOURCE, EVENT_ACCOUNT, EVENT_COMMAND, EVENT_PARAMS };

/* SAID_FLAGS */
enum {
	SAID_KEPT = 1,
	SAID_MULTILINE = 2,
	SAID_TYPING = 4,
	SAID_CONFIRM = 8
};
enum { REDACT_ID };
enum { REDACT_TARGET, REDACT_SOURCE, REDACT_REASON };
enum { MARKER_MS };
enum { MARKER_USER, MARKER_TARGET, MARKER_SHOWN, MARKER_ACCOUNT };
/* clang-format on */

struct entry {
	enum entry_kind kind;
	uint64_t number[ENTRY_NUMBERS];
	struct store_text text[ENTRY_TEXTS]; /* p NULL: "" */
};

/* A message that is being written. */
struct entry_out {
	VEC(uint8_t) bytes;
};

/* A message that is being read. */
struct entry_in {
	const uint8_t *p, *end;
	uint32_t unknown; /* entries that were passed over: of kinds that are not known, */
	uint32_t refused; /* and those that may not be so */
	bool bad;         /* it was cut short, or is no message */
};

/* Appends an entry, whose numbers and texts beyond those of its kind are ignored. False, and
 * nothing is written, if out of memory. */
bool entry_put(struct entry_out *o, const struct entry *e);

/* Starts a message. */
bool entry_start(struct entry_out *o);

/* Starts reading; `bad` if it is no message of a version that this one understands. */
struct entry_in entry_read(const uint8_t *p, size_t len);

/* Reads the next entry that is valid into *e, whose texts point into the message. False at the end,
 * or when `bad`. */
bool entry_next(struct entry_in *in, struct entry *e);

/* A text as a string. */
static inline const char *entry_text(const struct entry *e, int place)
{
	return e->text[place].p ? e->text[place].p : "";
}

#endif
