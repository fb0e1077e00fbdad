/*
 * isupport.c - RPL_ISUPPORT (005) from a table: one row per token, with its value from the
 * configuration. The lines are built once per configuration, with at most 13 tokens each.
 */
#include "chat/cmd/isupport.h"

#include "chat/cmd/command.h"
#include "chat/external.h"
#include "chat/model/modes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TOKENS_PER_LINE = 13,
	ISUPPORT_LINE_MAX = 380, /* leaves room for server name, nick and closing text */
};

/* A token; its format has a conversion for a number or a text of the configuration, or none. */
struct token {
	const char *format;
	size_t number, text;                          /* offset in struct config; 0: none */
	int64_t fixed;                                /* the number if it is not there */
	const char *(*value)(const struct server *s); /* the text, instead; NULL: none */
	bool (*holds)(const struct config *c);        /* NULL: always */
};

#define NUMBER(member) .number = offsetof(struct config, member)
#define TEXT(member)   .text = offsetof(struct config, member)

static const char *push_key(const struct server *s)
{
	return s->external && s->external->push_key ? s->external->push_key : "";
}

static const struct token tokens[] = {
	{"ACCEPT=%" PRId64, NUMBER(limits.accept)},
	{"ACCOUNTEXTBAN=a", .holds = config_has_accounts},
	{"AWAYLEN=%" PRId64, NUMBER(limits.away_length)},
	{.format = "BOT=B"},
	{.format = "CALLERID=g"},
	{.format = "CASEMAPPING=ascii"},
	{"CHANLIMIT=#:%" PRId64, NUMBER(limits.channels)},
	{.format = "CHANMODES=beI,k,fjl,CMRUZcimnstuz"},
	{"CHANNELLEN=%" PRId64, NUMBER(limits.channel_length)},
	{.format = "CHANTYPES=#"},
	{"CHATHISTORY=%" PRId64, NUMBER(history.page), .holds = config_keeps_history},
	{"draft/AUTHTOKEN", .holds = config_takes_files},
	{"draft/FILEHOST=%s/files", TEXT(web.url), .holds = config_takes_files},
	{.format = "ELIST=CMNTU"},
	{.format = "EXCEPTS=e"},
	{.format = "EXTBAN=,am"},
	{"EXTJWT=1", .holds = config_has_extjwt},
	{.format = "INVEX=I"},
	{"KEYLEN=%" PRId64, NUMBER(limits.key_length)},
	{"KICKLEN=%" PRId64, NUMBER(limits.kick_length)},
	{.format = "KNOCK"},
	{"MAXLIST=beI:%" PRId64, NUMBER(limits.list_entries)},
	{"MODES=%" PRId64, .fixed = MODE_PARAMS_MAX},
	{"MONITOR=%" PRId64, NUMBER(limits.monitor)},
	{"MSGREFTYPES=msgid,timestamp", .holds = config_keeps_history},
	{"NETWORK=%s", TEXT(server.network)},
	{"NICKLEN=%" PRId64, NUMBER(limits.nick_length)},
	{.format = "PREFIX=(qaohv)~&@%%+"},
	{.format = "SAFELIST"},
	{"SILENCE=%" PRId64, NUMBER(limits.silence)},
	{.format = "STATUSMSG=~&@%%+"},
	{"soju.im/FILEHOST=%s/files", TEXT(web.url), .holds = config_takes_files},
	{"TARGMAX=JOIN:,KICK:20,LIST:20,MONITOR:,NAMES:%1$" PRId64 ",NOTICE:%1$" PRId64
	 ",PART:,PRIVMSG:%1$" PRId64 ",TAGMSG:%1$" PRId64 ",WHOIS:1",
		NUMBER(limits.targets)},
	{"TOPICLEN=%" PRId64, NUMBER(limits.topic_length)},
	{"USERLEN=%" PRId64, NUMBER(limits.user_length)},
	{.format = "UTF8ONLY"},
	{"VAPID=%s", .value = push_key, .holds = config_pushes},
	{.format = "WHOX"},
};

static int print_token(char *out, size_t size, const struct token *t, const struct server *s)
{
	const struct config *c = s->config;
	int64_t number = t->fixed;

	if (t->value)
		return snprintf(out, size, t->format, t->value(s));

	if (t->text)
		return snprintf(out, size, t->format, (const char *)c + t->text);
	if (t->number)
		memcpy(&number, (const char *)c + t->number, sizeof(number));
	return snprintf(out, size, t->format, number);
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
		size_t n = (size_t)print_token(token, sizeof(token), &tokens[i], s);

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
