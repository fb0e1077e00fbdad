/*
 * store_sqlite.c - storage thread, and the two queues between it and the loop.
 *
 *     loop                      lock                    storage thread
 *     filling --store_flush-->  todo  ----------------> group of batches: BEGIN, writes, COMMIT
 *                                                       (one sync for all of them), then queries
 *     store_complete() <------- done  <---------------- completed batches, wake()
 *
 * While one group is synced the next one fills: the busier the server, the more messages share a
 * commit. A tick starts retention, and retries while the file cannot be used. Without a thread
 * store_sqlite_work() takes its place, one group a call.
 */
#include "chat/store/store_sqlite.h"

#include "chat/store/store_ops.h"
#include "chat/store/store_worker.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	GROUP_REQUESTS = 8192, /* in one commit, unless a single turn had more */
};

struct batch_list {
	struct store_batch *first, **end;
};

struct sqlite_store {
	struct store base;
	struct store_sqlite_options options;
	char *path;

	/* Used by the loop only. */
	struct store_batch *filling;
	uint64_t outstanding; /* batches submitted and not completed */

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	struct batch_list todo, done;
	struct store_report report;
	bool stop;

	/* Used by the thread only. */
	pthread_t thread;
	struct store_worker worker;
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

/* Takes the batches of one commit off todo; NULL if there are none. The lock is held. */
static struct store_batch *take_group(struct sqlite_store *s)
{
	struct store_batch *group = s->todo.first, **end = &s->todo.first;
	size_t requests = 0;
	bool ticked = false;

	while (*end && !ticked &&
		(requests == 0 || requests + (*end)->jobs.count <= GROUP_REQUESTS)) {
		requests += (*end)->jobs.count;
		ticked = (*end)->tick; /* requests after a tick see its effects */
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
	s->report = s->worker.now;
	pthread_cond_signal(&s->finished);
	if (first && s->options.wake)
		s->options.wake(s->options.wake_arg);
}

/* A backup or an export has ended. */
static void tell_end(struct sqlite_store *s)
{
	s->report = s->worker.now;
	if (s->options.wake)
		s->options.wake(s->options.wake_arg);
}

static void *storage_thread(void *arg)
{
	struct sqlite_store *s = arg;
	struct store_batch *group;
	bool ended;

	store_worker_open(&s->worker);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->todo.first && !s->stop && !store_worker_has_more(&s->worker))
			pthread_cond_wait(&s->work, &s->lock);
		if (s->stop && !s->todo.first)
			break;
		group = s->todo.first ? take_group(s) : NULL;
		pthread_mutex_unlock(&s->lock);
		if (group)
			store_worker_process(&s->worker, group);
		ended = store_worker_go_on(&s->worker, !group);
		pthread_mutex_lock(&s->lock);
		if (group)
			give_back(s, group);
		if (ended)
			tell_end(s);
	}
	pthread_mutex_unlock(&s->lock);
	store_worker_close(&s->worker);
	return NULL;
}

/* --- without a thread --- */

static struct sqlite_store *of(struct store *base)
{
	return container_of(base, struct sqlite_store, base);
}

bool store_sqlite_has_work(const struct store *base)
{
	const struct sqlite_store *s = container_of(base, const struct sqlite_store, base);

	return s->todo.first || store_worker_has_more(&s->worker);
}

void store_sqlite_work(struct store *base)
{
	struct sqlite_store *s = of(base);
	struct store_batch *group = s->todo.first ? take_group(s) : NULL;

	if (group)
		store_worker_process(&s->worker, group);
	store_worker_go_on(&s->worker, !group);
	give_back(s, group);
}

void store_sqlite_cut(struct store *base)
{
	struct sqlite_store *s = of(base);

	assert(s->options.no_thread);
	store_worker_cut(&s->worker);
}

/* --- the loop --- */

static enum store_status submit(struct store *base, const struct store_request *r)
{
	struct sqlite_store *s = of(base);
	size_t cost = store_batch_cost(r);

