/*
 * line_encode.h - lines before encoding, and the forms they are encoded in: one for each set of
 * tags that readers have requested. A line is encoded once per form in use, not once per reader.
 *
 *     form bit     capability        tags
 *     FORM_TIME    server-time       time
 *     FORM_TAGS    message-tags      msgid, bot, and those of the sending client
 *     FORM_ACCOUNT account-tag       account
 *     FORM_BATCH   batch             batch
 *
 * `label` goes to one reader only and is written in every form; so is `relay`, whose line is
 * another one for those who want it.
 */
#ifndef CHAT_OUT_LINE_ENCODE_H
#define CHAT_OUT_LINE_ENCODE_H

#include "chat/out/outbuf.h"

enum form_bit {
	FORM_TIME = 1 << 0,
	FORM_TAGS = 1 << 1,
	FORM_ACCOUNT = 1 << 2,
	FORM_BATCH = 1 << 3,
};

_Static_assert(FORMS == FORM_BATCH << 1, "a turn buffer for each form");

/* Replies to one client have a buffer of their own: in a shared one they would split the runs that
 * many read, and a long list can be sent, and its memory reused, before the turn ends. */
#define FORM_OWN ((uint32_t)FORMS)

enum {
	LINE_PARTS_MAX = 12,
	LINE_OUT_MAX = LINE_TAGS_MAX + 1024, /* bytes of an encoded line: longer tags are cut */
	TIME_TEXT_MAX = 25,                  /* 2026-11-21T05:48:15.123Z */
};

/* Strings are borrowed until the line is encoded; NULL: none. */
struct line_out {
	const char *time; /* in the format of time_text() */
	const char *msgid, *account, *client_tags, *batch, *label;
	const char *relay; /* draft/relaymsg, in every form */
	bool bot;
	uint32_t parts; /* the line itself, without CR LF, is the concatenation of these */
	struct {
		const char *p;
		size_t n;
	} part[LINE_PARTS_MAX];
};

/* Adds bytes to the line. */
void line_add(struct line_out *l, const char *p, size_t n);

/* Adds a string to the line. */
void line_adds(struct line_out *l, const char *s);

/* Adds `n` strings that end with NULL: line_add_all(&l, ":", mask, " JOIN ", name, NULL). */
void line_add_all(struct line_out *l, ...) __attribute__((sentinel));

/* Adds ":SOURCE BATCH +REF TYPE"; source has n bytes. */
void line_add_batch_begin(
	struct line_out *l, const char *source, size_t n, const char *ref, const char *type);

/* Adds ":SOURCE BATCH -REF". */
void line_add_batch_end(struct line_out *l, const char *source, size_t n, const char *ref);

/* Encodes the line in a form, with CR LF, into that form's turn buffer; without tags it has at most
 * LINE_BODY_MAX bytes. len 0 if out of memory. */
struct piece line_encode(struct outbufs *c, const struct line_out *l, uint32_t form);

/* Formats milliseconds since 1970 as in the time tag. */
void time_text(char out[TIME_TEXT_MAX], int64_t ms);

/* Parses the output of time_text(), with or without the fraction; false if malformed or before
 * 1970. */
bool time_parse(const char *text, int64_t *ms);

#endif
