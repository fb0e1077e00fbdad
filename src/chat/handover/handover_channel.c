/*
 * handover_channel.c - a channel: topic, modes, masks, invitations, knocks, rates, members in their
 * order. One that is registered, or kept for an always-on user, has come from the store already.
 */
#include "chat/handover/handover_channel.h"

#include "chat/model/banlist.h"
#include "chat/model/channel_owned.h"
#include "chat/model/conn_limit.h"
#include "chat/model/metadata.h"
#include "chat/model/quota.h"
#include "chat/model/rate.h"
#include "chat/model/registry.h"

#include <stdlib.h>

static const char lists[BANLIST_COUNT + 1] = "beI";

/* Modes that the store sets, or a rate: they do not come from here. */
#define OTHER_MODES ((uint32_t)(CHANNEL_KEPT | CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE))

enum {
	STAMPS = 32, /* bits of modes: cluster/stamps.h */
};

struct given {
	uint32_t modes, limit, joins, held;
	nsec_t created, topic_at;
	uint64_t begun, payer;
	char *name, *topic, *topic_by, *key;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_CHANNEL_MODES, struct given, modes),
	TLV_NUMBER(FIELD_CHANNEL_LIMIT_OF, struct given, limit),
	TLV_NUMBER(FIELD_CHANNEL_JOINS, struct given, joins),
	TLV_NUMBER(FIELD_CHANNEL_HELD, struct given, held),
	TLV_NUMBER(FIELD_CHANNEL_CREATED, struct given, created),
	TLV_NUMBER(FIELD_CHANNEL_TOPIC_AT, struct given, topic_at),
	TLV_NUMBER(FIELD_CHANNEL_BEGUN, struct given, begun),
	TLV_NUMBER(FIELD_CHANNEL_PAYER, struct given, payer),
	TLV_TEXT(FIELD_CHANNEL_NAME, struct given, name),
	TLV_TEXT(FIELD_CHANNEL_TOPIC, struct given, topic),
	TLV_TEXT(FIELD_CHANNEL_TOPIC_BY, struct given, topic_by),
	TLV_TEXT(FIELD_CHANNEL_KEYWORD, struct given, key),
};

/* ---- writing ---- */

static void write_masks(struct tlv_out *o, const struct channel *ch, int list)
{
	const struct mask_rows *r = banlist_rows(ch, (enum banlist)list);

	for (uint32_t i = 0; r && i < r->count; i++) {
		size_t begun = tlv_begin(o, FIELD_CHANNEL_MASK);

		tlv_bytes(o, FIELD_MASK_LIST, &lists[list], 1);
		tlv_text(o, FIELD_MASK_TEXT, r->at[i].text);
		tlv_text(o, FIELD_MASK_SETTER, mask_setter(&r->at[i]));
		tlv_number(o, FIELD_MASK_SINCE, (uint64_t)r->at[i].since);
		tlv_end(o, begun);
	}
}

/* Of users that are still there: the pointer of another may be to anything. */
static void write_person(struct hand_out *h, uint16_t type, const struct invite *i, nsec_t at)
{
	const struct user *u = hand_names_find(&h->users, hand_id(i->user));
	size_t begun;

	if (!u || u != i->user || u->signed_on != i->signed_on)
		return;
	begun = tlv_begin(h->out, type);
	tlv_number(h->out, FIELD_OF_USER, hand_id(u));
	tlv_number(h->out, FIELD_OF_AT, (uint64_t)at);
	tlv_end(h->out, begun);
}

static void write_extra(struct hand_out *h, const struct channel *ch)
{
	const struct channel_extra *e = ch->extra;

	for (int l = 0; l < BANLIST_COUNT; l++)
		write_masks(h->out, ch, l);
	for (uint32_t i = 0; i < e->invite_count; i++)
		write_person(h, FIELD_CHANNEL_INVITED, &e->invites[i], 0);
	for (size_t i = KNOCKS_MAX; i-- > 0;) /* the oldest first */
		write_person(h, FIELD_CHANNEL_KNOCK, &e->knocks[i].by, e->knocks[i].at);
}

