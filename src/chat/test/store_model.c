/* store_model.c - a disk, and a queue of what is on its way there: store_model.h. */
#include "chat/test/store_model.h"

#include "base/test/test.h"
#include "chat/store/store_batch.h"
#include "chat/store/store_load.h"
#include "chat/store/store_ops.h"
#include "chat/store/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	QUEUE_MAX = 1 << 16,
	ROWS_MAX = 1 << 20,
};

/* A request with its texts: a batch of one. */
struct queued {
	struct store_batch *batch;
	nsec_t due; /* NSEC_MAX: its turn has not ended */
};

struct model_store {
	struct store base;
	struct disk *disk;
	nsec_t commit;
	bool killed;
	VEC(struct queued) queue;
};

static struct model_store *of(struct store *base)
{
	return container_of(base, struct model_store, base);
}

/* --- the disk --- */

static void free_message(struct disk_message *m)
{
	free(m->text);
	free(m->account);
}

void disk_clear(struct disk *d)
{
	for (uint32_t i = 0; i < d->messages.count; i++)
		free_message(&d->messages.at[i]);
	for (uint32_t i = 0; i < d->frames.count; i++)
		free(d->frames.at[i].bytes);
	for (uint32_t i = 0; i < d->markers.count; i++)
		free(d->markers.at[i].text);
	VEC_FREE(&d->messages);
	VEC_FREE(&d->frames);
	VEC_FREE(&d->markers);
	VEC_FREE(&d->deleted);
	store_close(d->records);
	d->records = NULL;
}

static bool is_deleted(const struct disk *d, uint64_t id)
{
	for (uint32_t i = 0; i < d->deleted.count; i++)
		if (d->deleted.at[i] == id)
			return true;
	return false;
}

static struct disk_message *find_message(struct disk *d, uint64_t id)
{
	for (uint32_t i = 0; i < d->messages.count; i++)
		if (d->messages.at[i].id == id)
			return &d->messages.at[i];
	return NULL;
}

/* Keeps the message unless it is there, or was. Returns whether it did. */
static bool put_message(struct disk *d, const struct disk_message *m)
{
	return !find_message(d, m->id) && !is_deleted(d, m->id) &&
	       VEC_PUSH(&d->messages, *m, ROWS_MAX);
}

/* The order in which frames are read. */
static bool is_before(const struct store_frame *a, const struct store_frame *b)
{
	if (a->node != b->node)
		return a->node < b->node;
	return a->incarnation != b->incarnation ? a->incarnation < b->incarnation : a->seq < b->seq;
}

static bool put_frame(struct disk *d, const struct disk_frame *f)
{
	uint32_t i = 0;

	while (i < d->frames.count && is_before(&d->frames.at[i].frame, &f->frame))
		i++;
	if (i < d->frames.count && !is_before(&f->frame, &d->frames.at[i].frame))
		return false;
	if (!VEC_PUSH(&d->frames, *f, ROWS_MAX))
		return false;
	memmove(&d->frames.at[i + 1], &d->frames.at[i],
		(d->frames.count - 1 - i) * sizeof(*d->frames.at));
	d->frames.at[i] = *f;
	return true;
}

/* --- records --- */

/* The version that a record was given outside is that which is written. */
static uint64_t keep_version(void *arg, struct store_record *r)
{
	return r->version;
}

static void note_version(void *arg, const struct store_record *r, enum store_status status)
{
	struct store_record *to = arg;

	to->version = r->version;
	to->after = r->after;
}

static struct store *records_of(struct disk *d)
{
	struct store_sqlite_options o = {.path = ":memory:",
		.vfs = "unix", /* so that no file is looked for */
		.no_thread = true,
		.queue_requests = QUEUE_MAX,
		.queue_bytes = SIZE_MAX};

	if (!d->records)
		d->records = store_sqlite_open(&o);
	return d->records;
}

/* The database answers in the name of the disk. */
static void carry_out_record(struct disk *d, struct store_request *r)
{
	bool writes = r->op == STORE_RECORD_PUT || r->op == STORE_RECORD_DELETE;
	struct store_watch watch = {keep_version, note_version, &r->u.record};
	struct store_request of = *r;
	struct store *s = records_of(d);

	s->watch = writes && r->u.record.version ? &watch : NULL;
	assert_int_equal(store_submit(s, &of), STORE_OK);
	store_drain(s);
	s->watch = NULL;
}

void disk_records(struct disk *d, enum store_table table,
	bool (*each)(void *arg, const struct store_record *r), void *arg)
{
	assert_true(!d->records || store_load(d->records, table, each, arg));
}

/* --- messages and markers --- */

static char *copy(struct store_text t)
{
	char *p = malloc(t.len + 1);

	assert_non_null(p);
	if (t.len)
		memcpy(p, t.p, t.len);
	p[t.len] = '\0';
	return p;
}

