/*
 * isupport.c - RPL_ISUPPORT (005) from a table: one row per token, with its value from the
 * configuration. The lines are built once per configuration, with at most 13 tokens each.
 */
#include "chat/cmd/isupport.h"

#include "chat/cmd/command.h"
#include "chat/model/modes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TOKENS_PER_LINE = 13,
	ISUPPORT_LINE_MAX = 380, /* leaves room for server name, nick and closing text */
};

/* A token, printed with a number or a text of the configuration, or neither. */
struct token {
	const char *format;
	int64_t (*number)(const struct config *c);
	const char *(*text)(const struct config *c);
	bool (*holds)(const struct config *c); /* NULL: always */
};

static int64_t away_length(const struct config *c)
{
	return c->limits.away_length;
}

static int64_t channel_length(const struct config *c)
{
	return c->limits.channel_length;
}

static int64_t channels(const struct config *c)
{
	return c->limits.channels;
}

static int64_t key_length(const struct config *c)
{
	return c->limits.key_length;
}

static int64_t kick_length(const struct config *c)
{
	return c->limits.kick_length;
}

static int64_t list_entries(const struct config *c)
{
	return c->limits.list_entries;
}

static int64_t mode_params(const struct config *c)
{
	return MODE_PARAMS_MAX;
}

static int64_t monitor(const struct config *c)
{
	return c->limits.monitor;
}

static int64_t nick_length(const struct config *c)
{
	return c->limits.nick_length;
}

static int64_t targets(const struct config *c)
{
	return c->limits.targets;
}

static int64_t topic_length(const struct config *c)
{
	return c->limits.topic_length;
}

static int64_t user_length(const struct config *c)
{
	return c->limits.user_length;
}

static int64_t history_page(const struct config *c)
{
	return c->history.page;
}

static const char *network(const struct config *c)
{
	return c->server.network;
}

static const struct token tokens[] = {
	{"AWAYLEN=%" PRId64, away_length, NULL, NULL},
	{"BOT=B", NULL, NULL, NULL},
	{"CASEMAPPING=ascii", NULL, NULL, NULL},
	{"CHANLIMIT=#:%" PRId64, channels, NULL, NULL},
	{"CHANMODES=beI,k,l,CRcimnst", NULL, NULL, NULL},
	{"CHANNELLEN=%" PRId64, channel_length, NULL, NULL},
	{"CHANTYPES=#", NULL, NULL, NULL},
	{"CHATHISTORY=%" PRId64, history_page, NULL, config_keeps_history},
	{"ELIST=CMNTU", NULL, NULL, NULL},
	{"EXCEPTS=e", NULL, NULL, NULL},
	{"EXTBAN=,m", NULL, NULL, NULL},
	{"INVEX=I", NULL, NULL, NULL},
	{"KEYLEN=%" PRId64, key_length, NULL, NULL},
	{"KICKLEN=%" PRId64, kick_length, NULL, NULL},
	{"MAXLIST=beI:%" PRId64, list_entries, NULL, NULL},
	{"MODES=%" PRId64, mode_params, NULL, NULL},
	{"MONITOR=%" PRId64, monitor, NULL, NULL},
	{"MSGREFTYPES=msgid,timestamp", NULL, NULL, config_keeps_history},
	{"NETWORK=%s", NULL, network, NULL},
	{"NICKLEN=%" PRId64, nick_length, NULL, NULL},
	{"PREFIX=(qaohv)~&@%%+", NULL, NULL, NULL},
	{"SAFELIST", NULL, NULL, NULL},
	{"STATUSMSG=~&@%%+", NULL, NULL, NULL},
	{"TARGMAX=JOIN:,KICK:20,LIST:20,MONITOR:,NAMES:%1$" PRId64 ",NOTICE:%1$" PRId64
	 ",PART:,PRIVMSG:%1$" PRId64 ",TAGMSG:%1$" PRId64 ",WHOIS:1",
		targets, NULL, NULL},
	{"TOPICLEN=%" PRId64, topic_length, NULL, NULL},
	{"USERLEN=%" PRId64, user_length, NULL, NULL},
	{"UTF8ONLY", NULL, NULL, NULL},
	{"WHOX", NULL, NULL, NULL},
};

static int print_token(char *out, size_t size, const struct token *t, const struct config *c)
{
	if (t->text)
		return snprintf(out, size, t->format, t->text(c));
	return snprintf(out, size, t->format, t->number ? t->number(c) : 0);
}

void isupport_free(struct server *s)
{
	for (size_t i = 0; i < ISUPPORT_LINES_MAX; i++) {
		free(s->isupport[i]);
		s->isupport[i] = NULL;
	}
}

bool isupport_build(struct server *s)
{
	char line[ISUPPORT_LINE_MAX + 1] = "", token[256];
	size_t at = 0, in_line = 0, lines = 0;

	isupport_free(s);
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		if (tokens[i].holds && !tokens[i].holds(s->config))
			continue;
		size_t n = (size_t)print_token(token, sizeof(token), &tokens[i], s->config);

		if (in_line == TOKENS_PER_LINE || at + 1 + n > ISUPPORT_LINE_MAX) {
			s->isupport[lines] = strdup(line);
			if (!s->isupport[lines++] || lines == ISUPPORT_LINES_MAX)
				return false;
			at = in_line = 0;
		}
		at += (size_t)sprintf(line + at, "%s%s", in_line ? " " : "", token);
		in_line++;
	}
	s->isupport[lines] = strdup(line);
	return s->isupport[lines] != NULL;
}

void send_isupport(struct request *q)
{
	char line[LINE_BODY_MAX];

	for (size_t i = 0; i < ISUPPORT_LINES_MAX && q->server->isupport[i]; i++) {
		snprintf(line, sizeof(line), "%s :are supported by this server",
			q->server->isupport[i]);
		reply_params(q, RPL_ISUPPORT, line);
	}
}
