/* plan_channel.c - registered channels: founder, ranks, masks. */
#include "import/plan_channel.h"

#include "base/utf8.h"
#include "chat/accounts/account.h"
#include "chat/model/banlist.h"
#include "chat/model/channel_history.h"
#include "chat/model/channel_owned.h"
#include "chat/proto/casemap.h"

static void skip(
	struct import *im, const char *what, const struct import_channel *c, const char *why)
{
	char row[2 * IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%.100s %.100s", what, c->name);
	import_skip(im, row, why);
}

bool import_channel_name(const char *name, char folded[CHANNEL_BYTES_MAX + 1])
{
	if (!utf8_valid(name, strlen(name)) || !channel_name_valid(name, CHANNEL_BYTES_MAX))
		return false;
	for (size_t i = 0; i <= strlen(name); i++)
		folded[i] = case_fold(name[i]);
	return true;
}

static bool is_taken(const struct import *im, const char *account)
{
	const struct import_account *a = account ? import_find_account(im, account) : NULL;

	return a && !(a->flags & ACCOUNT_DROPPED);
}

/* The founder, or else the first owner; NULL: neither was taken. */
static const char *founder_of(const struct import *im, const struct import_channel *c)
{
	if (is_taken(im, c->founder))
		return c->founder;
	for (uint32_t i = 0; i < c->access.count; i++)
		if ((c->access.at[i].modes & MEMBER_OWNER) && is_taken(im, c->access.at[i].account))
			return c->access.at[i].account;
	return NULL;
}

static bool is_key(const char *key)
{
	return *key != ':' && strlen(key) <= IMPORT_KEY_MAX && !strpbrk(key, " ,") &&
	       utf8_valid(key, strlen(key)) && !has_hidden_char(key);
}

static bool put_channel(struct import *im, const struct import_to *to,
	const struct import_channel *c, const char *founder)
{
	bool key = c->key && is_key(c->key);
	bool topic = c->topic && import_is_line(c->topic);
	struct store_record r = {.table = STORE_CHANNEL};

	if (c->key && !key)
		skip(im, "key of", c, "not a key that burble allows");
	if (c->topic && !topic)
		skip(im, "topic of", c, "not UTF-8, or it has control characters");
	else if (c->topic && strlen(c->topic) > IMPORT_TOPIC_MAX)
		skip(im, "end of the topic of", c, "it is longer than 390 bytes");
	r.text[0] = import_column(c->folded);
	r.text[1] = import_column(c->name);
	r.text[2] = import_column(founder);
	if (topic) {
		r.text[3] = (struct store_text){c->topic, utf8_cut(c->topic, IMPORT_TOPIC_MAX)};
		r.text[4] = import_column(
			c->topic_by && import_is_line(c->topic_by) ? c->topic_by : founder);
	}
	r.text[5] = import_column(key ? c->key : NULL);
	r.number[0] = c->modes | (key ? CHANNEL_KEY : 0u) | (c->limit ? CHANNEL_LIMIT : 0u);
	r.number[1] = c->limit;
	r.number[2] = c->created_ms ? c->created_ms : to->now_ms;
	r.number[3] = topic ? (c->topic_ms ? c->topic_ms : to->now_ms) : 0;
	r.number[4] = r.number[2];
	r.number[5] = to->now_ms; /* it expires that long after the move */
	return to->put(to->arg, &r);
}

static bool put_ranks(struct import *im, const struct import_to *to, const struct import_channel *c,
	const char *founder, struct import_counts *n)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < c->access.count; i++) {
		const struct import_access *a = &c->access.at[i];
		struct store_record r = {.table = STORE_CHANNEL_ACCESS};

		if (strcmp(a->account, founder) == 0)
			continue;
		if (!is_taken(im, a->account) || taken == OWNED_ACCESS_MAX) {
			skip(im, a->account, c,
				taken == OWNED_ACCESS_MAX
					? "the channel has 200 accounts with a rank already"
					: "a rank of an account that is not taken");
			continue;
		}
		r.text[0] = import_column(c->folded);
		r.text[1] = import_column(a->account);
		r.number[0] = a->modes;
		r.number[1] = a->added_ms;
		if (!to->put(to->arg, &r))
			return false;
		taken++;
	}
	n->ranks += taken;
	return true;
}

static bool put_masks(struct import *im, const struct import_to *to, const struct import_channel *c,
	struct import_counts *n)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < c->masks.count; i++) {
		const struct import_mask *m = &c->masks.at[i];
		char mask[MASK_MAX], list[2] = {m->list, '\0'};
		struct store_record r = {.table = STORE_CHANNEL_MASK};

		if (m->ends) {
			skip(im, m->mask, c, "it was set for a time: masks here stay");
			continue;
		}
		if (!import_is_line(m->mask) || !mask_complete(mask, m->mask) ||
			taken == IMPORT_MASKS_MAX) {
			skip(im, m->mask, c,
				taken == IMPORT_MASKS_MAX ? "the channel has 100 masks already"
							  : "not a mask that burble allows");
			continue;
		}
		r.text[0] = import_column(c->folded);
		r.text[1] = import_column(list);
		r.text[2] = import_column(mask);
		r.text[3] = import_column(
			m->setter && *m->setter && import_is_line(m->setter) ? m->setter : "*");
		r.number[0] = m->added_ms ? m->added_ms : to->now_ms;
		if (!to->put(to->arg, &r))
			return false;
		taken++;
	}
	n->masks += taken;
	return true;
}

static bool put_history(const struct import_to *to, const struct import_channel *c)
{
	struct store_record r = {.table = STORE_CHANNEL_MASK};
	char text[CHANNEL_HISTORY_TEXT_MAX];

	if (c->history == CHANNEL_HISTORY_DEFAULT)
		return true;
	channel_history_print(c->history, text);
	r.text[0] = import_column(c->folded);
	r.text[1] = import_column(CHANNEL_HISTORY_LIST);
	r.text[2] = import_column("");
	r.text[3] = import_column(text);
	r.number[0] = to->now_ms;
	return to->put(to->arg, &r);
}

bool import_write_channel(struct import *im, const struct import_to *to,
	const struct import_channel *c, struct import_counts *n)
{
	char folded[CHANNEL_BYTES_MAX + 1];
	const char *founder = founder_of(im, c);
	const char *why = NULL;

	if (!import_channel_name(c->name, folded))
		why = "not a channel name that burble allows";
	else if (c->closed)
		why = "an operator closed it: who registers it here opens it again";
	else if (!founder)
		why = "neither its founder nor an owner is among the accounts";
	else if (to->has(to->arg, STORE_CHANNEL, c->folded))
		why = "it is registered here already";
	if (why) {
		skip(im, "channel", c, why);
		return true;
	}
	n->channels++;
	return put_channel(im, to, c, founder) && put_ranks(im, to, c, founder, n) &&
	       put_masks(im, to, c, n) && put_history(to, c);
}
