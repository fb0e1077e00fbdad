/* store_worker.c - work of the storage thread: store_worker.h. */
#include "chat/store/store_worker.h"

#include "chat/store/store_forget.h"
#include "chat/store/store_marker.h"
#include "chat/store/store_query.h"
#include "chat/store/store_schema.h"
#include "chat/store/store_search.h"
#include "chat/store/store_write.h"

#include <sys/stat.h>

enum {
	RETRY_TICKS_MAX = 30, /* between two tries to open the file */
};

static void close_file(struct store_worker *w)
{
	store_backup_abort(&w->backup, &w->now.backup);
	store_export_abort(&w->export, &w->now.export);
	store_db_close(&w->db);
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Sets the health of the file. A damaged one is closed and not touched again; on any other failure
 * it stays open, and the next tick retries. */
static void set_health(struct store_worker *w, enum store_status status)
{
	if (status == STORE_CORRUPT) {
		w->corrupt_inode = inode_of(w->path);
		if (w->db.sql)
			close_file(w);
	}
	if (status == STORE_OK)
		w->db.detail[0] = '\0';
	else
		w->retain.more = false; /* until a tick finds the file usable */
	w->now.health = status;
	memcpy(w->now.detail, w->db.detail, sizeof(w->now.detail));
}

void store_worker_open(struct store_worker *w)
{
	enum store_status status = store_db_open(&w->db, w->path, w->vfs);

	w->db.search = w->history && w->search;
	set_health(w, status);
	memcpy(w->now.notice, w->db.notice, sizeof(w->now.notice));
	if (status != STORE_OK)
		return;
	w->now.first_ms = w->db.first_ms;
	if (w->db.last_id > w->now.last_id)
		w->now.last_id = w->db.last_id;
}

static bool is_write(enum store_op op)
{
	return op == STORE_APPEND || op == STORE_DELETE || op == STORE_MARKER_SET ||
	       op == STORE_CHANNEL_BEGIN || op == STORE_CHANNEL_END || op == STORE_CHANNEL_RENAME ||
	       op == STORE_RECORD_PUT || op == STORE_RECORD_DELETE || op == STORE_RECORD_MERGE ||
	       op == STORE_FORGET || op == STORE_LOG_APPEND;
}

static bool is_of_history(enum store_op op)
{
	return op == STORE_APPEND || op == STORE_HISTORY || op == STORE_ROWS ||
	       op == STORE_TARGETS || op == STORE_SEARCH || op == STORE_FIND ||
	       op == STORE_DELETE || op == STORE_CHANNEL_BEGIN || op == STORE_CHANNEL_END ||
	       op == STORE_CHANNEL_RENAME;
}

/* Whether history is off for this request, which then is completed. */
static bool is_off(const struct store_worker *w, struct store_job *job)
{
	if (w->history || !is_of_history(job->request.op))
		return false;
	job->reply.status = STORE_OFF;
	return true;
}

static enum store_status write_batch(struct store_worker *w, struct store_batch *b)
{
	for (size_t i = 0; i < b->jobs.count; i++) {
		struct store_job *job = &b->jobs.at[i];
		if (!is_write(job->request.op) || is_off(w, job))
			continue;
		job->reply.status = store_write(&w->db, job);
		if (job->reply.status != STORE_OK && job->reply.status != STORE_INVALID &&
			job->reply.status != STORE_NO_MSGID)
			return job->reply.status;
		if (job->request.op == STORE_APPEND && job->reply.status == STORE_OK)
			w->now.appended += job->reply.count;
	}
	return STORE_OK;
}

/* Every write of the group fails with status: none of it is in the file. */
static void fail_writes(struct store_worker *w, struct store_batch *group, enum store_status status)
{
	for (struct store_batch *b = group; b; b = b->next) {
		for (size_t i = 0; i < b->jobs.count; i++) {
			struct store_job *job = &b->jobs.at[i];
			if (!is_write(job->request.op) || is_off(w, job))
				continue;
			job->reply.status = status;
			job->reply.marker_ms = -1;
			job->reply.count = 0;
		}
	}
}

static bool has_writes(const struct store_worker *w, const struct store_batch *group)
{
	for (const struct store_batch *b = group; b; b = b->next)
		for (size_t i = 0; i < b->jobs.count; i++)
			if (is_write(b->jobs.at[i].request.op) &&
				(w->history || !is_of_history(b->jobs.at[i].request.op)))
				return true;
	return false;
}

static void do_writes(struct store_worker *w, struct store_batch *group)
{
	uint64_t appended = w->now.appended;
	enum store_status status = w->now.health;

	if (!w->db.sql || !has_writes(w, group)) {
		fail_writes(w, group, status);
		return;
	}
	status = store_db_run(&w->db, STMT_BEGIN);
	for (struct store_batch *b = group; b && status == STORE_OK; b = b->next)
		status = write_batch(w, b);
	if (status == STORE_OK)
		status = store_db_run(&w->db, STMT_COMMIT);
	if (status == STORE_OK) {
		w->now.commits++;
		w->now.last_id = w->db.last_id;
	} else {
		w->now.appended = appended;
		store_db_rollback(&w->db);
		fail_writes(w, group, status);
	}
	if (status != w->now.health)
		set_health(w, status);
}

static enum store_status begin_backup(struct store_worker *w, struct store_text path)
{
	if (w->vfs)
		return STORE_OFF; /* no file of this system */
	return store_backup_begin(&w->backup, &w->db, path, &w->now.backup);
}

static enum store_status answer(
	struct store_worker *w, struct store_batch *b, struct store_job *job)
{
	if (job->request.op == STORE_BACKUP)
		return begin_backup(w, job->request.u.backup);
	if (job->request.op == STORE_EXPORT)
		return w->vfs ? STORE_OFF
			      : store_export_begin(
					&w->export, &job->request.u.export, &w->now.export);
	return store_db_read(&w->db, b, job);
}

static void do_queries(struct store_worker *w, struct store_batch *group)
{
	for (struct store_batch *b = group; b; b = b->next) {
		for (size_t i = 0; i < b->jobs.count; i++) {
			struct store_job *job = &b->jobs.at[i];
			if (is_write(job->request.op) || is_off(w, job))
				continue;
			job->reply.status = w->now.health;
			if (!w->db.sql)
				continue;
			job->reply.status = answer(w, b, job);
			w->now.queries++;
			if (job->reply.status == STORE_CORRUPT)
				set_health(w, STORE_CORRUPT);
		}
	}
}

/* While the file is closed: tries to open it, at increasing intervals. A damaged one is tried only
 * once another file is in its place. */
static void retry_open(struct store_worker *w)
{
	if (w->killed || (w->now.health == STORE_CORRUPT && inode_of(w->path) == w->corrupt_inode))
		return;
	if (w->retry_in > 0) {
		w->retry_in--;
		return;
	}
	store_worker_open(w);
	w->retry_wait = w->db.sql ? 0 : u32_min(w->retry_wait * 2 + 1, RETRY_TICKS_MAX);
	w->retry_in = w->retry_wait;
}

static void retain(struct store_worker *w)
{
	enum store_status status = store_db_retain(&w->db, &w->retain);

	w->now.expired = w->retain.expired;
	if (status != STORE_OK) {
		w->retain.more = false;
		set_health(w, status);
	}
}

/* Whether messages are to be indexed, and can be. */
static bool has_words(const struct store_worker *w)
{
	return w->db.search && w->now.health == STORE_OK && store_search_has_more(&w->db);
}

static bool has_forgets(const struct store_worker *w)
{
	return w->db.forgets && w->now.health == STORE_OK;
}

static void set_failed(struct store_worker *w, enum store_status status)
{
	if (status != STORE_OK)
		set_health(w, status);
}

static void do_tick(struct store_worker *w, const struct store_batch *b)
{
	enum store_status status;

	w->retain.wall_ms = b->wall_ms;
	w->retain.bounds = b->retention;
	store_db_bound_markers(&w->db, b->retention.max_bytes);
	if (!w->db.sql) {
		retry_open(w);
		return;
	}
	set_failed(w, store_search_mend(&w->db));
	if (w->now.health != STORE_OK) {
		status = store_db_run(&w->db, STMT_PROBE);
		if (status != w->now.health)
			set_health(w, status);
	}
	if (w->now.health == STORE_OK)
		retain(w);
	/* also while requests always wait */
	if (has_forgets(w))
		set_failed(w, store_forget_step(&w->db));
	if (has_words(w))
		set_failed(w, store_search_step(&w->db));
}

void store_worker_process(struct store_worker *w, struct store_batch *group)
{
	do_writes(w, group);
	do_queries(w, group);
	for (struct store_batch *b = group; b; b = b->next)
		if (b->tick)
			do_tick(w, b);
}

bool store_worker_has_more(const struct store_worker *w)
{
	return w->db.sql && (w->retain.more || has_words(w) || has_forgets(w) || w->backup.steps ||
				    w->export.to);
}

bool store_worker_go_on(struct store_worker *w, bool idle)
{
	bool running = w->now.backup.running, exporting = w->now.export.running;

	if (w->db.sql && w->retain.more)
		retain(w);
	if (w->db.sql && idle && has_forgets(w))
		set_failed(w, store_forget_step(&w->db));
	if (w->db.sql && idle && has_words(w))
		set_failed(w, store_search_step(&w->db));
	if (w->db.sql && w->backup.steps)
		store_backup_step(&w->backup, &w->now.backup);
	if (w->db.sql && w->export.to)
		store_export_go_on(&w->export, &w->db, &w->now.export);
	return (running && !w->now.backup.running) || (exporting && !w->now.export.running);
}

void store_worker_cut(struct store_worker *w)
{
	w->killed = true;
	if (w->db.sql)
		sqlite3_db_config(w->db.sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	store_worker_close(w);
	set_health(w, STORE_IO);
}

void store_worker_close(struct store_worker *w)
{
	if (w->db.sql)
		close_file(w);
}
