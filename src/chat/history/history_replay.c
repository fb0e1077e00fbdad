/* history_replay.c - stored messages as lines. */
#include "chat/history/history_replay.h"

#include "chat/history/history_append.h"
#include "chat/out/caps.h"

#include <stdio.h>

/* The tags of a message, with the buffers for their values. */
struct tagged {
	struct line_out line;
	char time[TIME_TEXT_MAX], msgid[MSGID_TEXT_LEN + 1], tags[CLIENT_TAGS_MAX + 1];
	char account[NICK_BYTES_MAX + 1];
};

static const char *text_of(const struct store_text *t, char *buf, size_t size)
{
	if (t->len == 0)
		return NULL;
	snprintf(buf, size, "%.*s", (int)t->len, t->p);
	return buf;
}

/* All tags; if not `first`, only those that every line of a message has. */
static void tag(
	struct tagged *t, const struct history_replay *r, const struct store_msg *m, bool first)
{
	bool tags = first || m->tags.len <= MULTILINE_TAGS_EACH;

	t->line = (struct line_out){
		.time = t->time,
		.msgid = first ? t->msgid : NULL,
		.account = text_of(&m->account, t->account, sizeof(t->account)),
		.client_tags = tags ? text_of(&m->tags, t->tags, sizeof(t->tags)) : NULL,
		.batch = r->batch,
	};
	time_text(t->time, m->ms);
	msgid_print(t->msgid, m->id);
}

/* ":source command " */
static void add_head(struct line_out *o, const struct store_msg *m)
{
	line_add(o, ":", 1);
	line_add(o, m->source.p, m->source.len);
	line_add(o, " ", 1);
	line_add(o, m->command.p, m->command.len);
	line_add(o, " ", 1);
}

/* Bytes of the target in m's params; " :text", or nothing, follows. */
static size_t target_length(const struct store_msg *m)
{
	const char *space = memchr(m->params.p, ' ', m->params.len);

	return space ? (size_t)(space - m->params.p) : m->params.len;
}

static void add_target(
	struct line_out *o, const struct history_replay *r, const struct store_msg *m)
{
	if (r->target)
		line_adds(o, r->target);
	else
		line_add(o, m->params.p, target_length(m));
}

static void open_inner(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	struct tagged t;

	server_batch_ref(q->server, r->inner);
	tag(&t, r, m, true);
	line_add_batch_begin(&t.line, m->source.p, m->source.len, r->inner, "draft/multiline");
	line_add(&t.line, " ", 1);
	add_target(&t.line, r, m);
	reply_line(q, &t.line);
}

static void close_inner(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	struct line_out o = {.batch = r->batch};

	line_add_batch_end(&o, m->source.p, m->source.len, r->inner);
	reply_line(q, &o);
	r->inner[0] = '\0';
}

static void add_text(struct history_replay *r, struct line_out *o, const struct store_msg *m)
{
	add_head(o, m);
	add_target(o, r, m);
	line_add(o, " :", 2);
	line_add(o, r->lines.line, r->lines.n);
}

/* A line within the message's own batch, which has the tags. */
static bool inner_line(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	struct line_out o = {.batch = r->inner};

	if (!multiline_next(&r->lines)) {
		close_inner(r, q, m);
		return true;
	}
	o.client_tags = r->lines.concat ? "draft/multiline-concat" : NULL;
	add_text(r, &o, m);
	reply_line(q, &o);
	return false;
}

/* A line by itself. Blank lines are skipped. */
static bool plain_line(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	struct tagged t;

	while (multiline_next(&r->lines)) {
		if (r->lines.n == 0)
			continue;
		tag(&t, r, m, !r->tagged);
		r->tagged = true;
		add_text(r, &t.line, m);
		reply_line(q, &t.line);
		return !r->lines.more;
	}
	return true;
}

static bool next_of_several(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	size_t head = target_length(m) + 2; /* " :" */

	if (head >= m->params.len)
		return true; /* not written by us */
	if (!r->inside) {
		r->lines = multiline_begin(m->params.p + head, m->params.len - head);
		r->inside = true;
		r->tagged = false;
		if (q->conn->caps & CAP_MULTILINE) {
			open_inner(r, q, m);
			return false;
		}
	}
	r->inside = !(r->inner[0] ? inner_line(r, q, m) : plain_line(r, q, m));
	return !r->inside;
}

/* A NICK or QUIT names no channel; JOIN has an account and a name for those with extended-join. */
static bool is_event_without_target(const struct store_msg *m)
{
	return m->event == STORE_EVENT && (m->command.len == 4) &&
	       (memcmp(m->command.p, "NICK", 4) == 0 || memcmp(m->command.p, "QUIT", 4) == 0);
}

static bool is_join(const struct store_msg *m)
{
	return m->event == STORE_EVENT && m->command.len == 4 &&
	       memcmp(m->command.p, "JOIN", 4) == 0;
}

bool history_replay_line(struct history_replay *r, struct request *q, const struct store_msg *m)
{
	size_t head = target_length(m);
	struct tagged t;

	if (m->use == HISTORY_MULTILINE)
		return next_of_several(r, q, m);
	tag(&t, r, m, true);
	add_head(&t.line, m);
	if (is_event_without_target(m))
		head = 0;
	else
		add_target(&t.line, r, m);
	if (!is_join(m) || (q->conn->caps & CAP_EXTENDED_JOIN))
		line_add(&t.line, m->params.p + head, m->params.len - head);
	reply_line(q, &t.line);
	return true;
}
