/*
 * parse.c - parser of packet scripts: options, times, events, system calls and expressions.
 */
#include "lab/pkt/parse.h"
#include "lab/pkt/lex.h"

static struct pkt_expr *parse_expr(struct pkt_lex *l, int depth);

static struct pkt_expr *new_expr(struct pkt_lex *l, enum pkt_expr_kind kind)
{
	struct pkt_expr *e = pkt_alloc(l->arena, sizeof(*e));

	e->kind = kind;
	return e;
}

/* expr, expr, ... up to and including close. Returns the number of expressions. */
static uint32_t parse_exprs(
	struct pkt_lex *l, struct pkt_expr **first, const char *close, int depth)
{
	struct pkt_expr **at = first;
	uint32_t n = 0;

	while (!lex_end(l) && !lex_accept(l, close)) {
		*at = parse_expr(l, depth);
		at = &(*at)->next;
		n++;
		if (!lex_accept(l, ",") && lex_peek(l) != close[0])
			lex_expect(l, close);
	}
	return n;
}

/* {name = value, name(arg) = value, value} */
static struct pkt_expr *parse_struct(struct pkt_lex *l, int depth)
{
	struct pkt_expr *e = new_expr(l, PKT_STRUCT), **at = &e->kid;

	while (!lex_end(l) && !lex_accept(l, "}")) {
		struct pkt_expr *k = parse_expr(l, depth), *of = k;
		bool named = (k->kind == PKT_WORD || k->kind == PKT_CALL) && lex_accept(l, "=");

		if (named) {
			k = parse_expr(l, depth);
			k->name = of->text;
			k->arg = of->kind == PKT_CALL ? of->kid : NULL;
		}
		*at = k;
		at = &k->next;
		e->kids++;
		if (!lex_accept(l, ",") && lex_peek(l) != '}')
			lex_expect(l, "}");
	}
	return e;
}

static struct pkt_expr *parse_word(struct pkt_lex *l, int depth)
{
	struct pkt_expr *e = new_expr(l, PKT_WORD);

	e->text = lex_word(l);
	if (e->text[0] == '"') { /* defined as a string */
		e->kind = PKT_STRING;
		e->text++;
		e->len = strcspn(e->text, "\"");
	} else if (lex_accept(l, "(")) {
		e->kind = PKT_CALL;
		e->kids = parse_exprs(l, &e->kid, ")", depth);
	}
	return e;
}

static struct pkt_expr *parse_primary(struct pkt_lex *l, int depth)
{
	struct pkt_expr *e;

	if (lex_accept(l, "..."))
		return new_expr(l, PKT_ELLIPSIS);
	if (lex_accept(l, "[")) {
		e = new_expr(l, PKT_LIST);
		e->kids = parse_exprs(l, &e->kid, "]", depth);
		return e;
	}
	if (lex_accept(l, "{"))
		return parse_struct(l, depth);
	if (lex_accept(l, "(")) {
		e = parse_expr(l, depth);
		lex_expect(l, ")");
		return e;
	}
	if (lex_peek(l) == '"') {
		e = new_expr(l, PKT_STRING);
		e->text = lex_string(l, &e->len);
		return e;
	}
	if (lex_at_word(l))
		return parse_word(l, depth);
	e = new_expr(l, PKT_INT);
	e->num = lex_int(l, INT64_MIN / 2, INT64_MAX / 2);
	return e;
}

static struct pkt_expr *parse_expr(struct pkt_lex *l, int depth)
{
	struct pkt_expr *e, * or, **at;

	if (depth == 0)
		lex_fail(l, "expressions nested deeper than %d", PKT_NEST_MAX);
	e = lex_failed(l) ? new_expr(l, PKT_INT) : parse_primary(l, depth - 1);
	if (lex_peek(l) != '|')
		return e;
	or = new_expr(l, PKT_OR);
	or->kid = e;
	or->kids = 1;
	at = &e->next;
	while (lex_accept(l, "|")) {
		*at = parse_primary(l, depth - 1);
		at = &(*at)->next;
		or->kids++;
	}
	return or ;
}

static void parse_call(struct pkt_lex *l, struct pkt_call *c)
{
	c->name = lex_word(l);
	lex_expect(l, "(");
	c->args = parse_exprs(l, &c->arg, ")", PKT_NEST_MAX);
	if (!lex_accept(l, "="))
		return;
	c->result = parse_expr(l, PKT_NEST_MAX);
	if (lex_at_word(l))
		c->err = lex_word(l);
	while (lex_accept(l, "("))
		lex_until(l, ")"); /* strerror() and notes, ignored */
}

/* --- time ------------------------------------------------------------------------------------- */

