/*
 * store_request.h - requests to the store and its replies.
 */
#ifndef CHAT_STORE_REQUEST_H
#define CHAT_STORE_REQUEST_H

#include "chat/store/store_message.h"
#include "chat/store/store_table.h"

enum {
	STORE_NAME_MAX = 255,   /* bytes of a name in a target */
	STORE_TEXT_MAX = 65536, /* bytes of source, command, params and tags together */
	STORE_PAGE_MAX = 1000,  /* messages or targets returned by one query */
	STORE_BAN_TEXT_MAX = 1024,
	STORE_ROWS_BYTES = 32768,     /* texts of one STORE_ROWS; a single message may be longer */
	STORE_MARKERS_OF_USER = 1000, /* then the oldest is dropped */
	STORE_MARKERS_MAX = 1000000,  /* of all users; then the setter's oldest is dropped */
	STORE_SEARCH_TEXT_MAX = 400,  /* bytes to search for */
	STORE_BACKUP_PATH_MAX = 1000, /* bytes of a backup's path */
	STORE_FRAME_MAX = 1 << 19,    /* bytes of a frame */
	STORE_FRAMES_BYTES = 1 << 20, /* of one STORE_LOG_READ; there is always one frame */
};

enum store_status {
	STORE_OK,
	STORE_OFF,       /* switched off: nothing is stored, queries are refused */
	STORE_BUSY,      /* the queue is full */
	STORE_DISK_FULL, /* no space left; the store retries by itself */
	STORE_CORRUPT,   /* the file is damaged or not a database; it is left as it is */
	STORE_READ_ONLY, /* the directory or the file is not writable */
	STORE_IN_USE,    /* another process has the file open */
	STORE_VERSION,   /* the file was written by a newer burble; it is left as it is */
	STORE_IO,        /* any other failure of the file */
	STORE_NO_MEMORY,
	STORE_NO_MSGID, /* no such message */
	STORE_INVALID,  /* longer than the bounds above */
	STORE_STATUS_COUNT,
};

/* A position in a target's history: "*", a millisecond, or a message. A message that does not exist
 * (any more) stands for the time in its id. */
struct store_point {
	enum store_point_kind {
		STORE_AT_NONE,
		STORE_AT_MS,
		STORE_AT_MSGID,
	} kind;
	int64_t ms;
	uint64_t id;
};

/*
 * CHATHISTORY's forms. All give at most `limit` messages, oldest first. Points are excluded, except
 * that AROUND includes its own; a point in time excludes that whole millisecond. A client that
 * pages by time would miss the rest of the millisecond in which a page ends: unless the point is a
 * message, such a page includes all of that millisecond, up to STORE_PAGE_MAX messages.
 *     BEFORE from         the newest before
 *     AFTER from          the oldest after
 *     LATEST from or *    the newest (after `from`)
 *     AROUND from         (limit + 1) / 2 from the point on, limit / 2 before it
 *     BETWEEN from to     from < to: the oldest; from > to: the newest, between the two
 */
enum store_select {
	STORE_BEFORE,
	STORE_AFTER,
	STORE_LATEST,
	STORE_AROUND,
	STORE_BETWEEN,
};

struct store_history {
	struct store_target target;
	enum store_select select;
	struct store_point from, to;
	uint32_t limit; /* cut to STORE_PAGE_MAX */
	bool events;    /* with events, not only messages */
	uint64_t after; /* this message and older ones are hidden */
	uint64_t begun; /* of a channel: as in its STORE_CHANNEL_BEGIN */
};

/* Messages by id: as many of the first as fit in STORE_ROWS_BYTES, at least one. */
struct store_rows {
	const uint64_t *ids;
	uint32_t count;
};

/* The lifetime of a channel, reported in order with its messages. A new channel has no history,
 * with one exception: the server was restarted, and the channel was open to all users at its last
 * message. `begun`, the newest id at that time, proves that the store has recorded the creation:
 * without it nothing older than `begun` is returned. */
struct store_channel {
	struct store_text name, to; /* to: its new name, for STORE_CHANNEL_RENAME only */
	uint64_t begun;
	bool kept;        /* it begins with the history of its name: it is registered */
	uint64_t renamed; /* the newest id at the renaming: `begun` from then on */
};

/* TARGETS: the conversations of user, and those of the listed channels, whose newest message is
 * between the two points (excluded): the oldest first if from < to, else the newest first. */
struct store_targets {
	struct store_text user;               /* may be empty: channels only */
	const struct store_channel *channels; /* name, begun */
	size_t channel_count;
	int64_t from_ms, to_ms;
	uint32_t limit;
	uint64_t after; /* conversations of user without a newer message are omitted */
};

struct store_target_row {
	struct store_text name; /* the channel, or the other user */
	int64_t last_ms;
};

/* SEARCH: messages of the listed channels, and of user's conversations or the one with `with`. The
 * text is words that a message must all have, in any order; compared without case and accents, and
 * English ones without their endings. Without oldest_first the newest are found. */
