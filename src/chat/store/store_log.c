/* store_log.c - frames in the table node_log, in the order of their arrival: store_log.h. */
#include "chat/store/store_log.h"

enum store_status store_log_append(struct store_db *db, struct store_job *job)
{
	const struct store_frame *f = &job->request.u.frame;
	sqlite3_stmt *s = db->stmt[STMT_LOG_ADD];
	enum store_status status;

	sqlite3_bind_int64(s, 1, f->node);
	sqlite3_bind_int64(s, 2, (int64_t)f->incarnation);
	sqlite3_bind_int64(s, 3, (int64_t)f->seq);
	sqlite3_bind_int64(s, 4, f->ms);
	sqlite3_bind_blob64(s, 5, f->bytes.len ? f->bytes.p : "", f->bytes.len, SQLITE_STATIC);
	status = store_db_run(db, STMT_LOG_ADD);
	job->reply.count = status == STORE_OK && sqlite3_changes(db->sql) > 0;
	return status;
}

/* Reads the row that s stands on; false if out of memory. */
static bool read_frame(struct store_batch *b, sqlite3_stmt *s, struct store_frame *f)
{
	f->seq = (uint64_t)sqlite3_column_int64(s, 0);
	f->ms = sqlite3_column_int64(s, 1);
	f->bytes =
		store_batch_copy(b, sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2));
	return f->bytes.p != NULL;
}

/* Whether the frame that s stands on still fits. */
static bool has_room(sqlite3_stmt *s, uint32_t count, size_t bytes)
{
	return count == 0 ||
	       (count < STORE_PAGE_MAX &&
		       bytes + (size_t)sqlite3_column_bytes(s, 2) <= STORE_FRAMES_BYTES);
}

enum store_status store_log_read(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_frame *from = &job->request.u.frame;
	sqlite3_stmt *s = db->stmt[STMT_LOG_READ];
	struct store_frame *frames = store_batch_alloc(b, STORE_PAGE_MAX * sizeof(*frames));
	uint32_t count = 0;
	size_t bytes = 0;
	bool memory = frames != NULL;
	int code = SQLITE_DONE;

	sqlite3_bind_int64(s, 1, from->node);
	sqlite3_bind_int64(s, 2, (int64_t)from->incarnation);
	sqlite3_bind_int64(s, 3, (int64_t)from->seq);
	while (memory && (code = sqlite3_step(s)) == SQLITE_ROW && has_room(s, count, bytes)) {
		frames[count] = *from;
		memory = read_frame(b, s, &frames[count]);
		bytes += frames[count].bytes.len;
		count++;
	}
	sqlite3_reset(s);
	if (!memory)
		return STORE_NO_MEMORY;
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return store_db_failed(db, code);
	job->reply.frames = frames;
	job->reply.count = count;
	return STORE_OK;
}

/* The incarnation after *e, of the same node or the next one. Returns SQLite's code. */
static int next_incarnation(struct store_db *db, struct store_log_end *e)
{
	sqlite3_stmt *s = db->stmt[STMT_LOG_NEXT];
	int code;

	sqlite3_bind_int64(s, 1, e->node);
	sqlite3_bind_int64(s, 2, (int64_t)e->incarnation);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		e->node = (uint32_t)sqlite3_column_int64(s, 0);
		e->incarnation = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return code;
}

static int read_end(struct store_db *db, struct store_log_end *e)
{
	sqlite3_stmt *s = db->stmt[STMT_LOG_ENDS];
	int code;

	sqlite3_bind_int64(s, 1, e->node);
	sqlite3_bind_int64(s, 2, (int64_t)e->incarnation);
	code = sqlite3_step(s);
	e->first = (uint64_t)sqlite3_column_int64(s, 0);
	e->last = (uint64_t)sqlite3_column_int64(s, 1);
	sqlite3_reset(s);
	return code;
}

enum store_status store_log_ends(struct store_db *db, struct store_batch *b, struct store_job *job)
{
	struct store_log_end *ends = store_batch_alloc(b, STORE_PAGE_MAX * sizeof(*ends)), e = {0};
	uint32_t count = 0;
	int code = SQLITE_DONE;

	if (!ends)
		return STORE_NO_MEMORY;
	while (count < STORE_PAGE_MAX && (code = next_incarnation(db, &e)) == SQLITE_ROW) {
		code = read_end(db, &e);
		if (code != SQLITE_ROW)
			break;
		ends[count++] = e;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return store_db_failed(db, code);
	job->reply.ends = ends;
	job->reply.count = count;
	return STORE_OK;
}

int64_t store_log_bytes(struct store_db *db)
{
	sqlite3_stmt *s = db->stmt[STMT_LOG_BYTES];
	int64_t bytes = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return bytes;
}

/* Deletes some of the oldest frames, by one of two statements and its bound. */
static enum store_status expire(
	struct store_db *db, struct store_retain *r, enum store_statement which, int64_t bound)
{
	enum store_status status;

	sqlite3_bind_int64(db->stmt[which], 1, bound);
	sqlite3_bind_int(db->stmt[which], 2, STORE_RETAIN_ROWS);
	status = store_db_run(db, which);
	if (status == STORE_OK && sqlite3_changes(db->sql) == STORE_RETAIN_ROWS)
		r->more = true;
	return status;
}

enum store_status store_log_retain(struct store_db *db, struct store_retain *r)
{
	int64_t cut = r->wall_ms - r->bounds.log_max_age / NSEC_MSEC;
	int64_t excess = store_log_bytes(db) - (int64_t)r->bounds.log_max_bytes;
	enum store_status status = STORE_OK;

	if (r->bounds.log_max_age && cut > 0)
		status = expire(db, r, STMT_LOG_EXPIRE, cut);
	if (status == STORE_OK && r->bounds.log_max_bytes && excess > 0)
		status = expire(db, r, STMT_LOG_EXCESS, excess);
	return status;
}
