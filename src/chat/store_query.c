/*
 * store_query.c - reading the history's file. Every form of CHATHISTORY is one or two walks along
 * the ids of a target, between two bounds that are not part of the walk:
 *
 *     BEFORE p     (seen, low p)    newest first          low p, high p: the ids just around what
 *     AFTER p      (high p, end)    oldest first          a point excludes
 *     LATEST p     (high p, end)    newest first
 *     AROUND p     (seen, low p)    newest first, then (low p - 1, end) oldest first
 *     BETWEEN p q  (high p, low q)  oldest first; p later than q: (high q, low p) newest first
 *
 * Rows are put in order of time afterwards.
 */
#include "chat/msgid.h"
#include "chat/store_db.h"

#include <stdlib.h>

struct walk {
	int64_t target;
	uint64_t low, high; /* not included */
	uint32_t limit;
	bool newest_first, events;
};

struct page {
	struct store_batch *b; /* owns the rows */
	struct store_msg *rows;
	uint32_t count;
};

static uint64_t low_of(const struct store_point *p)
{
	return p->kind == STORE_AT_MSGID ? p->id : msgid_floor(p->ms);
}

static uint64_t high_of(const struct store_point *p)
{
	return p->kind == STORE_AT_MSGID ? p->id : msgid_floor(p->ms + 1) - 1;
}

static struct store_text column(struct store_batch *b, sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_text(s, at);

	return store_batch_copy(b, p, (size_t)sqlite3_column_bytes(s, at));
}

static bool add_row(struct page *page, sqlite3_stmt *s)
{
	struct store_msg *m = &page->rows[page->count];

	m->id = (uint64_t)sqlite3_column_int64(s, 0);
	m->event = sqlite3_column_int(s, 1) != 0;
	m->use = (uint32_t)sqlite3_column_int64(s, 2);
	m->source = column(page->b, s, 3);
	m->account = column(page->b, s, 4);
	m->command = column(page->b, s, 5);
	m->params = column(page->b, s, 6);
	m->tags = column(page->b, s, 7);
	page->count++;
	return m->source.p && m->account.p && m->command.p && m->params.p && m->tags.p;
}

static void reverse(struct store_msg *rows, uint32_t count)
{
	for (uint32_t i = 0; i + 1 < count - i; i++) {
		struct store_msg m = rows[i];
		rows[i] = rows[count - 1 - i];
		rows[count - 1 - i] = m;
	}
}

/* Adds the rows of one walk to the page, oldest first. */
static enum store_status walk(struct store_db *db, struct page *page, const struct walk *w)
{
	enum store_statement which = STMT_OLDEST + (w->newest_first ? 1 : 0) + (w->events ? 2 : 0);
	sqlite3_stmt *s = db->stmt[which];
	uint32_t first = page->count;
	enum store_status status = STORE_OK;
	int code;

	sqlite3_bind_int64(s, 1, w->target);
	sqlite3_bind_int64(s, 2, (int64_t)w->low);
	sqlite3_bind_int64(s, 3, (int64_t)w->high);
	sqlite3_bind_int64(s, 4, w->limit);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && status == STORE_OK)
		if (!add_row(page, s))
			status = STORE_NO_MEMORY;
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_db_failed(db, code);
	sqlite3_reset(s);
	if (w->newest_first && page->count > first)
		reverse(page->rows + first, page->count - first);
	return status;
}

static enum store_status check_point(
	struct store_db *db, int64_t target, const struct store_point *p)
{
	sqlite3_stmt *s = db->stmt[STMT_EXISTS];
	int code;

	if (p->kind != STORE_AT_MSGID)
		return STORE_OK;
	sqlite3_bind_int64(s, 1, (int64_t)p->id);
	sqlite3_bind_int64(s, 2, target);
	code = sqlite3_step(s);
	sqlite3_reset(s);
	if (code == SQLITE_DONE)
		return STORE_NO_MSGID;
	return code == SQLITE_ROW ? STORE_OK : store_db_failed(db, code);
}

static enum store_status around(
	struct store_db *db, struct page *page, struct walk w, const struct store_point *p)
{
	struct walk before = w, after = w;
	enum store_status status;

	before.high = low_of(p);
	before.limit = w.limit / 2;
	before.newest_first = true;
	status = walk(db, page, &before);
	if (status != STORE_OK)
		return status;
	if (low_of(p) > w.low + 1)
		after.low = low_of(p) - 1;
	after.limit = w.limit - before.limit;
	return walk(db, page, &after);
}

