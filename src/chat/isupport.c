/*
 * isupport.c - 005, from a table: one row a token, its value out of the configuration. The lines
 * are made once for a configuration, 13 tokens at most in each.
 */
#include "chat/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TOKENS_PER_LINE = 13,
	ISUPPORT_LINE_MAX = 380, /* leaves room for server name, nick and the closing text */
};

/* Where a value comes from: a fixed text, a number of the configuration, or a text of it. */
struct token {
	const char *name, *value;
	int64_t (*number)(const struct config *c);
	const char *(*text)(const struct config *c);
};

static int64_t nick_length(const struct config *c)
{
	return c->limits.nick_length;
}

static int64_t user_length(const struct config *c)
{
	return c->limits.user_length;
}

static int64_t channel_length(const struct config *c)
{
	return c->limits.channel_length;
}

static int64_t topic_length(const struct config *c)
{
	return c->limits.topic_length;
}

static const char *network(const struct config *c)
{
	return c->server.network;
}

static const struct token tokens[] = {
	{"CASEMAPPING", "ascii", NULL, NULL},
	{"CHANNELLEN", NULL, channel_length, NULL},
	{"CHANTYPES", "#", NULL, NULL},
	{"NETWORK", NULL, NULL, network},
	{"NICKLEN", NULL, nick_length, NULL},
	{"PREFIX", "(qaohv)~&@%+", NULL, NULL},
	{"TOPICLEN", NULL, topic_length, NULL},
	{"USERLEN", NULL, user_length, NULL},
};

static int print_token(char *out, size_t size, const struct token *t, const struct config *c)
{
	if (t->number)
		return snprintf(out, size, "%s=%" PRId64, t->name, t->number(c));
	if (t->text)
		return snprintf(out, size, "%s=%s", t->name, t->text(c));
	return snprintf(
		out, size, "%s%s%s", t->name, t->value ? "=" : "", t->value ? t->value : "");
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
	char line[ISUPPORT_LINE_MAX + 1] = "", token[128];
	size_t at = 0, in_line = 0, lines = 0;

	isupport_free(s);
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
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
