/*
 * cmd_registration.c - PASS NICK USER QUIT ERROR PING PONG, and the welcome.
 */
#include "chat/cmd/cmd_registration.h"

#include "chat/cmd/cmd_persistence.h"

#include "base/utf8.h"
#include "chat/accounts/vhost.h"
#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_info.h"
#include "chat/cmd/cmd_metadata.h"
#include "chat/cmd/command.h"
#include "chat/cmd/dnsbl.h"
#include "chat/cmd/filtering.h"
#include "chat/cmd/isupport.h"
#include "chat/cmd/login.h"
#include "chat/cmd/missed.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/presence.h"
#include "chat/cmd/service.h"
#include "chat/history/ban_enforce.h"
#include "chat/history/history_event.h"
#include "chat/model/modes.h"
#include "chat/out/conn_time.h"
#include "chat/out/monitor.h"

#include <stdio.h>

/* Tells u and those who share a channel with it; q: the request of one of its clients, or NULL. */
static void announce_nick(struct server *s, struct user *u, const char *old_mask, struct request *q)
{
	struct line_out o = {.time = server_time(s), .account = user_account(u)};
	struct history_event e = {.user = u, .source = old_mask, .command = "NICK"};
	struct delivery d;

	line_add_all(&o, ":", old_mask, " NICK ", user_nick(u), NULL);
	history_event_params(&e, user_nick(u), NULL);
	history_event_of_all(s, u, &e);
	if (q)
		reply_line(q, &o);
	deliver_begin(&d, s, &o);
	deliver_peers(&d, u);
	deliver_user(&d, u, q ? q->conn : NULL);
}

/* Changes the nick, and announces it if u is registered; false if out of memory. */
static bool set_nick(struct server *s, struct user *u, const char *nick, struct request *q)
{
	char old[LINE_BODY_MAX];
	/* changing only the case keeps the nick */
	bool another = !case_equal(user_nick(u), nick);
	bool renamed = user_registered(u) && another;

	snprintf(old, sizeof(old), "%s", user_mask(u));
	if (renamed) {
		whowas_add(&s->whowas, u, s->wall, (uint32_t)s->config->limits.whowas);
		monitor_offline(s, u);
	}
	if (another)
		cluster_nick_left(s, u, user_nick(u));
	if (!registry_set_nick(s, u, nick))
		return false;
	if (another && !user_remote(u))
		/* with other nodes: a time to compare */
		u->nick_since = s->cluster ? msgid_next(&s->ids, s->wall) : s->ids.last;
	always_on_changed(s, u);
	if (renamed)
		monitor_online(s, u);
	if (user_registered(u))
		announce_nick(s, u, old, q);
	return true;
}

bool nick_set(struct server *s, struct user *u, const char *nick)
{
	return set_nick(s, u, nick, NULL);
}

void nick_change(struct request *q, const char *nick)
{
	if (!set_nick(q->server, q->user, nick, q))
		conn_out_of_memory(q->server, q->conn);
	else if (!user_registered(q->user))
		registration_check(q);
	else if (q->server->bans.with_nick) /* no way around a ban of nicks */
		for (struct conn *c = q->user->conn; c; c = c->sibling)
			ban_enforce_user(q->server, c);
}

/* An unregistered client holds a nick only until another client requests it; it then gets 433. */
void nick_lost(struct server *s, struct user *holder)
{
	struct request other = {.server = s, .conn = holder->conn, .user = holder};
	char nick[NICK_BYTES_MAX];

	snprintf(nick, sizeof(nick), "%s", user_nick(holder));
	cluster_nick_left(s, holder, nick);
	registry_drop_nick(s, holder);
	holder->modes |= USER_NICK_LOST;
	reply_begin(&other);
	reply(&other, ERR_NICKNAMEINUSE, "%s :Nickname is already in use", nick);
	reply_end(&other);
}

/* Whether the nick is free in the network; false: refused, or the command waits. */
static bool nick_free(struct request *q, const char *nick)
{
	enum cluster_nick result = cluster_nick(q->server, q, nick);

	if (result == CLUSTER_NICK_BUSY)
		reply(q, ERR_NICKNAMEINUSE, "%s :Too many nicks are being asked for, try again",
			nick);
	return result == CLUSTER_NICK_OWN;
}

/* Before registration a nick that belongs to an account may be taken, to log in with; who has not
 * done so at the end loses it (registration_check()). */
static void nick_taken(struct request *q, const char *nick)
{
	if (user_registered(q->user) && nick_refused(q, nick))
		return;
	if (user_registered(q->user) && !case_equal(user_nick(q->user), nick) &&
		!nick_free(q, nick))
		return;
	nick_change(q, nick);
	nick_enforce(q);
}

