/*
 * cmd_who.c - WHO and WHOX: users of a channel, one user, or users matching a mask.
 *
 * The reply is a reply stream (reply_stream.h).
 *
 * WHOX (IRCv3): WHO mask %fields[,token] sends 354 with the requested fields, always in this order:
 *     t token   c channel   u user   i ip   h host   s server   n nick   f flags   d hops
 *     l idle    a account   o rank   r real name
 */
#include "chat/cluster.h"
#include "chat/cmd/command.h"
#include "chat/model/auditorium.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/glob.h"
#include "chat/proto/param.h"

#include <stdio.h>

enum {
	WHO_TOKEN_MAX = 3, /* bytes of a token, which is returned to the client */
};

static const char whox_order[] = "tcuihsnfdlaor";

struct who {
	struct reply_stream stream;
	struct request *q; /* of the current turn */
	const char *mask;  /* in text, or "*" */
	uint32_t left;     /* of a channel: members [0, left) remain to be sent, as in NAMES */
	uint32_t place;    /* of a mask: hash_scan() of the nicks */
	uint32_t fields;   /* bits by position in whox_order */
	bool extended, opers_only;
	char token[WHO_TOKEN_MAX + 1];
	char text[]; /* the mask as given; "": none */
};

static void flags_of(
	const struct who *w, const struct user *u, const struct member *m, char out[16])
{
	char prefix[8] = "";

	if (m)
		member_prefixes(m->modes, w->q->conn->caps & CAP_MULTI_PREFIX, prefix);
	snprintf(out, 16, "%s%s%s%s%s", user_away(u) ? "G" : "H", u->modes & USER_OPER ? "*" : "",
		prefix, u->modes & USER_BOT ? "B" : "", u->modes & USER_SECURE ? "s" : "");
}

/* Formats one field of WHOX other than the real name. */
static void whox_field(const struct who *w, char field, const struct user *u, const char *channel,
	char out[LINE_BODY_MAX])
{
	const struct server *s = w->q->server;
	const struct channel *ch = *channel == '#' ? registry_channel(s, channel) : NULL;
	const struct member *m = ch ? channel_member(ch, u) : NULL;
	char text[ADDR_TEXT_MAX] = "255.255.255.255";
	size_t n = LINE_BODY_MAX;

	switch (field) {
	case 't': snprintf(out, n, "%s", w->token); break;
	case 'c': snprintf(out, n, "%s", channel); break;
	case 'u': snprintf(out, n, "%s", user_name(u)); break;
	case 'i':
		if (u->conn && (u == w->q->user || user_may(w->q->user, OPER_ADDRESSES)))
			addr_print(&u->conn->peer, text);
		snprintf(out, n, "%s", text);
		break;
	case 'h': snprintf(out, n, "%s", user_host(u)); break;
	case 's': snprintf(out, n, "%s", cluster_server(s, u)); break;
	case 'n': snprintf(out, n, "%s", user_nick(u)); break;
	case 'f': flags_of(w, u, m, out); break;
	case 'd': snprintf(out, n, "0"); break;
	case 'l': snprintf(out, n, "%lld", (long long)((s->now - u->active) / NSEC_SEC)); break;
	case 'a': snprintf(out, n, "%s", user_account(u) ? user_account(u) : "0"); break;
	default: snprintf(out, n, "n/a"); break;
	}
}

/* Sends 354; the real name, which may contain spaces, is last. */
static void whox_row(const struct who *w, const struct user *u, const char *channel)
{
	char line[LINE_BODY_MAX] = "", text[LINE_BODY_MAX];
	const size_t real = sizeof(whox_order) - 2;

	for (size_t i = 0; i < real; i++) {
		if (!(w->fields & 1u << i))
			continue;
		whox_field(w, whox_order[i], u, channel, text);
		params_add(line, text);
	}
	snprintf(text, sizeof(text), "%s%s:%s", line, line[0] ? " " : "", user_real(u));
	reply_params(w->q, RPL_WHOSPCRPL, w->fields & 1u << real ? text : line);
}

static void row(struct who *w, const struct user *u, const struct channel *ch)
{
	const char *channel = ch ? ch->name : "*";
	char flags[16];

	if (w->opers_only && !(u->modes & USER_OPER))
		return;
	if (w->extended) {
		whox_row(w, u, channel);
		return;
	}
	flags_of(w, u, ch ? channel_member(ch, u) : NULL, flags);
	reply(w->q, RPL_WHOREPLY, "%s %s %s %s %s %s :0 %s", channel, user_name(u), user_host(u),
		cluster_server(w->q->server, u), user_nick(u), flags, user_real(u));
}

