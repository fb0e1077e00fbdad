/*
 * cmd_message.c - PRIVMSG NOTICE TAGMSG.
 *
 * A message's path: targets are split, each is looked up and checked, then one line is encoded once
 * for each form and queued by reference.
 */
#include "chat/cmd/cmd_message.h"

#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/caller.h"
#include "chat/cmd/channel_flood.h"
#include "chat/cmd/command.h"
#include "chat/cmd/filtering.h"
#include "chat/cmd/push.h"
#include "chat/cmd/service.h"
#include "chat/history/history_append.h"
#include "chat/history/message.h"
#include "chat/history/multiline.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/proto/format_code.h"
#include "chat/proto/tags.h"

#include <stdio.h>
#include <stdlib.h>

static const struct message_kind privmsg = {"PRIVMSG", false, true};
static const struct message_kind notice = {"NOTICE", true, true};
static const struct message_kind tagmsg = {"TAGMSG", false, false};

/* Copies the client-only tags ('+...'); clients may not set others. */
static void client_tags(struct message *m)
{
	const char *text = m->multi ? m->multi->tags : m->q->msg->tags;
	struct tag t;
	char *tags = m->texts->tags;
	size_t n = 0;

	while (text && tag_next(&text, &t)) {
		size_t len = (size_t)(text - t.key);

		if (t.key[0] != '+' || !tag_key_valid(&t))
			continue;
		if (n)
			tags[n++] = ';';
		memcpy(tags + n, t.key, len);
		n += len;
	}
	tags[n] = '\0';
}

size_t message_room(const char *source, const char *command, const char *target, const char *text)
{
	size_t frame = strlen(source) + strlen(command) + strlen(target) + strlen(":   :\r\n");

	return utf8_cut(text, LINE_BODY_MAX - frame);
}

/* Builds the line for the readers. A text that does not fit after the sender's mask is cut, also in
 * the sender's own copy and in the history. */
static void message_line(struct message *m, const char *target)
{
	struct server *s = m->q->server;
	const struct user *u = m->q->user;
	struct line_out *l = &m->line;

	m->id = msgid_next(&s->ids, s->wall);
	msgid_print(m->msgid, m->id);
	snprintf(m->texts->to, sizeof(m->texts->to), "%s", target);
	client_tags(m);
	*l = (struct line_out){
		.time = server_time(s), /* as in the history */
		.msgid = m->msgid,
		.account = user_account(u),
		.client_tags = m->texts->tags[0] ? m->texts->tags : NULL,
		.bot = u->modes & USER_BOT,
	};
	line_add(l, ":", 1);
	line_adds(l, m->source);
	line_add(l, " ", 1);
	line_adds(l, m->kind->name);
	line_add(l, " ", 1);
	line_adds(l, target);
	if (m->kind->text) {
		if (!m->multi)
			m->text_len = message_room(m->source, m->kind->name, target, m->text);
		line_add(l, " :", 2);
		line_add(l, m->text, m->text_len);
	}
}

static void refuse(struct message *m, enum numeric n, const char *text)
{
	if (!m->kind->silent)
		reply(m->q, n, "%.64s :%s", m->target, text);
}

/* Whether a filter keeps the message back; if so, replies. */
static bool is_filtered(struct message *m)
{
	enum filter_target kind = m->kind->silent ? FILTER_NOTICE : FILTER_PRIVMSG;
	char text[LINE_BODY_MAX];
	const char *why =
		filtered(m->q, &(struct filtering){kind, m->target, m->text, m->text_len});

	if (!why)
		return false;
	snprintf(text, sizeof(text), "Your message was not sent: %s", why);
	refuse(m, *m->target == '#' ? ERR_CANNOTSENDTOCHAN : ERR_CANTSENDTOUSER, text);
	return true;
}

/* Whether it is only a typing notification, not worth keeping in the history. */
static bool is_typing(const struct message *m)
{
	const char *text = m->texts->tags;
	struct tag t;
	bool typing = false;

	if (m->kind->text)
		return false;
	while (tag_next(&text, &t)) {
		typing = tag_is(&t, "+typing") || tag_is(&t, "+draft/typing");
		if (!typing)
			return false;
	}
	return typing;
}

