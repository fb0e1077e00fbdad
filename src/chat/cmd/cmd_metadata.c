/*
 * cmd_metadata.c - METADATA (IRCv3 draft/metadata-3): GET LIST SET CLEAR SUB UNSUB SUBS SYNC.
 *
 * A change is sent to members of the channel, or to users who share a channel with the user or
 * MONITOR its nick, if they have the capability and are subscribed to the key. They are few, and
 * the line names its reader, so it is encoded for each of them.
 */
#include "chat/cmd/cmd_metadata.h"

#include "base/utf8.h"
#include "chat/cmd/command.h"
#include "chat/model/auditorium.h"
#include "chat/model/banlist.h"
#include "chat/model/metadata.h"
#include "chat/model/modes.h"
#include "chat/model/quota.h"
#include "chat/out/caps.h"
#include "chat/out/monitor.h"
#include "chat/proto/param.h"

#include <stdio.h>

/* The target of a command: a user or a channel. */
struct target {
	const char *name;
	struct user *user;
	struct channel *channel;
	struct metadata **data;
};

/* Remaining budget of a walk: METADATA_SYNC_LINES bounds what one command sends. */
struct sync {
	struct request *q;
	uint32_t left;
	uint64_t end; /* of its share of the turn: bounds its work */
};

static void fail(struct request *q, const char *code, const char *target, const char *key)
{
	static const struct {
		const char *code, *text;
	} texts[] = {
		{"INVALID_KEY", "That is not a key"},
		{"INVALID_TARGET", "There is no such target"},
		{"INVALID_VALUE", "The value is too long or not UTF-8"},
		{"KEY_NOT_SET", "The key is not set"},
		{"KEY_NO_PERMISSION", "You may not do that"},
		{"LIMIT_REACHED", "There are too many keys"},
		{"NEED_MORE_PARAMS", "Parameters are missing"},
		{"SUBCOMMAND_INVALID", "There is no such subcommand"},
		{"TOO_MANY_SUBS", "There are too many subscriptions"},
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(texts) && strcmp(texts[i].code, code) != 0)
		i++;
	reply_note_also(q,
		&(struct reply_note){
			"FAIL", "METADATA", code, *target ? target : NULL, texts[i].text},
		*key ? key : NULL);
}

static void key_value(struct request *q, const char *target, const char *pair)
{
	reply(q, RPL_KEYVALUE, "%s %s * :%s", target, pair, metadata_value(pair));
}

static void key_not_set(struct request *q, const char *target, const char *key)
{
	reply(q, RPL_KEYNOTSET, "%s %.100s :The key is not set", target, key);
}

/* A change to announce. */
struct change {
	struct server *server;
	uint32_t mark;                    /* of connections already informed */
	const char *target, *key, *value; /* value NULL: the key was removed */
	const struct words
		*gone; /* all of these were removed, announced in one pass; NULL: one key */
};

static bool subscribed(struct server *s, const struct user *u, const char *key)
{
	if (u->metadata)
		s->work += u->metadata->subs.count * (uint64_t)WORK_LOOK;
	return metadata_subscribed(u->metadata, key);
}

/* Informs one connection if it is subscribed. */
static void notify_one(const struct change *h, struct conn *c)
{
	const char *server = h->server->config->server.name;
	struct line_out o = {0};
	char head[LINE_BODY_MAX];

	if (!(c->caps & CAP_METADATA) || !subscribed(h->server, c->user, h->key))
		return;
	h->server->work += WORK_REPLY;
	snprintf(head, sizeof(head), ":%s %d %s ", server, h->value ? RPL_KEYVALUE : RPL_KEYNOTSET,
		user_nick(c->user));
	line_add_all(&o, head, h->target, " ", h->key, h->value ? " * :" : " :The key is not set",
		h->value ? h->value : "", NULL);
	conn_line(h->server, c, &o);
}