/* The end of a range or blocking call is relative if its start is, with or without "+". */
static void parse_when(struct pkt_lex *l, struct pkt_when *w)
{
	if (lex_accept(l, "*")) {
		w->kind = PKT_ANY_TIME;
		return;
	}
	w->kind = lex_accept(l, "+") ? PKT_RELATIVE : PKT_ABSOLUTE;
	w->at = w->end = lex_seconds(l);
	if (lex_accept(l, "~"))
		w->range = true;
	else if (lex_accept(l, "..."))
		w->blocking = true;
	else
		return;
	lex_accept(l, "+");
	w->end = lex_seconds(l);
	if (!lex_failed(l) && w->end < w->at)
		lex_fail(l, "a time range ends before it begins");
}

static void check_when(struct pkt_lex *l, const struct pkt_event *e)
{
	bool expected = e->kind == PKT_EVENT_PACKET && !e->packet.inbound;

	if ((e->when.range || e->when.kind == PKT_ANY_TIME) && !expected)
		lex_fail(l, "only an expected packet may have a time range or '*'");
	if (e->when.blocking && e->kind != PKT_EVENT_CALL)
		lex_fail(l, "only a system call may have a time '...' time");
}

/* --- the script ------------------------------------------------------------------------------- */

static void parse_action(struct pkt_lex *l, struct pkt_event *e)
{
	char c = lex_peek(l);

	e->line = l->line;
	if (c == '<' || c == '>') {
		e->kind = PKT_EVENT_PACKET;
		parse_packet(l, &e->packet);
	} else if (lex_accept(l, "`")) {
		e->kind = PKT_EVENT_COMMAND;
		e->text = lex_until(l, "`");
	} else if (lex_accept(l, "%{")) {
		e->kind = PKT_EVENT_CODE;
		e->text = lex_until(l, "}%");
	} else if (lex_at_word(l)) {
		e->kind = PKT_EVENT_CALL;
		parse_call(l, &e->call);
	} else {
		lex_fail(l, "expected a packet, a system call, `command` or %%{ code }%%");
	}
	check_when(l, e);
}

static void parse_option(struct pkt_lex *l, struct pkt_option *o)
{
	size_t len;

	o->line = l->line;
	o->name = lex_span(l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
	o->value = "";
	if (*o->name == '\0')
		lex_fail(l, "expected an option name");
	if (l->p == l->end || *l->p != '=')
		return;
	l->p++;
	if (lex_peek(l) == '"') {
		o->value = lex_string(l, &len);
		return;
	}
	o->value = pkt_copy_text(l->arena, l->p, strcspn(l->p, " \t\r\n"));
	l->p += strlen(o->value);
}

static void parse_options(struct pkt_lex *l, struct pkt_script *s)
{
	struct pkt_option **at = &s->options;

	while (lex_accept(l, "--")) {
		*at = pkt_alloc(l->arena, sizeof(**at));
		parse_option(l, *at);
		at = &(*at)->next;
		l->options = s->options;
	}
}

static void parse_events(struct pkt_lex *l, struct pkt_script *s)
{
	struct pkt_event **at = &s->events;

	while (!lex_end(l) && lex_peek(l) != '`') {
		struct pkt_event *e = pkt_alloc(l->arena, sizeof(*e));

		parse_when(l, &e->when);
		if (!lex_failed(l))
			parse_action(l, e);
		*at = e;
		at = &e->next;
	}
}

static const char *parse_command(struct pkt_lex *l, int *line)
{
	*line = l->line;
	return lex_accept(l, "`") ? lex_until(l, "`") : NULL;
}

bool pkt_parse(struct pkt_script *s, const struct pkt_source *source, char *error)
{
	struct pkt_lex l = {
		.file = source->file, .line = 1, .error = error, .defines = source->defines};
	char *text;

	*s = (struct pkt_script){0};
	error[0] = '\0';
	s->file = pkt_copy_text(&s->arena, source->file, strlen(source->file));
	text = pkt_copy_text(&s->arena, source->text, size_min(source->len, PKT_SCRIPT_MAX));
	l.arena = &s->arena;
	l.p = l.line_start = text;
	l.end = text + size_min(source->len, PKT_SCRIPT_MAX);
	if (source->len > PKT_SCRIPT_MAX || strlen(text) != source->len)
		lex_fail(&l, "the script has a NUL byte, or more than %d bytes", PKT_SCRIPT_MAX);
	lex_end(&l);
	parse_options(&l, s);
	s->init = parse_command(&l, &s->init_line);
	parse_events(&l, s);
	s->cleanup = parse_command(&l, &s->cleanup_line);
	if (!lex_end(&l))
		lex_fail(&l, "events after the command at the end");
	if (!s->events)
		lex_fail(&l, "no events");
	return !lex_failed(&l);
}

void pkt_script_free(struct pkt_script *s)
{
	arena_free(&s->arena);
}
