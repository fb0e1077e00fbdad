/*
 * store_query.c - read requests on the database. Every form of CHATHISTORY is one or two walks over
 * the messages of a target in the order of (ms, id), between two excluded bounds:
 *
 *     BEFORE p     (seen, low p)    newest first          low p, high p: the bounds just outside
 *     AFTER p      (high p, end)    oldest first          the range that a point excludes
 *     LATEST p     (high p, end)    newest first
 *     AROUND p     (seen, low p)    newest first, then (just before low p, end) oldest first
 *     BETWEEN p q  (high p, low q)  oldest first; p later than q: (high q, low p) newest first
 *
 * The page is ids in the order of time; the messages are requested as the client reads.
 */
#include "chat/store/store_query.h"

#include "chat/proto/msgid.h"
#include "chat/store/store_channel.h"
#include "chat/store/store_db.h"
#include "chat/store/store_log.h"
#include "chat/store/store_marker.h"
#include "chat/store/store_record.h"
#include "chat/store/store_search.h"
#include "chat/store/store_version.h"

#include <stdlib.h>

struct place {
	int64_t ms, id;
};

static const struct place first_place = {-1, -1}, last_place = {INT64_MAX, INT64_MAX};

struct walk {
	int64_t target;
	struct place low, high; /* excluded */
	uint64_t after;         /* this message and older ones are excluded too */
	uint32_t limit;
	bool newest_first, events;
	bool whole; /* does not end inside a millisecond */
};

struct page {
	uint64_t *ids;
	uint32_t count;
};

/* A resolved point: a whole millisecond, or one message. */
struct spot {
	struct place low, high;
	bool is_time;
};

static bool is_later(struct place a, struct place b)
{
	return a.ms > b.ms || (a.ms == b.ms && a.id > b.id);
}

static struct store_text column(struct store_batch *b, sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_text(s, at);

	return store_batch_copy(b, p, (size_t)sqlite3_column_bytes(s, at));
}

static bool add_row(struct store_batch *b, struct store_msg *m, sqlite3_stmt *s)
{
	m->id = (uint64_t)sqlite3_column_int64(s, 0);
	m->event = (uint8_t)sqlite3_column_int(s, 1);
	m->use = (uint32_t)sqlite3_column_int64(s, 2);
	m->source = column(b, s, 3);
	m->account = column(b, s, 4);
	m->command = column(b, s, 5);
	m->params = column(b, s, 6);
	m->tags = column(b, s, 7);
	m->ms = sqlite3_column_int64(s, 8);
	m->author = (uint64_t)sqlite3_column_int64(s, 9);
	return m->source.p && m->account.p && m->command.p && m->params.p && m->tags.p;
}

static void reverse(uint64_t *ids, uint32_t count)
{
	for (uint32_t i = 0; i + 1 < count - i; i++) {
		uint64_t id = ids[i];
		ids[i] = ids[count - 1 - i];
		ids[count - 1 - i] = id;
	}
}

static void bind_walk(sqlite3_stmt *s, const struct walk *w)
{
	sqlite3_bind_int64(s, 1, w->target);
	sqlite3_bind_int64(s, 2, w->low.ms);
	sqlite3_bind_int64(s, 3, w->low.id);
	sqlite3_bind_int64(s, 4, w->high.ms);
	sqlite3_bind_int64(s, 5, w->high.id);
	sqlite3_bind_int64(s, 6, (int64_t)w->after);
	sqlite3_bind_int64(s, 7, w->whole ? STORE_PAGE_MAX : w->limit);
}

/* Adds the ids of one walk to the page, oldest first. */
static enum store_status walk(struct store_db *db, struct page *page, const struct walk *w)
{
	enum store_statement which = STMT_OLDEST + (w->newest_first ? 1 : 0) + (w->events ? 2 : 0);
	sqlite3_stmt *s = db->stmt[which];
	uint32_t first = page->count;
	int64_t ms, last_ms = -1;
	int code = SQLITE_DONE;

	bind_walk(s, w);
	while (w->limit > 0 && page->count < STORE_PAGE_MAX &&
		(code = sqlite3_step(s)) == SQLITE_ROW) {
		ms = sqlite3_column_int64(s, 0);
		if (page->count - first >= w->limit && ms != last_ms)
			break;
		last_ms = ms;
		page->ids[page->count++] = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return store_db_failed(db, code);
	if (w->newest_first && page->count > first)
		reverse(page->ids + first, page->count - first);
	return STORE_OK;
}

static enum store_status find_spot(
	struct store_db *db, int64_t target, const struct store_point *p, struct spot *at)
{
	sqlite3_stmt *s = db->stmt[STMT_PLACE];
	int64_t ms = msgid_ms(p->id), id = (int64_t)p->id;
	int code;

