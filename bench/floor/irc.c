/*
 * irc.c - the handful of commands that loadgen sends.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor/floor.h"

static void reply(struct floor *f, struct client *c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void reply(struct floor *f, struct client *c, const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_queue(f, c, text, size_min((size_t)n, sizeof(text) - 1));
}

/* "x12345": the number after the letter; -1 if there is none. */
static int number_of(const char *name, int max)
{
	char *end;
	long v = strtol(name, &end, 10);

	return end == name || v < 0 || v >= max ? -1 : (int)v;
}

static void welcome(struct floor *f, struct client *c)
{
	if (c->welcomed || c->cap || !c->nick[0])
		return;
	c->welcomed = true;
	reply(f, c, ":floor 001 %s :Welcome\r\n:floor 376 %s :End\r\n", c->nick, c->nick);
}

static void cmd_nick(struct floor *f, struct client *c, char *arg)
{
	int n = arg[0] ? number_of(arg + 1, NICKS_MAX) : -1;

	if (n < 0 || f->nicks[n]) {
		reply(f, c, ":floor 433 * %.16s :Nickname is already in use\r\n", arg);
		return;
	}
	snprintf(c->nick, sizeof(c->nick), "%.7s", arg);
	f->nicks[n] = c;
}

static void cmd_cap(struct floor *f, struct client *c, char *arg)
{
	if (strncmp(arg, "REQ", 3) == 0) {
		c->cap = true;
		c->echo = strstr(arg, "echo-message") != NULL;
		reply(f, c, ":floor CAP * ACK :echo-message\r\n");
	} else if (strncmp(arg, "END", 3) == 0) {
		c->cap = false;
		welcome(f, c);
	}
}

static struct channel *channel_of(struct floor *f, const char *name)
{
	int n = name[0] == '#' && name[1] ? number_of(name + 2, CHANNELS_MAX) : -1;

	return n < 0 ? NULL : &f->channels[n];
}

/* Sends a line to all members, after the lines already queued for them in this turn. */
static void tell_members(struct floor *f, struct channel *ch, const char *line, size_t len)
{
	for (uint32_t i = 0; i < ch->count; i++)
		out_queue(f, ch->members[i], line, len);
}

static void send_names(struct floor *f, struct client *c, struct channel *ch, int number)
{
	char text[LINE_BYTES];

	for (uint32_t i = 0; i < ch->count;) {
		int n = snprintf(text, sizeof(text), ":floor 353 %s = #b%d :", c->nick, number);
		for (; i < ch->count && n < 440; i++)
			n += snprintf(
				text + n, sizeof(text) - (size_t)n, "%s ", ch->members[i]->nick);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
		out_queue(f, c, text, (size_t)n);
	}
	reply(f, c, ":floor 366 %s #b%d :End\r\n", c->nick, number);
}

static void cmd_join(struct floor *f, struct client *c, char *arg)
{
	struct channel *ch = channel_of(f, arg);
	char text[64];

	if (!ch || c->channel != NO_CHANNEL)
		return;
	out_flush_channel(f, ch);
	ch->members = grow(ch->members, &ch->size, ch->count + 1, sizeof(*ch->members));
	c->place = ch->count;
	c->channel = (int)(ch - f->channels);
	ch->members[ch->count++] = c;
	tell_members(f, ch, text,
		(size_t)snprintf(text, sizeof(text), ":%s!l@f JOIN #b%d\r\n", c->nick, c->channel));
	send_names(f, c, ch, c->channel);
}

static void leave(struct floor *f, struct client *c)
{
	struct channel *ch = &f->channels[c->channel];

	out_flush_channel(f, ch);
	ch->members[c->place] = ch->members[--ch->count];
	ch->members[c->place]->place = c->place;
	c->channel = NO_CHANNEL;
}

static void cmd_part(struct floor *f, struct client *c, char *arg)
{
	struct channel *ch = channel_of(f, arg);
	char text[64];

	if (!ch || c->channel != (int)(ch - f->channels))
		return;
	out_flush_channel(f, ch);
	tell_members(f, ch, text,
		(size_t)snprintf(text, sizeof(text), ":%s!l@f PART #b%d\r\n", c->nick, c->channel));
	leave(f, c);
}

static void cmd_privmsg(struct floor *f, struct client *c, char *arg)
{
	char text[LINE_BYTES];
	size_t n = (size_t)snprintf(text, sizeof(text), ":%s!l@f PRIVMSG %s\r\n", c->nick, arg);

	if (n >= sizeof(text))
		return;
	if (arg[0] == '#') {
		struct channel *ch = channel_of(f, arg);
		if (ch && c->channel == (int)(ch - f->channels))
			out_channel(f, c, ch, text, n);
		return;
	}
	int to = number_of(arg + 1, NICKS_MAX);
	if (to < 0 || !f->nicks[to])
		return;
	out_direct(f, f->nicks[to], text, n);
	if (c->echo)
		out_direct(f, c, text, n);
}

void irc_line(struct floor *f, struct client *c, char *line, size_t len)
{
	line[len] = '\0';
	char *arg = strchr(line, ' ');
	if (arg)
		*arg++ = '\0';
	else
		arg = line + len;
	if (strcmp(line, "PRIVMSG") == 0) {
		cmd_privmsg(f, c, arg);
	} else if (strcmp(line, "PING") == 0) {
		reply(f, c, ":floor PONG floor %s\r\n", arg);
	} else if (strcmp(line, "NICK") == 0) {
		cmd_nick(f, c, arg);
	} else if (strcmp(line, "USER") == 0) {
		welcome(f, c);
	} else if (strcmp(line, "CAP") == 0) {
		cmd_cap(f, c, arg);
	} else if (strcmp(line, "JOIN") == 0) {
		cmd_join(f, c, arg);
	} else if (strcmp(line, "PART") == 0) {
		cmd_part(f, c, arg);
	} else if (strcmp(line, "QUIT") == 0) {
		reply(f, c, "ERROR :bye\r\n");
		c->dead = true;
	}
}

void irc_gone(struct floor *f, struct client *c)
{
	if (c->channel != NO_CHANNEL)
		leave(f, c);
	if (c->nick[0])
		f->nicks[number_of(c->nick + 1, NICKS_MAX)] = NULL;
}