	if (s->base.queued >= s->options.queue_requests ||
		s->base.queued_bytes + cost > s->options.queue_bytes) {
		s->base.refused++;
		return STORE_BUSY;
	}
	if (!s->filling)
		s->filling = store_batch_new();
	if (!s->filling || !store_batch_add(s->filling, r)) {
		s->base.refused++;
		return STORE_NO_MEMORY;
	}
	s->base.queued++;
	s->base.queued_bytes += cost;
	return STORE_OK;
}

static void hand_over(struct sqlite_store *s, struct store_batch *b)
{
	s->outstanding++;
	b->at = s->base.now;
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

/* A job of a batch is finished. */
static void complete_job(struct sqlite_store *s, const struct store_batch *b, struct store_job *job)
{
	if (job->request.op == STORE_APPEND && job->reply.status == STORE_OK)
		histogram_add(&s->base.append_time, s->base.now - b->at, 1);
	if (job->request.done)
		job->request.done(job->request.arg, &job->reply);
	if (s->base.watch &&
		(job->request.op == STORE_RECORD_PUT || job->request.op == STORE_RECORD_DELETE) &&
		job->request.u.record.version)
		s->base.watch->written(
			s->base.watch->arg, &job->request.u.record, job->reply.status);
}

static void complete(struct store *base)
{
	struct sqlite_store *s = of(base);
	struct store_batch *b, *next;

	pthread_mutex_lock(&s->lock);
	b = s->done.first;
	list_clear(&s->done);
	s->base.seen = s->report;
	pthread_mutex_unlock(&s->lock);
	for (; b; b = next) {
		next = b->next;
		s->outstanding--;
		s->base.queued -= b->jobs.count;
		s->base.queued_bytes -= b->bytes;
		for (size_t i = 0; i < b->jobs.count; i++)
			complete_job(s, b, &b->jobs.at[i]);
		store_batch_free(b);
	}
}

static void tick(struct store *base, int64_t wall_ms)
{
	struct sqlite_store *s = of(base);
	struct store_batch *b = store_batch_new();

	if (!b) /* try again at the next tick */
		return;
	b->tick = true;
	b->wall_ms = wall_ms;
	b->retention = s->base.retention;
	flush(base);
	hand_over(s, b);
}

/* Waits until a batch is completed; one must be outstanding. */
static void await_done(struct sqlite_store *s)
{
	if (s->options.no_thread && !s->done.first)
		store_sqlite_work(&s->base);
	pthread_mutex_lock(&s->lock);
	while (!s->done.first)
		pthread_cond_wait(&s->finished, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static void drain(struct store *base)
{
	struct sqlite_store *s = of(base);

	flush(base);
	while (s->outstanding > 0) {
		await_done(s);
		complete(base);
		flush(base);
	}
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
	if (!s->options.no_thread)
		pthread_join(s->thread, NULL);
	else
		store_worker_close(&s->worker);
	free_store(s);
}

static const struct store_ops sqlite_ops = {
	.submit = submit,
	.flush = flush,
	.complete = complete,
	.tick = tick,
	.drain = drain,
	.close = close_store,
};

/* Starts the thread, which opens the file; without a thread, opens it. */
static bool start(struct sqlite_store *s)
{
	if (!s->options.no_thread)
		return pthread_create(&s->thread, NULL, storage_thread, s) == 0;
	store_worker_open(&s->worker);
	return true;
}

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
	s->base.retention = o->retention;
	s->path = strdup(o->path);
	s->worker = (struct store_worker){
		.path = s->path, .vfs = o->vfs, .history = o->history, .search = o->search};
	list_clear(&s->todo);
	list_clear(&s->done);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->finished, NULL);
	if (!s->path || !start(s)) {
		store_batch_free(opening);
		free_store(s);
		return NULL;
	}
	hand_over(s, opening);
	return &s->base;
}
