/* store_write.c - requests that write, each inside the transaction of its batch. */
#include "chat/store/store_write.h"

#include "chat/store/store_channel.h"
#include "chat/store/store_forget.h"
#include "chat/store/store_log.h"
#include "chat/store/store_marker.h"
#include "chat/store/store_record.h"
#include "chat/store/store_search.h"
#include "chat/store/store_version.h"

enum {
	ANY_TARGET = -1, /* of no row */
};

/* A message is in the table: counts it for what is to be done with it. */
static enum store_status note_appended(struct store_db *db, const struct store_append *a)
{
	int64_t id = (int64_t)a->msg.id;

	if (a->msg.event == STORE_EVENT && db->events >= 0)
		db->events++;
	if (!a->foreign && a->msg.id > db->last_id)
		db->last_id = a->msg.id;
	if (a->msg.id > db->newest_id)
		db->newest_id = a->msg.id;
	if (id > db->search_upto)
		db->search_waiting++;
	else if (id > db->search_low)
		return store_search_add(db, id);
	return STORE_OK;
}

static enum store_status append(struct store_db *db, struct store_job *job)
{
	const struct store_append *a = &job->request.u.append;
	enum store_statement which = a->foreign ? STMT_APPEND_FOREIGN : STMT_APPEND;
	sqlite3_stmt *s = db->stmt[which];
	int64_t target = 0;
	enum store_status status = store_db_target(db, &a->target, true, &target);

	if (status == STORE_OK)
		status = store_db_note_open(db, a, target);
	if (status != STORE_OK)
		return status;
	sqlite3_bind_int64(s, 1, (int64_t)a->msg.id);
	sqlite3_bind_int64(s, 2, target);
	sqlite3_bind_int(s, 3, a->msg.event);
	sqlite3_bind_int64(s, 4, a->msg.use);
	store_db_bind(db, which, 5, a->msg.source);
	store_db_bind(db, which, 6, a->msg.account);
	store_db_bind(db, which, 7, a->msg.command);
	store_db_bind(db, which, 8, a->msg.params);
	store_db_bind(db, which, 9, a->msg.tags);
	sqlite3_bind_int64(s, 10, a->msg.ms);
	sqlite3_bind_int64(s, 11, (int64_t)a->msg.author);
	status = store_db_run(db, which);
	job->reply.count = status == STORE_OK && sqlite3_changes(db->sql) > 0;
	return job->reply.count ? note_appended(db, a) : status;
}

/* The target of a key: ANY_TARGET if it has none. A message from before the channel began is none.
 */
static enum store_status target_of_key(
	struct store_db *db, const struct store_key *k, int64_t *target)
{
	uint64_t since = 0;
	enum store_status status;

	*target = ANY_TARGET;
	if (!k->target.a.len)
		return STORE_OK;
	status = store_db_target(db, &k->target, false, target);
	if (status == STORE_OK)
		status = store_db_since(db, *target, k->begun, &since);
	return status == STORE_OK && k->id <= since ? STORE_NO_MSGID : status;
}

/* The message, if it is there; and it does not come from another server any more. */
static enum store_status delete_message(struct store_db *db, const struct store_key *k)
{
	sqlite3_stmt *s = db->stmt[STMT_DELETE];
	int64_t target = 0;
	enum store_status status = target_of_key(db, k, &target);

	if (status != STORE_OK)
		return status;
	sqlite3_bind_int64(s, 1, (int64_t)k->id);
	sqlite3_bind_int64(s, 2, target);
	status = store_db_run(db, STMT_DELETE);
	if (status == STORE_OK && target != ANY_TARGET && sqlite3_changes(db->sql) == 0)
		return STORE_NO_MSGID;
	sqlite3_bind_int64(db->stmt[STMT_DELETED_ADD], 1, (int64_t)k->id);
	return status == STORE_OK ? store_db_run(db, STMT_DELETED_ADD) : status;
}

enum store_status store_write(struct store_db *db, struct store_job *job)
{
	switch (job->request.op) {
	case STORE_APPEND: return append(db, job);
	case STORE_DELETE: return delete_message(db, &job->request.u.key);
	case STORE_FORGET: return store_forget(db, job);
	case STORE_MARKER_SET: return store_db_marker_set(db, job);
	case STORE_CHANNEL_BEGIN:
	case STORE_CHANNEL_END:
	case STORE_CHANNEL_RENAME: return store_db_channel(db, job);
	case STORE_LOG_APPEND: return store_log_append(db, job);
	case STORE_RECORD_PUT:
	case STORE_RECORD_DELETE: return store_version_write(db, job);
	case STORE_RECORD_MERGE: return store_version_merge(db, job);
	default: break;
	}
	assert(!"not a write");
	return STORE_INVALID;
}
