/* channel_owned_record.c - records of the store as registered channels. */
#include "chat/model/channel_owned_record.h"

#include "chat/model/channel_history.h"
#include "chat/model/history_scope.h"
#include "chat/model/rate.h"
#include "chat/model/registry.h"
#include "chat/store/store_load.h"

#include <stdio.h>
#include <stdlib.h>

/* --- channels --- */

/* Takes topic, key, limit and modes. */
static void take_state(struct channel *ch, const struct store_record *r)
{
	char topic[STORE_RECORD_TEXT_MAX + 1], by[STORE_RECORD_TEXT_MAX + 1];
	char key[STORE_RECORD_TEXT_MAX + 1];
	const uint32_t own = CHANNEL_KEPT | CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE;

	channel_set_topic(ch, store_string(r->text[3], topic), store_string(r->text[4], by),
		r->number[3] * NSEC_MSEC);
	free(ch->key);
	ch->key = r->text[5].len ? strdup(store_string(r->text[5], key)) : NULL;
	ch->limit = r->number[1] <= INT32_MAX ? (uint32_t)r->number[1] : 0;
	ch->modes = (ch->modes & own) | ((uint32_t)r->number[0] & ~own);
	if (!ch->key)
		ch->modes &= ~(uint32_t)CHANNEL_KEY;
	if (!ch->limit)
		ch->modes &= ~(uint32_t)CHANNEL_LIMIT;
	ch->created = r->number[2] * NSEC_MSEC;
}

/* Makes the founder of the record that of ch; false if out of memory. */
static bool take_founder(struct server *s, struct channel *ch, const struct store_record *r)
{
	char text[STORE_RECORD_TEXT_MAX + 1], *founder;

	store_string(r->text[2], text);
	if (!ch->owned && !owned_make(ch, text))
		return false;
	founder = strdup(text);
	if (founder) {
		free(ch->owned->founder);
		ch->owned->founder = founder;
	}
	if (ch->owned->registered_ms != r->number[4]) {
		while (ch->owned->access.count)
			owned_access_remove(ch, ch->owned->access.at);
		channel_history_choose(s, ch, CHANNEL_HISTORY_DEFAULT);
	}
	ch->owned->registered_ms = r->number[4];
	ch->owned->used_ms = r->number[5];
	ch->modes &= ~(uint32_t)CHANNEL_KEPT;
	return founder;
}

struct channel *owned_record(struct server *s, const struct store_record *r)
{
	char name[STORE_RECORD_TEXT_MAX + 1];
	struct channel *ch;
	bool fresh;

	store_string(r->text[1], name);
	if (!channel_name_valid(name, CHANNEL_BYTES_MAX))
		return NULL;
	ch = registry_channel(s, name);
	fresh = !ch;
	if (fresh)
		ch = registry_adopt_channel(s, name);
	if (!ch)
		return NULL;
	if (r->text[2].len && !take_founder(s, ch, r)) {
		if (fresh)
			registry_drop_empty(s, ch);
		return NULL;
	}
	if (ch->count == 0)
		take_state(ch, r);
	ch->modes |= ch->owned ? 0 : CHANNEL_KEPT;
	if (fresh)
		history_scope_begin(s, ch);
	return ch;
}

/* --- ranks --- */

struct channel *owned_access_record(
	struct server *s, const struct store_record *r, uint32_t *before)
{
	char name[STORE_RECORD_TEXT_MAX + 1], account[STORE_RECORD_TEXT_MAX + 1];
	struct channel *ch = registry_channel(s, store_string(r->text[0], name));
	uint32_t modes = r->gone ? 0 : (uint32_t)r->number[0] & (MEMBER_ANY_OP | MEMBER_VOICE);
	struct owned_access *a;

	if (!ch || !ch->owned)
		return NULL;
	a = owned_access_of(ch, store_string(r->text[1], account));
	*before = a ? a->modes : 0;
	if (!a && modes)
		a = owned_access_add(ch, account);
	if (a)
		a->modes = modes;
	if (a && !modes)
		owned_access_remove(ch, a);
	return a ? ch : NULL;
}

/* --- masks, rates and history --- */

static void take_rate(struct channel *ch, const struct store_record *r, const char *text)
{
	struct rate rate = {0};

	for (size_t i = 0; i < OWNED_RATES; i++)
		if (r->text[1].p[0] == owned_rates[i].list[0] &&
			(r->gone || rate_parse(text, true, &rate)))
			channel_rate_set(ch, owned_rates[i].mode, &rate);
}

static void take_history(
	struct server *s, struct channel *ch, const struct store_record *r, const char *text)
{
	uint16_t choice = CHANNEL_HISTORY_DEFAULT;

	if (ch->owned && r->text[1].p[0] == CHANNEL_HISTORY_LIST[0] &&
		(r->gone || channel_history_parse(text, &choice)))
		channel_history_choose(s, ch, choice);
}

bool owned_mask_record(
	struct server *s, const struct store_record *r, enum banlist *list, char mask[MASK_MAX])
{
	char name[STORE_RECORD_TEXT_MAX + 1], typed[STORE_RECORD_TEXT_MAX + 1];
	char setter[STORE_RECORD_TEXT_MAX + 1], text[MASK_MAX + STORE_RECORD_TEXT_MAX + 2];
	struct channel *ch = registry_channel(s, store_string(r->text[0], name));
	struct mask m = {.text = text, .since = r->number[0] * NSEC_MSEC};
	enum mask_result result = MASK_THERE;

	store_string(r->text[3], setter);
	if (!ch || !owned_is_stored(ch) || r->text[1].len != 1)
		return false;
	if (r->text[2].len == 0) {
		take_rate(ch, r, setter);
		take_history(s, ch, r, setter);
		return false;
	}
	if (!mask_complete(mask, store_string(r->text[2], typed)))
		return false;
	snprintf(text, sizeof(text), "%s", mask);
	strcpy(text + strlen(text) + 1, setter);
	for (int l = 0; l < BANLIST_COUNT; l++) {
		if (r->text[1].p[0] != owned_lists[l][0])
			continue;
		*list = (enum banlist)l;
		result = r->gone ? banlist_remove(ch, *list, mask)
				 : banlist_add(ch, *list, &m, UINT32_MAX);
	}
	return result == MASK_DONE;
}

/* --- loading --- */

static bool load_channel(void *arg, const struct store_record *r)
{
	char name[STORE_RECORD_TEXT_MAX + 1];

	store_string(r->text[1], name);
	return !channel_name_valid(name, CHANNEL_BYTES_MAX) || registry_channel(arg, name) ||
	       owned_record(arg, r);
}

static bool load_access(void *arg, const struct store_record *r)
{
	uint32_t before;

	owned_access_record(arg, r, &before);
	return true;
}

static bool load_mask(void *arg, const struct store_record *r)
{
	char mask[MASK_MAX];
	enum banlist list;

	owned_mask_record(arg, r, &list, mask);
	return true;
}

bool owned_load(struct server *s)
{
	return !s->store || !config_has_accounts(s->config) ||
	       (store_load(s->store, STORE_CHANNEL, load_channel, s) &&
		       store_load(s->store, STORE_CHANNEL_ACCESS, load_access, s) &&
		       store_load(s->store, STORE_CHANNEL_MASK, load_mask, s));
}
