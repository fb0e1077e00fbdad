/*
 * store_search.c - index of words, and SEARCH: store_search.h. Only the conversations that the
 * asker may read are walked, so what others write makes no difference to the result. The work of a
 * query is counted in instructions of SQLite, since the store has no clock.
 */
#include "chat/store/store_search.h"

#include "chat/proto/casemap.h"
#include "chat/proto/msgid.h"
#include "chat/store/search_text.h"
#include "chat/store/store_channel.h"
#include "chat/store/store_schema.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	STEP = 100, /* instructions between two looks at the budget */
	WORDS_MAX = 4 * STORE_SEARCH_TEXT_MAX + 1,
};

/* --- the index --- */

/* SQL: search_text(params), what the index is given of a message. */
static void sql_search_text(sqlite3_context *c, int count, sqlite3_value **value)
{
	const char *params = (const char *)sqlite3_value_text(value[0]);
	size_t len = (size_t)sqlite3_value_bytes(value[0]);
	const char *said = params ? search_said(params, &len) : "";
	char *out = params ? sqlite3_malloc64(2 * len + 1) : NULL;

	if (!out) {
		sqlite3_result_error_nomem(c);
		return;
	}
	len = search_spread(said, len, out);
	sqlite3_result_text64(c, out, len, sqlite3_free, SQLITE_UTF8);
}

static void load_state(struct store_db *db)
{
	db->search_low = store_db_ask(db, "SELECT low FROM search_state", 0);
	db->search_upto = store_db_ask(db, "SELECT upto FROM search_state", 0);
}

/* In the schema of this connection only, since another program has no search_text(). */
int store_search_open(struct store_db *db)
{
	static const char leave[] =
		"CREATE TEMP TRIGGER message_gone BEFORE DELETE ON main.message WHEN old.event = 0"
		" AND old.id > (SELECT low FROM search_state)"
		" AND old.id <= (SELECT upto FROM search_state) BEGIN"
		" INSERT INTO search(search, rowid, target, text)"
		" VALUES('delete', old.id, old.target, search_text(old.params)); END;";
	int code = sqlite3_create_function(db->sql, "search_text", 1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_search_text, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db->sql, leave, NULL, NULL, NULL);
	load_state(db);
	_Static_assert(STORE_SEARCH_ROWS == 500, "the limit below is a literal");
	db->search_waiting = store_db_ask(db,
		"SELECT count(*) FROM (SELECT 1 FROM message, search_state WHERE id > upto"
		" LIMIT 500)",
		0);
	return code;
}

enum store_status store_search_add(struct store_db *db, int64_t id)
{
	sqlite3_bind_int64(db->stmt[STMT_SEARCH_ADD], 1, id);
	sqlite3_bind_int64(db->stmt[STMT_SEARCH_ADD], 2, id);
	return store_db_run(db, STMT_SEARCH_ADD);
}

bool store_search_has_more(const struct store_db *db)
{
	return db->search_waiting >= STORE_SEARCH_ROWS || db->search_low > 0;
}

/* Finds the far end of the next messages to index from `from` on; their number is 0 if there are
 * none. */
static enum store_status far_end(
	struct store_db *db, enum store_statement which, int64_t from, int64_t *end, int64_t *count)
{
	sqlite3_stmt *s = db->stmt[which];
	int code;

	sqlite3_bind_int64(s, 1, from);
	sqlite3_bind_int(s, 2, STORE_SEARCH_ROWS);
	code = sqlite3_step(s);
	*end = sqlite3_column_int64(s, 0);
	*count = sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	return code == SQLITE_ROW ? STORE_OK : store_db_failed(db, code);
}

/* Indexes the messages with first <= id <= last, and records the new bounds. */
static enum store_status index_range(
	struct store_db *db, int64_t first, int64_t last, int64_t low, int64_t upto)
{
	enum store_status status = store_db_run(db, STMT_BEGIN);

	sqlite3_bind_int64(db->stmt[STMT_SEARCH_ADD], 1, first);
	sqlite3_bind_int64(db->stmt[STMT_SEARCH_ADD], 2, last);
	sqlite3_bind_int64(db->stmt[STMT_SEARCH_STATE], 1, low);
	sqlite3_bind_int64(db->stmt[STMT_SEARCH_STATE], 2, upto);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_SEARCH_ADD);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_SEARCH_STATE);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_COMMIT);
	if (status != STORE_OK) {
		store_db_rollback(db);
		return status;
	}
	db->search_low = low;
	db->search_upto = upto;
	return STORE_OK;
}

