/*
 * reply.c - replies: formatting, labels, batches, order.
 */
#include "chat/out/reply.h"

#include "base/decimal.h"
#include "base/utf8.h"
#include "chat/model/registry.h"
#include "chat/out/caps.h"
#include "chat/out/reply_barrier.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/param.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Sends a finished line to the client, after everything pending. */
static void emit(struct request *q, const struct line_out *line)
{
	struct server *s = q->server;
	struct conn *c = q->conn;

	if (c->flags & CONN_LEAVING)
		return;
	s->work += WORK_REPLY;
	if (c->barrier || q->ticket)
		barrier_add(s, c, q->ticket, line_encode(&s->outbufs, line, c->form | FORM_OWN));
	else
		conn_line(s, c, line);
}

void reply_begin(struct request *q)
{
	q->ticket = NULL;
	q->first = NULL;
	q->last = &q->first;
	q->lines = 0;
}

/* Appends s with its NUL; returns its offset, 0 if s is NULL. */
static uint16_t pack(struct reply_line *l, const char *s)
{
	uint16_t at = l->len;

	if (!s)
		return 0;
	memcpy(l->text + at, s, strlen(s) + 1);
	l->len = (uint16_t)(at + strlen(s) + 1);
	return at;
}

static size_t size_of(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static void append(struct request *q, struct reply_line *l)
{
	*q->last = l;
	q->last = &l->next;
	q->lines++;
}

/* Buffers a line until the command is done and the number of lines is known. */
static void buffer(struct request *q, const struct line_out *o)
{
	size_t n = 2 + size_of(o->msgid) + size_of(o->account) + size_of(o->client_tags);
	struct reply_line *l;

	for (uint32_t i = 0; i < o->parts; i++)
		n += o->part[i].n;
	l = n < UINT16_MAX ? calloc(1, sizeof(*l) + n) : NULL;
	if (!l) {
		conn_out_of_memory(q->server, q->conn);
		return;
	}
	l->len = 1; /* offset 0 is "none" */
	if (o->time)
		memcpy(l->time, o->time, strnlen(o->time, TIME_TEXT_MAX - 1));
	l->msgid = pack(l, o->msgid);
	l->account = pack(l, o->account);
	l->tags = pack(l, o->client_tags);
	l->body = l->len;
	for (uint32_t i = 0; i < o->parts; i++) {
		memcpy(l->text + l->len, o->part[i].p, o->part[i].n);
		l->len = (uint16_t)(l->len + o->part[i].n);
	}
	append(q, l);
}

static const char *text_at(const struct reply_line *l, uint16_t at)
{
	return at ? l->text + at : NULL;
}

static void emit_buffered(struct request *q, const struct reply_line *l, const char *batch)
{
	struct line_out o = {
		.time = l->time[0] ? l->time : NULL,
		.msgid = text_at(l, l->msgid),
		.account = text_at(l, l->account),
		.client_tags = text_at(l, l->tags),
		.batch = batch,
		.label = batch ? NULL : q->label,
	};

	line_add(&o, l->text + l->body, l->len - l->body);
	emit(q, &o);
}

static void open_place(struct request *q, struct reply_place *p, const char *batch)
{
	p->server = q->server;
	snprintf(p->batch, sizeof(p->batch), "%s", batch ? batch : "");
	snprintf(p->label, sizeof(p->label), "%s", q->label && !batch ? q->label : "");
	p->ticket = q->conn->flags & CONN_LEAVING ? NULL : barrier_open(q->server, q->conn);
}

void reply_keep_place(struct request *q, struct reply_place *p)
{
	struct reply_line *l = q->label ? calloc(1, sizeof(*l)) : NULL;

	p->ticket = NULL;
	if (!q->label) {
		open_place(q, p, q->split ? q->batch : NULL);
	} else if (l) {
		l->place = p;
		append(q, l);
	} else {
		conn_out_of_memory(q->server, q->conn);
	}
}

void reply_fill(struct reply_place *p, const struct line_out *line)
{
	struct conn *c = p->ticket ? p->ticket->conn : NULL;
	struct line_out o;

	if (c && line) {
		o = *line;
		o.label = p->label[0] ? p->label : NULL;
		o.batch = p->batch[0] ? p->batch : NULL;
		barrier_add(p->server, c, p->ticket, line_encode(&p->server->outbufs, &o, c->form));
	}
	if (p->ticket)
		barrier_settle(p->server, p->ticket, NULL);
}

/* Opens a batch of the server; writes its reference to ref. */
static void open_batch(
	struct request *q, char ref[BATCH_REF_MAX], const char *type, const char *param)
{
	const char *name = q->server->config->server.name;
	struct line_out o = {.label = q->label};

	server_batch_ref(q->server, ref);
	line_add_batch_begin(&o, name, strlen(name), ref, type);
	if (*param)
		line_add_all(&o, " ", param, NULL);
	emit(q, &o);
}

static void emit_all_buffered(struct request *q, const char *batch)
{
	while (q->first) {
		struct reply_line *l = q->first;

		q->first = l->next;
		if (l->place)
			open_place(q, l->place, batch);
		else
			emit_buffered(q, l, batch);
		free(l);
	}
}

static void close_batch(struct request *q, const char *ref)
{
	const char *name = q->server->config->server.name;
	struct line_out o = {0};

	line_add_batch_end(&o, name, strlen(name), ref);
	emit(q, &o);
}

void reply_split(struct request *q)
{
	if (!q->label)
		return;
	open_batch(q, q->batch, "labeled-response", "");
	emit_all_buffered(q, q->batch);
	reply_begin(q);
	q->label = NULL;
	q->split = true;
}

/* Makes the last unfinished stream of this batch close it; false if there is none. */
static bool streams_close_batch(struct conn *c, const char *batch)
{
	struct reply_stream *last = NULL;

	for (struct reply_stream *a = c->streams; a; a = a->next)
		if (strcmp(a->batch, batch) == 0)
			last = a;
	if (last)
		last->last = true;
	return last;
}

void reply_end(struct request *q)
{
	char ref[BATCH_REF_MAX];
	const char *batch = q->lines > 1 ? ref : NULL;
	struct line_out ack = {.label = q->label};

	if (q->deferred)
		return;
	if (q->label && q->lines == 0) {
		line_add_all(&ack, ":", q->server->config->server.name, " ACK", NULL);
		emit(q, &ack);
	}
	if (batch)
		open_batch(q, ref, "labeled-response", "");
	emit_all_buffered(q, batch);
	if (batch)
		close_batch(q, ref);
	if (q->split && !streams_close_batch(q->conn, q->batch))
		close_batch(q, q->batch);
	reply_begin(q);
}

void reply_line(struct request *q, const struct line_out *line)
{
	struct line_out o;

	if (q->label) {
		buffer(q, line);
		return;
	}
	o = *line;
	if (q->split)
		o.batch = q->batch;
	emit(q, &o);
}

void reply_batch_begin(struct request *q, const char *type, const char *param)
{
	if (!(q->conn->caps & CAP_BATCH) || q->lines || q->split)
		return;
	open_batch(q, q->batch, type, param);
	q->label = NULL; /* the batch carries it */
}

void reply_batch_end(struct request *q)
{
	if (!q->batch[0] || q->split)
		return;
	close_batch(q, q->batch);
	q->batch[0] = '\0';
}

/* Sends head and text as one line, cut at a whole character. */
static void reply_cut(struct request *q, const char *head, const char *text, size_t len)
{
	struct line_out o = {.batch = q->batch[0] ? q->batch : NULL};
	size_t room = LINE_BODY_MAX - 2 - size_min(strlen(head), LINE_BODY_MAX - 2);

	line_adds(&o, head);
	line_add(&o, text, utf8_cut(text, size_min(len, room)));
	reply_line(q, &o);
}

static void reply_formatted(struct request *q, const char *head, const char *format, va_list ap)
{
	char text[2 * REPLY_MAX];
	size_t len = params_print(text, sizeof(text), format, ap);

	reply_cut(q, head, text, utf8_mend(text, len));
}

static void numeric_head(const struct request *q, enum numeric n, char head[REPLY_MAX])
{
	char *at = stpcpy(head, ":"); /* both names are far shorter than REPLY_MAX */

	at = stpcpy(at, q->server->config->server.name);
	*at++ = ' ';
	at += decimal_padded(at, n, 3);
	*at++ = ' ';
	at = stpcpy(at, q->user ? user_nick(q->user) : "*");
	strcpy(at, " ");
}

void reply(struct request *q, enum numeric n, const char *format, ...)
{
	char head[REPLY_MAX];
	va_list ap;

	numeric_head(q, n, head);
	va_start(ap, format);
	reply_formatted(q, head, format, ap);
	va_end(ap);
}

void reply_params(struct request *q, enum numeric n, const char *params)
{
	char head[REPLY_MAX];

	numeric_head(q, n, head);
	reply_cut(q, head, params, strlen(params));
}

void reply_text(struct request *q, const char *format, ...)
{
	va_list ap;

	assert(*format == ':');
	va_start(ap, format);
	reply_formatted(q, ":", format + 1, ap);
	va_end(ap);
}

void reply_note(struct request *q, const struct reply_note *n)
{
	reply_note_also(q, n, NULL);
}

void reply_note_also(struct request *q, const struct reply_note *n, const char *also)
{
	const char *words[] = {n->kind, n->command, n->code, n->context, also};
	char head[REPLY_MAX], params[LINE_BODY_MAX] = "", text[2 * REPLY_MAX];

	snprintf(head, sizeof(head), ":%s ", q->server->config->server.name);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i])
			params_add(params, words[i]);
	snprintf(text, sizeof(text), "%s :%s", params, n->text);
	reply_cut(q, head, text, strlen(text));
}
