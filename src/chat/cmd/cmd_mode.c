/*
 * cmd_mode.c - MODE for channels and users.
 *
 * A channel's changes are applied one by one and announced to the members in one line, in the order
 * given; changes without effect are not announced.
 *
 *     MODE #c +mv-t plain   ->   :op!u@h MODE #c +mv-t plain
 */
#include "chat/cmd/cmd_mode.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/cmd/command.h"
#include "chat/cmd/oper_list.h"
#include "chat/history/history_event.h"
#include "chat/model/channel_owned.h"
#include "chat/model/modes.h"
#include "chat/model/quota.h"
#include "chat/model/rate.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/param.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	/* a line has room for one change: ":nick!user@host MODE #channel +b mask" */
	CHANGE_ROOM = LINE_BODY_MAX - 2 - NICK_BYTES_MAX - USERNAME_MAX - HOST_BYTES_MAX -
		      CHANNEL_BYTES_MAX - 11,
};
_Static_assert(CHANGE_ROOM > 3 + MASK_MAX, "any one change fits a line");

/* Changes made so far, in the form to announce. */
struct changes {
	struct request *q;
	struct channel *ch;
	struct member *by;    /* NULL: not a member */
	bool adding, refused; /* refused: 482 was already sent */
	bool override;        /* a change needed the rights of an IRC operator */
	bool forced;          /* by the server: SAMODE */
	char told;            /* the current sign in `letters` */
	char letters[LINE_BODY_MAX];
	char params[LINE_BODY_MAX];
	bool denied[128]; /* letters for which an error was sent: 472, or 490 */
	uint32_t next;    /* the next parameter of the message */
	uint32_t shown;   /* lists shown, as 1 << enum banlist: each only once */
};

/* Announces the changes so far and begins a new line. */
static void announce(struct changes *c)
{
	struct server *s = c->q->server;
	struct line_out line = {.time = server_time(s)};
	const char *source = c->forced ? s->config->server.name : user_mask(c->q->user);
	struct history_event e = {
		.user = c->forced ? NULL : c->q->user, .source = source, .command = "MODE"};
	struct delivery d;

	if (!c->letters[0])
		return;
	owned_changed(s, c->ch);
	if (!c->forced) {
		line.account = user_account(c->q->user);
		line.bot = c->q->user->modes & USER_BOT;
	}
	line_add_all(&line, ":", source, " MODE ", c->ch->name, " ", c->letters, c->params, NULL);
	history_event_params(&e, c->ch->name, " ", c->letters, c->params, NULL);
	history_event(s, c->ch, &e, &line);
	cluster_mode(s, &(struct cluster_mode){c->ch, e.user, source, c->letters, c->params});
	deliver_begin(&d, s, &line);
	deliver_channel(&d, c->ch, c->q->conn);
	reply_line(c->q, &line);
	if (c->override)
		oper_override(c->q, c->ch);
	c->override = false;
	c->letters[0] = c->params[0] = c->told = '\0';
}

/* Returns how many bytes a line has for letters and parameters. */
static size_t room_of(const struct changes *c)
{
	size_t frame = strlen(user_mask(c->q->user)) + strlen(c->ch->name) + strlen(": MODE  ");

	return LINE_BODY_MAX - 2 - frame;
}

/* Records a change; one that does not fit starts the next line. */
static void tell(struct changes *c, char letter, const char *param)
{
	size_t more = strlen("+x ") + (param ? strlen(param) : 0), n;
	char sign = c->adding ? '+' : '-';

	if (strlen(c->letters) + strlen(c->params) + more > room_of(c))
		announce(c);
	n = strlen(c->letters);
	if (c->told != sign)
		c->letters[n++] = c->told = sign;
	c->letters[n++] = letter;
	c->letters[n] = '\0';
	if (param) {
		strcat(c->params, " ");
		strcat(c->params, param);
	}
}

static const char *next_param(struct changes *c)
{
	return c->next < c->q->msg->count ? c->q->msg->params[c->next++] : NULL;
}

/* Refuses for lack of rank. Returns true for operators, who override it. */
static bool refuse(struct changes *c, const char *why)
{
	if (c->forced)
		return true;
	if (user_may(c->q->user, OPER_OVERRIDE)) {
		c->override = true;
		return true;
	}
	if (!c->refused)
		reply(c->q, ERR_CHANOPRIVSNEEDED, "%s :%s", c->ch->name, why);
	c->refused = true;
	return false;
}