static enum store_status index_waiting(struct store_db *db)
{
	int64_t end, count;
	enum store_status status = far_end(db, STMT_SEARCH_UP, db->search_upto, &end, &count);

	if (status == STORE_OK && count > 0)
		status = index_range(db, db->search_upto + 1, end, db->search_low, end);
	if (status != STORE_OK)
		return status;
	db->search_waiting -= count;
	if (count < STORE_SEARCH_ROWS)
		db->search_waiting = 0;
	else if (db->search_waiting < STORE_SEARCH_ROWS)
		db->search_waiting = STORE_SEARCH_ROWS; /* until a step finds fewer */
	return STORE_OK;
}

static enum store_status index_older(struct store_db *db)
{
	int64_t end, count;
	enum store_status status = far_end(db, STMT_SEARCH_DOWN, db->search_low, &end, &count);

	if (status != STORE_OK)
		return status;
	if (count < STORE_SEARCH_ROWS)
		end = 1; /* these are the last */
	return index_range(db, end, db->search_low, end - 1, db->search_upto);
}

enum store_status store_search_step(struct store_db *db)
{
	if (db->search_waiting >= STORE_SEARCH_ROWS || db->search_low == 0)
		return index_waiting(db);
	return index_older(db);
}

enum store_status store_search_mend(struct store_db *db)
{
	int code;

	if (!db->search_damaged)
		return STORE_OK;
	db->search_damaged = false;
	code = sqlite3_exec(db->sql,
		"BEGIN IMMEDIATE; DROP TABLE search; DROP TABLE search_state;" STORE_SEARCH_TABLES
		"COMMIT",
		NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		store_db_rollback(db);
		return store_db_failed(db, code);
	}
	load_state(db);
	db->search_waiting = 0;
	return STORE_OK;
}

/* --- queries --- */

/* A conversation that is searched. */
struct place {
	int64_t target;
	uint64_t since; /* this message and older ones are hidden */
	uint32_t channel;
};

struct hit {
	int64_t ms, id;
	uint32_t channel;
};

struct search {
	struct store_db *db;
	const struct store_search *want;
	char words[WORDS_MAX]; /* as search_match() gives them; "": any text */
	struct place *places;
	uint32_t place_count, place_room;
	struct hit *hits; /* the best first */
	uint32_t count, limit;
	int64_t budget, floor; /* instructions left; where this walk must end */
	uint32_t pages, rows;  /* pages read before the last look; messages examined since */
	bool partial;
};

/* Pages that the connection has read so far, from its cache or the file; the number wraps. */
static uint32_t pages_read(const struct search *s)
{
	int hits = 0, misses = 0, high;

	sqlite3_db_status(s->db->sql, SQLITE_DBSTATUS_CACHE_HIT, &hits, &high, 0);
	sqlite3_db_status(s->db->sql, SQLITE_DBSTATUS_CACHE_MISS, &misses, &high, 0);
	return (uint32_t)hits + (uint32_t)misses;
}

/* FTS5 walks the lists of words within one instruction of the query, but reads their pages by a
 * statement of its own, whose instructions are few and dear: pages are charged, too. */
static int spend(void *arg)
{
	struct search *s = arg;
	uint32_t now = pages_read(s), spent = (now - s->pages) & INT32_MAX,
		 fair = s->rows * STORE_SEARCH_ROW_PAGES;

	s->pages = now;
	s->rows = 0;
	s->budget -= STEP;
	if (spent > fair)
		s->budget -= (int64_t)(spent - fair) * STORE_SEARCH_PAGE;
	return s->budget <= s->floor;
}

static bool is_better(const struct search *s, int64_t ms, int64_t id, const struct hit *than)
{
	bool earlier = ms < than->ms || (ms == than->ms && id < than->id);

	return s->want->oldest_first ? earlier : !earlier;
}

static bool is_full(const struct search *s)
{
	return s->count == s->limit;
}

static void add_hit(struct search *s, struct hit h)
{
	uint32_t at = s->count;

	if (is_full(s))
		at--;
	else
		s->count++;
	for (; at > 0 && is_better(s, h.ms, h.id, &s->hits[at - 1]); at--)
		s->hits[at] = s->hits[at - 1];
	s->hits[at] = h;
}

/* Whether a message's source, nick!user@host, is of the nick that is wanted. */
static bool is_from(const struct search *s, const char *source, size_t len)
{
	struct store_text nick = s->want->from;

	if (nick.len == 0)
		return true;
	if (len <= nick.len || source[nick.len] != '!')
		return false;
	for (size_t i = 0; i < nick.len; i++)
		if (case_fold(source[i]) != nick.p[i])
			return false;
	return true;
}

