/*
 * store_null.c - store that keeps nothing. Requests wait for the next store_complete() as in a real
 * store, so that a server behaves the same with both.
 */
#include "chat/store/store_null.h"
#include "chat/store/store_ops.h"

#include "base/vec.h"

#include <stdlib.h>

enum {
	REQUESTS_MAX = 65536,
};

struct answer {
	store_done done;
	void *arg;
	enum store_status status;
};

struct null_store {
	struct store base;
	void (*wake)(void *arg);
	void *wake_arg;
	VEC(struct answer) answers;
};

static enum store_status null_submit(struct store *base, const struct store_request *r)
{
	struct null_store *s = container_of(base, struct null_store, base);
	bool nothing = r->op == STORE_APPEND || r->op == STORE_BAN_LIST || /* nothing to report */
		       r->op == STORE_CHANNEL_BEGIN || r->op == STORE_CHANNEL_END ||
		       r->op == STORE_CHANNEL_RENAME || r->op == STORE_RECORD_LIST ||
		       r->op == STORE_GONE_LIST || r->op == STORE_LOG_READ ||
		       r->op == STORE_LOG_ENDS;

	if (s->answers.count >= REQUESTS_MAX)
		return STORE_BUSY;
	if (!VEC_RESERVE(&s->answers, 1, REQUESTS_MAX))
		return STORE_NO_MEMORY;
	s->answers.at[s->answers.count++] =
		(struct answer){r->done, r->arg, nothing ? STORE_OK : STORE_OFF};
	if (r->op == STORE_APPEND && r->u.append.msg.id > base->seen.last_id)
		base->seen.last_id = r->u.append.msg.id;
	return STORE_OK;
}

static void null_flush(struct store *base)
{
	struct null_store *s = container_of(base, struct null_store, base);

	if (s->answers.count > 0 && s->wake)
		s->wake(s->wake_arg);
}

static void null_complete(struct store *base)
{
	struct null_store *s = container_of(base, struct null_store, base);
	struct answer *answers = s->answers.at;
	size_t count = s->answers.count;

	s->answers.at = NULL; /* a `done` may submit again */
	s->answers.count = s->answers.size = 0;
	for (size_t i = 0; i < count; i++) {
		struct store_reply reply = {.status = answers[i].status, .marker_ms = -1};
		if (answers[i].done)
			answers[i].done(answers[i].arg, &reply);
	}
	free(answers);
}

static void null_tick(struct store *base, int64_t wall_ms)
{
}

static void null_drain(struct store *base)
{
	struct null_store *s = container_of(base, struct null_store, base);

	while (s->answers.count > 0)
		null_complete(base);
}

static void null_close(struct store *base)
{
	struct null_store *s = container_of(base, struct null_store, base);

	null_drain(base);
	VEC_FREE(&s->answers);
	free(s);
}

struct store *store_null_open(void (*wake)(void *arg), void *arg)
{
	static const struct store_ops ops = {
		.submit = null_submit,
		.flush = null_flush,
		.complete = null_complete,
		.tick = null_tick,
		.drain = null_drain,
		.close = null_close,
	};
	struct null_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->base.ops = &ops;
	s->wake = wake;
	s->wake_arg = arg;
	return &s->base;
}