/* Informs c unless it has been informed already. */
static void notify(void *arg, struct conn *c)
{
	const struct change *h = arg;

	if (c->mark == h->mark)
		return;
	c->mark = h->mark;
	if (!h->gone)
		notify_one(h, c);
	for (uint32_t i = 0; h->gone && i < h->gone->count; i++) {
		struct change one = {h->server, 0, h->target, h->gone->at[i], NULL, NULL};

		notify_one(&one, c);
	}
}

/* Informs every connection of a user from c on. */
static void notify_user(struct change *h, struct conn *c)
{
	for (; c; c = c->sibling)
		notify(h, c);
}

/* Informs the members with one of these ranks (0: all). */
static void notify_members(struct change *h, const struct channel *ch, uint32_t rank)
{
	h->server->work += ch->count * (uint64_t)WORK_LOOK;
	for (uint32_t i = 0; i < ch->count; i++)
		if (!rank || (ch->members[i].modes & rank))
			notify_user(h, ch->members[i].conn);
}

/* Informs members of the channel, or users who share a channel with the user or MONITOR its nick,
 * and the user. key NULL: all keys of the target are removed. */
static void notify_peers(
	struct request *q, const struct target *t, const char *key, const char *value)
{
	const struct words *gone = key ? NULL : &(*t->data)->pairs;
	struct change h = {q->server, server_mark(q->server), t->name, key, value, gone};
	const struct channel *ch;
	uint32_t i = 0;

	q->conn->mark = h.mark;
	if (t->channel) {
		notify_members(&h, t->channel, 0);
		return;
	}
	notify_user(&h, t->user->conn);
	while ((ch = user_next_channel(t->user, &i)))
		notify_members(&h, ch, channel_audience(ch, t->user));
	if (user_registered(t->user))
		monitor_each(q->server, t->user, notify, &h);
}

static bool find_target(struct request *q, const char *name, struct target *t)
{
	*t = (struct target){0};
	if (strcmp(name, "*") == 0)
		t->user = request_user(q);
	else if (*name == '#' && user_registered(q->user))
		t->channel = registry_channel(q->server, name);
	else if (user_registered(q->user))
		t->user = registry_registered(q->server, name);
	if (t->user) {
		t->name = user_nick(t->user);
		t->data = &t->user->metadata;
	} else if (t->channel) {
		t->name = t->channel->name;
		t->data = &t->channel->metadata;
	}
	return t->data != NULL;
}

/* Whether ch is closed to u, which is no member: secret, or the modes or a ban keep u out. */
static bool closed_to(struct request *q, const struct channel *ch, const struct user *u)
{
	return (ch->modes & (CHANNEL_SECRET | CHANNEL_INVITE_ONLY | CHANNEL_KEY)) ||
	       ((ch->modes & CHANNEL_REGISTERED) && !user_account(u)) ||
	       ((ch->modes & CHANNEL_SECURE) && !(u->modes & USER_SECURE)) ||
	       banlist_banned(ch, u, q->server);
}

/* Whether q's user may read a target: of a channel that is closed to it only as a member. */
static bool may_read(struct request *q, const struct target *t)
{
	return t->user || channel_member(t->channel, q->user) || !closed_to(q, t->channel, q->user);
}

static bool may_write(const struct request *q, const struct target *t)
{
	const struct member *m = t->channel ? channel_member(t->channel, q->user) : NULL;

	return t->user == q->user || user_may(q->user, OPER_OVERRIDE) ||
	       (m && (m->modes & MEMBER_FULL_OP));
}

static void meta_get(struct request *q, struct target *t)
{
	reply_batch_begin(q, "metadata", t->name);
	for (uint32_t i = 2; i < q->msg->count; i++) {
		const char *key = q->msg->params[i], *value = metadata_get(*t->data, key);

		if (!metadata_key_valid(key))
			fail(q, "INVALID_KEY", "", key);
		else if (value)
			reply(q, RPL_KEYVALUE, "%s %s * :%s", t->name, key, value);
		else
			key_not_set(q, t->name, key);
	}
	reply_batch_end(q);
}

