/* chanserv.c - ChanServ: registered channels, and the ranks of accounts in them. */
#include "chat/cmd/chanserv.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/later.h"
#include "chat/cmd/oper_list.h"
#include "chat/history/history_event.h"
#include "chat/model/auditorium.h"
#include "chat/model/channel_history.h"
#include "chat/model/channel_owned.h"
#include "chat/model/modes.h"
#include "chat/out/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define say(c, ...) service_say((c)->q, &chanserv, __VA_ARGS__)

static const char ranks[] = "qaohv"; /* in the order of enum member_mode */

/* Writes the letters of member modes. */
static void letters_of(uint32_t modes, char out[8])
{
	size_t n = 0;

	for (size_t i = 0; ranks[i]; i++)
		if (modes & 1u << i)
			out[n++] = ranks[i];
	out[n] = '\0';
}

/* Announces a change of a member's modes, all of them given or taken. */
static void announce(
	struct server *s, const struct channel *ch, const struct user *u, char sign, uint32_t modes)
{
	struct line_out o = {.time = server_time(s)};
	char letters[8], change[9], nicks[5 * (NICK_BYTES_MAX + 2)] = "", head[LINE_BODY_MAX];
	struct history_event e = {.source = head, .command = "MODE"};
	size_t n = 0;
	struct delivery d;

	letters_of(modes, letters);
	for (size_t i = 0; letters[i]; i++)
		n += (size_t)snprintf(nicks + n, sizeof(nicks) - n, " %s", user_nick(u));
	snprintf(head, sizeof(head), "ChanServ!ChanServ@%s", s->config->server.name);
	history_event_params(&e, ch->name, sign == '+' ? " +" : " -", letters, nicks, NULL);
	line_add_all(&o, ":", head, " MODE ", e.params, NULL);
	if (!channel_audience(ch, u))
		history_event(s, ch, &e, &o);
	snprintf(change, sizeof(change), "%c%s", sign, letters);
	cluster_mode(s, &(struct cluster_mode){
				.channel = ch, .source = head, .letters = change, .params = nicks});
	deliver_begin(&d, s, &o);
	deliver_about(&d, ch, u, NULL);
}

void chanserv_greet(struct server *s, struct channel *ch, struct user *u)
{
	struct member *m = channel_member(ch, u);
	uint32_t modes = owned_modes(ch, u), fresh = m ? modes & ~m->modes : 0;

	if (modes)
		owned_used(s, ch);
	if (!fresh)
		return;
	m->modes |= fresh;
	always_on_joined(s, u, ch);
	announce(s, ch, u, '+', fresh);
}

void chanserv_greet_all(struct server *s, struct user *u)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i)))
		chanserv_greet(s, ch, u);
}

/* --- commands --- */

/* The channel of a command; NULL, with an answer, if there is none or it is not registered. */
static struct channel *channel_of(struct service_call *c)
{
	struct channel *ch = registry_channel(c->q->server, c->word[1]);

	if (ch && ch->owned)
		return ch;
	say(c, "That channel is not registered.");
	return NULL;
}

static bool is_oper(const struct service_call *c)
{
	return user_may(c->q->user, OPER_ACCOUNTS);
}

static bool is_founder(const struct service_call *c, const struct channel *ch)
{
	return user_account(c->q->user) && case_equal(ch->owned->founder, user_account(c->q->user));
}

/* The same for the founder, or an operator, whose use of it is logged. */
static struct channel *own_channel(struct service_call *c)
{
	struct channel *ch = channel_of(c);

	if (!ch || is_founder(c, ch))
		return ch;
	if (is_oper(c)) {
		LOG(c->q->server->log, INFO, "oper.override", log_str("who", user_mask(c->q->user)),
			log_str("command", c->word[0]), log_str("channel", ch->name));
		return ch;
	}
	say(c, "Only its founder may do that.");
	return NULL;
}