	if (p->kind != STORE_AT_MSGID) {
		*at = (struct spot){{p->ms, -1}, {p->ms, INT64_MAX}, true};
		return STORE_OK;
	}
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, target);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		ms = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	*at = (struct spot){{ms, id}, {ms, id}, false};
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

static enum store_status around(
	struct store_db *db, struct page *page, struct walk w, const struct spot *at)
{
	struct walk before = w, after = w;
	enum store_status status;

	before.high = at->low;
	before.limit = w.limit / 2;
	before.newest_first = true;
	status = walk(db, page, &before);
	if (status != STORE_OK)
		return status;
	after.low = at->low;
	if (!at->is_time)
		after.low.id--; /* the message itself is included */
	after.limit = w.limit - before.limit;
	return walk(db, page, &after);
}

/* The bounds of every form except AROUND. */
static void bound(struct walk *w, const struct store_history *h, const struct spot *from,
	const struct spot *to)
{
	switch (h->select) {
	case STORE_BEFORE:
		w->high = from->low;
		w->newest_first = true;
		break;
	case STORE_AFTER: w->low = from->high; break;
	case STORE_LATEST:
		if (h->from.kind != STORE_AT_NONE)
			w->low = from->high;
		w->newest_first = true;
		break;
	case STORE_BETWEEN:
		w->newest_first = is_later(from->low, to->low);
		w->low = w->newest_first ? to->high : from->high;
		w->high = w->newest_first ? from->low : to->low;
		break;
	case STORE_AROUND: break;
	}
}

static enum store_status read_page(
	struct store_db *db, struct page *page, const struct store_history *h, struct walk w)
{
	struct spot from, to;
	enum store_status status = find_spot(db, w.target, &h->from, &from);

	if (status == STORE_OK)
		status = find_spot(db, w.target, &h->to, &to);
	if (status != STORE_OK)
		return status;
	w.whole = from.is_time;
	if (h->select == STORE_AROUND)
		return around(db, page, w, &from);
	bound(&w, h, &from, &to);
	return walk(db, page, &w);
}

static enum store_status read_history(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_history *h = &job->request.u.history;
	struct walk w = {.low = first_place, .high = last_place, .events = h->events};
	struct page page = {0};
	uint64_t since = 0;
	enum store_status status = store_db_target(db, &h->target, false, &w.target);

	w.limit = u32_min(h->limit, STORE_PAGE_MAX);
	if (status == STORE_OK)
		status = store_db_since(db, w.target, h->begun, &since);
	if (status != STORE_OK || w.target == 0 || w.limit == 0)
		return status;
	w.after = h->after > since ? h->after : since;
	page.ids = store_batch_alloc(b, STORE_PAGE_MAX * sizeof(*page.ids));
	if (!page.ids)
		return STORE_NO_MEMORY;
	status = read_page(db, &page, h, w);
	job->reply.ids = page.ids;
	job->reply.count = status == STORE_OK ? page.count : 0;
	return status;
}

/* Reads a message by its id into *m; *found is false if it does not exist. */
static enum store_status read_row(
	struct store_db *db, struct store_batch *b, uint64_t id, struct store_msg *m, bool *found)
{
	sqlite3_stmt *s = db->stmt[STMT_ROW];
	enum store_status status = STORE_OK;
	int code;

