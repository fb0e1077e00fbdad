/*
 * line.c - parses every line that is not an expected delivery, and answers or counts it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loadgen/worker.h"

/* A line cut into pieces, which point into it. */
struct parts {
	struct line_cut cut;
	bool tags;
};

static const char *word_end(const char *p, const char *end)
{
	const char *e = memchr(p, ' ', (size_t)(end - p));

	return e ? e : end;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && *p == ' ')
		p++;
	return p;
}

/* Cuts off tags and source; the remainder starts with the command. */
static void cut(struct parts *x, const char *line, size_t len)
{
	const char *p = line, *end = line + len;

	memset(x, 0, sizeof(*x));
	if (p < end && *p == '@') {
		x->tags = true;
		p = skip_blanks(word_end(p, end), end);
	}
	x->cut.line = p;
	x->cut.len = (size_t)(end - p);
	if (p < end && *p == ':')
		p = skip_blanks(word_end(p, end), end);
	x->cut.command = p;
	x->cut.command_len = (size_t)(word_end(p, end) - p);
	x->cut.args = skip_blanks(word_end(p, end), end);
}

static void privmsg(struct worker *w, struct conn *c, struct parts *x, nsec_t now)
{
	const char *end = x->cut.line + x->cut.len, *target = x->cut.args,
		   *stop = word_end(target, end);
	const char *text = skip_blanks(stop, end);

	if (!w->judging)
		return;
	if (text < end && *text == ':')
		text++;
	struct line_view v = {.line = x->cut.line,
		.len = x->cut.len,
		.target = target,
		.text = text,
		.target_len = (size_t)(stop - target),
		.text_len = (size_t)(end - text),
		.tags = x->tags};
	check_line(&w->check, &c->member, &v, now);
}

static void registered(struct worker *w, struct conn *c)
{
	if (c->state != CONN_REGISTERING)
		return;
	c->state = CONN_READY;
	w->opening--;
	w->ready++;
	w->progress = clock_now();
}

/* A numeric: 001 and the end of the MOTD complete the registration; 4xx and 5xx are refusals. */
static void numeric(struct worker *w, struct conn *c, const struct parts *x, nsec_t now)
{
	int n = atoi(x->cut.command);

	if (n == 1 && c->state == CONN_REGISTERING)
		hist_add(w->registration, now - c->since);
	else if (n == 376 || n == 422)
		registered(w, c);
	else if (n >= 400 && n < 600)
		worker_fail(w, "connection %u: refused: %.*s", c->member.index,
			(int)size_min(x->cut.len, 160), x->cut.line);
}

static void reject(struct worker *w, struct conn *c, const struct parts *x)
{
	if (line_is(&x->cut, "CAP") &&
		memmem(x->cut.args, (size_t)(x->cut.line + x->cut.len - x->cut.args), "NAK", 3))
		worker_fail(w, "the server has no echo-message");
	else if (line_is(&x->cut, "ERROR"))
		snprintf(w->last_error, sizeof(w->last_error), "%.*s",
			(int)size_min(x->cut.len, 200), x->cut.line);
}

void line_in(struct worker *w, struct conn *c, char *line, size_t len, nsec_t now)
{
	struct parts x;

	cut(&x, line, len);
	if (x.cut.command_len == 0)
		return;
	if (line_is(&x.cut, "PRIVMSG")) {
		privmsg(w, c, &x, now);
		return;
	}
	if (line_is(&x.cut, "JOIN"))
		w->join_lines++;
	else if (line_is(&x.cut, "PING"))
		conn_sendf(w, c, "PONG %.*s\r\n", (int)(line + len - x.cut.args), x.cut.args);
	else if (x.cut.command[0] >= '0' && x.cut.command[0] <= '9')
		numeric(w, c, &x, now);
	else
		reject(w, c, &x);
	if (w->on_line && c->fd >= 0)
		w->on_line(w, c, &x.cut);
}