/* Whether no later row of a walk can be better than the worst of the hits. The walk of the index is
 * in the order of ids, whose times are never before those of their messages; the other way round it
 * is only nearly so (the clock was set back), which is near enough. */
static bool is_over(const struct search *s, int64_t ms, int64_t id)
{
	const struct hit *worst = &s->hits[s->limit - 1];

	if (!is_full(s) || is_better(s, ms, id, worst))
		return false;
	return !s->words[0] || s->want->oldest_first || msgid_ms((uint64_t)id) < worst->ms;
}

static const struct place *place_of(const struct place *at, uint32_t count, int64_t target)
{
	for (uint32_t i = 0; i < count; i++)
		if (at[i].target == target)
			return &at[i];
	return NULL;
}

static void look(struct search *s, sqlite3_stmt *rows, const struct place *at, uint32_t count)
{
	int64_t ms = sqlite3_column_int64(rows, 0), id = sqlite3_column_int64(rows, 1);
	const char *source = (const char *)sqlite3_column_text(rows, 2);
	size_t len = (size_t)sqlite3_column_bytes(rows, 2);
	const struct place *p = place_of(at, count, sqlite3_column_int64(rows, 3));

	if (!p || (uint64_t)id <= p->since || !is_from(s, source ? source : "", len))
		return;
	if (!is_full(s) || is_better(s, ms, id, &s->hits[s->limit - 1]))
		add_hit(s, (struct hit){ms, id, p->channel});
}

/* The rows of some places: ms, id, source, target. */
static enum store_status walk(
	struct search *s, sqlite3_stmt *rows, const struct place *at, uint32_t count)
{
	int code;

	sqlite3_bind_int64(rows, 3, s->want->after_ms);
	sqlite3_bind_int64(rows, 4, s->want->before_ms);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
		s->budget -= STORE_SEARCH_ROW;
		s->rows++;
		if (is_over(s, sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1)))
			break;
		look(s, rows, at, count);
		if (s->budget <= s->floor) {
			code = SQLITE_INTERRUPT;
			break;
		}
	}
	sqlite3_reset(rows);
	s->partial = s->partial || code == SQLITE_INTERRUPT;
	if (code == SQLITE_ROW || code == SQLITE_DONE || code == SQLITE_INTERRUPT)
		return STORE_OK;
	return store_db_failed(s->db, code);
}

/* Searches places together for the words: each of them is looked up once. */
static enum store_status search_words(struct search *s, const struct place *at, uint32_t count)
{
	sqlite3_stmt *rows = s->db->stmt[s->want->oldest_first ? STMT_SEARCH_OLDEST_WORDS
							       : STMT_SEARCH_NEWEST_WORDS];
	char match[WORDS_MAX + 32 * STORE_SEARCH_TOGETHER];
	int64_t since = INT64_MAX;
	size_t n = (size_t)snprintf(match, sizeof(match), "target : (");

	assert(count > 0 && count <= STORE_SEARCH_TOGETHER);
	for (uint32_t i = 0; i < count; i++) {
		since = (int64_t)at[i].since < since ? (int64_t)at[i].since : since;
		n += (size_t)snprintf(match + n, sizeof(match) - n, "%s\"%lld\"", i ? " OR " : "",
			(long long)at[i].target);
	}
	snprintf(match + n, sizeof(match) - n, ") AND text : (%s)", s->words);
	sqlite3_bind_text(rows, 1, match, -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 2, since);
	/* no message of an earlier id is of this time */
	sqlite3_bind_int64(
		rows, 5, s->want->after_ms > 0 ? (int64_t)msgid_floor(s->want->after_ms) : 0);
	return walk(s, rows, at, count);
}

static enum store_status search_any(struct search *s, const struct place *at)
{
	sqlite3_stmt *rows =
		s->db->stmt[s->want->oldest_first ? STMT_SEARCH_OLDEST : STMT_SEARCH_NEWEST];

	sqlite3_bind_int64(rows, 1, at->target);
	sqlite3_bind_int64(rows, 2, (int64_t)at->since);
	return walk(s, rows, at, 1);
}

/* Searches all places, in groups if for words. Each has an equal share of what is left of the
 * budget. */
static enum store_status search_places(struct search *s)
{
	uint32_t together = s->words[0] ? STORE_SEARCH_TOGETHER : 1, left;
	enum store_status status = STORE_OK;