/* Submits the message to the store; false, with a reply, if it cannot be stored. */
static bool store_message(struct message *m, const char *target, const struct channel *ch)
{
	char line[LINE_BODY_MAX + CHANNEL_BYTES_MAX], *params = line;
	size_t size = m->multi ? strlen(target) + 3 + m->text_len : sizeof(line);
	bool kept;
	int n;

	if (is_typing(m) || !history_keeps(m->q->server, ch, !m->kind->text))
		return true;
	if (m->multi)
		params = malloc(size);
	if (!params) {
		server_count(m->q->server, COUNT_NO_MEMORY);
		refuse(m, ERR_CANNOTSENDTOCHAN, "Out of memory");
		return false;
	}
	n = snprintf(params, size, "%s%s%.*s", target, m->kind->text ? " :" : "", (int)m->text_len,
		m->text);
	kept = history_append(m->q, &(struct history_append){
					    .id = m->id,
					    .target = target,
					    .source = m->source,
					    .channel = ch,
					    .event = !m->kind->text,
					    .command = m->kind->name,
					    .params = params,
					    .params_len = size_min((size_t)n, size - 1),
					    .tags = m->line.client_tags,
					    .multiline = m->multi,
				    }) == STORE_OK;
	if (m->multi)
		free(params);
	return kept;
}

/* To those who want to know that it was relayed, and by whom. */
static void spread_marked(struct message *m, const struct reach *to)
{
	struct line_out marked = m->line;
	struct delivery d;

	marked.relay = m->relay;
	deliver_begin(&d, m->q->server, &marked);
	d.need = CAP_RELAYMSG;
	d.rank = to->rank;
	reach_deliver(to, &d);
}

void message_spread(struct message *m, const struct reach *to)
{
	struct delivery d;

	if (m->multi) {
		multiline_spread(m, to);
		return;
	}
	deliver_begin(&d, m->q->server, &m->line);
	d.need = to->need | (m->kind->text ? 0 : CAP_MESSAGE_TAGS);
	d.rank = to->rank;
	if (m->relay)
		d.deny = CAP_RELAYMSG;
	reach_deliver(to, &d);
	if (m->relay)
		spread_marked(m, to);
}

/* A private message also reaches the sender's other clients, if they understand echoes. */
static void spread_private(struct message *m, const struct user *to)
{
	const struct user *own = m->q->user;

	message_spread(m, &(struct reach){.user = to});
	if (own != to)
		message_spread(
			m, &(struct reach){
				   .user = own, .need = CAP_ECHO_MESSAGE, .except = m->q->conn});
}

/* Sends the sender's own copy, which is its receipt. */
static void echo(struct message *m)
{
	uint32_t caps = m->q->conn->caps;

	if (caps & CAP_RELAYMSG)
		m->line.relay = m->relay;
	if (!(caps & CAP_ECHO_MESSAGE) || !(m->kind->text || (caps & CAP_MESSAGE_TAGS)))
		return;
	if (m->multi)
		multiline_echo(m);
	else
		reply_line(m->q, &m->line);
}

/* A CTCP other than ACTION: a line that starts with \1. */
static bool is_ctcp(const struct message *m)
{
	struct multiline_walk w = multiline_begin(m->text, m->text_len);

	while (multiline_next(&w))
		if (w.n && w.line[0] == '\1' && (w.n < 8 || memcmp(w.line, "\1ACTION ", 8) != 0))
			return true;
	return false;
}

/* Colours and other formatting of mIRC. */
static bool has_colour(const struct message *m)
{
	return strpbrk(m->text, FORMAT_CODES) != NULL;
}

/* Why the sender, who has no rank in ch, has no voice there, or NULL. */
static const char *voice_refusal(const struct message *m, const struct channel *ch)
{
	const struct user *u = m->q->user;

	if (ch->modes & CHANNEL_MODERATED)
		return "Cannot send to channel (+m)";
	if ((ch->modes & CHANNEL_ACCOUNTS) && !user_account(u))
		return "Cannot send to channel (+M)";
	if (banlist_muted(ch, u, m->q->server))
		return "Cannot send to channel (+b)";
	return NULL;
}