	sqlite3_bind_int64(s, 1, (int64_t)id);
	code = sqlite3_step(s);
	*found = code == SQLITE_ROW;
	if (*found && !add_row(b, m, s))
		status = STORE_NO_MEMORY;
	else if (!*found && code != SQLITE_DONE)
		status = store_db_failed(db, code);
	sqlite3_reset(s);
	return status;
}

static enum store_status read_rows(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_rows *r = &job->request.u.rows;
	struct store_msg *rows = store_batch_alloc(b, r->count * sizeof(*rows));
	enum store_status status = rows ? STORE_OK : STORE_NO_MEMORY;
	uint32_t count = 0, taken = 0;
	size_t bytes = 0;
	bool found;

	while (status == STORE_OK && taken < r->count && bytes < STORE_ROWS_BYTES) {
		status = read_row(db, b, r->ids[taken++], &rows[count], &found);
		if (status == STORE_OK && found)
			bytes += store_msg_bytes(&rows[count++]);
	}
	job->reply.msgs = rows;
	job->reply.taken = taken;
	job->reply.count = status == STORE_OK ? count : 0;
	return status;
}

static enum store_status read_one(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_key *k = &job->request.u.key;
	sqlite3_stmt *s = db->stmt[STMT_FIND];
	struct store_msg *row = store_batch_alloc(b, sizeof(*row));
	int64_t target = 0;
	uint64_t since = 0;
	enum store_status status = store_db_target(db, &k->target, false, &target);
	int code;

	if (status == STORE_OK)
		status = store_db_since(db, target, k->begun, &since);
	if (status != STORE_OK || !row)
		return row ? status : STORE_NO_MEMORY;
	if (k->id <= since)
		return STORE_NO_MSGID;
	sqlite3_bind_int64(s, 1, (int64_t)k->id);
	sqlite3_bind_int64(s, 2, target);
	code = sqlite3_step(s);
	if (code == SQLITE_DONE)
		status = STORE_NO_MSGID;
	else if (code != SQLITE_ROW)
		status = store_db_failed(db, code);
	else if (!add_row(b, row, s))
		status = STORE_NO_MEMORY;
	sqlite3_reset(s);
	job->reply.msgs = row;
	job->reply.count = status == STORE_OK ? 1 : 0;
	return status;
}

/* The rows collected by TARGETS before they are limited. */
struct found {
	struct store_batch *b;
	struct store_target_row *rows;
	size_t count, room;
	int64_t low_ms, high_ms; /* excluded */
};

/* Adds a target if its newest message lies between the two and is newer than `after`. */
static enum store_status add_target(struct store_db *db, struct found *f, int64_t target,
	struct store_text name, uint64_t after)
{
	sqlite3_stmt *s = db->stmt[STMT_LAST];
	int64_t ms = -1;
	int code;

	sqlite3_bind_int64(s, 1, target);
	sqlite3_bind_int64(s, 2, (int64_t)after);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		ms = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_db_failed(db, code);
	if (ms < 0 || ms <= f->low_ms || ms >= f->high_ms || f->count == f->room)
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
		const struct store_channel *ch = &t->channels[i];
		struct store_target channel = {ch->name, {"", 0}};
		uint64_t since = 0;
		int64_t id = 0;

		status = store_db_target(db, &channel, false, &id);
		if (status == STORE_OK)
			status = store_db_since(db, id, ch->begun, &since);
		if (status == STORE_OK && id)
			status = add_target(db, f, id, ch->name, since);
	}
	return status;
}

static enum store_status add_correspondents(
	struct store_db *db, struct found *f, const struct store_targets *t)
{
	sqlite3_stmt *s = db->stmt[STMT_CORRESPONDENTS];
	enum store_status status = STORE_OK;
	int code = SQLITE_DONE;

	store_db_bind(db, STMT_CORRESPONDENTS, 1, t->user);
	sqlite3_bind_int(s, 2, STORE_CORRESPONDENTS_MAX);
	while (status == STORE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct store_text name = {(const char *)sqlite3_column_text(s, 1),
			(size_t)sqlite3_column_bytes(s, 1)};
		status = add_target(db, f, sqlite3_column_int64(s, 0), name, t->after);
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

/* At most `limit` of the sorted rows, plus any others in the last one's millisecond, which paging
 * by time would miss. */
static uint32_t cut(const struct found *f, uint32_t limit)
{
	size_t n = u32_min(limit, STORE_PAGE_MAX);

	if (n == 0 || f->count <= n)
		return (uint32_t)size_min(f->count, n);
	while (n < f->count && n < STORE_PAGE_MAX && f->rows[n].last_ms == f->rows[n - 1].last_ms)
		n++;
	return (uint32_t)n;
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
	job->reply.count = cut(&f, t->limit);
	return STORE_OK;
}

/* Doubles the room for bans, keeping those present. */
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
	case STORE_SEARCH: return store_search(db, b, job);
	case STORE_FIND: return read_one(db, b, job);
	case STORE_ROWS: return read_rows(db, b, job);
	case STORE_MARKER_GET: return store_db_marker_get(db, job);
	case STORE_BAN_LIST: return read_bans(db, b, job);
	case STORE_RECORD_LIST: return store_db_record_list(db, b, job);
	case STORE_GONE_LIST: return store_version_gone(db, b, job);
	case STORE_LOG_READ: return store_log_read(db, b, job);
	case STORE_LOG_ENDS: return store_log_ends(db, b, job);
	default: break;
	}
	assert(!"not a query");
	return STORE_INVALID;
}