static char *print_target(const struct store_target *t)
{
	struct store_text x = t->a, y = t->b;
	char *p;
	int n;

	if (y.len && strncmp(x.p, y.p, size_min(x.len, y.len) + 1) > 0) {
		x = t->b;
		y = t->a;
	}
	n = asprintf(
		&p, "%.*s%s%.*s", (int)x.len, x.p, y.len ? "," : "", (int)y.len, y.len ? y.p : "");
	return n < 0 ? NULL : p;
}

/* The texts of an append as one. */
static char *text_of(const struct store_append *a)
{
	char *target = print_target(&a->target), *p;
	int n = asprintf(&p, "%s %.*s %.*s %.*s", target, (int)a->msg.source.len, a->msg.source.p,
		(int)a->msg.command.len, a->msg.command.p, (int)a->msg.params.len, a->msg.params.p);

	free(target);
	return n < 0 ? NULL : p;
}

static void append(struct model_store *s, const struct store_append *a, struct store_reply *reply)
{
	struct disk_message m = {
		a->msg.id, a->msg.ms, text_of(a), copy(a->msg.account), a->msg.author};

	reply->count = put_message(s->disk, &m);
	if (reply->count && !a->foreign && m.id > s->base.seen.last_id)
		s->base.seen.last_id = m.id;
	if (!reply->count)
		free_message(&m);
}

/* The message of a key, if it is one of its target; an empty target is any. */
static struct disk_message *find_key(struct disk *d, const struct store_key *k)
{
	struct disk_message *m = find_message(d, k->id);
	char *target = print_target(&k->target);
	size_t n = strlen(target);

	if (m && n && (strncmp(m->text, target, n) != 0 || m->text[n] != ' '))
		m = NULL;
	free(target);
	return m;
}

static void find(struct model_store *s, struct store_request *r, struct store_reply *reply)
{
	const struct disk_message *m = find_key(s->disk, &r->u.key);
	struct store_msg msg = {0};

	if (m) {
		msg = (struct store_msg){.id = m->id,
			.ms = m->ms,
			.author = m->author,
			.account = {m->account, strlen(m->account)}};
		reply->msgs = &msg;
		reply->count = 1;
	} else {
		reply->status = STORE_NO_MSGID;
	}
	r->done(r->arg, reply);
	r->done = NULL;
}

static enum store_status delete_message(struct disk *d, const struct store_key *k)
{
	struct disk_message *m = find_key(d, k);

	if (!m && k->target.a.len)
		return STORE_NO_MSGID;
	if (m) {
		free_message(m);
		*m = d->messages.at[--d->messages.count];
	}
	return VEC_PUSH(&d->deleted, k->id, ROWS_MAX) ? STORE_OK : STORE_NO_MEMORY;
}

static void use_marker(struct disk *d, const struct store_request *r, struct store_reply *reply)
{
	const struct store_marker *m = &r->u.marker;
	struct disk_marker *at = NULL, fresh = {NULL, m->ms};
	char *text;

	assert_true(asprintf(&text, "%.*s %.*s", (int)m->user.len, m->user.p, (int)m->target.len,
			    m->target.p) >= 0);
	for (uint32_t i = 0; !at && i < d->markers.count; i++)
		if (strcmp(d->markers.at[i].text, text) == 0)
			at = &d->markers.at[i];
	if (r->op == STORE_MARKER_SET && at && m->ms > at->ms)
		at->ms = m->ms;
	if (r->op == STORE_MARKER_SET && !at) {
		fresh.text = text;
		text = NULL;
		assert_true(VEC_PUSH(&d->markers, fresh, ROWS_MAX));
		at = &fresh;
	}
	reply->marker_ms = at ? at->ms : -1;
	free(text);
}

/* --- requests --- */

static enum store_status submit(struct store *base, const struct store_request *r)
{
	struct model_store *s = of(base);
	struct queued q = {store_batch_new(), NSEC_MAX};

	if (q.batch && store_batch_add(q.batch, r) && VEC_PUSH(&s->queue, q, QUEUE_MAX)) {
		base->queued = s->queue.count;
		return STORE_OK;
	}
	store_batch_free(q.batch);
	return STORE_NO_MEMORY;
}

static void flush(struct store *base)
{
	struct model_store *s = of(base);

	for (uint32_t i = s->queue.count; i > 0 && s->queue.at[i - 1].due == NSEC_MAX; i--)
		s->queue.at[i - 1].due = base->now + s->commit;
}

static void append_frame(struct disk *d, const struct store_frame *frame)
{
	struct disk_frame f = {*frame, copy(frame->bytes)};

	f.frame.bytes.p = f.bytes;
	if (!put_frame(d, &f))
		free(f.bytes);
}

static void read_log(
	struct model_store *s, const struct store_frame *from, struct store_reply *reply)
{
	static const size_t most = 1 << 14; /* pages are short, so that there are several */
	struct store_frame *frames = calloc(STORE_PAGE_MAX, sizeof(*frames));
	size_t bytes = 0;