static void write_rate(
	struct tlv_out *o, const char *mode, const struct rate *r, const struct window *w)
{
	size_t begun = tlv_begin(o, FIELD_CHANNEL_RATE);

	tlv_text(o, FIELD_RATE_MODE, mode);
	tlv_number(o, FIELD_RATE_COUNT, r->count);
	tlv_number(o, FIELD_RATE_SECONDS, r->seconds);
	tlv_number(o, FIELD_RATE_BAN, r->ban);
	tlv_number(o, FIELD_RATE_SINCE, (uint64_t)w->since);
	tlv_number(o, FIELD_RATE_SEEN, w->count);
	tlv_end(o, begun);
}

static void write_rates(struct tlv_out *o, const struct channel_rates *f)
{
	if (f->joins.count)
		write_rate(o, "j", &f->joins, &f->joined);
	if (f->lines.count)
		write_rate(o, "f", &f->lines, &(struct window){0});
	for (const struct talker *t = f->talkers; t < f->talkers + RATE_TALKERS; t++) {
		size_t begun;

		if (!t->session)
			continue;
		begun = tlv_begin(o, FIELD_CHANNEL_TALKER);
		tlv_number(o, FIELD_RATE_SESSION, t->session);
		tlv_number(o, FIELD_RATE_SINCE, (uint64_t)t->said.since);
		tlv_number(o, FIELD_RATE_SEEN, t->said.count);
		tlv_end(o, begun);
	}
}

static void write_stamps(struct tlv_out *o, const struct channel *ch)
{
	for (uint64_t bit = 0; ch->stamps && bit < STAMPS; bit++)
		if (ch->stamps[bit])
			hand_pair(o, FIELD_CHANNEL_STAMP, bit, ch->stamps[bit]);
}

static void write_members(struct tlv_out *o, const struct channel *ch)
{
	for (uint32_t i = 0; i < ch->count; i++) {
		const struct member *m = &ch->members[i];
		size_t begun = tlv_begin(o, FIELD_CHANNEL_MEMBER);

		tlv_number(o, FIELD_OF_USER, hand_id(m->user));
		tlv_number(o, FIELD_OF_MODES, m->modes);
		tlv_number(o, FIELD_OF_ORDER, m->order);
		tlv_end(o, begun);
	}
}

/* The payer: a user, or the address of one that has left. */
static void write_payer(struct hand_out *h, const struct channel *ch, struct given *g)
{
	const struct quota *q = ch->payer;
	const struct user *u = q ? hand_names_find(&h->users, hand_id(q)) : NULL;

	g->payer = u ? hand_id(u) : 0;
	if (!u && q && q->parent)
		hand_address(h->out, FIELD_CHANNEL_PAYER_AT,
			&container_of(q->parent, const struct conn_limit, quota)->prefix);
}

void hand_channel_write(struct hand_out *h, const struct channel *ch)
{
	struct tlv_out *o = h->out;
	size_t begun = tlv_begin(o, HAND_CHANNEL);
	struct given g = {
		.modes = ch->modes,
		.limit = ch->limit,
		.joins = ch->joins,
		.held = ch->payer ? ch->held : 0,
		.created = ch->created,
		.topic_at = ch->topic_at,
		.begun = ch->begun,
		.name = ch->name,
		.topic = ch->topic,
		.topic_by = ch->topic_by,
		.key = ch->key,
	};

	write_payer(h, ch, &g);
	tlv_put_rows(o, rows, ARRAY_SIZE(rows), &g);
	hand_metadata(o, FIELD_CHANNEL_PAIR, ch->metadata);
	if (ch->extra)
		write_extra(h, ch);
	if (ch->rates)
		write_rates(o, ch->rates);
	write_stamps(o, ch);
	write_members(o, ch);
	tlv_end(o, begun);
}

/* ---- reading ---- */