static bool allowed(struct changes *c, uint32_t need)
{
	return (c->by && (c->by->modes & need)) || refuse(c, "You're not channel operator");
}

/* Whether this member mode may be changed; target NULL: no member. */
static bool member_allowed(struct changes *c, const struct mode_row *r, const struct member *target)
{
	bool self = c->by && target == c->by;

	if (self && !c->adding)
		return true;
	if (!c->by || !(c->by->modes & MEMBER_ANY_OP))
		return refuse(c, "You're not channel operator");
	if (!member_may_give(c->by->modes, r->bit))
		return refuse(c, "Your rank may not change this mode");
	if (target && !self && !member_may_touch(c->by->modes, target->modes))
		return refuse(c, "Your rank is not above this member's");
	return true;
}

static void change_member(struct changes *c, const struct mode_row *r)
{
	const char *nick = next_param(c);
	struct user *u = nick ? registry_registered(c->q->server, nick) : NULL;
	struct member *m = u ? channel_member(c->ch, u) : NULL;

	if (!nick || !member_allowed(c, r, m))
		return;
	if (!u)
		reply(c->q, ERR_NOSUCHNICK, "%s :No such nick", nick);
	else if (!m)
		reply(c->q, ERR_USERNOTINCHANNEL, "%s %s :They aren't on that channel",
			user_nick(u), c->ch->name);
	if (!m || !!(m->modes & r->bit) == c->adding)
		return;
	m->modes ^= r->bit;
	always_on_joined(c->q->server, u, c->ch);
	tell(c, r->letter, user_nick(u));
}

static const struct {
	enum numeric row, end;
	const char *text;
} list_replies[BANLIST_COUNT] = {
	[BANLIST_BAN] = {RPL_BANLIST, RPL_ENDOFBANLIST, "ban"},
	[BANLIST_EXCEPT] = {RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST, "exception"},
	[BANLIST_INVITE] = {RPL_INVEXLIST, RPL_ENDOFINVEXLIST, "invite exception"},
};

/* Masks of a list, a reply stream. */
struct list_rows {
	struct reply_stream stream;
	enum banlist list;
	uint64_t number; /* of the last one shown */
};

static bool list_step(struct request *q, struct reply_stream *a)
{
	struct list_rows *l = container_of(a, struct list_rows, stream);
	const struct channel *ch = registry_channel(q->server, a->channel);
	const struct mask *m = ch ? banlist_after(ch, l->list, l->number) : NULL;

	if (m) {
		l->number = m->number;
		reply(q, list_replies[l->list].row, "%s %s %s %lld", a->channel, m->text,
			mask_setter(m), (long long)(m->since / NSEC_SEC));
		return true;
	}
	reply(q, list_replies[l->list].end, "%s :End of channel %s list", a->channel,
		list_replies[l->list].text);
	return false;
}

static void show_list(struct changes *c, enum banlist list)
{
	struct list_rows *l;

	if (c->shown & 1u << list)
		return;
	c->shown |= 1u << list;
	l = reply_stream_new(c->q, sizeof(*l), list_step);
	if (!l)
		return;
	l->list = list;
	snprintf(l->stream.channel, sizeof(l->stream.channel), "%s", c->ch->name);
	reply_stream_start(c->q, &l->stream);
}

/* Bytes charged for a mask, regardless of its setter. */
static size_t mask_size(const char *text)
{
	return sizeof(struct mask) + strlen(text) + NICK_BYTES_MAX + QUOTA_PIECE;
}

static enum mask_result add_mask(struct changes *c, enum banlist list, const struct mask *m)
{
	struct server *s = c->q->server;
	size_t size = mask_size(m->text);
	enum mask_result result;

	if (!quota_channel_hold(s, c->ch, size))
		return MASK_FULL;
	result = banlist_add(c->ch, list, m, (uint32_t)s->config->limits.list_entries);
	if (result != MASK_DONE)
		quota_channel_release(c->ch, size);
	return result;
}