static void meta_list(struct request *q, struct target *t)
{
	const struct metadata *m = *t->data;

	reply_batch_begin(q, "metadata", t->name);
	for (uint32_t i = 0; m && i < m->pairs.count; i++)
		key_value(q, t->name, m->pairs.at[i]);
	reply_batch_end(q);
}

static size_t word_size(const char *key, const char *value)
{
	return strlen(key) + (value ? strlen(value) : 0) + QUOTA_PIECE;
}

static bool hold(struct request *q, struct target *t, size_t n)
{
	return t->user ? quota_user_hold(q->server, t->user, n)
		       : quota_channel_hold(q->server, t->channel, n);
}

static void release(struct target *t, size_t n)
{
	if (t->user)
		quota_user_release(t->user, n);
	else
		quota_channel_release(t->channel, n);
}

/* Removes a key and replies; false if it is not set. */
static bool forget(struct request *q, struct target *t, const char *key)
{
	const char *value = metadata_get(*t->data, key);
	size_t size = value ? word_size(key, value) : 0;

	if (!metadata_unset(*t->data, key)) {
		fail(q, "KEY_NOT_SET", t->name, key);
		return false;
	}
	release(t, size);
	key_not_set(q, t->name, key);
	return true;
}

static void unset(struct request *q, struct target *t, const char *key)
{
	if (forget(q, t, key))
		notify_peers(q, t, key, NULL);
}

/* metadata_set() charged to the quota of the target. */
static enum metadata_result set_held(
	struct request *q, struct target *t, const char *key, const char *value)
{
	const char *old = metadata_get(*t->data, key);
	size_t before = old ? word_size(key, old) : 0, after = word_size(key, value);
	enum metadata_result result;

	if (!hold(q, t, after))
		return METADATA_FULL;
	result = metadata_set(t->data, key, value);
	release(t, result == METADATA_DONE ? before : after);
	return result;
}

static enum metadata_result subscribe_held(struct request *q, struct target *t, const char *key)
{
	size_t size = word_size(key, NULL);
	enum metadata_result result;

	if (!hold(q, t, size))
		return METADATA_FULL;
	result = metadata_subscribe(t->data, key);
	if (result != METADATA_DONE)
		release(t, size);
	return result;
}

static void set(struct request *q, struct target *t, const char *key, const char *value)
{
	switch (set_held(q, t, key, value)) {
	case METADATA_DONE: notify_peers(q, t, key, value); break;
	case METADATA_SAME: break;
	case METADATA_FULL: fail(q, "LIMIT_REACHED", t->name, ""); return;
	case METADATA_NO_MEMORY:
		server_count(q->server, COUNT_NO_MEMORY);
		fail(q, "LIMIT_REACHED", t->name, "");
		return;
	}
	reply(q, RPL_KEYVALUE, "%s %s * :%s", t->name, key, value);
}

static void meta_set(struct request *q, struct target *t)
{
	const struct msg *m = q->msg;
	const char *key = m->params[2];

	if (!may_write(q, t))
		fail(q, "KEY_NO_PERMISSION", t->name, key);
	else if (!metadata_key_valid(key))
		fail(q, "INVALID_KEY", "", key);
	else if (m->count == 3)
		unset(q, t, key);
	else if (m->lens[3] > METADATA_VALUE_MAX || !utf8_valid(m->params[3], m->lens[3]))
		fail(q, "INVALID_VALUE", "", key);
	else
		set(q, t, key, m->params[3]);
}

static void meta_clear(struct request *q, struct target *t)
{
	char key[METADATA_KEY_MAX + 1];

	if (!may_write(q, t)) {
		fail(q, "KEY_NO_PERMISSION", t->name, "*");
		return;
	}
	if (*t->data)
		notify_peers(q, t, NULL, NULL); /* first, while the keys still exist */
	reply_batch_begin(q, "metadata", t->name);
	while (*t->data && (*t->data)->pairs.count) {
		snprintf(key, sizeof(key), "%s", (*t->data)->pairs.at[0]);
		forget(q, t, key);
	}
	reply_batch_end(q);
}

