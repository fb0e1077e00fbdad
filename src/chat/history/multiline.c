/* multiline.c - the lines of a multiline message, out: multiline.h. */
#include "chat/history/multiline.h"

#include "chat/out/caps.h"

#include <stdio.h>
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

/* A line of the message's sender with these tags; parts are added by the caller. */
static struct line_out from_sender(const struct message *m, const char *command)
{
	struct line_out o = {0};

	line_add_all(&o, ":", user_mask(m->q->user), " ", command, " ", NULL);
	return o;
}

static struct line_out text_line(const struct message *m, const struct multiline_walk *w)
{
	struct line_out o = from_sender(m, m->kind->name);

	line_add_all(&o, m->to, " :", NULL);
	line_add(&o, w->line, w->n);
	return o;
}

static struct line_out batch_start(const struct message *m, const char *ref)
{
	struct line_out o = m->line, head = from_sender(m, "BATCH");

	o.parts = head.parts;
	memcpy(o.part, head.part, sizeof(head.part));
	line_add_all(&o, "+", ref, " draft/multiline ", m->to, NULL);
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
	struct line_out o = from_sender(m, "BATCH");

	line_add_all(&o, "-", ref, NULL);
	return o;
}

/* One line to those of them who have all of need and none of deny. */
static void pass(
	const struct message *m, const struct reach *to, const struct line_out *o, bool cap)
{
	struct delivery d;

	deliver_begin(&d, m->q->server, o);
	d.need = cap ? CAP_MULTILINE : 0;
	d.deny = cap ? 0 : CAP_MULTILINE;
	d.rank = to->rank;
	reach_deliver(to, &d, m->q->conn);
}

static void new_ref(struct server *s, char ref[BATCH_REF_MAX])
{
	snprintf(ref, BATCH_REF_MAX, "%x", ++s->batches);
}

static void spread_batch(struct message *m, const struct reach *to)
{
	struct multiline_walk w = multiline_begin(m->text, m->text_len);
	char ref[BATCH_REF_MAX];
	struct line_out o;

	new_ref(m->q->server, ref);
	o = batch_start(m, ref);
	pass(m, to, &o, true);
	while (multiline_next(&w)) {
		o = batch_line(m, &w, ref);
		pass(m, to, &o, true);
	}
	o = batch_end(m, ref);
	pass(m, to, &o, true);
}

/* Blank lines are no messages; the first one that is sent has the id, and the client's tags: they
 * may be long, and many lines. */
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
		tags.msgid = tags.client_tags = NULL;
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
	struct line_out o;

	new_ref(m->q->server, ref);
	o = batch_start(m, ref);
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
