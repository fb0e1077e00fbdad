/* files.c - the queue of jobs and their thread: files.h. */
#include "files/files.h"

#include "files/files_db.h"

#include <nettle/base64.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	ID_BYTES = 16,
};

_Static_assert(BASE64_ENCODE_RAW_LENGTH(ID_BYTES) == FILES_ID + 2, "two signs of padding");

enum what {
	PUT,
	GET,
	EXPIRE,
	FORGET,
	DELETE,
	LIST,
};

struct job {
	struct job *next;
	enum what what;
	struct file file; /* EXPIRE: its time; FORGET, LIST: its owner; DELETE: its id, too */
	enum files_list list;
	struct files_rows rows;
	uint64_t deleted;
	struct files_bounds bounds;
	struct files_then then;
	enum files_status status;
	char why[FILES_WHY_MAX];
};

/* First in, first out. */
struct queue {
	struct job *first, **end;
};

struct files {
	struct files_options o;
	struct files_db db;   /* the thread's */
	uint32_t outstanding; /* jobs not reported yet; the loop's */
	pthread_t thread;

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;
	bool stop;
	struct queue waiting, finished;
};

static void put(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
}

static struct job *take(struct queue *q)
{
	struct job *j = q->first;

	if (j)
		q->first = j->next;
	if (!q->first)
		q->end = &q->first;
	return j;
}

static void job_free(struct job *j)
{
	free(j->file.bytes);
	VEC_FREE(&j->rows.rows);
	free(j);
}

/* --- the thread --- */

static enum files_status run(struct files *f, struct job *j)
{
	switch (j->what) {
	case PUT: return files_db_put(&f->db, &j->file, &j->bounds, j->why);
	case GET: return files_db_get(&f->db, &j->file, j->why);
	case EXPIRE: return files_db_expire(&f->db, j->file.time_ms, j->why);
	case FORGET: return files_db_forget(&f->db, j->file.owner, j->why);
	case DELETE: return files_db_delete(&f->db, j->file.owner, j->file.id, j->why);
	case LIST: return files_db_list(&f->db, j->list, j->file.owner, &j->rows, j->why);
	}
	return FILES_FAILED;
}

static void *work(void *arg)
{
	struct files *f = arg;

	pthread_mutex_lock(&f->lock);
	while (!f->stop) {
		struct job *j = take(&f->waiting);

		if (!j) {
			pthread_cond_wait(&f->work, &f->lock);
			continue;
		}
		pthread_mutex_unlock(&f->lock);
		f->db.deleted = 0;
		j->status = run(f, j);
		j->deleted = f->db.deleted;
		pthread_mutex_lock(&f->lock);
		put(&f->finished, j);
		f->o.wake(f->o.wake_arg);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* --- the loop --- */

static struct job *job_new(enum what what, struct files_then then)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j) {
		j->what = what;
		j->then = then;
	}
	return j;
}

static bool submit(struct files *f, struct job *j)
{
	f->outstanding++;
	pthread_mutex_lock(&f->lock);
	put(&f->waiting, j);
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->lock);
	return true;
}

static bool make_id(char id[FILES_ID + 1])
{
	uint8_t random[ID_BYTES];
	char text[BASE64_ENCODE_RAW_LENGTH(ID_BYTES)];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return false;
	base64_encode_raw(text, sizeof(random), random);
	for (int i = 0; i < FILES_ID; i++)
		id[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	id[FILES_ID] = '\0';
	return true;
}

bool files_put(
	struct files *f, struct file *file, const struct files_bounds *b, struct files_then then)
{
	struct job *j = f->outstanding < FILES_JOBS_MAX ? job_new(PUT, then) : NULL;

	if (!j || !make_id(file->id)) {
		free(j);
		return false;
	}
	j->file = *file;
	j->bounds = *b;
	file->bytes = NULL;
	return submit(f, j);
}

bool files_get(struct files *f, const char *id, struct files_then then)
{
	struct job *j = NULL;

	if (f->outstanding < FILES_JOBS_MAX && strlen(id) == FILES_ID)
		j = job_new(GET, then);
	if (!j)
		return false;
	memcpy(j->file.id, id, FILES_ID);
	return submit(f, j);
}

bool files_expire(struct files *f, int64_t before_ms, struct files_then then)
{
	struct job *j = job_new(EXPIRE, then);

	if (!j)
		return false;
	j->file.time_ms = before_ms;
	return submit(f, j);
}

static struct job *job_of(enum what what, const char *owner, struct files_then then)
{
	struct job *j = strlen(owner) < FILES_OWNER_MAX ? job_new(what, then) : NULL;

	if (j)
		memcpy(j->file.owner, owner, strlen(owner));
	return j;
}

bool files_forget(struct files *f, const char *owner, struct files_then then)
{
	struct job *j = job_of(FORGET, owner, then);

	return j && submit(f, j);
}

bool files_list(struct files *f, enum files_list what, const char *owner, struct files_then then)
{
	struct job *j = job_of(LIST, owner, then);

	if (!j)
		return false;
	j->list = what;
	return submit(f, j);
}

bool files_delete(struct files *f, const char *owner, const char *id, struct files_then then)
{
	struct job *j = strlen(id) <= FILES_ID ? job_of(DELETE, owner, then) : NULL;

	if (!j)
		return false;
	memcpy(j->file.id, id, strlen(id));
	return submit(f, j);
}

void files_complete(struct files *f)
{
	struct job *j;

	while (f->outstanding) {
		pthread_mutex_lock(&f->lock);
		j = take(&f->finished);
		pthread_mutex_unlock(&f->lock);
		if (!j)
			return;
		f->outstanding--;
		j->then.done(
			j->then.arg, &(struct files_reply){j->then.tag, j->status, &j->file, j->why,
					     j->rows.rows.at, j->rows.rows.count, j->deleted});
		job_free(j);
	}
}

static void free_all(struct queue *q)
{
	struct job *j;

	while ((j = take(q)))
		job_free(j);
}

static void destroy(struct files *f)
{
	files_db_close(&f->db);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->work);
	free(f);
}

struct files *files_open(const struct files_options *o, char why[FILES_WHY_MAX])
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f) {
		snprintf(why, FILES_WHY_MAX, "out of memory");
		return NULL;
	}
	f->o = *o;
	f->waiting.end = &f->waiting.first;
	f->finished.end = &f->finished.first;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->work, NULL);
	if (!files_db_open(&f->db, o->path, why)) {
		destroy(f);
		return NULL;
	}
	if (pthread_create(&f->thread, NULL, work, f) != 0) {
		snprintf(why, FILES_WHY_MAX, "no thread");
		destroy(f);
		return NULL;
	}
	return f;
}

void files_close(struct files *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	free_all(&f->waiting);
	free_all(&f->finished);
	destroy(f);
}