/* Sends a numeric with a list of keys, in as many lines as needed. */
static void send_keys(struct request *q, enum numeric n, const char *const *keys, uint32_t count)
{
	char line[LINE_BODY_MAX] = "";
	size_t room = LINE_BODY_MAX - 160;

	for (uint32_t i = 0; i < count; i++) {
		if (line[0] && strlen(line) + 1 + strlen(keys[i]) > room) {
			reply_params(q, n, line);
			line[0] = '\0';
		}
		params_add(line, keys[i]);
	}
	if (line[0])
		reply_params(q, n, line);
}

static void meta_sub(struct request *q, struct target *t)
{
	const char *done[PARAMS_MAX] = {NULL};
	uint32_t count = 0;

	for (uint32_t i = 2; i < q->msg->count; i++) {
		const char *key = q->msg->params[i];
		enum metadata_result r = METADATA_FULL;

		if (!metadata_key_valid(key)) {
			fail(q, "INVALID_KEY", "", key);
			continue;
		}
		r = subscribe_held(q, t, key);
		if (r == METADATA_DONE || r == METADATA_SAME)
			done[count++] = key;
		else
			fail(q, "TOO_MANY_SUBS", "", key);
	}
	send_keys(q, RPL_METADATASUBOK, done, count);
	if (count && user_registered(q->user))
		reply(q, RPL_METADATASYNCLATER, "*");
}

static void meta_unsub(struct request *q, struct target *t)
{
	const char *done[PARAMS_MAX] = {NULL};
	uint32_t count = 0;

	for (uint32_t i = 2; i < q->msg->count; i++) {
		if (!metadata_key_valid(q->msg->params[i])) {
			fail(q, "INVALID_KEY", "", q->msg->params[i]);
			continue;
		}
		if (metadata_unsubscribe(*t->data, q->msg->params[i]))
			release(t, word_size(q->msg->params[i], NULL));
		done[count++] = q->msg->params[i];
	}
	send_keys(q, RPL_METADATAUNSUBOK, done, count);
}

static void meta_subs(struct request *q, struct target *t)
{
	const struct metadata *m = *t->data;

	reply_batch_begin(q, "metadata-subs", "");
	if (m)
		send_keys(q, RPL_METADATASUBS, (const char *const *)m->subs.at, m->subs.count);
	reply_batch_end(q);
}

/* Sends the keys of m that the client is subscribed to. */
static void sync_one(struct sync *y, const char *name, const struct metadata *m)
{
	for (uint32_t i = 0; m && i < m->pairs.count; i++)
		if (y->left && subscribed(y->q->server, y->q->user, m->pairs.at[i])) {
			key_value(y->q, name, m->pairs.at[i]);
			y->left--;
		}
}

static bool may_go_on(const struct sync *y)
{
	return y->left && y->q->server->work < y->end;
}

/* Sends the keys of a channel and its members; each connection once per mark. */
static void sync_channel(struct sync *y, const struct channel *ch, uint32_t mark)
{
	const struct member *own = channel_member(ch, y->q->user);

	sync_one(y, ch->name, ch->metadata);
	for (uint32_t i = 0; i < ch->count && may_go_on(y); i++) {
		const struct member *m = &ch->members[i];

		y->q->server->work += WORK_LOOK;
		if ((m->conn && m->conn->mark == mark) || !member_shown(ch, m, own))
			continue;
		if (m->conn)
			m->conn->mark = mark;
		sync_one(y, user_nick(m->user), m->user->metadata);
	}
}

static void meta_sync(struct request *q, struct target *t)
{
	struct sync y = {q, METADATA_SYNC_LINES, q->server->share_end};
	uint32_t mark = server_mark(q->server), i = 0;
	const struct channel *ch;

	reply_batch_begin(q, "metadata", t->name);
	q->conn->mark = mark;
	if (t->channel && channel_member(t->channel, q->user))
		sync_channel(&y, t->channel, mark);
	else if (t->channel || t->user != q->user)
		sync_one(&y, t->name, *t->data);
	else
		while (may_go_on(&y) && (ch = user_next_channel(q->user, &i)))
			sync_channel(&y, ch, mark);
	reply_batch_end(q);
	if (!may_go_on(&y))
		reply(q, RPL_METADATASYNCLATER, "%s", t->name);
}

