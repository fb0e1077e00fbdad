/* store_model.c - a disk, and a queue of what is on its way there: store_model.h. */
#include "chat/test/store_model.h"

#include "chat/store/store_ops.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	QUEUE_MAX = 1 << 16,
	ROWS_MAX = 1 << 20,
};

/* A request with its texts. */
struct queued {
	enum store_op op;
	store_done done;
	void *arg;
	nsec_t due; /* NSEC_MAX: its turn has not ended */
	struct store_request request;
	struct disk_message message;
	struct disk_frame frame;
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

void disk_clear(struct disk *d)
{
	for (uint32_t i = 0; i < d->messages.count; i++)
		free(d->messages.at[i].text);
	for (uint32_t i = 0; i < d->frames.count; i++)
		free(d->frames.at[i].bytes);
	VEC_FREE(&d->messages);
	VEC_FREE(&d->frames);
}

/* Keeps the message unless it is there. Returns whether it was not. */
static bool put_message(struct disk *d, const struct disk_message *m)
{
	for (uint32_t i = 0; i < d->messages.count; i++)
		if (d->messages.at[i].id == m->id)
			return false;
	return VEC_PUSH(&d->messages, *m, ROWS_MAX);
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

/* --- requests --- */

static char *copy(struct store_text t)
{
	char *p = malloc(t.len + 1);

	if (p) {
		memcpy(p, t.len ? t.p : "", t.len);
		p[t.len] = '\0';
	}
	return p;
}

/* The texts of an append as one. */
static char *text_of(const struct store_append *a)
{
	struct store_text x = a->target.a, y = a->target.b;
	char *p;
	int n;

	if (y.len && strncmp(x.p, y.p, size_min(x.len, y.len) + 1) > 0) {
		x = a->target.b;
		y = a->target.a;
	}
	n = asprintf(&p, "%.*s%s%.*s %.*s %.*s %.*s", (int)x.len, x.p, y.len ? "," : "", (int)y.len,
		y.len ? y.p : "", (int)a->msg.source.len, a->msg.source.p, (int)a->msg.command.len,
		a->msg.command.p, (int)a->msg.params.len, a->msg.params.p);
	return n < 0 ? NULL : p;
}

static enum store_status submit(struct store *base, const struct store_request *r)
{
	struct model_store *s = of(base);
	struct queued q = {r->op, r->done, r->arg, NSEC_MAX, *r, {0}, {{0}, NULL}};
	bool whole = true;

	if (r->op == STORE_APPEND) {
		q.message = (struct disk_message){
			r->u.append.msg.id, r->u.append.msg.ms, text_of(&r->u.append)};
		whole = q.message.text;
	} else if (r->op == STORE_LOG_APPEND) {
		q.frame = (struct disk_frame){r->u.frame, copy(r->u.frame.bytes)};
		q.frame.frame.bytes.p = q.frame.bytes;
		whole = q.frame.bytes;
	}
	if (whole && VEC_PUSH(&s->queue, q, QUEUE_MAX)) {
		base->queued = s->queue.count;
		return STORE_OK;
	}
	free(q.message.text);
	free(q.frame.bytes);
	return STORE_NO_MEMORY;
}

static void flush(struct store *base)
{
	struct model_store *s = of(base);

	for (uint32_t i = s->queue.count; i > 0 && s->queue.at[i - 1].due == NSEC_MAX; i--)
		s->queue.at[i - 1].due = base->now + s->commit;
}

static void append(struct model_store *s, struct queued *q)
{
	bool kept = !s->killed && put_message(s->disk, &q->message);

	if (kept && !q->request.u.append.foreign && q->message.id > s->base.seen.last_id)
		s->base.seen.last_id = q->message.id;
	if (!kept)
		free(q->message.text);
}

static void read_log(struct model_store *s, struct queued *q, struct store_reply *reply)
{
	static const size_t most = 1 << 14; /* pages are short, so that there are several */
	const struct store_frame *from = &q->request.u.frame;
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

static void carry_out(struct model_store *s, struct queued *q)
{
	struct store_reply reply = {.status = s->killed ? STORE_IO : STORE_OK, .marker_ms = -1};

	if (q->op == STORE_APPEND)
		append(s, q);
	else if (q->op == STORE_LOG_APPEND && (s->killed || !put_frame(s->disk, &q->frame)))
		free(q->frame.bytes);
	else if (q->op == STORE_LOG_READ && !s->killed)
		read_log(s, q, &reply);
	else if (q->op == STORE_LOG_ENDS && !s->killed)
		find_ends(s, &reply);
	else if (q->op == STORE_HISTORY || q->op == STORE_TARGETS || q->op == STORE_FIND)
		reply.status = STORE_OFF;
	if (q->done)
		q->done(q->arg, &reply);
	free((void *)reply.frames);
	free((void *)reply.ends);
}

static void complete_until(struct model_store *s, nsec_t now)
{
	while (s->queue.count && s->queue.at[0].due <= now) {
		struct queued q = s->queue.at[0];

		memmove(s->queue.at, s->queue.at + 1, --s->queue.count * sizeof(q));
		s->base.queued = s->queue.count;
		carry_out(s, &q);
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