/* Writes the change if the channel is registered. */
static void mask_changed(struct changes *c, enum banlist list, char *text)
{
	struct mask m = {.text = text, .since = c->q->server->wall};

	owned_mask(c->q->server, c->ch, list, &m, c->adding);
}

static void change_list(struct changes *c, const struct mode_row *r)
{
	const char *typed = next_param(c);
	enum banlist list = (enum banlist)r->bit;
	char text[MASK_MAX + NICK_BYTES_MAX + 2];
	enum mask_result result;

	if (!typed || !*typed) {
		show_list(c, list);
		return;
	}
	if (!allowed(c, r->need))
		return;
	if (!mask_complete(text, typed)) {
		reply(c->q, ERR_INVALIDMODEPARAM, "%s %c %s :Invalid mask", c->ch->name, r->letter,
			typed);
		return;
	}
	if (banlist_rows(c->ch, list))
		c->q->server->work += banlist_rows(c->ch, list)->count * (uint64_t)WORK_LOOK;
	if (c->adding) {
		struct mask m = {.text = text, .since = c->q->server->wall};

		snprintf(text + strlen(text) + 1, NICK_BYTES_MAX + 1, "%s", user_nick(c->q->user));
		result = add_mask(c, list, &m);
	} else {
		result = banlist_remove(c->ch, list, text);
		if (result == MASK_DONE)
			quota_channel_release(c->ch, mask_size(text));
	}
	if (result == MASK_FULL)
		reply(c->q, ERR_BANLISTFULL, "%s %s :Channel %s list is full", c->ch->name, text,
			list_replies[list].text);
	if (result == MASK_DONE)
		mask_changed(c, list, text);
	if (result == MASK_DONE)
		tell(c, r->letter, text);
}

static bool key_valid(const struct changes *c, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = key; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == ',' || *p == 0x7f)
			return false;
	return n > 0 && *key != ':' && n <= (size_t)c->q->server->config->limits.key_length;
}

static void change_key(struct changes *c, const struct mode_row *r)
{
	const char *key = next_param(c);
	char *copy = NULL;

	if (!key && c->adding)
		return;
	if (!allowed(c, r->need))
		return;
	if (c->adding) {
		if (!key_valid(c, key)) {
			reply(c->q, ERR_INVALIDMODEPARAM, "%s k * :Invalid key", c->ch->name);
			return;
		}
		copy = strdup(key);
		if (!copy) {
			refuse_out_of_memory(c->q);
			return;
		}
	} else if (!c->ch->key) {
		return;
	}
	tell(c, r->letter, c->adding ? copy : "*");
	free(c->ch->key);
	c->ch->key = copy;
	c->ch->modes = c->adding ? c->ch->modes | CHANNEL_KEY : c->ch->modes & ~CHANNEL_KEY;
}

static void change_limit(struct changes *c, const struct mode_row *r)
{
	const char *text = c->adding ? next_param(c) : NULL;
	char *end = NULL, number[16];
	unsigned long limit = 0;

	if ((c->adding && !text) || !allowed(c, r->need))
		return;
	if (c->adding) {
		limit = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || limit == 0 || limit > INT32_MAX) {
			reply(c->q, ERR_INVALIDMODEPARAM, "%s l %s :Invalid limit", c->ch->name,
				text);
			return;
		}
	}
	if (limit == c->ch->limit)
		return;
	c->ch->limit = (uint32_t)limit;
	c->ch->modes = limit ? c->ch->modes | CHANNEL_LIMIT : c->ch->modes & ~CHANNEL_LIMIT;
	snprintf(number, sizeof(number), "%lu", limit);
	tell(c, r->letter, limit ? number : NULL);
}

