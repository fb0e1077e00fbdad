/*
 * store_sqlite.c - storage thread, and the two queues between it and the loop.
 *
 *     loop                      lock                    storage thread
 *     filling --store_flush-->  todo  ----------------> group of batches: BEGIN, writes, COMMIT
 *                                                       (one sync for all of them), then queries
 *     store_complete() <------- done  <---------------- answered batches, wake()
 *
 * While one group is synced the next one collects: the busier the server, the more messages share a
 * commit. A tick starts retention, and while the file cannot be used the next try.
 */
#include "chat/store/store_sqlite.h"

#include "chat/store/store_db.h"
#include "chat/store/store_marker.h"
#include "chat/store/store_ops.h"
#include "chat/store/store_query.h"
#include "chat/store/store_retain.h"
#include "chat/store/store_schema.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	GROUP_REQUESTS = 8192, /* in one commit, unless one turn brought more */
	RETRY_TICKS_MAX = 30,  /* between two tries to open the file */
};

struct batch_list {
	struct store_batch *first, **end;
};

/* What the thread tells the loop; copied under the lock. */
struct report {
	enum store_status health;
	uint64_t last_id, appended, commits, queries, expired;
	int64_t first_ms;
	char notice[STORE_NOTICE_MAX];
	char detail[STORE_DETAIL_MAX];
};

struct sqlite_store {
	struct store base;
	struct store_sqlite_options options;
	char *path;

	/* The loop's own. */
	struct store_batch *filling;
	uint64_t outstanding; /* batches handed over and not completed */
	uint64_t queued, queued_bytes, refused;
	struct store_retention retention;
	struct report seen;

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	struct batch_list todo, done;
	struct report report;
	bool stop;

	/* The thread's own. */
	pthread_t thread;
	struct store_db db;
	struct report now;
	struct store_retain retain;
	uint32_t retry_in, retry_wait; /* ticks */
	ino_t corrupt_inode;           /* of the file that was found damaged */
};

