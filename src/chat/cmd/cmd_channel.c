/*
 * cmd_channel.c - JOIN PART TOPIC NAMES.
 */
#include "chat/cmd/cmd_channel.h"

#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/chanserv.h"
#include "chat/cmd/cmd_history.h"
#include "chat/cmd/cmd_marker.h"
#include "chat/cmd/cmd_metadata.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/cmd/command.h"
#include "chat/cmd/filtering.h"
#include "chat/history/history_event.h"
#include "chat/model/auditorium.h"
#include "chat/model/channel_owned.h"
#include "chat/model/history_scope.h"
#include "chat/model/modes.h"
#include "chat/model/quota.h"
#include "chat/model/rate.h"
#include "chat/out/caps.h"
#include "chat/out/conn_time.h"
#include "chat/out/reply_stream.h"

#include <stdio.h>

/* Sends a line from q's user to all of ch; to the client of q as the reply to its command. */
static void announce(struct request *q, const struct channel *ch, const struct line_out *o)
{
	struct delivery d;

	reply_line(q, o);
	deliver_begin(&d, q->server, o);
	deliver_channel(&d, ch, q->conn);
}

static struct history_event event_of(const struct request *q, const char *command)
{
	return (struct history_event){
		.user = q->user, .source = user_mask(q->user), .command = command};
}

static struct line_out line_of(const struct request *q)
{
	return (struct line_out){.time = server_time(q->server), .account = user_account(q->user)};
}

void send_topic(struct request *q, const struct channel *ch)
{
	reply(q, RPL_TOPIC, "%s :%s", ch->name, ch->topic);
	reply(q, RPL_TOPICWHOTIME, "%s %s %lld", ch->name, ch->topic_by,
		(long long)(ch->topic_at / NSEC_SEC));
}

/* A reader of the names of a channel. */
struct names_reader {
	const struct channel *ch;
	const struct member *own; /* NULL: not a member */
	bool all;                 /* an operator of the server */
};

/* Whether it may see member m. */
static bool visible(const struct names_reader *r, const struct member *m)
{
	return r->all ||
	       (r->own ? member_shown(r->ch, m, r->own)
		       : !(m->user->modes & USER_INVISIBLE) && member_shown(r->ch, m, NULL));
}

/* 353 of a channel's members, then 366. Walks from last to first: a member who leaves is replaced
 * by the last one, so none is missed. */
struct names {
	struct reply_stream stream;
	uint32_t left; /* members [0, left) remain to be sent */
	bool end;      /* ends with 366 */
	char list[];   /* parameter of 366; "": the channel */
};

/* A line of names as it grows, up to room bytes. */
struct names_text {
	char text[LINE_BODY_MAX];
	size_t len, room;
};

/* Adds the name of m to a line; false if it is full. */
static bool add_name(const struct request *q, const struct member *m, struct names_text *t)
{
	uint32_t caps = q->conn->caps;
	const char *name = caps & CAP_USERHOST_IN_NAMES ? user_mask(m->user) : user_nick(m->user);
	size_t name_len = strlen(name), prefix_len = 0;
	char prefix[8];

	if (m->modes)
		prefix_len = strlen(member_prefixes(m->modes, caps & CAP_MULTI_PREFIX, prefix));
	if (t->len && t->len + prefix_len + name_len + 1 > t->room)
		return false;
	assert(t->len + prefix_len + name_len + 1 < sizeof(t->text));
	if (t->len)
		t->text[t->len++] = ' ';
	memcpy(t->text + t->len, prefix, prefix_len);
	memcpy(t->text + t->len + prefix_len, name, name_len);
	t->len += prefix_len + name_len;
	return true;
}

/* Sends the next 353. */
static void names_line(struct request *q, struct names *n, const struct names_reader *r)
{
	const struct channel *ch = r->ch;
	struct names_text t = {.room = LINE_BODY_MAX - 32 - strlen(q->server->config->server.name) -
				       strlen(user_nick(q->user)) - strlen(ch->name)};

	for (uint32_t looks = LOOKS_PER_STEP; n->left && looks; n->left--, looks--) {
		const struct member *m = &ch->members[n->left - 1];

		q->server->work += visible(r, m) ? WORK_NAME : WORK_LOOK;
		if (visible(r, m) && !add_name(q, m, &t))
			break;
	}
	t.text[t.len] = '\0';
	if (t.len)
		reply(q, RPL_NAMREPLY, "%c %s :%s", ch->modes & CHANNEL_SECRET ? '@' : '=',
			ch->name, t.text);
}

