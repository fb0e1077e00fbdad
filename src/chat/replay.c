/* replay.c - stored messages to one client: replay.h. */
#include "chat/replay.h"

#include "chat/msgid.h"

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

void replay_message(struct replay *r, const struct store_msg *m)
{
	char stamp[TIME_TEXT_MAX], msgid[MSGID_TEXT_LEN + 1], tags[CLIENT_TAGS_MAX + 1];
	char account[NICK_BYTES_MAX + 1];
	struct line_out line = {
		.time = stamp,
		.msgid = msgid,
		.account = text_of(&m->account, account, sizeof(account)),
		.client_tags = text_of(&m->tags, tags, sizeof(tags)),
		.batch = r->batch[0] ? r->batch : NULL,
	};

	time_text(stamp, msgid_ms(m->id));
	msgid_print(msgid, m->id);
	line_add(&line, ":", 1);
	line_add(&line, m->source.p, m->source.len);
	line_add(&line, " ", 1);
	line_add(&line, m->command.p, m->command.len);
	if (m->params.len) {
		line_add(&line, " ", 1);
		line_add(&line, m->params.p, m->params.len);
	}
	emit(r, &line);
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
