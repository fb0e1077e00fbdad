/*
 * cmd_chghost.c - CHGHOST: changes the visible host of a user.
 *
 *     with chghost       :nick!user@old CHGHOST user new
 *     without            :nick!user@old QUIT :Changing host
 *                        :nick!user@new JOIN #channel      for each channel that both are in,
 *                        :server MODE #channel +ov nick nick        with the previous modes
 *     the user           CHGHOST if supported; 396 in any case, and never a QUIT
 *
 * From then on channel bans match the new host, K-lines both hosts, D-lines the address.
 */
#include "chat/cmd/cmd_chghost.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/command.h"
#include "chat/model/auditorium.h"
#include "chat/out/caps.h"
#include "chat/out/monitor.h"
#include "chat/proto/addr_text.h"

#include <ctype.h>
#include <stdio.h>

struct chghost {
	struct request *q;
	struct user *u;
	char old[LINE_BODY_MAX]; /* the previous nick!user@host */
};

/* Letters, digits and . - _ : / beginning with a letter or digit: never part of a mask or a
 * trailing parameter. No address except the user's own, which reverts a change. */
bool host_valid(const char *host, const struct user *u)
{
	char real[HOST_BYTES_MAX];
	struct net_addr addr;
	uint32_t bits;

	if (u && u->conn)
		conn_host(u->conn, real);
	if (u && u->conn && strcmp(host, real) == 0)
		return true;
	if (!isalnum((unsigned char)host[0]) || strlen(host) >= HOST_BYTES_MAX)
		return false;
	for (const char *p = host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(".-_:/", *p))
			return false;
	return !addr_parse_cidr(&addr, &bits, host);
}

/* Sends a line to members of ch without chghost, except u; only to those with all caps of need and
 * none of deny. */
static void tell_members(const struct chghost *c, const struct channel *ch,
	const struct line_out *line, uint32_t need, uint32_t deny)
{
	struct delivery d;

	deliver_begin(&d, c->q->server, line);
	d.need = need;
	d.deny = deny | CAP_CHGHOST;
	uint32_t rank = channel_audience(ch, c->u);

	for (uint32_t i = 0; i < ch->count; i++)
		if (ch->members[i].user != c->u && (!rank || (ch->members[i].modes & rank)))
			deliver_user(&d, ch->members[i].user, NULL);
}

/* Restores modes: "+ov nick nick", or nothing for a plain member. */
static void give_modes_back(const struct chghost *c, const struct channel *ch)
{
	static const struct {
		uint32_t bit;
		const char *letter;
	} ranks[] = {{MEMBER_OWNER, "q"}, {MEMBER_ADMIN, "a"}, {MEMBER_OP, "o"},
		{MEMBER_HALFOP, "h"}, {MEMBER_VOICE, "v"}};
	struct server *s = c->q->server;
	struct line_out line = {.time = server_time(s)};
	uint32_t modes = channel_member(ch, c->u)->modes;

	if (modes == 0)
		return;
	line_add_all(&line, ":", s->config->server.name, " MODE ", ch->name, " +", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ranks); i++)
		if (modes & ranks[i].bit)
			line_adds(&line, ranks[i].letter);
	for (size_t i = 0; i < ARRAY_SIZE(ranks); i++)
		if (modes & ranks[i].bit)
			line_add_all(&line, " ", user_nick(c->u), NULL);
	tell_members(c, ch, &line, 0, 0);
}

static void come_back(const struct chghost *c, const struct channel *ch)
{
	const struct user *u = c->u;
	const char *account = user_account(u);
	struct line_out plain = {.time = server_time(c->q->server), .account = account};
	struct line_out extended = plain, away = plain;

	line_add_all(&plain, ":", user_mask(u), " JOIN ", ch->name, NULL);
	tell_members(c, ch, &plain, 0, CAP_EXTENDED_JOIN);
	line_add_all(&extended, ":", user_mask(u), " JOIN ", ch->name, " ", account ? account : "*",
		" :", user_real(u), NULL);
	tell_members(c, ch, &extended, CAP_EXTENDED_JOIN, 0);
	give_modes_back(c, ch);
	if (!user_away(u))
		return;
	line_add_all(&away, ":", user_mask(u), " AWAY :", user_away(u), NULL);
	tell_members(c, ch, &away, CAP_AWAY_NOTIFY, 0);
}