static bool names_step(struct request *q, struct reply_stream *a)
{
	struct names *n = container_of(a, struct names, stream);
	const struct channel *ch = registry_channel(q->server, a->channel);
	struct names_reader r = {
		ch, ch ? channel_member(ch, q->user) : NULL, user_may(q->user, OPER_OVERRIDE)};
	bool may = ch && (r.all || r.own || !(ch->modes & CHANNEL_SECRET));

	n->left = may ? u32_min(n->left, ch->count) : 0;
	if (n->left)
		names_line(q, n, &r);
	if (n->left)
		return true;
	if (n->end)
		reply(q, RPL_ENDOFNAMES, "%.400s :End of /NAMES list",
			n->list[0] ? n->list : a->channel);
	return false;
}

/* Sends the names of ch (NULL: none) and, if list is not NULL, 366 for it ("": for ch). */
static void answer_names(struct request *q, const struct channel *ch, const char *list)
{
	size_t room = list ? strlen(list) + 1 : 1;
	struct names *n = reply_stream_new(q, sizeof(*n) + room, names_step);

	if (!n)
		return;
	n->left = UINT32_MAX;
	n->end = list;
	memcpy(n->list, list ? list : "", room);
	if (ch)
		snprintf(n->stream.channel, sizeof(n->stream.channel), "%s", ch->name);
	reply_stream_start(q, &n->stream);
}

void send_names(struct request *q, const struct channel *ch)
{
	answer_names(q, ch, "");
}

/* JOIN of u, or its other form (extended-join). */
static struct line_out join_line(
	struct server *s, const struct channel *ch, const struct user *u, bool extended)
{
	const char *account = user_account(u) ? user_account(u) : "*";
	struct line_out o = {
		.time = server_time(s), .account = user_account(u), .batch = cluster_batch(s)};

	line_add_all(&o, ":", user_mask(u), " JOIN ", ch->name, NULL);
	if (extended)
		line_add_all(&o, " ", account, " :", user_real(u), NULL);
	return o;
}

void join_tell(struct server *s, const struct channel *ch, const struct user *u, const char *msgid,
	const struct conn *except)
{
	struct line_out plain = join_line(s, ch, u, false), extended = join_line(s, ch, u, true);
	struct line_out away = {
		.time = server_time(s), .account = user_account(u), .batch = cluster_batch(s)};
	struct delivery d;

	plain.msgid = extended.msgid = msgid;
	deliver_begin(&d, s, &plain);
	d.deny = CAP_EXTENDED_JOIN;
	deliver_about(&d, ch, u, except);
	deliver_begin(&d, s, &extended);
	d.need = CAP_EXTENDED_JOIN;
	deliver_about(&d, ch, u, except);
	if (!user_away(u))
		return;
	line_add_all(&away, ":", user_mask(u), " AWAY :", user_away(u), NULL);
	deliver_begin(&d, s, &away);
	d.need = CAP_AWAY_NOTIFY;
	deliver_about(&d, ch, u, except);
}

/* Sends JOIN in its two forms, and AWAY to clients with away-notify. */
static void announce_join(struct request *q, const struct channel *ch)
{
	struct line_out own = join_line(q->server, ch, q->user, q->conn->caps & CAP_EXTENDED_JOIN);
	struct history_event e = event_of(q, "JOIN");
	const struct user *u = q->user;

	history_event_params(&e, ch->name, " ", user_account(u) ? user_account(u) : "*", " :",
		user_real(u), NULL);
	if (!channel_audience(ch, u)) /* what not all may see is not in the history */
		history_event(q->server, ch, &e, &own);
	cluster_join(q->server, ch, u);
	reply_line(q, &own);
	join_tell(q->server, ch, u, own.msgid, q->conn);
}

/* Sends the lines after JOIN. */
static void describe(struct request *q, const struct channel *ch)
{
	if (ch->topic)
		send_topic(q, ch);
	marker_joined(q, ch); /* before 366, as the specification requires */
	if (!(q->conn->caps & CAP_NO_IMPLICIT_NAMES))
		send_names(q, ch);
}

