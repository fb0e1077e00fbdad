/*
 * channel_owned_record.h - records of the store as registered channels in memory: at the start, and
 * when another server of the network has written them.
 */
#ifndef CHAT_MODEL_CHANNEL_OWNED_RECORD_H
#define CHAT_MODEL_CHANNEL_OWNED_RECORD_H

#include "chat/model/channel_owned.h"

/* The letter of a list of masks in the store. */
extern const char owned_lists[BANLIST_COUNT][2];

/* The modes with a rate, which lie among the masks: the rate is in the place of the setter. */
struct owned_rate_list {
	uint32_t mode;
	const char *list;
};

enum {
	OWNED_RATES = 2,
};

extern const struct owned_rate_list owned_rates[OWNED_RATES];

/* Whether ch is in the store. */
static inline bool owned_is_stored(const struct channel *ch)
{
	return ch->owned || (ch->modes & CHANNEL_KEPT);
}

/* Takes the record of a channel. One that is there keeps its modes and its topic if it has a
 * member, since these are live. Returns it; NULL if it may not be, or out of memory. */
struct channel *owned_record(struct server *s, const struct store_record *r);

/* Takes the record of a rank: the modes that the account had before are in *before. Returns the
 * channel; NULL if there is none, or no room. */
struct channel *owned_access_record(
	struct server *s, const struct store_record *r, uint32_t *before);

/* Takes the record of a mask, of a rate or of the history, or that it is gone, for a channel that
 * is there. True if that is a change of the list *list with the mask `text`. */
bool owned_mask_record(
	struct server *s, const struct store_record *r, enum banlist *list, char text[MASK_MAX]);

#endif
