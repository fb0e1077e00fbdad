/*
 * cmd_query.c - what a client may ask about the server: LUSERS MOTD.
 */
#include "chat/cmd/command.h"

void send_lusers(struct request *q)
{
	const struct server *s = q->server;
	unsigned users = s->user_count, unknown = s->conn_count - s->user_count;

	reply(q, RPL_LUSERCLIENT, ":There are %u users and %u invisible on 1 servers",
		users - s->invisible_count, s->invisible_count);
	reply(q, RPL_LUSEROP, "%u :operator(s) online", s->oper_count);
	reply(q, RPL_LUSERUNKNOWN, "%u :unknown connection(s)", unknown);
	reply(q, RPL_LUSERCHANNELS, "%u :channels formed", s->channels.count);
	reply(q, RPL_LUSERME, ":I have %u clients and 0 servers", users);
	reply(q, RPL_LOCALUSERS, "%u %u :Current local users %u, max %u", users, s->user_peak,
		users, s->user_peak);
	reply(q, RPL_GLOBALUSERS, "%u %u :Current global users %u, max %u", users, s->user_peak,
		users, s->user_peak);
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
};

const struct command_group commands_query = {rows, ARRAY_SIZE(rows)};