static bool set_values(struct channel *ch, struct given *g, bool stored)
{
	ch->modes = (ch->modes & OTHER_MODES) | (g->modes & ~OTHER_MODES);
	ch->limit = g->limit;
	ch->created = g->created;
	ch->joins = g->joins;
	if (!stored)
		ch->begun = g->begun;
	free(ch->key);
	ch->key = g->key;
	g->key = NULL;
	return channel_set_topic(ch, g->topic, g->topic_by ? g->topic_by : "*", g->topic_at);
}

static bool read_mask(struct channel *ch, struct tlv_in in)
{
	char text[2 * MASK_MAX + LINE_BODY_MAX];
	struct tlv list, mask, by = {0};
	struct mask m = {.text = text, .since = (nsec_t)tlv_find_number(&in, FIELD_MASK_SINCE)};
	const char *l;

	if (!tlv_find(&in, FIELD_MASK_LIST, &list) || list.len != 1 ||
		!tlv_find(&in, FIELD_MASK_TEXT, &mask) || mask.len == 0 || mask.len >= MASK_MAX ||
		(tlv_find(&in, FIELD_MASK_SETTER, &by) && by.len > LINE_BODY_MAX))
		return false;
	memcpy(text, mask.at, mask.len);
	text[mask.len] = '\0';
	if (by.len)
		memcpy(text + mask.len + 1, by.at, by.len);
	text[mask.len + 1 + by.len] = '\0';
	l = strchr(lists, list.at[0]);
	if (!l || !*l || strlen(text) != mask.len || strlen(mask_setter(&m)) != by.len ||
		!hand_is_text(text) || !hand_is_text(mask_setter(&m)))
		return false;
	return banlist_add(ch, (enum banlist)(l - lists), &m, UINT32_MAX) != MASK_FULL;
}

static bool read_person(struct hand_in *h, struct channel *ch, const struct tlv *r)
{
	struct tlv_in in = tlv_inside(r);
	struct user *u = hand_names_find(&h->users, tlv_find_number(&in, FIELD_OF_USER));

	if (!u)
		return true;
	if (r->type == FIELD_CHANNEL_INVITED)
		return invites_has(ch, u, false) || invites_add(ch, u);
	knock_add(ch, u, (nsec_t)tlv_find_number(&in, FIELD_OF_AT));
	return true;
}

static bool read_rate(struct channel *ch, struct tlv_in in)
{
	struct rate r = {(uint32_t)tlv_find_number(&in, FIELD_RATE_COUNT),
		(uint32_t)tlv_find_number(&in, FIELD_RATE_SECONDS),
		tlv_find_number(&in, FIELD_RATE_BAN) != 0};
	struct tlv mode;
	bool joins;

	if (!tlv_find(&in, FIELD_RATE_MODE, &mode) || mode.len != 1 || !r.count ||
		r.count > RATE_COUNT_MAX || !r.seconds || r.seconds > RATE_SECONDS_MAX)
		return false;
	joins = mode.at[0] == 'j';
	if (!channel_rate_set(ch, joins ? CHANNEL_JOIN_RATE : CHANNEL_LINE_RATE, &r))
		return false;
	if (joins)
		ch->rates->joined = (struct window){(nsec_t)tlv_find_number(&in, FIELD_RATE_SINCE),
			(uint32_t)tlv_find_number(&in, FIELD_RATE_SEEN)};
	return true;
}

static bool read_talker(struct channel *ch, struct tlv_in in)
{
	struct talker t = {tlv_find_number(&in, FIELD_RATE_SESSION),
		{(nsec_t)tlv_find_number(&in, FIELD_RATE_SINCE),
			(uint32_t)tlv_find_number(&in, FIELD_RATE_SEEN)}};

	for (size_t i = 0; ch->rates && i < RATE_TALKERS; i++)
		if (!ch->rates->talkers[i].session) {
			ch->rates->talkers[i] = t;
			break;
		}
	return true;
}