/* The bounds of every form but AROUND, inside (w->low, w->high), which is all there is. */
static void bound(struct walk *w, const struct store_history *h)
{
	const struct store_point *from = &h->from, *to = &h->to;
	uint64_t low = 0, high = w->high;

	switch (h->select) {
	case STORE_BEFORE:
		high = low_of(from);
		w->newest_first = true;
		break;
	case STORE_AFTER: low = high_of(from); break;
	case STORE_LATEST:
		if (from->kind != STORE_AT_NONE)
			low = high_of(from);
		w->newest_first = true;
		break;
	case STORE_BETWEEN:
		w->newest_first = low_of(from) > low_of(to);
		low = high_of(w->newest_first ? to : from);
		high = low_of(w->newest_first ? from : to);
		break;
	case STORE_AROUND: break;
	}
	if (low > w->low)
		w->low = low;
	w->high = high;
}

static enum store_status read_history(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_history *h = &job->request.u.history;
	struct page page = {.b = b};
	struct walk w = {.low = h->after, .high = INT64_MAX, .events = h->events};
	enum store_status status = store_db_target(db, &h->target, false, &w.target);

	w.limit = u32_min(h->limit, STORE_PAGE_MAX);
	if (status == STORE_OK)
		status = check_point(db, w.target, &h->from);
	if (status == STORE_OK && h->select == STORE_BETWEEN)
		status = check_point(db, w.target, &h->to);
	if (status != STORE_OK || w.target == 0 || w.limit == 0)
		return status;
	page.rows = store_batch_alloc(b, w.limit * sizeof(*page.rows));
	if (!page.rows)
		return STORE_NO_MEMORY;
	if (h->select == STORE_AROUND) {
		status = around(db, &page, w, &h->from);
	} else {
		bound(&w, h);
		status = walk(db, &page, &w);
	}
	job->reply.msgs = page.rows;
	job->reply.count = status == STORE_OK ? page.count : 0;
	return status;
}

static enum store_status read_one(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_key *k = &job->request.u.key;
	sqlite3_stmt *s = db->stmt[STMT_FIND];
	struct page page = {.b = b};
	int64_t target = 0;
	enum store_status status = store_db_target(db, &k->target, false, &target);
	int code;

	if (status != STORE_OK)
		return status;
	page.rows = store_batch_alloc(b, sizeof(*page.rows));
	if (!page.rows)
		return STORE_NO_MEMORY;
	sqlite3_bind_int64(s, 1, (int64_t)k->id);
	sqlite3_bind_int64(s, 2, target);
	code = sqlite3_step(s);
	if (code == SQLITE_DONE)
		status = STORE_NO_MSGID;
	else if (code != SQLITE_ROW)
		status = store_db_failed(db, code);
	else if (!add_row(&page, s))
		status = STORE_NO_MEMORY;
	sqlite3_reset(s);
	job->reply.msgs = page.rows;
	job->reply.count = status == STORE_OK ? 1 : 0;
	return status;
}

/* What TARGETS collects before it is cut to size. */
struct found {
	struct store_batch *b;
	struct store_target_row *rows;
	size_t count, room;
	int64_t low_ms, high_ms; /* not included */
	uint64_t after;          /* nor is this message, or any older one */
};

/* Adds a target if its newest message lies between the two. */
static enum store_status add_target(
	struct store_db *db, struct found *f, int64_t target, struct store_text name)
{
	sqlite3_stmt *s = db->stmt[STMT_LAST];
	uint64_t id = 0;
	int64_t ms;
	int code;

	sqlite3_bind_int64(s, 1, target);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		id = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_db_failed(db, code);
	ms = msgid_ms(id);
	if (id <= f->after || ms <= f->low_ms || ms >= f->high_ms || f->count == f->room)
		return STORE_OK;
	name = store_batch_copy(f->b, name.p, name.len);
	if (!name.p)
		return STORE_NO_MEMORY;
	f->rows[f->count++] = (struct store_target_row){name, ms};
	return STORE_OK;
}

static enum store_status add_channels(
	struct store_db *db, struct found *f, const struct store_targets *t)
{
	enum store_status status = STORE_OK;

	for (size_t i = 0; i < t->channel_count && status == STORE_OK; i++) {
		struct store_target channel = {t->channels[i], {"", 0}};
		int64_t id = 0;
		status = store_db_target(db, &channel, false, &id);
		if (status == STORE_OK && id)
			status = add_target(db, f, id, t->channels[i]);
	}
	return status;
}