/* Another user has the nick, perhaps the one that q's client is about to join. */
static void nick_in_use(struct request *q, const struct user *holder, const char *nick)
{
	if (!presence_may_wait(q, holder)) {
		if (!user_registered(q->user))
			q->user->modes |= USER_NICK_LOST;
		reply(q, ERR_NICKNAMEINUSE, "%s :Nickname is already in use", nick);
	} else if (!registry_want_nick(q->server, q->user, nick)) {
		conn_out_of_memory(q->server, q->conn);
	} else {
		registration_check(q);
	}
}

static void cmd_nick(struct request *q)
{
	const char *nick = msg_param(q->msg, 0);
	struct user *other;

	if (!*nick) {
		reply(q, ERR_NONICKNAMEGIVEN, ":No nickname given");
		return;
	}
	if (!nick_valid(nick, (size_t)q->server->config->limits.nick_length) ||
		service_find(nick)) {
		reply(q, ERR_ERRONEUSNICKNAME, "%.64s :Erroneous nickname", nick);
		return;
	}
	if (!request_user(q))
		return;
	other = registry_user(q->server, nick);
	if (other && other != q->user && !user_registered(other)) {
		nick_lost(q->server, other);
		other = NULL;
	}
	if (other && other != q->user)
		nick_in_use(q, other, nick);
	else if (!other || strcmp(user_nick(q->user), nick) != 0)
		nick_taken(q, nick);
}

/* Copies the user name without hidden characters and those that masks use. There is no ident
 * lookup, and so no '~' to mark unverified names. */
static void clean_username(char out[USERNAME_MAX + 1], const char *from, size_t max)
{
	char kept[LINE_BODY_MAX];
	size_t n = 0;

	while (*from) {
		const char *start = from;

		if (char_is_hidden(utf8_next(&from)) || strchr("@!*?:", *start))
			continue;
		memcpy(kept + n, start, (size_t)(from - start));
		n += (size_t)(from - start);
	}
	kept[n] = '\0';
	n = utf8_cut(kept, size_min(max, USERNAME_MAX));
	snprintf(out, USERNAME_MAX + 1, "%.*s", (int)n, n ? kept : "u");
}

static void cmd_user(struct request *q)
{
	const struct config_limits *limits = &q->server->config->limits;
	char name[USERNAME_MAX + 1], real[LINE_BODY_MAX];

	if (user_registered(q->user)) {
		reply(q, ERR_ALREADYREGISTERED, ":You may not reregister");
		return;
	}
	if (!*msg_param(q->msg, 0) || !*msg_param(q->msg, 3)) {
		reply(q, ERR_NEEDMOREPARAMS, "USER :Not enough parameters");
		return;
	}
	if (!request_user(q))
		return;
	clean_username(name, q->msg->params[0], (size_t)limits->user_length);
	snprintf(real, sizeof(real), "%.*s",
		(int)utf8_cut(q->msg->params[3], (size_t)limits->real_length), q->msg->params[3]);
	if (!user_set_names(q->user, &(struct user_names){.name = name, .real = real})) {
		conn_out_of_memory(q->server, q->conn);
		return;
	}
	registration_check(q);
}

/* No reply: the end of registration reports the result. The last PASS counts. */
static void pass_known(struct request *q, const char *name, bool right)
{
	if (right)
		q->conn->flags |= CONN_PASS_OK;
}

static void cmd_pass(struct request *q)
{
	const char *want = q->server->config->server.password;

	if (user_registered(q->user)) {
		reply(q, ERR_ALREADYREGISTERED, ":You may not reregister");
	} else if (want && *want) {
		q->conn->flags &= (uint16_t)~CONN_PASS_OK;
		password_attempt_begin(q, &(struct password_attempt){.stored = want,
						  .given = q->msg->params[0],
						  .name = "",
						  .end = pass_known});
	}
}

static void welcome(struct request *q)
{
	struct server *s = q->server;
	const struct config_server *c = &s->config->server;
	char created[TIME_TEXT_MAX], of_user[MODE_LETTERS_MAX];
	char of_channel[MODE_LETTERS_MAX], with_param[MODE_LETTERS_MAX];

	time_text(created, s->started / NSEC_MSEC);
	user_modes_text(~0u, of_user);
	mode_letters(~0u, of_channel);
	mode_letters(~(1u << MODE_FLAG), with_param);
	reply(q, RPL_WELCOME, ":Welcome to the %s Network, %s", c->network, user_mask(q->user));
	reply(q, RPL_YOURHOST, ":Your host is %s, running version burble-" BURBLE_VERSION, c->name);
	reply(q, RPL_CREATED, ":This server was started %s", created);
	reply(q, RPL_MYINFO, "%s burble-" BURBLE_VERSION " %s %s %s", c->name, of_user, of_channel,
		with_param);
	send_isupport(q);
	send_lusers(q);
	send_motd(q);
	persistence_welcome(q);
	if ((q->user->modes & USER_CLOAKED) || (q->user->account && vhost_of(q->user->account)))
		reply(q, RPL_HOSTHIDDEN, "%s :is now your visible host", user_host(q->user));
}

