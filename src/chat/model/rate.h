/*
 * rate.h - rates of a channel: how many may join in a time (mode j), and how many lines one user
 * may say in a time (mode f). Few channels have any: allocated when the first is set.
 *
 *     10:60     ten in each window of 60 s, which begins with the first
 *     *10:60    of mode f: who says more is banned, too
 */
#ifndef CHAT_MODEL_RATE_H
#define CHAT_MODEL_RATE_H

#include "chat/model/channel.h"

enum {
	RATE_COUNT_MAX = 999,
	RATE_SECONDS_MAX = 3600,
	RATE_TEXT_MAX = 16,
	RATE_TALKERS = 64, /* users whose lines are counted; the one heard longest ago is
			       forgotten */
};

struct rate {
	uint32_t count, seconds; /* count 0: no limit */
	bool ban;
};

/* Joins or lines of the current window. */
struct window {
	nsec_t since;
	uint32_t count;
};

struct talker {
	uint64_t session; /* of the user; 0: free */
	struct window said;
};

struct channel_rates {
	struct rate joins, lines;
	struct window joined;
	struct talker talkers[RATE_TALKERS];
};

/* Parses a rate as typed; false if malformed or out of bounds. */
bool rate_parse(const char *text, bool may_ban, struct rate *r);

/* Formats it. */
void rate_print(const struct rate *r, char out[RATE_TEXT_MAX]);

/* The rate of a mode, CHANNEL_JOIN_RATE or CHANNEL_LINE_RATE; count 0 if it is not set. */
struct rate channel_rate(const struct channel *ch, uint32_t mode);

/* Sets a rate (count 0: none) and its mode. False if out of memory. */
bool channel_rate_set(struct channel *ch, uint32_t mode, const struct rate *r);

/* Whether no more may join now; and counts one who does. */
bool rate_is_full(const struct channel *ch, nsec_t now);
void rate_joined(struct channel *ch, nsec_t now);

/* Counts lines of a session; returns whether they exceed the rate. */
bool rate_said(struct channel *ch, uint64_t session, uint32_t lines, nsec_t now);

#endif