/* Sends u's keys to one connection. */
static void tell_pairs(struct server *s, const struct user *u, struct conn *c)
{
	const struct metadata *m = u->metadata;
	struct change h = {.server = s, .target = user_nick(u)};

	for (uint32_t i = 0; i < m->pairs.count; i++) {
		h.key = m->pairs.at[i];
		h.value = metadata_value(h.key);
		notify_one(&h, c);
	}
}

void metadata_joined(struct request *q, const struct channel *ch)
{
	const struct metadata *m = q->user->metadata;
	struct sync y = {q, METADATA_JOIN_LINES, q->server->share_end};
	uint32_t mark, rank = channel_audience(ch, q->user);

	for (uint32_t i = 0; m && m->pairs.count && i < ch->count; i++) {
		q->server->work += WORK_LOOK;
		if (rank && !(ch->members[i].modes & rank))
			continue;
		for (struct conn *c = ch->members[i].conn; c; c = c->sibling)
			if (c != q->conn && (c->caps & CAP_METADATA))
				tell_pairs(q->server, q->user, c);
	}
	if (!(q->conn->caps & CAP_METADATA) || !m || !m->subs.count)
		return;
	mark = server_mark(q->server);
	q->conn->mark = mark;
	sync_channel(&y, ch, mark);
	if (!may_go_on(&y))
		reply(q, RPL_METADATASYNCLATER, "%s", ch->name);
}

void metadata_welcome(struct request *q)
{
	struct target t;

	if ((q->conn->caps & CAP_METADATA) && q->user->metadata && find_target(q, "*", &t))
		meta_list(q, &t);
}

void metadata_whois(struct request *q, const struct user *u)
{
	const struct metadata *m = u->metadata;

	for (uint32_t i = 0; m && i < m->pairs.count; i++)
		reply(q, RPL_WHOISKEYVALUE, "%s %s * :%s", user_nick(u), m->pairs.at[i],
			metadata_value(m->pairs.at[i]));
}

/* Subcommands: number of parameters, and whether they concern the client itself. */
static const struct subcommand {
	const char *name;
	uint32_t params;
	bool own;
	void (*run)(struct request *q, struct target *t);
} subcommands[] = {
	{"CLEAR", 2, false, meta_clear},
	{"GET", 3, false, meta_get},
	{"LIST", 2, false, meta_list},
	{"SET", 3, false, meta_set},
	{"SUB", 3, true, meta_sub},
	{"SUBS", 2, true, meta_subs},
	{"SYNC", 2, false, meta_sync},
	{"UNSUB", 3, true, meta_unsub},
};

static void run(struct request *q, const struct subcommand *sub)
{
	const char *name = q->msg->params[0];
	struct target t;

	if (q->msg->count < sub->params)
		fail(q, "NEED_MORE_PARAMS", "", sub->name);
	else if (!find_target(q, sub->own ? "*" : name, &t) || !may_read(q, &t))
		fail(q, "INVALID_TARGET", "", name);
	else
		sub->run(q, &t);
}

static void cmd_metadata(struct request *q)
{
	if (q->msg->count < 2) {
		fail(q, "NEED_MORE_PARAMS", "", "");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (case_equal(subcommands[i].name, q->msg->params[1])) {
			run(q, &subcommands[i]);
			return;
		}
	fail(q, "SUBCOMMAND_INVALID", "", q->msg->params[1]);
}

static const struct command rows[] = {
	{"METADATA", 0, COMMAND_EARLY | COMMAND_QUIET, 2, cmd_metadata},
};

const struct command_group commands_metadata = {rows, ARRAY_SIZE(rows)};