/* The end of a registration that joins a user who is there. */
static void join_presence(struct request *q, struct user *u)
{
	uint64_t gone;

	if (!presence_join(q, u, &gone))
		return;
	welcome(q);
	metadata_welcome(q);
	presence_show_channels(q);
	missed_replay(q, gone);
}

/* Takes the nick that q's user has waited for, or tells that another still has it; false then. */
static bool nick_comes(struct request *q)
{
	char nick[NICK_BYTES_MAX];

	snprintf(nick, sizeof(nick), "%s", user_nick(q->user));
	if (!(q->user->modes & USER_NICK_WAITS))
		return true;
	if (!registry_user(q->server, nick))
		return registry_set_nick(q->server, q->user, nick);
	registry_drop_nick(q->server, q->user);
	reply(q, ERR_NICKNAMEINUSE, "%s :Nickname is already in use", nick);
	return false;
}

static void register_user(struct request *q)
{
	struct server *s = q->server;
	struct user *u = q->user;

	u->modes |= USER_REGISTERED | (q->conn->flags & CONN_SECURE ? USER_SECURE : 0);
	u->signed_on = u->active = s->now;
	s->user_count++;
	if (s->user_count > s->user_peak)
		s->user_peak = s->user_count;
	conn_registered(s, q->conn);
	oper_notify(s, NOTICE_CLIENTS, "%s connects%s", user_mask(u),
		q->conn->flags & CONN_SECURE ? " (TLS)" : "");
	cluster_user(s, u);
	welcome(q);
	metadata_welcome(q);
	monitor_online(s, u);
	always_on_begin(s, u);
	nick_enforce(q);
}

void registration_check(struct request *q)
{
	struct server *s = q->server;
	struct user *u = q->user, *there;
	const char *password = s->config->server.password;

	if (user_registered(u) || user_nick(u)[0] == '*' || !*user_name(u) ||
		(q->conn->flags & (CONN_CAP | CONN_LEAVING)))
		return;
	if (password && *password && !(q->conn->flags & CONN_PASS_OK)) {
		reply(q, ERR_PASSWDMISMATCH, ":Password incorrect");
		conn_leave(s, q->conn, "Bad password");
		return;
	}
	if (ban_enforce_user(s, q->conn) || login_missing(q) || dnsbl_waits(q))
		return;
	there = presence_of(q);
	if (there) {
		join_presence(q, there);
		return;
	}
	if (!nick_comes(q))
		return;
	if (nick_refused(q, user_nick(u)))
		registry_drop_nick(s, u);
	else if (nick_free(q, user_nick(u)))
		register_user(q);
}

/* Meanwhile another client of this server may have taken it. */
void nick_granted(struct request *q, const char *nick)
{
	struct user *other = registry_user(q->server, nick);

	if (other && other != q->user && !user_registered(other)) {
		nick_lost(q->server, other);
		other = NULL;
	}
	if (other && other != q->user)
		reply(q, ERR_NICKNAMEINUSE, "%s :Nickname is already in use", nick);
	else if (!user_registered(q->user))
		registration_check(q);
	else
		nick_change(q, nick);
}

static void cmd_quit(struct request *q)
{
	const char *said = msg_param(q->msg, 0);
	struct filtering f = {FILTER_QUIT, "*", said, strlen(said)};
	char why[LINE_BODY_MAX];

	snprintf(why, sizeof(why), "Quit: %s", said);
	conn_leave(q->server, q->conn, *said && !filtered(q, &f) ? why : "Quit");
}

static void cmd_ping(struct request *q)
{
	if (q->msg->count == 0)
		reply(q, ERR_NOORIGIN, ":No origin specified");
	else
		reply_text(q, ":%s PONG %s :%s", q->server->config->server.name,
			q->server->config->server.name, q->msg->params[0]);
}

/* PONG: the arrival of bytes is all that matters. ERROR: meaningless from a client. */
static void cmd_nothing(struct request *q)
{
}

static const struct command rows[] = {
	{"ERROR", 0, COMMAND_EARLY, 1, cmd_nothing},
	{"NICK", 0, COMMAND_EARLY, 1, cmd_nick},
	{"PASS", 1, COMMAND_EARLY, 1, cmd_pass},
	{"PING", 0, COMMAND_EARLY, 1, cmd_ping},
	{"PONG", 0, COMMAND_EARLY, 0, cmd_nothing},
	{"QUIT", 0, COMMAND_EARLY, 0, cmd_quit},
	{"USER", 4, COMMAND_EARLY, 1, cmd_user},
};

const struct command_group commands_registration = {rows, ARRAY_SIZE(rows)};