static void list_clear(struct batch_list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void list_add_batch(struct batch_list *l, struct store_batch *b)
{
	b->next = NULL;
	*l->end = b;
	l->end = &b->next;
}

/* --- the storage thread --- */

static ino_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Notes how the file is. A damaged one is closed and not touched again; one that fails otherwise
 * stays open, and the next tick tries. */
static void set_health(struct sqlite_store *s, enum store_status status)
{
	if (status == STORE_CORRUPT) {
		s->corrupt_inode = inode_of(s->path);
		if (s->db.sql)
			store_db_close(&s->db);
	}
	if (status == STORE_OK)
		s->db.detail[0] = '\0';
	else
		s->retain.more = false; /* until a tick finds the file usable */
	s->now.health = status;
	memcpy(s->now.detail, s->db.detail, sizeof(s->now.detail));
}

static void open_file(struct sqlite_store *s)
{
	enum store_status status = store_db_open(&s->db, s->path);

	set_health(s, status);
	memcpy(s->now.notice, s->db.notice, sizeof(s->now.notice));
	if (status != STORE_OK)
		return;
	s->now.first_ms = s->db.first_ms;
	if (s->db.last_id > s->now.last_id)
		s->now.last_id = s->db.last_id;
}

static bool is_write(enum store_op op)
{
	return op == STORE_APPEND || op == STORE_DELETE || op == STORE_MARKER_SET ||
	       op == STORE_BAN_PUT || op == STORE_BAN_DELETE || op == STORE_CHANNEL_BEGIN ||
	       op == STORE_CHANNEL_END || op == STORE_CHANNEL_RENAME;
}

static bool is_of_history(enum store_op op)
{
	return op == STORE_APPEND || op == STORE_HISTORY || op == STORE_ROWS ||
	       op == STORE_TARGETS || op == STORE_FIND || op == STORE_DELETE ||
	       op == STORE_CHANNEL_BEGIN || op == STORE_CHANNEL_END || op == STORE_CHANNEL_RENAME;
}

/* Whether history is off for this request, which then is answered. */
static bool is_off(const struct sqlite_store *s, struct store_job *job)
{
	if (s->options.history || !is_of_history(job->request.op))
		return false;
	job->reply.status = STORE_OFF;
	return true;
}

static enum store_status write_batch(struct sqlite_store *s, struct store_batch *b)
{
	for (size_t i = 0; i < b->jobs.count; i++) {
		struct store_job *job = &b->jobs.at[i];
		if (!is_write(job->request.op) || is_off(s, job))
			continue;
		job->reply.status = store_db_write(&s->db, job);
		if (job->reply.status != STORE_OK && job->reply.status != STORE_INVALID &&
			job->reply.status != STORE_NO_MSGID)
			return job->reply.status;
		if (job->request.op == STORE_APPEND && job->reply.status == STORE_OK)
			s->now.appended++;
	}
	return STORE_OK;
}

/* Every write of the group fails with status: nothing of it is in the file. */
static void fail_writes(struct sqlite_store *s, struct store_batch *group, enum store_status status)
{
	for (struct store_batch *b = group; b; b = b->next) {
		for (size_t i = 0; i < b->jobs.count; i++) {
			struct store_job *job = &b->jobs.at[i];
			if (!is_write(job->request.op) || is_off(s, job))
				continue;
			job->reply.status = status;
			job->reply.marker_ms = -1;
		}
	}
}

static bool has_writes(const struct sqlite_store *s, const struct store_batch *group)
{
	for (const struct store_batch *b = group; b; b = b->next)
		for (size_t i = 0; i < b->jobs.count; i++)
			if (is_write(b->jobs.at[i].request.op) &&
				(s->options.history || !is_of_history(b->jobs.at[i].request.op)))
				return true;
	return false;
}

static void do_writes(struct sqlite_store *s, struct store_batch *group)
{
	uint64_t appended = s->now.appended;
	enum store_status status = s->now.health;

	if (!s->db.sql || !has_writes(s, group)) {
		fail_writes(s, group, status);
		return;
	}
	status = store_db_begin(&s->db);
	for (struct store_batch *b = group; b && status == STORE_OK; b = b->next)
		status = write_batch(s, b);
	if (status == STORE_OK)
		status = store_db_commit(&s->db);
	if (status == STORE_OK) {
		s->now.commits++;
		s->now.last_id = s->db.last_id;
	} else {
		s->now.appended = appended;
		store_db_rollback(&s->db);
		fail_writes(s, group, status);
	}
	if (status != s->now.health)
		set_health(s, status);
}

static void do_queries(struct sqlite_store *s, struct store_batch *group)
{
	for (struct store_batch *b = group; b; b = b->next) {
		for (size_t i = 0; i < b->jobs.count; i++) {
			struct store_job *job = &b->jobs.at[i];
			if (is_write(job->request.op) || is_off(s, job))
				continue;
			job->reply.status = s->now.health;
			if (!s->db.sql)
				continue;
			job->reply.status = store_db_read(&s->db, b, job);
			s->now.queries++;
			if (job->reply.status == STORE_CORRUPT)
				set_health(s, STORE_CORRUPT);
		}
	}
}

/* While the file is closed: tries to open it, less and less often. A damaged one is tried only when
 * another file is in its place. */
static void retry_open(struct sqlite_store *s)
{
	if (s->now.health == STORE_CORRUPT && inode_of(s->path) == s->corrupt_inode)
		return;
	if (s->retry_in > 0) {
		s->retry_in--;
		return;
	}
	open_file(s);
	s->retry_wait = s->db.sql ? 0 : u32_min(s->retry_wait * 2 + 1, RETRY_TICKS_MAX);
	s->retry_in = s->retry_wait;
}

static void do_retention(struct sqlite_store *s)
{
	enum store_status status = store_db_retain(&s->db, &s->retain);

	s->now.expired = s->retain.expired;
	if (status != STORE_OK) {
		s->retain.more = false;
		set_health(s, status);
	}
}

static void do_tick(struct sqlite_store *s, const struct store_batch *b)
{
	enum store_status status;

	s->retain.wall_ms = b->wall_ms;
	s->retain.bounds = b->retention;
	store_db_bound_markers(&s->db, b->retention.max_bytes);
	if (!s->db.sql) {
		retry_open(s);
		return;
	}
	if (s->now.health != STORE_OK) {
		status = store_db_probe(&s->db);
		if (status != s->now.health)
			set_health(s, status);
	}
	if (s->now.health == STORE_OK)
		do_retention(s);
}

static void process(struct sqlite_store *s, struct store_batch *group)
{
	do_writes(s, group);
	do_queries(s, group);
	for (struct store_batch *b = group; b; b = b->next)
		if (b->tick)
			do_tick(s, b);
}

/* Takes the batches of one commit off todo; NULL if there are none. Under the lock. */
static struct store_batch *take_group(struct sqlite_store *s)
{
	struct store_batch *group = s->todo.first, **end = &s->todo.first;
	size_t requests = 0;
	bool ticked = false;

	while (*end && !ticked &&
		(requests == 0 || requests + (*end)->jobs.count <= GROUP_REQUESTS)) {
		requests += (*end)->jobs.count;
		ticked = (*end)->tick; /* what was asked after it sees what it did */
		end = &(*end)->next;
	}
	s->todo.first = *end;
	if (!s->todo.first)
		list_clear(&s->todo);
	*end = NULL;
	return group;
}

static void give_back(struct sqlite_store *s, struct store_batch *group)
{
	struct store_batch *next;
	bool first = !s->done.first;

	for (; group; group = next) {
		next = group->next;
		list_add_batch(&s->done, group);
	}
	s->report = s->now;
	pthread_cond_signal(&s->finished);
	if (first && s->options.wake)
		s->options.wake(s->options.wake_arg);
}

static void *storage_thread(void *arg)
{
	struct sqlite_store *s = arg;
	struct store_batch *group;

	open_file(s);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->todo.first && !s->stop && !s->retain.more)
			pthread_cond_wait(&s->work, &s->lock);
		if (s->stop && !s->todo.first)
			break;
		group = s->todo.first ? take_group(s) : NULL;
		pthread_mutex_unlock(&s->lock);
		if (group)
			process(s, group);
		if (s->retain.more && s->db.sql)
			do_retention(s);
		pthread_mutex_lock(&s->lock);
		if (group)
			give_back(s, group);
	}
	pthread_mutex_unlock(&s->lock);
	if (s->db.sql)
		store_db_close(&s->db);
	return NULL;
}