	s->pages = pages_read(s);
	sqlite3_progress_handler(s->db->sql, STEP, spend, s);
	for (uint32_t i = 0; i < s->place_count && status == STORE_OK; i += together) {
		left = s->place_count - i;
		s->budget -= s->words[0] ? STORE_SEARCH_GROUP : STORE_SEARCH_PLACE;
		if (s->budget <= 0) {
			s->partial = true;
			break;
		}
		s->floor = s->budget - s->budget / ((left + together - 1) / together);
		status = s->words[0] ? search_words(s, &s->places[i], u32_min(left, together))
				     : search_any(s, &s->places[i]);
	}
	sqlite3_progress_handler(s->db->sql, 0, NULL, NULL);
	return status;
}

static void add_place(struct search *s, struct place p)
{
	if (p.target == 0)
		return;
	if (s->place_count == s->place_room)
		s->partial = true;
	else
		s->places[s->place_count++] = p;
}

static enum store_status find_channels(struct search *s)
{
	enum store_status status = STORE_OK;

	for (uint32_t i = 0; i < s->want->channel_count && status == STORE_OK; i++) {
		const struct store_channel *ch = &s->want->channels[i];
		struct store_target name = {ch->name, {"", 0}};
		struct place p = {.channel = i};

		status = store_db_target(s->db, &name, false, &p.target);
		if (status == STORE_OK)
			status = store_db_since(s->db, p.target, ch->begun, &p.since);
		if (status == STORE_OK)
			add_place(s, p);
	}
	return status;
}

static enum store_status find_conversations(struct search *s)
{
	struct store_target one = {s->want->user, s->want->with};
	struct place p = {.since = s->want->after, .channel = STORE_SEARCH_PRIVATE};
	sqlite3_stmt *all = s->db->stmt[STMT_CORRESPONDENTS];
	enum store_status status = STORE_OK;
	int code;

	if (one.b.len > 0) {
		status = store_db_target(s->db, &one, false, &p.target);
		add_place(s, p);
		return status;
	}
	store_db_bind(s->db, STMT_CORRESPONDENTS, 1, one.a);
	sqlite3_bind_int(all, 2, STORE_CORRESPONDENTS_MAX);
	while ((code = sqlite3_step(all)) == SQLITE_ROW) {
		p.target = sqlite3_column_int64(all, 0);
		add_place(s, p);
	}
	sqlite3_reset(all);
	return code == SQLITE_DONE ? status : store_db_failed(s->db, code);
}

static int older_first(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static enum store_status give_hits(struct search *s, struct store_batch *b, struct store_reply *r)
{
	uint64_t *ids = store_batch_alloc(b, s->limit * sizeof(*ids));
	uint32_t *channels = store_batch_alloc(b, s->limit * sizeof(*channels));

	if (!ids || !channels)
		return STORE_NO_MEMORY;
	qsort(s->hits, s->count, sizeof(*s->hits), older_first);
	for (uint32_t i = 0; i < s->count; i++) {
		ids[i] = (uint64_t)s->hits[i].id;
		channels[i] = s->hits[i].channel;
	}
	r->ids = ids;
	r->channels = channels;
	r->count = s->count;
	return STORE_OK;
}

/* The words that are wanted, and room for the search. False if out of memory. */
static bool prepare(struct search *s, struct store_batch *b)
{
	char text[STORE_SEARCH_TEXT_MAX + 1];

	memcpy(text, s->want->text.p, s->want->text.len);
	text[s->want->text.len] = '\0';
	search_match(text, s->words);
	s->place_room = (uint32_t)s->want->channel_count + STORE_CORRESPONDENTS_MAX;
	s->places = store_batch_alloc(b, s->place_room * sizeof(*s->places));
	s->hits = store_batch_alloc(b, s->limit * sizeof(*s->hits));
	return s->places && s->hits;
}

enum store_status store_search(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_search *want = &job->request.u.search;
	struct search s = {.db = db, .want = want, .budget = STORE_SEARCH_BUDGET};
	enum store_status status;

	s.limit = u32_min(want->limit, STORE_PAGE_MAX);
	if (!db->search)
		return STORE_OFF;
	if (s.limit == 0)
		return STORE_OK;
	if (!prepare(&s, b))
		return STORE_NO_MEMORY;
	if (s.words[0] && db->search_waiting > 0)
		store_search_step(db); /* on failure what is indexed is searched */
	status = find_channels(&s);
	if (status == STORE_OK && want->user.len > 0)
		status = find_conversations(&s);
	if (status == STORE_OK)
		status = search_places(&s);
	job->reply.partial =
		s.partial || (s.words[0] && (db->search_low > 0 || db->search_waiting > 0));
	return status == STORE_OK ? give_hits(&s, b, &job->reply) : status;
}
