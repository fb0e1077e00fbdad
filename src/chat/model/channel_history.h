/*
 * channel_history.h - whether a channel keeps a history, and for how long: what the founder of a
 * registered one has chosen (ChanServ SET HISTORY), else history.channels.
 *
 * The choice lies among the masks of the channel, in list "h" with its text in the place of the
 * setter. The store deletes by it (store_retain.c).
 */
#ifndef CHAT_MODEL_CHANNEL_HISTORY_H
#define CHAT_MODEL_CHANNEL_HISTORY_H

#include "chat/model/channel.h"
#include "chat/server.h"

#define CHANNEL_HISTORY_LIST "h"

/* A choice; the numbers between the first two are days. */
enum channel_history {
	CHANNEL_HISTORY_DEFAULT = 0,
	CHANNEL_HISTORY_DAYS_MAX = 36500,
	CHANNEL_HISTORY_ON,
	CHANNEL_HISTORY_OFF,
};

enum {
	CHANNEL_HISTORY_TEXT_MAX = 8,
};

/* Parses "on", "off", "default" or a number of days; false if it is none. */
bool channel_history_parse(const char *text, uint16_t *choice);

/* Writes a choice as it is parsed. */
void channel_history_print(uint16_t choice, char out[CHANNEL_HISTORY_TEXT_MAX]);

/* Whether what is said in ch is kept. */
bool channel_keeps_history(const struct server *s, const struct channel *ch);

/* Sets the choice for ch, which is registered, in memory. What an "off" has hidden stays hidden. */
void channel_history_choose(struct server *s, struct channel *ch, uint16_t choice);

#endif