/* A change waiting for the disk. */
struct pending {
	struct later later;
	bool registers;
	char name[CHANNEL_BYTES_MAX + 1], text[REPLY_MAX];
};

/* Prepares the answer; NULL, with an answer, if out of memory. */
static struct pending *pending_new(
	struct service_call *c, const struct channel *ch, const char *text, const char *more)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p) {
		say(c, "Out of memory.");
		return NULL;
	}
	p->later.server = c->q->server;
	snprintf(p->name, sizeof(p->name), "%s", ch->name);
	snprintf(p->text, sizeof(p->text), "%s %s%s.", ch->name, text, more);
	return p;
}

static void registered(struct pending *p, enum store_status status)
{
	struct server *s = p->later.server;
	struct channel *ch = registry_channel(s, p->name);

	if (status == STORE_OK) {
		LOG(s->log, INFO, "channel.registered", log_str("channel", p->name));
		oper_notify(s, NOTICE_REGISTRATIONS, "channel %s is registered", p->name);
	} else if (ch && ch->owned) {
		owned_end(s, ch, NULL, NULL);
	}
}

static void written(void *arg, const struct store_reply *reply)
{
	struct pending *p = arg;
	struct server *s = p->later.server;
	struct channel *ch;
	struct request q;

	if (p->registers)
		registered(p, reply->status);
	if (later_resume(&p->later, &q)) {
		ch = registry_channel(s, p->name);
		if (reply->status == STORE_OK)
			service_say(&q, &chanserv, "%s", p->text);
		else
			service_say(&q, &chanserv, "That is not on the disk: %s.",
				store_status_text(reply->status));
		if (ch)
			chanserv_greet(s, ch, q.user);
		later_end(&q);
	}
	free(p);
}

/* Waits for `written`, or answers that the change cannot be written. */
static void started(struct service_call *c, struct pending *p, enum store_status status)
{
	if (status == STORE_OK) {
		later_begin(c->q, &p->later);
		return;
	}
	say(c, "That is not on the disk: %s.", store_status_text(status));
	free(p);
}

/* The answer to a change of ch, after its commit. */
static void confirm(struct service_call *c, struct channel *ch, const char *text, const char *more)
{
	struct pending *p = pending_new(c, ch, text, more);

	if (p)
		started(c, p, owned_confirm(c->q->server, ch, written, p));
}

/* Why a channel cannot be registered by q's user; NULL if it can. */
static const char *refuse_channel(const struct request *q, const char *name)
{
	const char *account = user_account(q->user);
	const struct channel *ch = registry_channel(q->server, name);
	const struct member *m = ch ? channel_member(ch, q->user) : NULL;

	if (!account)
		return "You are not logged in.";
	if (!m || !(m->modes & MEMBER_FULL_OP))
		return "You are not operator of that channel.";
	if (ch->owned)
		return "It is registered already.";
	if (owned_count(q->server, account) >= q->server->config->accounts.channels)
		return "Your account has too many channels.";
	return NULL;
}

/* No other server registers it. */
static void channel_locked(void *arg, enum cluster_lock result)
{
	struct pending *p = arg;
	enum store_status status = STORE_NO_MEMORY;
	const char *why = NULL;
	struct request q;

	if (!later_resume(&p->later, &q)) {
		free(p);
		return;
	}
	if (result == CLUSTER_LOCK_TAKEN)
		why = "It is being registered on another server.";
	else if (result == CLUSTER_LOCK_AWAY)
		why = "Names cannot be checked on the network now, try again later.";
	else
		why = refuse_channel(&q, p->name);
	if (!why) {
		status = owned_begin(q.server, registry_channel(q.server, p->name),
			user_account(q.user), written, p);
		if (status == STORE_OK)
			later_begin(&q, &p->later);
		else
			service_say(&q, &chanserv, "That is not on the disk: %s.",
				store_status_text(status));
	} else {
		service_say(&q, &chanserv, "%s", why);
	}
	later_end(&q);
	if (status != STORE_OK)
		free(p);
}