static void change_rate(struct changes *c, const struct mode_row *r)
{
	struct server *s = c->q->server;
	const char *typed = c->adding ? next_param(c) : NULL;
	struct rate before = channel_rate(c->ch, r->bit), rate = {0};
	bool had = c->ch->rates;
	char text[RATE_TEXT_MAX];

	if ((c->adding && !typed) || !allowed(c, r->need))
		return;
	if (c->adding && !rate_parse(typed, r->bit == CHANNEL_LINE_RATE, &rate)) {
		reply(c->q, ERR_INVALIDMODEPARAM, "%s %c %s :Invalid rate, write COUNT:SECONDS",
			c->ch->name, r->letter, typed);
		return;
	}
	if (before.count == rate.count && before.seconds == rate.seconds && before.ban == rate.ban)
		return;
	if (!had && !quota_channel_hold(s, c->ch, sizeof(*c->ch->rates))) {
		reply(c->q, ERR_UNKNOWNERROR, "MODE :This channel makes the server hold too much");
		return;
	}
	if (!channel_rate_set(c->ch, r->bit, &rate))
		refuse_out_of_memory(c->q);
	if (!c->ch->rates)
		quota_channel_release(c->ch, sizeof(*c->ch->rates));
	if (!had && !c->ch->rates)
		return;
	owned_rate(s, c->ch, r->bit);
	rate_print(&rate, text);
	tell(c, r->letter, c->adding ? text : NULL);
}

/* Whether +z would be true of the channel's members. */
static bool all_secure(const struct changes *c)
{
	c->q->server->work += c->ch->count * (uint64_t)WORK_LOOK;
	for (uint32_t i = 0; i < c->ch->count; i++)
		if (!(c->ch->members[i].user->modes & USER_SECURE))
			return false;
	return true;
}

static void change_flag(struct changes *c, const struct mode_row *r)
{
	if (!allowed(c, r->need) || !!(c->ch->modes & r->bit) == c->adding)
		return;
	if (c->denied[(int)r->letter])
		return;
	if (r->bit == CHANNEL_SECURE && c->adding && !all_secure(c)) {
		reply(c->q, ERR_ALLMUSTSSL, "%s :All members must be connected via TLS",
			c->ch->name);
		c->denied[(int)r->letter] = true;
		return;
	}
	c->ch->modes ^= r->bit;
	tell(c, r->letter, NULL);
}

/* Replies 472, once per letter; unprintable ones as '*'. */
static void unknown_letter(struct changes *c, char letter)
{
	char shown = isgraph((unsigned char)letter) && letter != ':' ? letter : '*';

	if (!c->denied[(int)shown])
		reply(c->q, ERR_UNKNOWNMODE, "%c :is unknown mode char to me for %s", shown,
			c->ch->name);
	c->denied[(int)shown] = true;
}

static void change(struct changes *c, char letter)
{
	const struct mode_row *r = mode_find(letter);

	if (!r) {
		unknown_letter(c, letter);
		return;
	}
	switch (r->kind) {
	case MODE_MEMBER: change_member(c, r); break;
	case MODE_LIST: change_list(c, r); break;
	case MODE_KEY: change_key(c, r); break;
	case MODE_LIMIT: change_limit(c, r); break;
	case MODE_RATE: change_rate(c, r); break;
	case MODE_FLAG: change_flag(c, r); break;
	}
}

static void show_rate(char params[LINE_BODY_MAX], const struct channel *ch, uint32_t mode)
{
	struct rate r = channel_rate(ch, mode);
	char text[RATE_TEXT_MAX];

	rate_print(&r, text);
	if (r.count)
		params_add(params, text);
}

static void show_modes(struct request *q, const struct channel *ch, bool member)
{
	char letters[1 + MODE_LETTERS_MAX] = "+", limit[16], params[LINE_BODY_MAX] = "";

	mode_flags_text(ch->modes, letters + 1);
	params_add(params, ch->name);
	params_add(params, letters);
	if (ch->key)
		params_add(params, member ? ch->key : "*");
	snprintf(limit, sizeof(limit), "%u", ch->limit);
	if (ch->limit)
		params_add(params, limit);
	show_rate(params, ch, CHANNEL_LINE_RATE);
	show_rate(params, ch, CHANNEL_JOIN_RATE);
	reply_params(q, RPL_CHANNELMODEIS, params);
	reply(q, RPL_CREATIONTIME, "%s %lld", ch->name, (long long)(ch->created / NSEC_SEC));
}

static void channel_mode(struct request *q, bool forced)
{
	struct channel *ch = registry_channel(q->server, q->msg->params[0]);
	struct changes c = {.q = q, .ch = ch, .adding = true, .next = 2, .forced = forced};

	if (!ch) {
		reply(q, ERR_NOSUCHCHANNEL, "%s :No such channel", q->msg->params[0]);
		return;
	}
	c.by = channel_member(ch, q->user);
	if (q->msg->count < 2) {
		show_modes(q, ch, c.by != NULL);
		return;
	}
	for (const char *p = q->msg->params[1]; *p; p++) {
		if (*p == '+' || *p == '-')
			c.adding = *p == '+';
		else
			change(&c, *p);
	}
	announce(&c);
}