/* The same to the user's other clients. */
static void describe_to_others(struct request *q, const struct channel *ch)
{
	for (struct conn *c = q->user->conn; c; c = c->sibling) {
		struct request other = {
			.server = q->server, .conn = c, .user = q->user, .msg = q->msg};

		if (c == q->conn)
			continue;
		reply_begin(&other);
		describe(&other, ch);
		reply_end(&other);
	}
}

static void join(struct request *q, struct channel *ch)
{
	if (!channel_join(ch, q->user, ch->count == 0 && !ch->owned ? MEMBER_OP : 0)) {
		conn_out_of_memory(q->server, q->conn);
		return;
	}
	rate_joined(ch, q->server->now);
	announce_join(q, ch);
	chanserv_greet(q->server, ch, q->user);
	always_on_joined(q->server, q->user, ch);
	describe(q, ch);
	describe_to_others(q, ch);
	metadata_joined(q, ch);
	history_joined(q, ch);
}

void show_channel(struct request *q, const struct channel *ch)
{
	struct line_out o = join_line(q->server, ch, q->user, q->conn->caps & CAP_EXTENDED_JOIN);

	reply_line(q, &o);
	describe(q, ch);
}

/* Why q's user may not join ch; 0 if it may. An invitation overrides every mode but +z, which is a
 * promise to the members. */
static enum numeric join_refusal(const struct request *q, struct channel *ch, const char *key)
{
	if ((ch->modes & CHANNEL_SECURE) && !(q->user->modes & USER_SECURE))
		return ERR_SECUREONLYCHAN;
	if (invites_has(ch, q->user, false) || (owned_modes(ch, q->user) & MEMBER_FULL_OP))
		return 0;
	if (ch->limit && ch->count >= ch->limit)
		return ERR_CHANNELISFULL;
	if ((ch->modes & CHANNEL_INVITE_ONLY) &&
		!banlist_covers(ch, BANLIST_INVITE, q->user, false, q->server))
		return ERR_INVITEONLYCHAN;
	if (banlist_banned(ch, q->user, q->server))
		return ERR_BANNEDFROMCHAN;
	if (ch->key && (!key || strcmp(ch->key, key) != 0))
		return ERR_BADCHANNELKEY;
	if ((ch->modes & CHANNEL_REGISTERED) && !user_account(q->user))
		return ERR_NEEDREGGEDNICK;
	if ((ch->modes & CHANNEL_JOIN_RATE) && rate_is_full(ch, q->server->now))
		return ERR_THROTTLE;
	return 0;
}