	for (uint32_t i = 0; frames && i < s->disk->frames.count; i++) {
		const struct store_frame *f = &s->disk->frames.at[i].frame;

		if (f->node != from->node || f->incarnation != from->incarnation ||
			f->seq < from->seq)
			continue;
		if (reply->count == STORE_PAGE_MAX || (reply->count && bytes + f->bytes.len > most))
			break;
		frames[reply->count++] = *f;
		bytes += f->bytes.len;
	}
	reply->frames = frames;
}

/* Frames are in order: those of one start of a node are beside each other. */
static void find_ends(struct model_store *s, struct store_reply *reply)
{
	struct store_log_end *ends = calloc(STORE_PAGE_MAX, sizeof(*ends)), *last = NULL;

	for (uint32_t i = 0; ends && i < s->disk->frames.count; i++) {
		const struct store_frame *f = &s->disk->frames.at[i].frame;

		if (!last || last->node != f->node || last->incarnation != f->incarnation) {
			if (reply->count == STORE_PAGE_MAX)
				break;
			last = &ends[reply->count++];
			*last = (struct store_log_end){f->node, f->incarnation, f->seq, f->seq};
		}
		last->last = f->seq;
	}
	reply->ends = ends;
}

static void answer(struct model_store *s, struct store_request *r, struct store_reply *reply)
{
	switch (r->op) {
	case STORE_APPEND: append(s, &r->u.append, reply); break;
	case STORE_FIND: find(s, r, reply); break;
	case STORE_DELETE: reply->status = delete_message(s->disk, &r->u.key); break;
	case STORE_MARKER_SET:
	case STORE_MARKER_GET: use_marker(s->disk, r, reply); break;
	case STORE_LOG_APPEND: append_frame(s->disk, &r->u.frame); break;
	case STORE_LOG_READ: read_log(s, &r->u.frame, reply); break;
	case STORE_LOG_ENDS: find_ends(s, reply); break;
	case STORE_HISTORY:
	case STORE_TARGETS: reply->status = STORE_OFF; break;
	default: break;
	}
}

static bool is_of_records(const struct store_request *r)
{
	return r->op >= STORE_RECORD_PUT && r->op <= STORE_GONE_LIST;
}

static bool is_write(enum store_op op)
{
	return op == STORE_RECORD_PUT || op == STORE_RECORD_DELETE;
}

static void carry_out(struct model_store *s, struct store_request *r)
{
	struct store_reply reply = {.status = s->killed ? STORE_IO : STORE_OK, .marker_ms = -1};
	bool reads = r->op == STORE_RECORD_LIST || r->op == STORE_GONE_LIST;

	if (!s->killed && is_of_records(r) && (s->disk->records || !reads)) {
		carry_out_record(s->disk, r);
		r->done = NULL; /* it was called */
	} else if (!s->killed) {
		answer(s, r, &reply);
	}
	if (r->done)
		r->done(r->arg, &reply);
	if (is_write(r->op) && s->base.watch && r->u.record.version)
		s->base.watch->written(s->base.watch->arg, &r->u.record, reply.status);
	free((void *)reply.frames);
	free((void *)reply.ends);
}

static void complete_until(struct model_store *s, nsec_t now)
{
	while (s->queue.count && s->queue.at[0].due <= now) {
		struct queued q = s->queue.at[0];

		memmove(s->queue.at, s->queue.at + 1, --s->queue.count * sizeof(q));
		s->base.queued = s->queue.count;
		carry_out(s, &q.batch->jobs.at[0].request);
		store_batch_free(q.batch);
	}
}

static void complete(struct store *base)
{
	complete_until(of(base), base->now);
}

static void tick(struct store *base, int64_t wall_ms)
{
}

static void drain(struct store *base)
{
	do {
		flush(base);
		complete_until(of(base), NSEC_MAX - 1);
	} while (of(base)->queue.count);
}

static void close_store(struct store *base)
{
	drain(base);
	VEC_FREE(&of(base)->queue);
	free(of(base));
}

/* --- opening --- */

struct store *store_model_open(struct disk *d, nsec_t commit)
{
	static const struct store_ops ops = {submit, flush, complete, tick, drain, close_store};
	struct model_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base.ops = &ops;
	s->disk = d;
	s->commit = commit;
	for (uint32_t i = 0; i < d->messages.count; i++)
		if (d->messages.at[i].id > s->base.seen.last_id)
			s->base.seen.last_id = d->messages.at[i].id;
	return &s->base;
}

void store_model_kill(struct store *s)
{
	of(s)->killed = true;
}

nsec_t store_model_due(const struct store *s)
{
	const struct model_store *m = container_of(s, const struct model_store, base);

	return m->queue.count ? m->queue.at[0].due : NSEC_MAX;
}
