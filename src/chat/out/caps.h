/*
 * caps.h - capabilities that clients can request: one table row each.
 */
#ifndef CHAT_OUT_CAPS_H
#define CHAT_OUT_CAPS_H

#include "base/base.h"

/* Bits of conn.caps. A new capability needs a bit here and a row in caps.c. */
enum cap {
	CAP_CAP_NOTIFY = 1 << 0,
	CAP_ECHO_MESSAGE = 1 << 1,
	CAP_MESSAGE_TAGS = 1 << 2,
	CAP_MULTI_PREFIX = 1 << 3,
	CAP_SERVER_TIME = 1 << 4,
	CAP_USERHOST_IN_NAMES = 1 << 5,
	CAP_BATCH = 1 << 6,
	CAP_LABELED_RESPONSE = 1 << 7,
	CAP_AWAY_NOTIFY = 1 << 8,
	CAP_CHGHOST = 1 << 9,
	CAP_SETNAME = 1 << 10,
	CAP_INVITE_NOTIFY = 1 << 11,
	CAP_EXTENDED_JOIN = 1 << 12,
	CAP_EXTENDED_MONITOR = 1 << 13,
	CAP_STANDARD_REPLIES = 1 << 14,
	CAP_NO_IMPLICIT_NAMES = 1 << 15,
	CAP_CHATHISTORY = 1 << 16,
	CAP_EVENT_PLAYBACK = 1 << 17,
	CAP_METADATA = 1 << 18,
	CAP_CHANNEL_RENAME = 1 << 19,
	CAP_READ_MARKER = 1 << 20,
	CAP_REDACTION = 1 << 21,
	CAP_MULTILINE = 1 << 22,
	CAP_RELAYMSG = 1 << 23,
	CAP_SASL = 1 << 24,
	CAP_ACCOUNT_NOTIFY = 1 << 25,
	CAP_ACCOUNT_TAG = 1 << 26,
	CAP_ACCOUNT_REGISTRATION = 1 << 27,
	CAP_PRE_AWAY = 1 << 28,
	CAP_SEARCH = 1 << 29,
	CAP_WEBPUSH = 1 << 30,
	CAP_PERSISTENCE = 1u << 31,
	CAP_LISTED = 0, /* only listed, with its value: never requested */
};

struct config;

enum {
	CAP_VALUE_MAX = 96,
};

struct cap_row {
	const char *name;
	uint32_t bit;
	uint32_t form; /* enum form_bit enabled by it */
	/* Formats the value for CAP LS 302 of an encrypted connection or another. NULL: none. */
	void (*value)(const struct config *c, bool secure, char out[CAP_VALUE_MAX]);
	/* Whether a configuration supports it. NULL: always. */
	bool (*offered)(const struct config *c);
};

/* Returns the table. */
const struct cap_row *cap_rows(size_t *count);

/* Returns the row of a name; NULL if unknown or not supported by c. */
const struct cap_row *cap_find(const struct config *c, const char *name, size_t len);

/* Whether configuration c supports the capability. */
bool cap_offered(const struct cap_row *row, const struct config *c);

/* Returns the form for a client with these capabilities. */
uint32_t cap_form(uint32_t caps);

/* Whether configuration c has a SASL mechanism, which is named in any case. */
bool sasl_offered(const struct config *c, const char *name);

/* The names of those that are of use to an encrypted connection or another, as in CAP LS and 908.
 */
void sasl_names(const struct config *c, bool secure, char out[CAP_VALUE_MAX]);

#endif