/* Informs peers in the form that each supports. */
static void tell_peers(const struct chghost *c, const struct line_out *chghost)
{
	struct server *s = c->q->server;
	struct line_out quit = {.time = server_time(s), .account = user_account(c->u)};
	const struct channel *ch;
	struct delivery d;
	uint32_t i = 0;

	deliver_begin(&d, s, chghost);
	d.need = CAP_CHGHOST;
	deliver_peers(&d, c->u);
	monitor_tell(s, c->u, chghost, CAP_CHGHOST | CAP_EXTENDED_MONITOR);
	line_add_all(&quit, ":", c->old, " QUIT :Changing host", NULL);
	deliver_begin(&d, s, &quit);
	d.deny = CAP_CHGHOST;
	deliver_peers(&d, c->u);
	while ((ch = user_next_channel(c->u, &i)))
		come_back(c, ch);
}

/* Informs one client of the user. */
static void tell_client(struct request *q, const struct line_out *chghost)
{
	if (q->conn->caps & CAP_CHGHOST)
		reply_line(q, chghost);
	reply(q, RPL_HOSTHIDDEN, "%s :is now your visible host", user_host(q->user));
}

/* Informs the user. */
static void tell_self(const struct chghost *c, const struct line_out *chghost)
{
	for (struct conn *own = c->u->conn; own; own = own->sibling) {
		struct request q = {.server = c->q->server, .conn = own, .user = c->u};

		if (own == c->q->conn) {
			tell_client(c->q, chghost);
			continue;
		}
		reply_begin(&q);
		tell_client(&q, chghost);
		reply_end(&q);
	}
}

bool host_change(struct request *q, struct user *u, const char *host)
{
	struct chghost c = {.q = q, .u = u};
	struct line_out line = {.time = server_time(q->server), .account = user_account(u)};

	snprintf(c.old, sizeof(c.old), "%s", user_mask(u));
	if (!user_set_names(u, &(struct user_names){.host = host})) {
		server_count(q->server, COUNT_NO_MEMORY);
		return false;
	}
	always_on_changed(q->server, u);
	LOG(q->server->log, INFO, "chghost", log_str("by", user_mask(q->user)),
		log_str("who", c.old), log_str("host", host));
	line_add_all(&line, ":", c.old, " CHGHOST ", user_name(u), " ", host, NULL);
	tell_peers(&c, &line);
	tell_self(&c, &line);
	if (u != q->user)
		reply_text(q, ":%s NOTICE %s :The host of %s is now %s",
			q->server->config->server.name, user_nick(q->user), user_nick(u), host);
	return true;
}

void host_change_by_server(struct server *s, struct user *u, const char *host)
{
	struct request q = {
		.server = s, .user = u}; /* of no connection: a line goes to each of u's */

	host_change(&q, u, host);
}

static void cmd_chghost(struct request *q)
{
	struct user *u = registry_registered(q->server, q->msg->params[0]);
	const char *host = q->msg->params[1];
	bool same = u && strcmp(user_host(u), host) == 0;

	if (!u)
		reply(q, ERR_NOSUCHNICK, "%.64s :No such nick", q->msg->params[0]);
	else if (user_remote(u))
		reply_note(q, &(struct reply_note){"FAIL", "CHGHOST", "CANNOT_CHANGE", user_nick(u),
				      "That user is on another server"});
	else if (!host_valid(host, u))
		reply_note(q, &(struct reply_note){"FAIL", "CHGHOST", "INVALID_HOST", user_nick(u),
				      "Host is not valid"});
	else if (!same && !host_change(q, u, host))
		reply_note(q, &(struct reply_note){"FAIL", "CHGHOST", "CANNOT_CHANGE", user_nick(u),
				      "Out of memory"});
	else if (same)
		reply_note(q, &(struct reply_note){"WARN", "CHGHOST", "ALREADY_SET", user_nick(u),
				      "That is the host already"});
}

static const struct command rows[] = {
	{"CHGHOST", 2, COMMAND_NEEDS(OPER_HOST), 4, cmd_chghost},
};

const struct command_group commands_chghost = {rows, ARRAY_SIZE(rows)};
