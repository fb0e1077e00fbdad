/* history_page.c - pages of history: request, rows, end. */
#include "chat/history/history_page.h"

#include "chat/history/history_replay.h"
#include "chat/model/correspondent.h"
#include "chat/model/registry.h"
#include "chat/out/caps.h"
#include "chat/out/reply_stream.h"

#include <stdio.h>
#include <stdlib.h>

/* Messages or targets copied from a reply of the store. */
struct rows {
	uint32_t count;
	struct store_msg *msgs;
	struct store_target_row *targets;
	_Alignas(struct store_msg) char text[];
};

struct page {
	struct reply_stream stream;
	struct server *server;
	struct conn *conn;
	struct asked *asked; /* the pending request; NULL: none */
	enum store_status status;
	bool targets, search, joined, opened;
	bool partial; /* a search ended early: said before the page */
	char with[CHANNEL_BYTES_MAX + 1], label[LABEL_MAX + 1];
	char batch[BATCH_REF_MAX];            /* "": none is open */
	uint64_t *ids;                        /* of the page */
	uint32_t *channels;                   /* of the ids of a search, in names */
	char (*names)[CHANNEL_BYTES_MAX + 1]; /* the channels searched, casefolded */
	uint32_t count, taken;                /* how many of them; how many requested */
	uint32_t given;                       /* of a search: the place of the last message sent */
	struct rows *rows;                    /* of the piece; NULL: none yet */
	uint32_t at;                          /* the next row */
	int64_t last_ms;                      /* of the last message sent */
	struct history_replay replay;
};

/* A request in progress; the page may end before it is answered. */
struct asked {
	struct page *page; /* NULL: no longer needed */
};

static void page_end(struct reply_stream *a)
{
	struct page *p = container_of(a, struct page, stream);

	if (p->asked)
		p->asked->page = NULL;
	free(p->ids);
	free(p->channels);
	free(p->names);
	free(p->rows);
}

static enum store_status ask(struct page *p, struct store_request *r)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	enum store_status status;

	if (!asked)
		return STORE_NO_MEMORY;
	asked->page = p;
	r->arg = asked;
	status = store_submit(p->server->store, r);
	if (status != STORE_OK) {
		free(asked);
		return status;
	}
	p->asked = asked;
	p->stream.waits = true;
	return STORE_OK;
}

/* Returns the page that a reply of the store is for; NULL if the page has ended. */
static struct page *answered(void *arg, const struct store_reply *reply)
{
	struct asked *asked = arg;
	struct page *p = asked->page;

	free(asked);
	if (!p)
		return NULL;
	p->asked = NULL;
	p->status = reply->status;
	reply_stream_wake(p->server, p->conn, &p->stream);
	return p;
}

static struct store_text copy(struct store_text t, char **at)
{
	char *start = *at;

	if (t.len)
		memcpy(start, t.p, t.len);
	*at += t.len;
	return (struct store_text){start, t.len};
}

static struct rows *copy_msgs(const struct store_reply *reply)
{
	size_t bytes = reply->count * sizeof(struct store_msg);
	struct rows *rows;
	char *at;

	for (uint32_t i = 0; i < reply->count; i++)
		bytes += store_msg_bytes(&reply->msgs[i]);
	rows = malloc(sizeof(*rows) + bytes);
	if (!rows)
		return NULL;
	*rows = (struct rows){.count = reply->count, .msgs = (struct store_msg *)rows->text};
	at = rows->text + reply->count * sizeof(struct store_msg);
	for (uint32_t i = 0; i < reply->count; i++) {
		struct store_msg m = reply->msgs[i];

		m.source = copy(m.source, &at);
		m.account = copy(m.account, &at);
		m.command = copy(m.command, &at);
		m.params = copy(m.params, &at);
		m.tags = copy(m.tags, &at);
		rows->msgs[i] = m;
	}
	return rows;
}

