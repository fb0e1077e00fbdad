/* limits.h - compile-time bounds of the chat server, and the effect of each. */
#ifndef CHAT_LIMITS_H
#define CHAT_LIMITS_H

enum chat_limits {
	/* Lines, with the limits of Modern IRC and message-tags; longer ones are refused with
	 * 417. */
	LINE_BODY_MAX = 512,    /* a line without its tags, with CR LF */
	LINE_TAGS_MAX = 8191,   /* all tags, with '@' and the space after them */
	CLIENT_TAGS_MAX = 4094, /* the tags that a client may send, without '@' and space */
	LINE_IN_MAX = LINE_TAGS_MAX + LINE_BODY_MAX, /* a longer line is skipped to its end */
	PARAMS_MAX = 15, /* of a command; the last contains the rest of the line */
	PARAM_MAX = 200, /* bytes of a middle parameter in our output; longer ones are cut */

	/* Fairness: one connection's share of a turn; the rest waits for the next. */
	READ_MAX = 8192,        /* bytes read */
	LINES_PER_TURN = 256,   /* lines executed */
	ACCEPTS_PER_TURN = 128, /* connections accepted per listener */
	EVENTS_PER_TURN = 1024,

	/* Work, in units of about a nanosecond: a byte compared. A client's requests are counted as
	 * they are executed (server.work); its share of the turn is the bound, and expensive lines
	 * are charged to the flood limit. docs/abuse.md lists the most expensive lines. */
	WORK_LINE = 1000,         /* a line parsed and looked up */
	WORK_REPLY = 1000,        /* a line of a reply */
	WORK_DELIVERY = 10,       /* a member for whom a line is queued */
	WORK_NAME = 200,          /* a name in NAMES */
	WORK_LOOK = 4,            /* a member, channel, nick or word examined */
	WORK_STEP = 50,           /* of a reply stream, besides its rows */
	CONN_WORK_MAX = 4 << 20,  /* of one connection in one turn; the rest waits */
	TURN_WORK_MAX = 16 << 20, /* of all connections; the rest wait, the longest-waiting first */
	WORK_FREE = 100000,       /* per line: included in its price */
	WORK_PER_PRICE = 200000,  /* each further such amount costs as much as another line */
	LOOKS_PER_STEP = 256,     /* entries that one step of a reply stream may skip */

	CONNS_MAX = 1 << 24, /* connections at once; limits.clients is lower */

	/* Output. */
	OUTBUF_BYTES = 65536,   /* a turn's lines of one form; a longer list takes more chunks */
	ANSWER_OUT_MAX = 32768, /* bytes queued by a connection's lines; more are sent at once */
	ANSWER_LINES_MAX = 64,  /* lines of a labelled reply; a longer one becomes a batch */
	TURN_OUT_MAX = 8 << 20, /* bytes encoded in a turn; more are sent before its end */
	OUTBUFS_SPARE = 8,      /* empty chunks kept for the next turn */
	OUTBUF_SHARE = 4,    /* a slow reader may pin a chunk if it needs 1/4 of it, else copies */
	BATCH_SENDS = 256,   /* sends in one call of the network */
	BATCH_IOV = 4,       /* pieces of each; a queue with more is sent by itself */
	IOV_PER_SEND = 64,   /* pieces of one gathered write */
	SENDS_PER_TURN = 16, /* gathered writes of one connection in one turn */
	LABEL_MAX = 64,      /* bytes of a label; a longer one is ignored */
	BATCH_REF_MAX = 16,  /* a reference tag with its NUL */
	REPLY_MAX = 512,     /* a formatted reply; longer text is cut at the last whole character */
	CLOSING_LINE_MAX = 400,

	/* Passwords: password_attempt.h. */
	PASSWORD_TRIES_MAX = 5, /* per connection, which is cut at the next one */
	PASSWORD_LINES = 10,    /* cost of a hash in lines of the flood limit, plus 1 per ms */
	CHECK_LINES = 30,       /* the same for a password that is checked outside: for its ms */

	/* Names. */
	NICK_BYTES_MAX = 64, /* the configured nick length is lower */
	USERNAME_MAX = 16,
	HOST_BYTES_MAX = 64,
	CHANNEL_BYTES_MAX = 64,
	RELAY_SEPARATOR = '/', /* in the nick of a relayed message, and in no user's: RELAYMSG */
	/* Metadata: in memory, as long as its user or channel. */
	METADATA_KEYS_MAX = 20, /* of one user or channel; more is refused */
	METADATA_SUBS_MAX = 50, /* of one user; more is refused */
	METADATA_KEY_MAX = 64,
	METADATA_VALUE_MAX = 300,   /* bytes: fits a line with the longest names; more is refused */
	METADATA_JOIN_LINES = 100,  /* sent at a JOIN; SYNC sends the rest */
	METADATA_SYNC_LINES = 1000, /* sent for one SYNC */

	REDACT_REASON_MAX = 200, /* bytes; longer ones are cut */
	RENAME_NAMES_MAX =
		100000,          /* names sent for one RENAME, over all members; more is refused */
	RENAME_REASON_MAX = 200, /* bytes; longer ones are cut, so that two names fit beside it */
	SEEN_MAX = 4096,  /* departures remembered for history_scope.c; collisions overwrite */
	TARGETS_MAX = 20, /* of one KICK or LIST; more are refused with 407 */
};

/* Memory is returned to the system this long after at least so many users, and at least half of
 * them, have left, or so many chunks of output are no longer needed. */
#define TRIM_DELAY   (500 * NSEC_MSEC)
#define TRIM_CONNS   256
#define TRIM_OUTBUFS 8

/* However expensive a line was, the client's next one waits no longer than this beyond the
 * burst. */
#define WORK_DEBT_MAX (5 * NSEC_SEC)

/* Accepting pauses this long after the system has run out of descriptors or memory. */
#define ACCEPT_PAUSE (200 * NSEC_MSEC)

#endif
