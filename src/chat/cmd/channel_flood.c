/* channel_rate.c - mode f: the server's kick. */
#include "chat/cmd/channel_flood.h"

#include "chat/cluster.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_mode.h"
#include "chat/history/history_event.h"
#include "chat/model/auditorium.h"
#include "chat/model/rate.h"

#include <stdio.h>

/* MODE #channel +b *!*@host, by the server. */
static void ban(struct request *q, const struct channel *ch)
{
	char name[CHANNEL_BYTES_MAX + 1], letters[] = "+b", mask[HOST_BYTES_MAX + 5];
	struct msg m = {.command = "MODE", .count = 3, .params = {name, letters, mask}};
	const struct msg *own = q->msg;

	snprintf(name, sizeof(name), "%s", ch->name);
	snprintf(mask, sizeof(mask), "*!*@%s", user_host(q->user));
	q->msg = &m;
	mode_forced(q);
	q->msg = own;
}

static void kick(struct request *q, struct channel *ch, const struct rate *r)
{
	struct server *s = q->server;
	struct line_out line = {.time = server_time(s)};
	struct history_event e = {.source = s->config->server.name, .command = "KICK"};
	char why[64];
	struct delivery d;

	snprintf(why, sizeof(why), "Channel flood (more than %u lines in %u seconds)", r->count,
		r->seconds);
	line_add_all(&line, ":", s->config->server.name, " KICK ", ch->name, " ",
		user_nick(q->user), " :", why, NULL);
	history_event_params(&e, ch->name, " ", user_nick(q->user), " :", why, NULL);
	if (!channel_audience(ch, q->user))
		history_event(s, ch, &e, &line);
	cluster_kick(s, ch, NULL, q->user, why);
	deliver_begin(&d, s, &line);
	deliver_about(&d, ch, q->user, NULL);
	part_channel(s, ch, q->user);
}

bool channel_flood(struct request *q, struct channel *ch, uint32_t lines)
{
	struct member *own = channel_member(ch, q->user);
	struct rate r = channel_rate(ch, CHANNEL_LINE_RATE);

	q->server->work += RATE_TALKERS;
	if ((own && (own->modes & MEMBER_ANY_OP)) ||
		!rate_said(ch, q->user->session, lines, q->server->now))
		return false;
	server_count(q->server, COUNT_CHANNEL_FLOOD);
	if (own && r.ban)
		ban(q, ch);
	if (own)
		kick(q, ch, &r);
	return true;
}