/* --- the loop --- */

static struct sqlite_store *of(struct store *base)
{
	return container_of(base, struct sqlite_store, base);
}

static enum store_status submit(struct store *base, const struct store_request *r)
{
	struct sqlite_store *s = of(base);
	size_t cost = store_batch_cost(r);

	if (s->queued >= s->options.queue_requests ||
		s->queued_bytes + cost > s->options.queue_bytes) {
		s->refused++;
		return STORE_BUSY;
	}
	if (!s->filling)
		s->filling = store_batch_new();
	if (!s->filling || !store_batch_add(s->filling, r)) {
		s->refused++;
		return STORE_NO_MEMORY;
	}
	s->queued++;
	s->queued_bytes += cost;
	return STORE_OK;
}

static void hand_over(struct sqlite_store *s, struct store_batch *b)
{
	s->outstanding++;
	pthread_mutex_lock(&s->lock);
	list_add_batch(&s->todo, b);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

static void flush(struct store *base)
{
	struct sqlite_store *s = of(base);

	if (s->filling) {
		hand_over(s, s->filling);
		s->filling = NULL;
	}
}

static void complete(struct store *base)
{
	struct sqlite_store *s = of(base);
	struct store_batch *b, *next;

	pthread_mutex_lock(&s->lock);
	b = s->done.first;
	list_clear(&s->done);
	s->seen = s->report;
	pthread_mutex_unlock(&s->lock);
	for (; b; b = next) {
		next = b->next;
		s->outstanding--;
		s->queued -= b->jobs.count;
		s->queued_bytes -= b->bytes;
		for (size_t i = 0; i < b->jobs.count; i++) {
			struct store_job *job = &b->jobs.at[i];
			if (job->request.done)
				job->request.done(job->request.arg, &job->reply);
		}
		store_batch_free(b);
	}
}

static void tick(struct store *base, int64_t wall_ms)
{
	struct sqlite_store *s = of(base);
	struct store_batch *b = store_batch_new();

	if (!b) /* the next one will do */
		return;
	b->tick = true;
	b->wall_ms = wall_ms;
	b->retention = s->retention;
	flush(base);
	hand_over(s, b);
}

static void drain(struct store *base)
{
	struct sqlite_store *s = of(base);

	flush(base);
	while (s->outstanding > 0) {
		pthread_mutex_lock(&s->lock);
		while (!s->done.first)
			pthread_cond_wait(&s->finished, &s->lock);
		pthread_mutex_unlock(&s->lock);
		complete(base);
		flush(base);
	}
}

static enum store_status health(const struct store *base)
{
	return container_of(base, const struct sqlite_store, base)->seen.health;
}

static const char *detail(const struct store *base)
{
	return container_of(base, const struct sqlite_store, base)->seen.detail;
}

static uint64_t last_id(const struct store *base)
{
	return container_of(base, const struct sqlite_store, base)->seen.last_id;
}

static int64_t first_ms(const struct store *base)
{
	return container_of(base, const struct sqlite_store, base)->seen.first_ms;
}

static const char *file_notice(const struct store *base)
{
	return container_of(base, const struct sqlite_store, base)->seen.notice;
}

static void counters(const struct store *base, struct store_counters *out)
{
	const struct sqlite_store *s = container_of(base, const struct sqlite_store, base);

	*out = (struct store_counters){
		.appended = s->seen.appended,
		.refused = s->refused,
		.commits = s->seen.commits,
		.queries = s->seen.queries,
		.expired = s->seen.expired,
		.queued = s->queued,
		.queued_bytes = s->queued_bytes,
	};
}

static void set_retention(struct store *base, const struct store_retention *r)
{
	of(base)->retention = *r;
}

static void free_store(struct sqlite_store *s)
{
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->finished);
	pthread_mutex_destroy(&s->lock);
	store_batch_free(s->filling);
	free(s->path);
	free(s);
}

static void close_store(struct store *base)
{
	struct sqlite_store *s = of(base);

	drain(base);
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	free_store(s);
}

static const struct store_ops sqlite_ops = {
	.submit = submit,
	.flush = flush,
	.complete = complete,
	.tick = tick,
	.drain = drain,
	.health = health,
	.detail = detail,
	.last_id = last_id,
	.first_ms = first_ms,
	.notice = file_notice,
	.counters = counters,
	.set_retention = set_retention,
	.close = close_store,
};

struct store *store_sqlite_open(const struct store_sqlite_options *o)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));
	struct store_batch *opening = store_batch_new(); /* store_drain() waits for it */

	if (!s || !opening) {
		free(s);
		store_batch_free(opening);
		return NULL;
	}
	s->base.ops = &sqlite_ops;
	s->options = *o;
	s->retention = o->retention;
	s->path = strdup(o->path);
	list_clear(&s->todo);
	list_clear(&s->done);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->finished, NULL);
	if (!s->path || pthread_create(&s->thread, NULL, storage_thread, s) != 0) {
		store_batch_free(opening);
		free_store(s);
		return NULL;
	}
	hand_over(s, opening);
	return &s->base;
}