/* Why the sender may not speak in ch, or NULL. */
static const char *channel_refusal(struct message *m, const struct channel *ch)
{
	const struct user *u = m->q->user;
	const struct member *own = channel_member(ch, u);
	const char *why;

	if (!own && (ch->modes & (CHANNEL_NO_EXTERNAL | CHANNEL_SECRET)))
		return "Cannot send to channel (+n)";
	why = own && own->modes ? NULL : voice_refusal(m, ch);
	if (why && !(ch->modes & CHANNEL_REFUSED_TO_OPS))
		return why;
	m->to_operators = why || ((ch->modes & CHANNEL_TO_OPS) && !(own && own->modes));
	if ((ch->modes & CHANNEL_NO_CTCP) && is_ctcp(m))
		return "Cannot send to channel (+C)";
	if ((ch->modes & CHANNEL_NO_COLOUR) && has_colour(m))
		return "Cannot send to channel (+c)";
	if ((ch->modes & CHANNEL_REGISTERED) && !user_account(u) && !own)
		return "Cannot send to channel (+R)";
	return NULL;
}

/* The rank that "@#channel" addresses, and every rank above; 0: all members. */
static uint32_t status_rank(const char **target)
{
	static const char prefixes[] = "~&@%+"; /* in the order of enum member_mode */
	uint32_t rank = 0;

	for (const char *p; **target && (p = strchr(prefixes, **target)); (*target)++)
		rank |= (2u << (p - prefixes)) - 1;
	return rank;
}

/* Whether this message exceeds the rate of ch, which may then be gone. */
static bool floods(const struct message *m, struct channel *ch)
{
	return !is_typing(m) && channel_flood(m->q, ch, m->multi ? m->multi->lines : 1);
}

/* Tells the other nodes; to: NULL for a channel. */
static void tell_nodes(
	const struct message *m, const char *target, const struct user *to, uint32_t rank)
{
	bool typing = is_typing(m);

	cluster_message(m->q->server, &(struct cluster_message){
					      .from = m->q->user,
					      .id = m->id,
					      .command = m->kind->name,
					      .source = m->source,
					      .relay = m->relay,
					      .target = target,
					      .shown = m->texts->to,
					      .to = to,
					      .rank = rank,
					      .kept = !rank && !typing,
					      .multiline = m->multi,
					      .typing = typing,
					      .tags = m->line.client_tags,
					      .text = m->text,
					      .len = m->text_len,
				      });
}

static void to_channel(struct message *m)
{
	const char *name = m->target;
	uint32_t rank = status_rank(&name);
	struct channel *ch = registry_channel(m->q->server, name);
	const char *why = ch ? channel_refusal(m, ch) : NULL;
	char status[2] = {rank ? m->target[0] : '\0', '\0'};
	char target[CHANNEL_BYTES_MAX + 2];

	if (!ch || why) {
		refuse(m, ch ? ERR_CANNOTSENDTOCHAN : ERR_NOSUCHCHANNEL,
			ch ? why : "No such channel");
		return;
	}
	if (is_filtered(m))
		return;
	snprintf(target, sizeof(target), "%s%s", status, ch->name);
	message_line(m, target);
	if ((ch->modes & CHANNEL_LINE_RATE) && floods(m, ch)) {
		refuse(m, ERR_CANNOTSENDTOCHAN, "Cannot send to channel (+f)");
		return;
	}
	if (m->to_operators)
		rank = MEMBER_ANY_OP;
	/* messages to a rank are not in the channel's history */
	if (!rank && !store_message(m, ch->name, ch))
		return;
	server_count(m->q->server, COUNT_MESSAGES);
	tell_nodes(m, ch->name, NULL, rank);
	message_spread(m, &(struct reach){.channel = ch, .rank = rank, .except = m->q->conn});
	if (m->kind == &privmsg && !rank)
		push_mentions(m->q->server,
			&(struct push_said){ch, m->q->user, &m->line, m->text, m->text_len});
	echo(m);
}

/* Keeps and delivers the message; false, with a reply, if it cannot be kept. */
static bool say_to_user(struct message *m, struct user *to)
{
	if (!store_message(m, user_nick(to), NULL))
		return false;
	server_count(m->q->server, COUNT_MESSAGES);
	tell_nodes(m, user_nick(to), to, 0);
	spread_private(m, to);
	if (m->kind == &privmsg && !user_remote(to) && to != m->q->user)
		push_private(m->q->server, m->q->user, to, &m->line);
	return true;
}