static void cs_register(struct service_call *c)
{
	const char *why = refuse_channel(c->q, c->word[1]);
	struct pending *p;

	if (why) {
		say(c, "%s", why);
		return;
	}
	p = pending_new(c, registry_channel(c->q->server, c->word[1]), "is registered", "");
	if (!p)
		return;
	p->registers = true;
	later_begin(c->q, &p->later);
	cluster_lock(c->q->server, p->name, channel_locked, p);
}

static uint32_t drop_code(const struct request *q, const struct channel *ch)
{
	uint64_t h = siphash(ch->name, strlen(ch->name), &q->server->key);

	return (uint32_t)(siphash_2u64(q->user->session, h, &q->server->key) % 1000000);
}

static void cs_drop(struct service_call *c)
{
	struct channel *ch = own_channel(c);
	struct pending *p;

	if (!ch)
		return;
	if (c->count < 3 || strtoul(c->word[2], NULL, 10) != drop_code(c->q, ch)) {
		say(c, "This ends the registration of %s. To confirm:", ch->name);
		say(c, "/CS DROP %s %06u", ch->name, drop_code(c->q, ch));
		return;
	}
	LOG(c->q->server->log, INFO, "channel.dropped", log_str("channel", ch->name),
		log_str("by", user_mask(c->q->user)));
	p = pending_new(c, ch, "is not registered any more", "");
	if (p)
		started(c, p, owned_end(c->q->server, ch, written, p));
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* Its founder's choice as people read it. */
static void history_text(const struct server *s, const struct channel *ch, char out[REPLY_MAX])
{
	char choice[CHANNEL_HISTORY_TEXT_MAX];

	channel_history_print(ch->owned->history, choice);
	if (ch->owned->history == CHANNEL_HISTORY_DEFAULT)
		snprintf(out, REPLY_MAX, "%s (%s)", choice, on_off(channel_keeps_history(s, ch)));
	else if (ch->owned->history <= CHANNEL_HISTORY_DAYS_MAX)
		snprintf(out, REPLY_MAX, "%s days", choice);
	else
		snprintf(out, REPLY_MAX, "%s", choice);
}

static void cs_info(struct service_call *c)
{
	const struct channel *ch = channel_of(c);
	const struct account *a;
	char text[TIME_TEXT_MAX], history[REPLY_MAX];

	if (!ch)
		return;
	if ((ch->modes & CHANNEL_SECRET) && !channel_member(ch, c->q->user) &&
		!owned_modes(ch, c->q->user) && !is_oper(c)) {
		say(c, "That channel is not registered.");
		return;
	}
	a = accounts_find(&c->q->server->accounts, ch->owned->founder);
	time_text(text, ch->owned->registered_ms);
	text[19] = '\0'; /* without the fraction */
	say(c, "Channel: %s", ch->name);
	say(c, "Founder: %s", a ? a->name : ch->owned->founder);
	say(c, "Registered: %s UTC", text);
	if (config_keeps_history(c->q->server->config)) {
		history_text(c->q->server, ch, history);
		say(c, "History: %s", history);
	}
}

static void cs_transfer(struct service_call *c)
{
	struct channel *ch = own_channel(c);
	const struct account *a = accounts_find(&c->q->server->accounts, c->word[2]);

	if (!ch)
		return;
	if (!a || !account_usable(a)) {
		say(c, "There is no account %s.", c->word[2]);
	} else if (owned_transfer(c->q->server, ch, a->name)) {
		LOG(c->q->server->log, INFO, "channel.transferred", log_str("channel", ch->name),
			log_str("to", a->name), log_str("by", user_mask(c->q->user)));
		confirm(c, ch, "belongs now to ", a->name);
	}
}

/* --- SET --- */

/* Whether a channel may not have that choice, with an answer. */
static bool refuse_history(struct service_call *c, uint16_t choice)
{
	const struct config *conf = c->q->server->config;
	int64_t most = conf->history.max_age / (24 * 3600 * NSEC_SEC);

	if (!config_keeps_history(conf))
		say(c, "This server keeps no history.");
	else if (conf->history.max_age && choice <= CHANNEL_HISTORY_DAYS_MAX && choice > most)
		say(c, "This server keeps messages for %" PRId64 " days at most.", most);
	else
		return false;
	return true;
}

/* SET #channel HISTORY on|off|days|default */
static void cs_set(struct service_call *c)
{
	struct channel *ch = own_channel(c);
	char text[REPLY_MAX];
	uint16_t choice;

	if (!ch)
		return;
	if (!case_equal(c->word[2], "HISTORY") || !channel_history_parse(c->word[3], &choice)) {
		say(c, "Usage: SET #channel HISTORY on|off|days|default");
		return;
	}
	if (refuse_history(c, choice))
		return;
	owned_set_history(c->q->server, ch, choice);
	LOG(c->q->server->log, INFO, "channel.history", log_str("channel", ch->name),
		log_str("history", c->word[3]), log_str("by", user_mask(c->q->user)));
	history_text(c->q->server, ch, text);
	confirm(c, ch, "has as history: ", text);
}

/* --- AMODE --- */

static void show_access(struct service_call *c, const struct channel *ch)
{
	for (uint32_t i = 0; i < ch->owned->access.count; i++) {
		char letters[8];

		letters_of(ch->owned->access.at[i].modes, letters);
		say(c, "+%s %s", letters, ch->owned->access.at[i].account);
	}
	say(c, "%u accounts have a rank in %s, besides its founder.", ch->owned->access.count,
		ch->name);
}

/* "+o" or "-o", of one rank; false if it is none of them. */
static bool parse_rank(const char *text, bool *adding, uint32_t *mode)
{
	const char *at = text[0] && text[1] ? strchr(ranks, text[1]) : NULL;

	if (!at || text[2] || (text[0] != '+' && text[0] != '-'))
		return false;
	*adding = text[0] == '+';
	*mode = 1u << (at - ranks);
	return true;
}

/* Applies the rank to those who are logged in to the account and in the channel. */
static void apply(struct server *s, struct channel *ch, const struct account *a, uint32_t lost)
{
	for (uint32_t i = 0; i < a->sessions.count; i++) {
		struct user *u = a->sessions.at[i];
		struct member *m = channel_member(ch, u);

		if (m && (m->modes & lost)) {
			m->modes &= ~lost;
			always_on_joined(s, u, ch);
			announce(s, ch, u, '-', lost);
		}
		chanserv_greet(s, ch, u);
	}
}

void chanserv_changed(struct server *s, struct channel *ch, const struct account *a, uint32_t lost)
{
	apply(s, ch, a, lost);
}

static uint32_t highest(uint32_t modes)
{
	return modes & -modes;
}

/* Whether an account with the ranks `by`, no founder, changes those of one that has `had`: with q
 * or a, below its own. An operator does not make others operators for good. */
static bool may_rank(uint32_t by, uint32_t had, uint32_t mode)
{
	uint32_t own = highest(by & (MEMBER_OWNER | MEMBER_ADMIN));

	return own && highest(mode) > own && (!had || highest(had) > own);
}

static void set_rank(struct service_call *c, struct channel *ch, bool adding, uint32_t mode)
{
	struct server *s = c->q->server;
	const struct account *a = accounts_find(&s->accounts, c->word[3]);
	const struct owned_access *access = a ? owned_access_of(ch, a->name) : NULL;
	uint32_t had = access ? access->modes : 0, has = adding ? mode : had & ~mode;

	if (!may_rank(owned_modes(ch, c->q->user), had, mode) && !own_channel(c))
		return;
	if (!a) {
		say(c, "There is no account %s.", c->word[3]);
	} else if (case_equal(a->name, ch->owned->founder)) {
		say(c, "The founder has every rank.");
	} else if (has == had) {
		say(c, "%s %s that rank.", a->name, adding ? "has" : "does not have");
	} else if (!owned_set_access(s, ch, a->name, has)) {
		say(c, "There are too many accounts with a rank.");
	} else {
		apply(s, ch, a, had & ~has);
		confirm(c, ch, has ? "has a rank for " : "has no rank for ", a->name);
	}
}

/* AMODE #channel [+o account]: a rank given at every join. */
static void cs_amode(struct service_call *c)
{
	struct channel *ch = channel_of(c);
	bool adding;
	uint32_t mode;

	if (!ch)
		return;
	if (c->count == 2 && !owned_modes(ch, c->q->user) && !is_oper(c))
		say(c, "You have no rank there.");
	else if (c->count == 2)
		show_access(c, ch);
	else if (c->count == 4 && parse_rank(c->word[2], &adding, &mode))
		set_rank(c, ch, adding, mode);
	else
		say(c, "Usage: AMODE #channel [+q|+a|+o|+h|+v account, or with -]");
}

/* --- OP DEOP --- */

static void change_op(struct service_call *c, bool give)
{
	struct channel *ch = channel_of(c);
	const char *nick = c->count > 2 ? c->word[2] : user_nick(c->q->user);
	struct user *u = registry_registered(c->q->server, nick);
	struct member *m = ch && u ? channel_member(ch, u) : NULL;
	uint32_t rank = ch ? owned_modes(ch, c->q->user) : 0;

	if (!ch)
		return;
	if (!(rank & MEMBER_FULL_OP)) {
		say(c, "You are not operator of that channel.");
	} else if (!m) {
		say(c, "%s is not there.", nick);
	} else if (u != c->q->user && !member_may_touch(rank, m->modes)) {
		say(c, "Your rank is not above that of %s.", nick);
	} else if (!!(m->modes & MEMBER_OP) != give) {
		m->modes ^= MEMBER_OP;
		announce(c->q->server, ch, u, give ? '+' : '-', MEMBER_OP);
	}
}

static void cs_op(struct service_call *c)
{
	change_op(c, true);
}

static void cs_deop(struct service_call *c)
{
	change_op(c, false);
}

static const struct service_command commands[] = {
	{"REGISTER", 2, SERVICE_LOGIN, cs_register, "REGISTER #channel",
		"Makes your account the founder of a channel that you are operator of: it stays "
		"when it is empty, with topic, modes and masks, and you are operator when you "
		"join."},
	{"DROP", 2, 0, cs_drop, "DROP #channel [code]", "Ends the registration of a channel."},
	{"INFO", 2, 0, cs_info, "INFO #channel",
		"Shows the founder and the settings of a channel."},
	{"TRANSFER", 3, 0, cs_transfer, "TRANSFER #channel account",
		"Makes another account the founder."},
	{"SET", 4, 0, cs_set, "SET #channel HISTORY on|off|days|default",
		"Whether what is said in the channel is kept, and for how many days; default: as "
		"the "
		"server does it. With off, what was kept can no longer be read, and is deleted."},
	{"AMODE", 2, 0, cs_amode, "AMODE #channel [+o account]",
		"Shows or changes the rank (q a o h v) that an account has when it joins. Besides "
		"the "
		"founder, those with q and a change the ranks below their own."},
	{"OP", 2, SERVICE_LOGIN, cs_op, "OP #channel [nick]",
		"Makes you, or somebody else, operator, if your account has that rank."},
	{"DEOP", 2, SERVICE_LOGIN, cs_deop, "DEOP #channel [nick]", "Takes it back."},
};

const struct service chanserv = {
	"ChanServ", "ChanServ keeps channels for accounts.", commands, ARRAY_SIZE(commands)};
