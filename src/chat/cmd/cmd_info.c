/*
 * cmd_info.c - server information: VERSION TIME ADMIN INFO LINKS STATS HELP LUSERS MOTD.
 */
#include "chat/cmd/cmd_info.h"

#include "chat/cluster.h"
#include "chat/cmd/command.h"
#include "chat/cmd/help.h"
#include "chat/cmd/isupport.h"
#include "chat/model/modes.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/glob.h"

#include <time.h>

static void cmd_version(struct request *q)
{
	const struct server *s = q->server;

	if (other_server(q, 0))
		return;
	reply(q, RPL_VERSION, "burble-" BURBLE_VERSION " %s :", s->config->server.name);
	send_isupport(q);
}

static void cmd_time(struct request *q)
{
	time_t now = (time_t)(q->server->wall / NSEC_SEC);
	char text[64];
	struct tm tm;

	if (other_server(q, 0))
		return;
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%A %B %d %Y -- %H:%M:%S +00:00", &tm);
	reply(q, RPL_TIME, "%s %lld 0 :%s", q->server->config->server.name, (long long)now, text);
}

static void cmd_admin(struct request *q)
{
	const struct config_server *c = &q->server->config->server;

	if (other_server(q, 0))
		return;
	if (!c->admin_location[0] && !c->admin_description[0] && !c->admin_email[0]) {
		reply(q, ERR_NOADMININFO, "%s :No administrative info available", c->name);
		return;
	}
	reply(q, RPL_ADMINME, "%s :Administrative info", c->name);
	reply(q, RPL_ADMINLOC1, ":%s", c->admin_location);
	reply(q, RPL_ADMINLOC2, ":%s", c->admin_description);
	reply(q, RPL_ADMINEMAIL, ":%s", c->admin_email);
}

static void cmd_info(struct request *q)
{
	if (other_server(q, 0))
		return;
	reply(q, RPL_INFO,
		":burble " BURBLE_VERSION ", a chat server for very many long connections");
	reply(q, RPL_INFO, ":History %s",
		config_keeps_history(q->server->config) ? "is kept" : "is not kept");
	reply(q, RPL_ENDOFINFO, ":End of INFO list");
}

/* LINKS [[server] mask]. All nodes of a network hear each other: each is one step away. */
static void cmd_links(struct request *q)
{
	const struct config_server *c = &q->server->config->server;
	uint32_t count = q->msg->count;
	const char *mask = count > 0 ? msg_param(q->msg, count - 1) : "*";
	struct cluster_node node;

	if (count > 1 && other_server(q, 0))
		return;
	if (glob_match(mask, c->name, &q->server->work))
		reply(q, RPL_LINKS, "%s %s :0 %s", c->name, c->name, c->description);
	for (uint32_t i = 0; cluster_other(q->server, i, &node); i++)
		if (node.up && glob_match(mask, node.name, &q->server->work))
			reply(q, RPL_LINKS, "%s %s :1 %s", node.name, c->name, node.about);
	reply(q, RPL_ENDOFLINKS, "%s :End of /LINKS list", mask);
}

static void stats_uptime(struct request *q)
{
	long long up = (q->server->now - q->server->began) / NSEC_SEC;

	reply(q, RPL_STATSUPTIME, ":Server Up %lld days %lld:%02lld:%02lld", up / 86400,
		up / 3600 % 24, up / 60 % 60, up % 60);
}

/* Of the network, if it has any. */
static void stats_network(struct request *q)
{
	struct net *n = q->server->net;
	const char *name;
	uint64_t value;

	for (unsigned i = 0; n->ops->counter && n->ops->counter(n, i, &name, &value); i++)
		reply(q, RPL_STATSDEBUG, "z :%s %llu", name, (unsigned long long)value);
}

static void stats_counters(struct request *q)
{
	const struct store *st = q->server->store;

	for (int c = 0; c < SERVER_COUNTERS; c++)
		reply(q, RPL_STATSDEBUG, "z :%s %llu", server_counter_name((enum server_counter)c),
			(unsigned long long)q->server->counters[c]);
	stats_network(q);
	reply(q, RPL_STATSDEBUG, "z :store appended %llu refused %llu commits %llu queries %llu",
		(unsigned long long)st->seen.appended, (unsigned long long)st->refused,
		(unsigned long long)st->seen.commits, (unsigned long long)st->seen.queries);
}

static void stats_opers(struct request *q)
{
	const struct config *c = q->server->config;

	for (size_t i = 0; i < c->opers.count; i++)
		reply(q, RPL_STATSOLINE, "O * * %s", c->opers.at[i].name);
}

/* K for user@host, D for addresses, A for accounts; minutes left, 0: for ever. A reply stream. */
struct ban_rows {
	struct reply_stream stream;
	struct request *q; /* of the current turn */
	uint32_t place;    /* hash_scan() of the bans */
	char letter;
};

static void end_of_stats(struct request *q, char letter)
{
	reply(q, RPL_ENDOFSTATS, "%c :End of /STATS report", letter ? letter : '*');
}