static void to_user(struct message *m)
{
	struct user *to = registry_registered(m->q->server, m->target);
	const struct service *service = service_find(m->target);
	enum caller heard;

	if (service) {
		if (m->kind == &privmsg && !m->multi)
			service_run(m->q, service, m->text);
		return;
	}
	if (!to) {
		refuse(m, ERR_NOSUCHNICK, "No such nick");
		return;
	}
	heard = caller_check(m->q, to, m->kind->silent);
	if (heard == CALLER_REFUSED || is_filtered(m))
		return;
	if ((to->modes & USER_NO_CTCP) && to != m->q->user && is_ctcp(m)) {
		refuse(m, ERR_CANTSENDTOUSER, "takes no CTCP (+T)");
		return;
	}
	message_line(m, user_nick(to));
	if (heard == CALLER_HEARD && !say_to_user(m, to))
		return;
	echo(m);
	if (user_away(to) && m->kind == &privmsg)
		reply(m->q, RPL_AWAY, "%s :%s", user_nick(to), user_away(to));
}

static void to_target(struct message *m)
{
	if (*m->target == '#' || (strchr("~&@%+", *m->target) && strchr(m->target, '#')))
		to_channel(m);
	else
		to_user(m);
}

void message_send_multiline(struct request *q, const struct multiline *b)
{
	struct message_texts texts;
	struct message m = {
		.q = q,
		.texts = &texts,
		.kind = b->notice ? &notice : &privmsg,
		.target = b->target,
		.source = user_mask(q->user),
		.text = b->text.at,
		.text_len = b->text.count,
		.multi = b,
	};

	q->user->active = q->server->now;
	to_target(&m);
}

void message_relay(struct request *q, const char *source)
{
	struct message_texts texts;
	struct message m = {
		.q = q,
		.texts = &texts,
		.kind = &privmsg,
		.target = q->msg->params[0],
		.source = source,
		.relay = user_nick(q->user),
		.text = q->msg->params[2],
		.text_len = strlen(q->msg->params[2]),
	};

	q->user->active = q->server->now;
	to_channel(&m);
}

static void to_targets(struct request *q, const struct message_kind *kind)
{
	struct message_texts texts;
	struct message m = {.q = q, .kind = kind, .source = user_mask(q->user), .texts = &texts};
	char *list = q->msg->params[0], *target;
	int64_t left = q->server->config->limits.targets;

	m.text = kind->text ? q->msg->params[1] : "";
	q->user->active = q->server->now;
	while ((target = strsep(&list, ","))) {
		if (!*target)
			continue;
		m.target = target;
		m.text_len = strlen(m.text); /* reset for each target: message_line() may cut it */
		if (left-- == 0) {
			refuse(&m, ERR_TOOMANYTARGETS, "Too many targets");
			return;
		}
		to_target(&m);
	}
}

static void send_message(struct request *q, const struct message_kind *kind)
{
	const struct msg *m = q->msg;

	if (m->count == 0 || !m->lens[0]) {
		if (!kind->silent)
			reply(q, ERR_NORECIPIENT, ":No recipient given (%s)", kind->name);
	} else if (kind->text && (m->count < 2 || !m->lens[1])) {
		if (!kind->silent)
			reply(q, ERR_NOTEXTTOSEND, ":No text to send");
	} else {
		to_targets(q, kind);
	}
}

static void cmd_privmsg(struct request *q)
{
	send_message(q, &privmsg);
}

static void cmd_notice(struct request *q)
{
	send_message(q, &notice);
}

static void cmd_tagmsg(struct request *q)
{
	send_message(q, &tagmsg);
}

static const struct command rows[] = {
	{"NOTICE", 0, COMMAND_QUIET, 1, cmd_notice},
	{"PRIVMSG", 0, COMMAND_QUIET, 1, cmd_privmsg},
	{"TAGMSG", 0, COMMAND_QUIET, 1, cmd_tagmsg},
};

const struct command_group commands_message = {rows, ARRAY_SIZE(rows)};