static struct rows *copy_targets(const struct store_reply *reply)
{
	size_t bytes = reply->count * sizeof(struct store_target_row);
	struct rows *rows;
	char *at;

	for (uint32_t i = 0; i < reply->count; i++)
		bytes += reply->targets[i].name.len;
	rows = malloc(sizeof(*rows) + bytes);
	if (!rows)
		return NULL;
	*rows = (struct rows){
		.count = reply->count, .targets = (struct store_target_row *)rows->text};
	at = rows->text + reply->count * sizeof(struct store_target_row);
	for (uint32_t i = 0; i < reply->count; i++) {
		rows->targets[i] = reply->targets[i];
		rows->targets[i].name = copy(reply->targets[i].name, &at);
	}
	return rows;
}

static void rows_done(void *arg, const struct store_reply *reply)
{
	struct page *p = answered(arg, reply);

	if (!p || p->status != STORE_OK)
		return;
	free(p->rows);
	p->rows = p->targets ? copy_targets(reply) : copy_msgs(reply);
	p->at = 0;
	p->taken += reply->taken;
	if (!p->rows)
		p->status = STORE_NO_MEMORY;
}

static void ids_done(void *arg, const struct store_reply *reply)
{
	struct page *p = answered(arg, reply);

	if (!p || p->status != STORE_OK || reply->count == 0)
		return;
	p->ids = malloc(reply->count * sizeof(*p->ids));
	if (!p->ids) {
		p->status = STORE_NO_MEMORY;
		return;
	}
	memcpy(p->ids, reply->ids, reply->count * sizeof(*p->ids));
	p->count = reply->count;
}

static void hits_done(void *arg, const struct store_reply *reply)
{
	struct page *p = ((struct asked *)arg)->page;
	size_t bytes = reply->count * sizeof(*p->channels);

	ids_done(arg, reply);
	if (!p || p->status != STORE_OK)
		return;
	p->partial = reply->partial;
	if (reply->count == 0)
		return;
	p->channels = malloc(bytes);
	if (p->channels)
		memcpy(p->channels, reply->channels, bytes);
	else
		p->status = STORE_NO_MEMORY;
}

static void open_batch(struct request *q, struct page *p)
{
	const char *about = p->stream.channel[0] ? p->stream.channel : p->with;

	p->opened = true;
	if (p->partial)
		reply_note(q, &(struct reply_note){"NOTE", "SEARCH", "INCOMPLETE", "*",
				      "Not all messages could be searched"});
	q->label = p->label[0] ? p->label : NULL;
	reply_batch_begin(q,
		p->search    ? "soju.im/search"
		: p->targets ? "draft/chathistory-targets"
			     : "chathistory",
		p->targets || p->search ? "" : about);
	snprintf(p->batch, sizeof(p->batch), "%s", q->batch);
	q->batch[0] = '\0';
	q->label = NULL;
}

/* Marks the end of the history, for users whose client does not show times. */
static void mark_end(struct request *q, const struct page *p)
{
	char stamp[TIME_TEXT_MAX];

	time_text(stamp, p->last_ms);
	reply_text(q, ":%s NOTICE %s :End of what was said before you came, the last at %.16s UTC",
		q->server->config->server.name, p->stream.channel, stamp);
}

static bool close_page(struct request *q, struct page *p)
{
	snprintf(q->batch, sizeof(q->batch), "%s", p->batch);
	reply_batch_end(q);
	if (p->joined && !p->batch[0] && p->last_ms)
		mark_end(q, p);
	return false;
}

static bool fail(struct request *q, struct page *p)
{
	if (p->joined)
		return false;
	if (p->opened)
		close_page(q, p);
	else if (p->label[0])
		q->label = p->label;
	reply_note(q, &(struct reply_note){"FAIL", p->search ? "SEARCH" : "CHATHISTORY",
			      p->search ? "INTERNAL_ERROR" : "MESSAGE_ERROR", "*",
			      store_status_text(p->status)});
	return false;
}