static void each_ban(struct hash_node *n, void *arg)
{
	const struct ban *b = container_of(n, struct ban, by_mask);
	struct request *q = ((struct ban_rows *)arg)->q;
	int64_t now = q->server->wall / NSEC_MSEC;
	long long left = b->expire_ms ? (b->expire_ms - now + 59999) / 60000 : 0;

	if (b->expire_ms == 0 || b->expire_ms > now)
		reply(q, RPL_STATSKLINE, "%c %s %lld :%s (%s)",
			b->kind == BAN_USER      ? 'K'
			: b->kind == BAN_ADDRESS ? 'D'
						 : 'A',
			b->mask, left, b->reason, b->setter);
}

static bool bans_step(struct request *q, struct reply_stream *a)
{
	struct ban_rows *r = container_of(a, struct ban_rows, stream);

	r->q = q;
	r->place = hash_scan(&q->server->bans.by_mask, r->place, each_ban, r);
	if (r->place)
		return true;
	end_of_stats(q, r->letter);
	return false;
}

void send_bans(struct request *q, char letter)
{
	struct ban_rows *r = reply_stream_new(q, sizeof(*r), bans_step);

	if (!r)
		return;
	r->letter = letter;
	reply_stream_start(q, &r->stream);
}

static void cmd_stats(struct request *q)
{
	char given = msg_param(q->msg, 0)[0], letter = case_fold(given);
	bool oper = user_may(q->user, OPER_STATS);

	if (letter == 'k' && oper) {
		send_bans(q, given);
		return;
	}
	if (letter && letter != 'u' && !oper)
		reply(q, ERR_NOPRIVILEGES, ":Permission Denied- You're not an IRC operator");
	else if (letter == 'u')
		stats_uptime(q);
	else if (letter == 'z')
		stats_counters(q);
	else if (letter == 'o')
		stats_opers(q);
	end_of_stats(q, given);
}

static void cmd_help(struct request *q)
{
	const char *subject = q->msg->count ? q->msg->params[0] : "INDEX";
	const struct help *h = help_find(subject);
	const char *line, *end;

	if (!h) {
		reply(q, ERR_HELPNOTFOUND, "%s :There is no help on this topic; try HELP", subject);
		return;
	}
	/* the canonical spelling, which is one word */
	reply(q, RPL_HELPSTART, "%s :%s", h->subject, h->title);
	for (line = h->text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		reply(q, RPL_HELPTXT, "%s :%.*s", h->subject, (int)(end - line), line);
	}
	reply(q, RPL_ENDOFHELP, "%s :End of /HELP", h->subject);
}

void send_lusers(struct request *q)
{
	const struct server *s = q->server;
	unsigned users = s->user_count, unknown = s->conn_count - s->user_count;
	unsigned all = users + cluster_users(s), nodes = 0, i = 0;
	struct cluster_node node;

	while (cluster_other(s, i++, &node))
		nodes += node.up;
	reply(q, RPL_LUSERCLIENT, ":There are %u users and %u invisible on %u servers",
		all - s->invisible_count, s->invisible_count, nodes + 1);
	reply(q, RPL_LUSEROP, "%u :operator(s) online", s->oper_count);
	reply(q, RPL_LUSERUNKNOWN, "%u :unknown connection(s)", unknown);
	reply(q, RPL_LUSERCHANNELS, "%u :channels formed", s->channels.count);
	reply(q, RPL_LUSERME, ":I have %u clients and %u servers", users, nodes);
	reply(q, RPL_LOCALUSERS, "%u %u :Current local users %u, max %u", users, s->user_peak,
		users, s->user_peak);
	reply(q, RPL_GLOBALUSERS, "%u %u :Current global users %u, max %u", all,
		u32_max(all, s->user_peak), all, u32_max(all, s->user_peak));
}

void send_motd(struct request *q)
{
	const char *p = q->server->motd;

	if (!p) {
		reply(q, ERR_NOMOTD, ":MOTD File is missing");
		return;
	}
	reply(q, RPL_MOTDSTART, ":- %s Message of the day -", q->server->config->server.name);
	while (*p) {
		int n = (int)strcspn(p, "\r\n");

		reply(q, RPL_MOTD, ":- %.*s", n, p);
		p += n;
		p += *p == '\r';
		p += *p == '\n';
	}
	reply(q, RPL_ENDOFMOTD, ":End of /MOTD command.");
}

static void cmd_motd(struct request *q)
{
	if (!other_server(q, 0))
		send_motd(q);
}

static const struct command rows[] = {
	{"LUSERS", 0, 0, 1, send_lusers},
	{"MOTD", 0, 0, 1, cmd_motd},
	{"VERSION", 0, 0, 1, cmd_version},
	{"TIME", 0, 0, 1, cmd_time},
	{"ADMIN", 0, 0, 1, cmd_admin},
	{"INFO", 0, 0, 1, cmd_info},
	{"LINKS", 0, 0, 1, cmd_links},
	{"STATS", 0, 0, 2, cmd_stats},
	{"HELP", 0, 0, 1, cmd_help},
	{"HELPOP", 0, 0, 1, cmd_help},
};

const struct command_group commands_info = {rows, ARRAY_SIZE(rows)};