struct store_search {
	const struct store_channel *channels; /* name, begun */
	size_t channel_count;
	struct store_text user, with; /* may be empty: channels only; all conversations */
	struct store_text from;       /* only messages sent with this casefolded nick; empty: any */
	struct store_text text;       /* empty: any */
	int64_t after_ms, before_ms;  /* included */
	bool oldest_first;
	uint32_t limit;
	uint64_t after; /* conversations of user: older messages are hidden */
};

enum {
	STORE_SEARCH_PRIVATE = UINT32_MAX, /* in store_reply.channels: a conversation */
};

/* One message. */
struct store_key {
	struct store_target target;
	uint64_t id;
	uint64_t begun; /* of a channel */
};

/* A read marker, which can only be moved forward; the reply contains its current value. */
struct store_marker {
	struct store_text user, target;
	int64_t ms; /* to set */
};

struct store_ban {
	uint8_t kind;           /* assigned by the caller: K-line, D-line ... */
	struct store_text mask; /* (kind, mask) is the key */
	struct store_text reason, setter;
	int64_t set_ms, expire_ms; /* since 1970; expire_ms 0: never */
};

enum store_op {
	STORE_APPEND,     /* u.append */
	STORE_HISTORY,    /* u.history -> ids */
	STORE_ROWS,       /* u.rows -> msgs, taken */
	STORE_TARGETS,    /* u.targets -> targets */
	STORE_SEARCH,     /* u.search -> ids, channels, partial: oldest first */
	STORE_FIND,       /* u.key -> msgs: one, or STORE_NO_MSGID */
	STORE_DELETE,     /* u.key: the message is deleted, or STORE_NO_MSGID. Without a target:
			     whichever it is of, and if it comes later it is not taken */
	STORE_FORGET,     /* u.forget: recorded */
	STORE_MARKER_SET, /* u.marker -> marker_ms */
	STORE_MARKER_GET, /* u.marker -> marker_ms */
	STORE_BAN_PUT,    /* u.ban; replaces */
	STORE_BAN_DELETE, /* u.ban: kind and mask */
	STORE_BAN_LIST,   /* -> bans, expired ones included */
	STORE_CHANNEL_BEGIN,
	STORE_CHANNEL_END,
	STORE_CHANNEL_RENAME, /* u.channel */
	STORE_RECORD_PUT,     /* u.record; replaces the record with this key */
	STORE_RECORD_DELETE,  /* u.record: table and key */
	STORE_RECORD_LIST,    /* u.record: table, and key -> records after that key, in order */
	STORE_RECORD_MERGE,   /* u.record, of another server -> records: it; count: store_merged */
	STORE_GONE_LIST,      /* u.record: as STORE_RECORD_LIST, those that were removed */
	STORE_LOG_APPEND,     /* u.frame; one that is there already is left as it is */
	STORE_LOG_READ,       /* u.frame: node, incarnation, from seq on -> frames, in order */
	STORE_LOG_ENDS,       /* -> ends, of all incarnations of all nodes, in order */
	STORE_EXPORT,         /* u.export: begun, or why not; then store_report.export */
	STORE_BACKUP,         /* u.backup: a path; begun, or why not; then store_backup_report */
	STORE_OP_COUNT,
};

/* The argument of `done`; everything it points to is valid until `done` returns. */
struct store_reply {
	enum store_status status;
	uint32_t count; /* of the rows requested; of an append 0: it was there already */
	uint32_t taken; /* ids that msgs covers: count and those that no longer exist */
	const uint64_t *ids;
	const uint32_t *channels; /* of each id: the index of the channel searched */
	bool partial;             /* the search ended before it had seen all messages */
	const struct store_msg *msgs;
	const struct store_target_row *targets;
	const struct store_ban *bans;
	const struct store_record *records;
	const struct store_frame *frames;
	const struct store_log_end *ends;
	int64_t marker_ms; /* since 1970; -1: none is set */
};

typedef void (*store_done)(void *arg, const struct store_reply *reply);

struct store_append {
	struct store_target target;
	struct store_msg msg;
	bool open; /* a channel that all users may join and see */
	/* Of another node: its id may be older than others, and one that is there already is left
	 * as it is, with STORE_OK. store_report.last_id does not count it, until the file is opened
	 * again. */
	bool foreign;
};

struct store_request {
	enum store_op op;
	store_done done; /* may be NULL */
	void *arg;
	union {
		struct store_append append;
		struct store_history history;
		struct store_rows rows;
		struct store_targets targets;
		struct store_search search;
		struct store_channel channel;
		struct store_key key;
		struct store_forget forget;
		struct store_export export;
		struct store_marker marker;
		struct store_ban ban;
		struct store_record record;
		struct store_frame frame;
		struct store_text backup;
	} u;
};

/* Returns STORE_OK if every text of r is within the bounds above, else STORE_INVALID. */
enum store_status store_check(const struct store_request *r);

#endif