static bool read_member(struct hand_in *h, struct channel *ch, struct tlv_in in)
{
	struct user *u = hand_names_find(&h->users, tlv_find_number(&in, FIELD_OF_USER));
	struct member *m;

	if (!u || !user_registered(u))
		return true;
	m = channel_member(ch, u);
	if (!m)
		m = channel_join(ch, u, 0);
	if (!m)
		return false;
	m->modes = (uint32_t)tlv_find_number(&in, FIELD_OF_MODES) & (MEMBER_ANY_OP | MEMBER_VOICE);
	m->order = (uint32_t)tlv_find_number(&in, FIELD_OF_ORDER);
	return true;
}

static bool read_stamp(struct channel *ch, const struct tlv *r)
{
	uint64_t bit, stamp;

	if (!hand_as_pair(r, &bit, &stamp) || bit >= STAMPS)
		return false;
	if (!ch->stamps)
		ch->stamps = calloc(STAMPS, sizeof(*ch->stamps));
	if (ch->stamps)
		ch->stamps[bit] = stamp;
	return ch->stamps;
}

static bool read_field(struct hand_in *h, struct channel *ch, const struct tlv *r)
{
	switch (r->type) {
	case FIELD_CHANNEL_PAIR: return hand_metadata_read(&ch->metadata, r);
	case FIELD_CHANNEL_MASK: return read_mask(ch, tlv_inside(r));
	case FIELD_CHANNEL_INVITED:
	case FIELD_CHANNEL_KNOCK: return read_person(h, ch, r);
	case FIELD_CHANNEL_RATE: return read_rate(ch, tlv_inside(r));
	case FIELD_CHANNEL_TALKER: return read_talker(ch, tlv_inside(r));
	case FIELD_CHANNEL_STAMP: return read_stamp(ch, r);
	case FIELD_CHANNEL_MEMBER: return read_member(h, ch, tlv_inside(r));
	default: return true;
	}
}

static bool read_payer(
	struct hand_in *h, struct channel *ch, const struct tlv_in *in, const struct given *g)
{
	struct user *u = hand_names_find(&h->users, g->payer);
	struct conn_limit *at = NULL;
	struct net_addr prefix;
	struct tlv r;

	if (!u && tlv_find(in, FIELD_CHANNEL_PAYER_AT, &r)) {
		if (!hand_as_address(&r, &prefix))
			return false;
		at = conn_limit_of(h->server, &prefix);
		if (!at)
			return false;
	}
	if (!u && !at)
		return true;
	return quota_channel_adopt(ch, u, at ? &at->quota : NULL, g->held);
}

/* A channel without a member that is not registered does not exist. */
static bool end_empty(struct hand_in *h, struct channel *ch)
{
	if (ch->count == 0 && !ch->owned && !(ch->modes & CHANNEL_KEPT)) {
		hash_remove(&h->server->channels, &ch->by_name);
		channel_free(ch);
	}
	return true;
}

static bool read_channel(struct hand_in *h, struct tlv_in in, struct given *g)
{
	struct channel *ch = registry_channel(h->server, g->name);
	bool stored = ch && (ch->owned || (ch->modes & CHANNEL_KEPT)), good;
	struct tlv_in fields = in;
	uint32_t joins;
	struct tlv r;

	if (ch && !stored)
		return false; /* twice */
	if (!ch)
		ch = registry_adopt_channel(h->server, g->name);
	if (!ch)
		return false;
	good = read_payer(h, ch, &in, g) && set_values(ch, g, stored);
	joins = ch->joins;
	while (good && tlv_next(&fields, &r))
		good = read_field(h, ch, &r);
	ch->joins = u32_max(joins, ch->count);
	return end_empty(h, ch) && good && !fields.bad;
}

bool hand_channel_read(struct hand_in *h, struct tlv_in in)
{
	struct given g = {0};
	bool good = tlv_take_rows(in, rows, ARRAY_SIZE(rows), &g);

	good = good && g.name && channel_name_valid(g.name, CHANNEL_BYTES_MAX) &&
	       hand_is_text(g.topic) && hand_is_text(g.topic_by) && hand_is_text(g.key) &&
	       read_channel(h, in, &g);
	tlv_free_rows(rows, ARRAY_SIZE(rows), &g);
	return good;
}