static void give_target(struct request *q, const struct page *p)
{
	const struct store_target_row *row = &p->rows->targets[p->at];
	struct line_out line = {.batch = p->batch[0] ? p->batch : NULL};
	char stamp[TIME_TEXT_MAX], name[CORRESPONDENT_MAX];
	const char *shown = name;

	snprintf(name, sizeof(name), "%.*s", (int)row->name.len, row->name.p);
	if (name[0] == '#')
		shown = registry_spelling(q->server, name);
	else if (!correspondent_nick(q->server, row->name, name))
		return; /* no nick to ask for it by */
	time_text(stamp, row->last_ms);
	line_add_all(&line, ":", q->server->config->server.name, " CHATHISTORY TARGETS ", shown,
		" ", stamp, NULL);
	reply_line(q, &line);
}

/* The channel, as it is called now, of a message that a search has found; NULL: a conversation. */
static const char *channel_of(struct page *p, uint64_t id)
{
	while (p->ids[p->given] != id) /* a message that has been deleted meanwhile */
		p->given++;
	assert(p->given < p->count);
	if (p->channels[p->given] == STORE_SEARCH_PRIVATE)
		return NULL;
	return registry_spelling(p->server, p->names[p->channels[p->given]]);
}

static void give_row(struct request *q, struct page *p)
{
	if (p->targets) {
		give_target(q, p);
		p->at++;
		return;
	}
	p->replay.batch = p->batch[0] ? p->batch : NULL;
	p->replay.target = p->stream.channel[0] ? p->stream.channel : NULL;
	if (p->search)
		p->replay.target = channel_of(p, p->rows->msgs[p->at].id);
	p->last_ms = p->rows->msgs[p->at].ms;
	p->at += history_replay_line(&p->replay, q, &p->rows->msgs[p->at]);
}

static bool step(struct request *q, struct reply_stream *a)
{
	struct page *p = container_of(a, struct page, stream);
	struct store_request r = {.op = STORE_ROWS, .done = rows_done};

	if (p->status == STORE_OK && !p->opened && (p->count || !p->joined))
		open_batch(q, p);
	if (p->status == STORE_OK && p->rows && p->at < p->rows->count) {
		give_row(q, p);
		return true;
	}
	if (p->status == STORE_OK && p->taken < p->count) {
		r.u.rows = (struct store_rows){p->ids + p->taken, p->count - p->taken};
		p->status = ask(p, &r);
		return true;
	}
	return p->status == STORE_OK ? close_page(q, p) : fail(q, p);
}

static bool copy_names(struct page *p, const struct store_search *s)
{
	p->names = calloc(s->channel_count + 1, sizeof(*p->names));
	for (size_t i = 0; p->names && i < s->channel_count; i++)
		memcpy(p->names[i], s->channels[i].name.p, s->channels[i].name.len);
	return p->names != NULL;
}

enum store_status history_page_start(struct request *q, const struct history_query *h)
{
	struct page *p = reply_stream_new(q, sizeof(*p), step);
	enum store_status status;

	if (!p)
		return STORE_NO_MEMORY;
	p->stream.end = page_end;
	p->server = q->server;
	p->conn = q->conn;
	p->joined = h->joined;
	p->targets = h->request->op == STORE_TARGETS;
	snprintf(p->stream.channel, sizeof(p->stream.channel), "%s", h->channel ? h->channel : "");
	snprintf(p->with, sizeof(p->with), "%s", h->with ? h->with : "");
	p->search = h->request->op == STORE_SEARCH;
	h->request->done = p->targets ? rows_done : p->search ? hits_done : ids_done;
	status = p->search && !copy_names(p, &h->request->u.search) ? STORE_NO_MEMORY
								    : ask(p, h->request);
	if (status != STORE_OK) {
		free(p->names);
		free(p);
		return status;
	}
	snprintf(p->label, sizeof(p->label), "%s", q->label ? q->label : "");
	q->label = NULL;
	reply_stream_start(q, &p->stream);
	return STORE_OK;
}