/* Whether b sees a in a channel that both are in. */
static bool shares_channel(struct server *s, const struct user *a, const struct user *b)
{
	uint32_t i = 0;
	const struct channel *ch;

	s->work += a->channel_size * WORK_LOOK;
	while ((ch = user_next_channel(a, &i))) {
		const struct member *own = channel_member(ch, b);

		if (own && member_shown(ch, channel_member(ch, a), own))
			return true;
	}
	return false;
}

static bool channel_step(struct who *w)
{
	const struct channel *ch = registry_channel(w->q->server, w->stream.channel);
	const struct member *m, *own;
	bool shown;

	w->left = ch ? u32_min(w->left, ch->count) : 0;
	if (!w->left)
		return false;
	own = channel_member(ch, w->q->user);
	m = &ch->members[--w->left];
	shown = (own || (!(ch->modes & CHANNEL_SECRET) && !(m->user->modes & USER_INVISIBLE))) &&
		member_shown(ch, m, own);
	if (shown || user_may(w->q->user, OPER_OVERRIDE))
		row(w, m->user, ch);
	return true;
}

static bool covers(const char *mask, const struct user *u, struct server *s)
{
	return glob_match(mask, user_nick(u), &s->work) ||
	       glob_match(mask, user_name(u), &s->work) ||
	       glob_match(mask, user_host(u), &s->work) ||
	       glob_match(mask, user_real(u), &s->work) || case_equal(mask, cluster_server(s, u));
}

static void each_user(struct hash_node *n, void *arg)
{
	struct who *w = arg;
	const struct user *u = container_of(n, struct user, by_nick), *own = w->q->user;
	bool hidden = (u->modes & USER_INVISIBLE) && u != own && !user_may(own, OPER_OVERRIDE);

	w->q->server->work += WORK_LOOK;
	if (!user_registered(u) || !covers(w->mask, u, w->q->server))
		return;
	if (!hidden || shares_channel(w->q->server, u, own))
		row(w, u, NULL);
}

static bool mask_step(struct who *w)
{
	w->place = hash_scan(&w->q->server->nicks, w->place, each_user, w);
	return w->place;
}

static bool who_step(struct request *q, struct reply_stream *a)
{
	struct who *w = container_of(a, struct who, stream);

	w->q = q;
	if (a->channel[0] ? channel_step(w) : w->mask && mask_step(w))
		return true;
	reply(q, RPL_ENDOFWHO, "%s :End of WHO list", w->text[0] ? w->text : "*");
	return false;
}

static void parse_options(struct who *w, char *options)
{
	char *fields = strchr(options, '%');
	char *token = fields ? strchr(fields, ',') : NULL;

	if (fields)
		*fields++ = '\0';
	if (token)
		*token++ = '\0';
	w->opers_only = strchr(options, 'o') != NULL;
	w->extended = fields;
	for (size_t i = 0; fields && whox_order[i]; i++)
		w->fields |= strchr(fields, whox_order[i]) ? 1u << i : 0;
	snprintf(w->token, sizeof(w->token), "%s",
		token && strlen(token) <= WHO_TOKEN_MAX && *token ? token : "0");
}

static void cmd_who(struct request *q)
{
	const char *given = msg_param(q->msg, 0);
	struct who *w = reply_stream_new(q, sizeof(*w) + strlen(given) + 1, who_step);
	const struct channel *ch;
	const struct user *u;

	if (!w)
		return;
	w->q = q;
	w->left = UINT32_MAX;
	memcpy(w->text, given, strlen(given) + 1);
	if (q->msg->count > 1)
		parse_options(w, q->msg->params[1]);
	ch = *given == '#' ? registry_channel(q->server, given) : NULL;
	u = registry_registered(q->server, given);
	if (ch)
		snprintf(w->stream.channel, sizeof(w->stream.channel), "%s", ch->name);
	else if (u)
		row(w, u, NULL);
	else if (*given != '#')
		w->mask = *given && strcmp(given, "0") != 0 ? w->text : "*";
	reply_stream_start(q, &w->stream);
}

static const struct command rows[] = {
	{"WHO", 0, 0, 4, cmd_who},
};

const struct command_group commands_who = {rows, ARRAY_SIZE(rows)};
