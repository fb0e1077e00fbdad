/*
 * cmd_batch.c - BATCH from a client, and the lines of a multiline message in it (multiline.h).
 *
 * After a mistake the client gets one error; further lines with the batch's tag are skipped until
 * its BATCH -.
 */
#include "chat/cmd/cmd_batch.h"

#include "chat/cmd/cmd_message.h"
#include "chat/cmd/command.h"
#include "chat/history/multiline.h"
#include "chat/out/caps.h"
#include "chat/proto/tags.h"

#include <stdio.h>
#include <stdlib.h>

/* FAIL BATCH, with the label that the batch was opened with. */
static void fail_about(struct request *q, const struct reply_note *note, const char *also)
{
	struct multiline *b = q->conn->multiline;
	const char *own = q->label;

	if (b && b->label[0])
		q->label = b->label;
	reply_note_also(q, note, also);
	if (!b)
		return;
	if (b->label[0]) {
		reply_end(q);
		q->label = own;
	}
	b->label[0] = '\0';
	b->failed = true;
}

static void fail(struct request *q, const char *code, const char *context, const char *text)
{
	fail_about(q, &(struct reply_note){"FAIL", "BATCH", code, context, text}, NULL);
}

static void invalid(struct request *q, const char *text)
{
	fail(q, "MULTILINE_INVALID", NULL, text);
}

static void limit(struct request *q, const char *code, int64_t max, const char *text)
{
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)max);
	fail(q, code, number, text);
}

static void batch_open(struct request *q)
{
	const struct msg *m = q->msg;
	const char *ref = m->params[0] + 1, *target = msg_param(m, 2);
	struct multiline *b;

	if (q->conn->multiline)
		invalid(q, "There is an open batch");
	else if (strcmp(msg_param(m, 1), "draft/multiline") != 0)
		fail(q, "UNKNOWN_TYPE", NULL, "There is no such type of batch");
	else if (!*ref || strlen(ref) >= BATCH_REF_MAX || !*target || strchr(target, ',') ||
		 strlen(target) > CHANNEL_BYTES_MAX)
		invalid(q, "A batch has a short reference and one target");
	else {
		b = calloc(1, sizeof(*b));
		if (b && m->tags)
			b->tags = strdup(m->tags);
		if (!b || (m->tags && !b->tags)) {
			free(b);
			server_count(q->server, COUNT_NO_MEMORY);
			invalid(q, "Out of memory");
			return;
		}
		snprintf(b->ref, sizeof(b->ref), "%s", ref);
		snprintf(b->target, sizeof(b->target), "%s", target);
		snprintf(b->label, sizeof(b->label), "%s", q->label ? q->label : "");
		b->blank = true;
		q->label = NULL; /* answered at the end of the batch */
		q->conn->multiline = b;
	}
}

static void batch_close(struct request *q)
{
	struct multiline *b = q->conn->multiline;

	if (!b || strcmp(b->ref, q->msg->params[0] + 1) != 0) {
		invalid(q, "That batch is not open");
		return;
	}
	if (!b->failed && b->blank)
		invalid(q, "A message has a line that is not blank");
	if (!b->failed) {
		const char *own = q->label;

		q->label = b->label[0] ? b->label : NULL;
		message_send_multiline(q, b);
		reply_end(q);
		q->label = own;
	}
	q->conn->multiline = NULL;
	multiline_free(b);
}

static void cmd_batch(struct request *q)
{
	const char *ref = q->msg->params[0];

	if (!(q->conn->caps & CAP_MULTILINE))
		reply(q, ERR_UNKNOWNCOMMAND, "BATCH :Unknown command");
	else if (*ref == '+')
		batch_open(q);
	else if (*ref == '-')
		batch_close(q);
	else
		invalid(q, "A reference begins with + or -");
}

/* A line of the message. What readers' lines cannot hold after the sender's mask continues in
 * another line joined to it. */
static void add_text(struct request *q, const char *text)
{
	struct multiline *b = q->conn->multiline;

	for (;;) {
		size_t n = message_room(user_mask(q->user), "PRIVMSG", b->target, text);

		memcpy(b->text.at + b->text.count, text, n);
		b->text.count += (uint32_t)n;
		text += n;
		if (!*text)
			break;
		b->text.at[b->text.count++] = '\r';
	}
	b->text.at[b->text.count] = '\0';
}

static void add_line(struct request *q, bool concat)
{
	const struct config_limits *limits = &q->server->config->limits;
	struct multiline *b = q->conn->multiline;
	size_t n = q->msg->lens[1];
	bool joined = b->lines > 0;

	b->bytes += n + (joined && !concat);
	if (b->lines >= limits->multiline_lines) {
		limit(q, "MULTILINE_MAX_LINES", limits->multiline_lines,
			"There are too many lines");
	} else if (b->bytes > (size_t)limits->multiline_bytes) {
		limit(q, "MULTILINE_MAX_BYTES", limits->multiline_bytes, "The text is too long");
	} else if (!VEC_RESERVE(&b->text, n + 2 + LINE_BODY_MAX, UINT32_MAX)) {
		server_count(q->server, COUNT_NO_MEMORY);
		invalid(q, "Out of memory");
	} else {
		if (joined)
			b->text.at[b->text.count++] = concat ? '\r' : '\n';
		add_text(q, q->msg->params[1]);
		b->lines++;
		b->blank = b->blank && n == 0;
	}
}

static void take(struct request *q)
{
	struct multiline *b = q->conn->multiline;
	bool notice = strcmp(q->msg->command, "NOTICE") == 0;
	struct tag t;
	bool concat = tag_find(q->msg->tags, "draft/multiline-concat", &t);

	if (!notice && strcmp(q->msg->command, "PRIVMSG") != 0)
		invalid(q, "Only PRIVMSG or NOTICE belong in the batch");
	else if (q->msg->count < 2 || (b->lines && b->notice != notice))
		invalid(q, "All lines have the same command and a text");
	else if (!case_equal(q->msg->params[0], b->target))
		fail_about(q,
			&(struct reply_note){"FAIL", "BATCH", "MULTILINE_INVALID_TARGET", b->target,
				"All lines have the batch's target"},
			q->msg->params[0]);
	else if (concat && !q->msg->lens[1])
		invalid(q, "A blank line cannot be joined to another");
	else {
		b->notice = notice;
		add_line(q, concat);
	}
}

bool batch_take(struct request *q)
{
	struct multiline *b = q->conn->multiline;
	struct tag t;

	if (!(q->conn->caps & CAP_MULTILINE) || !user_registered(q->user) ||
		!tag_find(q->msg->tags, "batch", &t))
		return false;
	q->label = NULL; /* the batch has one, not its lines */
	if (!b)
		invalid(q, "That batch is not open");
	else if (b->failed)
		return true;
	else if (strlen(b->ref) != t.value_len || memcmp(b->ref, t.value, t.value_len) != 0)
		invalid(q, "That batch is not open");
	else
		take(q);
	return true;
}

static const struct command rows[] = {
	{"BATCH", 1, 0, 1, cmd_batch},
};

const struct command_group commands_batch = {rows, ARRAY_SIZE(rows)};
