/* multiline.c - multiline messages: iteration, delivery, echo. */
#include "chat/history/multiline.h"

#include "chat/out/caps.h"

#include <stdlib.h>

struct multiline_walk multiline_begin(const char *text, size_t len)
{
	return (struct multiline_walk){.at = text, .left = len, .more = true};
}

static size_t line_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\n' && p[i] != '\r')
		i++;
	return i;
}

bool multiline_next(struct multiline_walk *w)
{
	if (!w->more)
		return false;
	w->concat = w->line && w->at[-1] == '\r';
	w->line = w->at;
	w->n = line_length(w->at, w->left);
	w->more = w->n < w->left;
	w->at += w->n + w->more;
	w->left -= w->n + w->more;
	return true;
}

void multiline_free(struct multiline *b)
{
	if (!b)
		return;
	free(b->tags);
	VEC_FREE(&b->text);
	free(b);
}

static struct line_out text_line(const struct message *m, const struct multiline_walk *w)
{
	struct line_out o = {0};

	line_add_all(&o, ":", m->source, " ", m->kind->name, " ", m->texts->to, " :", NULL);
	line_add(&o, w->line, w->n);
	return o;
}

/* The BATCH that begins the message, with its tags. */
static struct line_out batch_begin(const struct message *m, char ref[BATCH_REF_MAX])
{
	const char *source = m->source;
	struct line_out o = m->line;

	server_batch_ref(m->q->server, ref);
	o.parts = 0;
	line_add_batch_begin(&o, source, strlen(source), ref, "draft/multiline");
	line_add_all(&o, " ", m->texts->to, NULL);
	return o;
}

static struct line_out batch_line(
	const struct message *m, const struct multiline_walk *w, const char *ref)
{
	struct line_out o = text_line(m, w);

	o.batch = ref;
	o.client_tags = w->concat ? "draft/multiline-concat" : NULL;
	return o;
}

static struct line_out batch_end(const struct message *m, const char *ref)
{
	const char *source = m->source;
	struct line_out o = {0};

	line_add_batch_end(&o, source, strlen(source), ref);
	return o;
}

/* Sends one line to those recipients that have all of need and none of deny. */
static void pass(
	const struct message *m, const struct reach *to, const struct line_out *o, bool cap)
{
	struct delivery d;

	deliver_begin(&d, m->q->server, o);
	d.need = to->need | (cap ? CAP_MULTILINE : 0);
	d.deny = cap ? 0 : CAP_MULTILINE;
	d.rank = to->rank;
	reach_deliver(to, &d);
}

static void spread_batch(struct message *m, const struct reach *to)
{
	struct multiline_walk w = multiline_begin(m->text, m->text_len);
	char ref[BATCH_REF_MAX];
	struct line_out o = batch_begin(m, ref);

	pass(m, to, &o, true);
	while (multiline_next(&w)) {
		o = batch_line(m, &w, ref);
		pass(m, to, &o, true);
	}
	o = batch_end(m, ref);
	pass(m, to, &o, true);
}

/* Blank lines are not sent; the first line sent has the id. */
static void spread_lines(struct message *m, const struct reach *to)
{
	struct multiline_walk w = multiline_begin(m->text, m->text_len);
	struct line_out tags = m->line;

	while (multiline_next(&w)) {
		struct line_out o = tags, body = text_line(m, &w);

		if (w.n == 0)
			continue;
		o.parts = body.parts;
		memcpy(o.part, body.part, sizeof(body.part));
		pass(m, to, &o, false);
		tags.msgid = NULL;
		if (tags.client_tags && strlen(tags.client_tags) > MULTILINE_TAGS_EACH)
			tags.client_tags = NULL;
	}
}

void multiline_spread(struct message *m, const struct reach *to)
{
	spread_batch(m, to);
	spread_lines(m, to);
}

void multiline_echo(struct message *m)
{
	struct multiline_walk w = multiline_begin(m->text, m->text_len);
	char ref[BATCH_REF_MAX];
	struct line_out o = batch_begin(m, ref);

	o.label = m->q->label;
	m->q->label = NULL; /* the batch carries it */
	reply_line(m->q, &o);
	while (multiline_next(&w)) {
		o = batch_line(m, &w, ref);
		reply_line(m->q, &o);
	}
	o = batch_end(m, ref);
	reply_line(m->q, &o);
}