static enum store_status add_correspondents(
	struct store_db *db, struct found *f, const struct store_targets *t)
{
	sqlite3_stmt *s = db->stmt[STMT_CORRESPONDENTS];
	enum store_status status = STORE_OK;
	int code = SQLITE_DONE;

	f->after = t->after;
	store_db_bind(db, STMT_CORRESPONDENTS, 1, t->user);
	sqlite3_bind_int(s, 2, STORE_CORRESPONDENTS_MAX);
	while (status == STORE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct store_text name = {(const char *)sqlite3_column_text(s, 1),
			(size_t)sqlite3_column_bytes(s, 1)};
		status = add_target(db, f, sqlite3_column_int64(s, 0), name);
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		status = store_db_failed(db, code);
	sqlite3_reset(s);
	return status;
}

static int older_first(const void *a, const void *b)
{
	const struct store_target_row *x = a, *y = b;

	return (x->last_ms > y->last_ms) - (x->last_ms < y->last_ms);
}

static int newer_first(const void *a, const void *b)
{
	return older_first(b, a);
}

static enum store_status read_targets(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_targets *t = &job->request.u.targets;
	bool forward = t->from_ms < t->to_ms;
	struct found f = {.b = b, .room = t->channel_count + STORE_CORRESPONDENTS_MAX};
	enum store_status status;

	f.low_ms = forward ? t->from_ms : t->to_ms;
	f.high_ms = forward ? t->to_ms : t->from_ms;
	f.rows = store_batch_alloc(b, f.room * sizeof(*f.rows));
	if (!f.rows)
		return STORE_NO_MEMORY;
	status = add_channels(db, &f, t);
	if (status == STORE_OK && t->user.len > 0)
		status = add_correspondents(db, &f, t);
	if (status != STORE_OK)
		return status;
	qsort(f.rows, f.count, sizeof(*f.rows), forward ? older_first : newer_first);
	job->reply.targets = f.rows;
	job->reply.count = u32_min((uint32_t)f.count, u32_min(t->limit, STORE_PAGE_MAX));
	return STORE_OK;
}

static enum store_status read_marker(struct store_db *db, struct store_job *job)
{
	const struct store_marker *m = &job->request.u.marker;
	sqlite3_stmt *s = db->stmt[STMT_MARKER_GET];
	int code;

	store_db_bind(db, STMT_MARKER_GET, 1, m->user);
	store_db_bind(db, STMT_MARKER_GET, 2, m->target);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		job->reply.marker_ms = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

/* Room for twice as many bans, those that are there in front. */
static struct store_ban *more_bans(struct store_batch *b, struct store_ban *bans, size_t count)
{
	struct store_ban *more = store_batch_alloc(b, (count ? count * 2 : 16) * sizeof(*bans));

	if (more && count > 0)
		memcpy(more, bans, count * sizeof(*bans));
	return more;
}

static enum store_status read_bans(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	sqlite3_stmt *s = db->stmt[STMT_BAN_LIST];
	struct store_ban *bans = NULL;
	size_t count = 0;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (count == 0 || (count >= 16 && (count & (count - 1)) == 0))
			bans = more_bans(b, bans, count);
		if (!bans)
			break;
		bans[count].kind = (uint8_t)sqlite3_column_int(s, 0);
		bans[count].mask = column(b, s, 1);
		bans[count].reason = column(b, s, 2);
		bans[count].setter = column(b, s, 3);
		bans[count].set_ms = sqlite3_column_int64(s, 4);
		bans[count].expire_ms = sqlite3_column_int64(s, 5);
		count++;
	}
	sqlite3_reset(s);
	if (code == SQLITE_ROW)
		return STORE_NO_MEMORY;
	if (code != SQLITE_DONE)
		return store_db_failed(db, code);
	job->reply.bans = bans;
	job->reply.count = (uint32_t)count;
	return STORE_OK;
}

enum store_status store_db_read(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	switch (job->request.op) {
	case STORE_HISTORY: return read_history(db, b, job);
	case STORE_TARGETS: return read_targets(db, b, job);
	case STORE_FIND: return read_one(db, b, job);
	case STORE_MARKER_GET: return read_marker(db, job);
	case STORE_BAN_LIST: return read_bans(db, b, job);
	default: break;
	}
	assert(!"not a query");
	return STORE_INVALID;
}
