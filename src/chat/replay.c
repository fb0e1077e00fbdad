/* replay.c - stored messages to one client: replay.h. */
#include "chat/replay.h"

#include "chat/msgid.h"
#include "chat/multiline.h"
#include "chat/record.h"

#include <stdio.h>

void replay_begin(struct replay *r, struct server *s, struct hold_ticket *t, const char *label)
{
	*r = (struct replay){.server = s, .conn = t->conn, .ticket = t, .label = label};
}

static void emit(struct replay *r, const struct line_out *line)
{
	hold_add(r->server, r->conn, r->ticket,
		line_encode(&r->server->chunks, line, r->conn->form | FORM_OWN));
}

/* A line of the server's own; the first of an answer carries the label. */
static void emit_own(struct replay *r, const char *text)
{
	struct line_out line = {.label = r->label};

	r->label = NULL;
	line_add_all(&line, ":", r->server->config->server.name, " ", text, NULL);
	emit(r, &line);
}

void replay_open(struct replay *r, const char *type, const char *param)
{
	char text[LINE_BODY_MAX];

	if (!(r->conn->caps & CAP_BATCH))
		return;
	snprintf(r->batch, sizeof(r->batch), "%x", ++r->server->batches);
	snprintf(text, sizeof(text), "BATCH +%s %s%s%s", r->batch, type, *param ? " " : "", param);
	emit_own(r, text);
}

void replay_close(struct replay *r)
{
	char text[BATCH_REF_MAX + 8];

	if (!r->batch[0])
		return;
	snprintf(text, sizeof(text), "BATCH -%s", r->batch);
	emit_own(r, text);
	r->batch[0] = '\0';
}

static const char *text_of(const struct store_text *t, char *buf, size_t size)
{
	if (t->len == 0)
		return NULL;
	snprintf(buf, size, "%.*s", (int)t->len, t->p);
	return buf;
}

/* Source and command, and then what the caller adds. */
static struct line_out head_of(const struct store_msg *m, const char *command, size_t n)
{
	struct line_out o = {0};

	line_add(&o, ":", 1);
	line_add(&o, m->source.p, m->source.len);
	line_add(&o, " ", 1);
	line_add(&o, command, n);
	line_add(&o, " ", 1);
	return o;
}

/* The tags of one line with the parts of another. */
static void emit_as(struct replay *r, const struct line_out *tags, const struct line_out *body)
{
	struct line_out o = *tags;

	o.parts = body->parts;
	memcpy(o.part, body->part, sizeof(body->part));
	emit(r, &o);
}

/* In a batch of their own inside the answer's. */
static void replay_batch(struct replay *r, const struct store_msg *m, const struct line_out *tags,
	struct multiline_walk w, size_t head)
{
	char ref[BATCH_REF_MAX];
	struct line_out o = head_of(m, "BATCH", 5), inner = {.batch = ref};

	snprintf(ref, sizeof(ref), "%x", ++r->server->batches);
	line_add_all(&o, "+", ref, " draft/multiline ", NULL);
	line_add(&o, m->params.p, head - 2);
	emit_as(r, tags, &o);
	while (multiline_next(&w)) {
		o = head_of(m, m->command.p, m->command.len);
		line_add(&o, m->params.p, head);
		line_add(&o, w.line, w.n);
		inner.client_tags = w.concat ? "draft/multiline-concat" : NULL;
		emit_as(r, &inner, &o);
	}
	o = head_of(m, "BATCH", 5);
	line_add_all(&o, "-", ref, NULL);
	emit_as(r, &(struct line_out){.batch = tags->batch}, &o);
}

/* head: bytes of the target with " :", in front of the text. */
static void replay_multiline(struct replay *r, const struct store_msg *m, struct line_out *tags)
{
	const char *space = memchr(m->params.p, ' ', m->params.len);
	size_t head = space ? (size_t)(space - m->params.p) + 2 : m->params.len;
	struct multiline_walk w;

	if (head >= m->params.len)
		return; /* not of our writing */
	w = multiline_begin(m->params.p + head, m->params.len - head);
	if (r->conn->caps & CAP_MULTILINE) {
		replay_batch(r, m, tags, w, head);
		return;
	}
	while (multiline_next(&w)) {
		struct line_out o = head_of(m, m->command.p, m->command.len);

		if (w.n == 0)
			continue;
		line_add(&o, m->params.p, head);
		line_add(&o, w.line, w.n);
		emit_as(r, tags, &o);
		tags->msgid = NULL;
	}
}

void replay_message(struct replay *r, const struct store_msg *m)
{
	char stamp[TIME_TEXT_MAX], msgid[MSGID_TEXT_LEN + 1], tags[CLIENT_TAGS_MAX + 1];
	char account[NICK_BYTES_MAX + 1];
	struct line_out body = head_of(m, m->command.p, m->command.len);
	struct line_out line = {
		.time = stamp,
		.msgid = msgid,
		.account = text_of(&m->account, account, sizeof(account)),
		.client_tags = text_of(&m->tags, tags, sizeof(tags)),
		.batch = r->batch[0] ? r->batch : NULL,
	};

	time_text(stamp, msgid_ms(m->id));
	msgid_print(msgid, m->id);
	if (m->use == RECORD_MULTILINE) {
		replay_multiline(r, m, &line);
		return;
	}
	line_add(&body, m->params.p, m->params.len);
	emit_as(r, &line, &body);
}

void replay_target(struct replay *r, const struct store_target_row *row)
{
	char stamp[TIME_TEXT_MAX];
	struct line_out line = {.batch = r->batch[0] ? r->batch : NULL};

	time_text(stamp, row->last_ms);
	line_add_all(&line, ":", r->server->config->server.name, " CHATHISTORY TARGETS ", NULL);
	line_add(&line, row->name.p, row->name.len);
	line_add_all(&line, " ", stamp, NULL);
	emit(r, &line);
}

void replay_fail(struct replay *r, const char *words, const char *text)
{
	char line[LINE_BODY_MAX];

	snprintf(line, sizeof(line), "FAIL %s :%s", words, text);
	emit_own(r, line);
}