static void refuse_join(struct request *q, const struct channel *ch, enum numeric why)
{
	static const struct {
		enum numeric why;
		char mode;
	} row[] = {
		{ERR_CHANNELISFULL, 'l'},
		{ERR_INVITEONLYCHAN, 'i'},
		{ERR_BANNEDFROMCHAN, 'b'},
		{ERR_BADCHANNELKEY, 'k'},
		{ERR_NEEDREGGEDNICK, 'R'},
		{ERR_SECUREONLYCHAN, 'z'},
		{ERR_THROTTLE, 'j'},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (row[i].why == why)
			reply(q, why, "%s :Cannot join channel (+%c)", ch->name, row[i].mode);
}

/* Creates a channel for q's user; NULL, with a reply, if its memory quota is used up. */
static struct channel *make(struct request *q, const char *name)
{
	struct channel *ch = registry_make_channel(q->server, name);

	if (ch && quota_channel_start(q->server, ch, q->user))
		return ch;
	if (ch)
		registry_drop_empty(q->server, ch);
	reply(q, ERR_TOOMANYCHANNELS, "%s :You make the server hold too much", name);
	return NULL;
}

/* Uses up an invitation, or makes the channel; ch: NULL if there is none. */
static void enter(struct request *q, struct channel *ch, const char *name)
{
	if (ch)
		invites_has(ch, q->user, true);
	else
		ch = make(q, name);
	if (ch)
		join(q, ch);
}

static void join_one(struct request *q, char *name, const char *key)
{
	const struct config_limits *limits = &q->server->config->limits;
	struct channel *ch;
	enum numeric why;

	if (!channel_name_valid(name, (size_t)limits->channel_length)) {
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
		return;
	}
	ch = registry_channel(q->server, name);
	if (ch && channel_member(ch, q->user))
		return;
	if (q->user->channel_count >= limits->channels) {
		reply(q, ERR_TOOMANYCHANNELS, "%s :You have joined too many channels", name);
		return;
	}
	why = ch ? join_refusal(q, ch, key) : 0;
	if (why) {
		refuse_join(q, ch, why);
		return;
	}
	enter(q, ch, name);
}

void join_forced(struct request *q, const char *name)
{
	struct channel *ch = registry_channel(q->server, name);

	if (ch && channel_member(ch, q->user))
		return;
	enter(q, ch, name);
}

/* Promotes the first of the remaining members after the last operator, of this node, has left. */
static void hand_on(struct server *s, struct channel *ch)
{
	struct member *heir = s->ending ? NULL : channel_first(ch);
	struct history_event e = {.source = s->config->server.name, .command = "MODE"};
	struct line_out o = {.time = server_time(s)};
	struct delivery d;

	if (!heir || (heir->modes & MEMBER_FULL_OP))
		return;
	heir->modes |= MEMBER_OP;
	always_on_joined(s, heir->user, ch);
	line_add_all(&o, ":", s->config->server.name, " MODE ", ch->name, " +o ",
		user_nick(heir->user), NULL);
	history_event_params(&e, ch->name, " +o ", user_nick(heir->user), NULL);
	history_event(s, ch, &e, &o);
	cluster_mode(s, &(struct cluster_mode){.channel = ch,
				.source = e.source,
				.letters = "+o",
				.params = user_nick(heir->user)});
	deliver_begin(&d, s, &o);
	deliver_channel(&d, ch, NULL);
}

void part_channel(struct server *s, struct channel *ch, struct user *u)
{
	const struct member *m = channel_member(ch, u);
	bool was_op = m && (m->modes & MEMBER_FULL_OP) && !user_remote(u);

	history_scope_leave(s, ch, u);
	always_on_parted(s, u, ch->name);
	if (u->modes & USER_ALWAYS_ON)
		owned_unkeep(s, ch, u);
	channel_part(ch, u);
	if (ch->count == 0 && !ch->owned)
		registry_drop_empty(s, ch);
	else if (was_op && !ch->owned)
		hand_on(s, ch);
}

static void part(struct request *q, struct channel *ch, const char *why)
{
	struct history_event e = event_of(q, "PART");
	struct line_out o = line_of(q);
	struct delivery d;

	line_add_all(&o, ":", user_mask(q->user), " PART ", ch->name, NULL);
	if (*why)
		line_add_all(&o, " :", why, NULL);
	history_event_params(&e, ch->name, *why ? " :" : "", why, NULL);
	if (!channel_audience(ch, q->user))
		history_event(q->server, ch, &e, &o);
	cluster_part(q->server, ch, q->user, why);
	reply_line(q, &o);
	deliver_begin(&d, q->server, &o);
	deliver_about(&d, ch, q->user, q->conn);
	part_channel(q->server, ch, q->user);
}

void part_forced(struct request *q, struct channel *ch, const char *why)
{
	part(q, ch, why);
}

/* A reason that a filter matches is left out; the user may be gone with it. */
static void part_with_reason(struct request *q, struct channel *ch, const char *why)
{
	struct filtering f = {FILTER_PART, ch->name, why, strlen(why)};

	part(q, ch, filtered(q, &f) ? "" : why);
}

static void part_one(struct request *q, char *name)
{
	struct channel *ch = registry_channel(q->server, name);

	if (!ch)
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
	else if (!channel_member(ch, q->user))
		reply(q, ERR_NOTONCHANNEL, "%s :You're not on that channel", ch->name);
	else
		part_with_reason(q, ch, msg_param(q->msg, 1));
}

/* JOIN 0: leaves all channels (RFC 2812 3.2.1). */
static void part_all(struct request *q)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(q->user, &i))) {
		uint32_t size = q->user->channel_size;

		part(q, ch, "");
		i = user_parted(q->user, i, size);
	}
}

/* Accepts as many channels as a line holds: clients join all of theirs at once, and limits.channels
 * is the bound. */
static void cmd_join(struct request *q)
{
	char *names = q->msg->params[0], *keys = q->msg->count > 1 ? q->msg->params[1] : NULL;
	char *name;

	if (strcmp(names, "0") == 0) {
		part_all(q);
		return;
	}
	while ((name = strsep(&names, ","))) {
		const char *key = strsep(&keys, ",");

		if (!*name)
			continue;
		if (name != q->msg->params[0]) /* the line itself already pays for the first */
			conn_charge(q->server, q->conn, 1);
		join_one(q, name, key);
	}
}