void mode_forced(struct request *q)
{
	channel_mode(q, true);
}

/* Tells all clients of q's user. */
static void tell_user_modes(struct request *q, const char *added, const char *removed)
{
	struct line_out line = {0};
	struct delivery d;

	line_add_all(&line, ":", user_mask(q->user), " MODE ", user_nick(q->user), " :",
		added[0] ? "+" : "", added, removed[0] ? "-" : "", removed, NULL);
	reply_line(q, &line);
	deliver_begin(&d, q->server, &line);
	deliver_user(&d, q->user, q->conn);
}

static void apply_user_modes(struct request *q, uint32_t modes)
{
	struct server *s = q->server;
	uint32_t changed = q->user->modes ^ modes;
	char text[MODE_LETTERS_MAX], added[MODE_LETTERS_MAX], removed[MODE_LETTERS_MAX];

	if (changed & USER_INVISIBLE)
		s->invisible_count += modes & USER_INVISIBLE ? 1 : (uint32_t)-1;
	if (changed & USER_OPER) {
		oper_end(s, q->user);
		modes &= ~(uint32_t)USER_NOTICES;
		changed = q->user->modes ^ modes;
		changed |= USER_OPER;
	}
	user_modes_text(changed & modes, added);
	user_modes_text(changed & ~modes, removed);
	q->user->modes = modes;
	always_on_changed(s, q->user);
	user_modes_text(modes, text);
	if (changed)
		tell_user_modes(q, added, removed);
}

/* MODE nick +s|-s [letters]: the modes then. *unknown: a letter is no class of notices. */
static uint32_t set_notices(struct request *q, uint32_t modes, bool adding, bool *unknown)
{
	const char *letters = q->msg->count > 2 ? q->msg->params[2] : NULL;
	char text[NOTICE_LETTERS_MAX];

	if (!(modes & USER_OPER)) {
		if (adding)
			reply(q, ERR_NOPRIVILEGES, ":Server notices are for operators");
		return modes;
	}
	*unknown |= !oper_notices_set(q->server, q->user, adding, letters);
	oper_notices_text(q->server, q->user, text);
	reply(q, RPL_SNOMASK, "+%s :Server notices", text);
	return *text ? modes | USER_NOTICES : modes & ~(uint32_t)USER_NOTICES;
}

static void user_mode(struct request *q)
{
	struct user *u = registry_registered(q->server, q->msg->params[0]);
	uint32_t modes = q->user->modes;
	bool adding = true, unknown = false;
	int notices = 0; /* +s: 1, -s: -1; the last counts, since its letters are one parameter */
	char text[MODE_LETTERS_MAX];

	if (!u) {
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", q->msg->params[0]);
		return;
	}
	if (u != q->user) {
		reply(q, ERR_USERSDONTMATCH, ":Can't change mode for other users");
		return;
	}
	if (q->msg->count < 2) {
		user_modes_text(modes, text);
		reply(q, RPL_UMODEIS, "+%s", text);
		return;
	}
	for (const char *p = q->msg->params[1]; *p; p++) {
		const struct user_mode_row *r = user_mode_find(*p);

		if (*p == '+' || *p == '-')
			adding = *p == '+';
		else if (*p == 's')
			notices = adding ? 1 : -1;
		else if (!r)
			unknown = true;
		else if (!adding && r->unsettable)
			modes &= ~r->bit;
		else if (adding && r->settable)
			modes |= r->bit;
	}
	if (notices)
		modes = set_notices(q, modes, notices > 0, &unknown);
	if (unknown)
		reply(q, ERR_UMODEUNKNOWNFLAG, ":Unknown MODE flag");
	apply_user_modes(q, modes);
}

static void cmd_mode(struct request *q)
{
	if (q->msg->params[0][0] == '#')
		channel_mode(q, false);
	else
		user_mode(q);
}

static const struct command rows[] = {
	{"MODE", 1, 0, 1, cmd_mode},
};

const struct command_group commands_mode = {rows, ARRAY_SIZE(rows)};