static void cmd_part(struct request *q)
{
	char *names = q->msg->params[0], *name;

	while ((name = strsep(&names, ",")))
		if (*name)
			part_one(q, name);
}

static size_t topic_size(const char *topic, const char *by)
{
	return topic ? strlen(topic) + strlen(by) + QUOTA_PIECE : 0;
}

static void set_topic(struct request *q, struct channel *ch, const char *topic)
{
	struct history_event e = event_of(q, "TOPIC");
	struct line_out o = line_of(q);
	char cut[LINE_BODY_MAX];
	size_t before, after;

	snprintf(cut, size_min(sizeof(cut), (size_t)q->server->config->limits.topic_length + 1),
		"%s", topic);
	cut[utf8_cut(topic, strlen(cut))] = '\0';
	before = topic_size(ch->topic, ch->topic_by);
	after = topic_size(*cut ? cut : NULL, user_mask(q->user));
	if (after > before && !quota_channel_hold(q->server, ch, after - before)) {
		reply(q, ERR_UNKNOWNERROR, "TOPIC :This channel makes the server hold too much");
		return;
	}
	if (!channel_set_topic(ch, cut, user_mask(q->user), q->server->wall)) {
		refuse_out_of_memory(q);
		if (after > before)
			quota_channel_release(ch, after - before);
		return;
	}
	if (before > after)
		quota_channel_release(ch, before - after);
	owned_changed(q->server, ch);
	line_add_all(&o, ":", user_mask(q->user), " TOPIC ", ch->name, " :", cut, NULL);
	history_event_params(&e, ch->name, " :", cut, NULL);
	history_event(q->server, ch, &e, &o);
	cluster_topic(q->server, ch, q->user);
	announce(q, ch, &o);
}

static void try_topic(struct request *q, struct channel *ch, const char *topic)
{
	const char *why =
		filtered(q, &(struct filtering){FILTER_TOPIC, ch->name, topic, strlen(topic)});

	if (why)
		reply(q, ERR_CANNOTSENDTOCHAN, "%s :The topic was not set: %s", ch->name, why);
	else
		set_topic(q, ch, topic);
}

static void cmd_topic(struct request *q)
{
	const char *name = q->msg->params[0];
	struct channel *ch = registry_channel(q->server, name);
	const struct member *m = ch ? channel_member(ch, q->user) : NULL;
	bool oper = user_may(q->user, OPER_OVERRIDE);
	bool ranked = m && (!(ch->modes & CHANNEL_TOPIC_OPS) || (m->modes & MEMBER_ANY_OP));

	if (!ch)
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
	else if (!m && !oper && (q->msg->count > 1 || (ch->modes & CHANNEL_SECRET)))
		reply(q, ERR_NOTONCHANNEL, "%s :You're not on that channel", ch->name);
	else if (q->msg->count == 1 && ch->topic)
		send_topic(q, ch);
	else if (q->msg->count == 1)
		reply(q, RPL_NOTOPIC, "%s :No topic is set", ch->name);
	else if (!ranked && !oper)
		reply(q, ERR_CHANOPRIVSNEEDED, "%s :You're not a channel operator", ch->name);
	else
		try_topic(q, ch, q->msg->params[1]);
	if (ch && q->msg->count > 1 && !ranked && oper)
		oper_override(q, ch);
}

static void names_one(struct request *q, char *name)
{
	const struct channel *ch = registry_channel(q->server, name);

	if (ch)
		answer_names(q, ch, NULL);
}

/* Sends one 366 with the names as given, even for several (RFC 2812 3.2.5). */
static void cmd_names(struct request *q)
{
	char list[LINE_BODY_MAX];

	snprintf(list, sizeof(list), "%s",
		q->msg->count ? registry_spelling(q->server, q->msg->params[0]) : "*");
	if (q->msg->count)
		each_target(q, q->msg->params[0], names_one);
	answer_names(q, NULL, list);
}

static const struct command rows[] = {
	{"JOIN", 1, 0, 1, cmd_join},
	{"NAMES", 0, 0, 2, cmd_names},
	{"PART", 1, 0, 1, cmd_part},
	{"TOPIC", 1, 0, 1, cmd_topic},
};

const struct command_group commands_channel = {rows, ARRAY_SIZE(rows)};
