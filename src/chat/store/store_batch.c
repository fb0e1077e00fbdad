/* store_batch.c - copies of requests, which outlive the turn that submitted them. */
#include "chat/store/store_batch.h"

#include <stdlib.h>

enum {
	CHUNK_FIRST = 4096,
	CHUNK_LARGEST = 262144,
	ALIGN = 16,
};

struct store_chunk {
	struct store_chunk *next;
	size_t used, size;
	_Alignas(ALIGN) char data[];
};

/* The texts of a request, so that copying and counting use the same list. */
struct texts {
	struct store_text *at[STORE_OP_COUNT];
	size_t count;
};

struct store_batch *store_batch_new(void)
{
	return calloc(1, sizeof(struct store_batch));
}

void store_batch_free(struct store_batch *b)
{
	struct store_chunk *next;

	if (!b)
		return;
	for (struct store_chunk *c = b->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	VEC_FREE(&b->jobs);
	free(b);
}

void *store_batch_alloc(struct store_batch *b, size_t size)
{
	struct store_chunk *c = b->chunks;
	size_t room;

	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!c || c->size - c->used < size) {
		room = c ? size_min(c->size * 2, CHUNK_LARGEST) : CHUNK_FIRST;
		room = size_max(room, size);
		c = malloc(sizeof(*c) + room);
		if (!c)
			return NULL;
		c->next = b->chunks;
		c->used = 0;
		c->size = room;
		b->chunks = c;
	}
	c->used += size;
	return c->data + c->used - size;
}

struct store_text store_batch_copy(struct store_batch *b, const void *p, size_t len)
{
	struct store_text t = {"", 0};
	char *copy;

	if (len == 0)
		return t;
	copy = store_batch_alloc(b, len);
	if (copy)
		memcpy(copy, p, len);
	return (struct store_text){copy, copy ? len : 0};
}

_Static_assert(STORE_RECORD_TEXTS == 6, "all of them are listed");

static void list_texts(struct texts *t, struct store_request *r)
{
	struct store_append *a = &r->u.append;
	struct store_text *column = r->u.record.text;

	t->count = 0;
	switch (r->op) {
	case STORE_APPEND:
		*t = (struct texts){{&a->target.a, &a->target.b, &a->msg.source, &a->msg.account,
					    &a->msg.command, &a->msg.params, &a->msg.tags},
			7};
		break;
	case STORE_HISTORY:
		*t = (struct texts){{&r->u.history.target.a, &r->u.history.target.b}, 2};
		break;
	case STORE_CHANNEL_BEGIN:
	case STORE_CHANNEL_END:
	case STORE_CHANNEL_RENAME:
		*t = (struct texts){{&r->u.channel.name, &r->u.channel.to}, 2};
		break;
	case STORE_SEARCH:
		*t = (struct texts){{&r->u.search.user, &r->u.search.with, &r->u.search.from,
					    &r->u.search.text},
			4};
		break;
	case STORE_TARGETS: *t = (struct texts){{&r->u.targets.user}, 1}; break;
	case STORE_FIND:
	case STORE_DELETE: *t = (struct texts){{&r->u.key.target.a, &r->u.key.target.b}, 2}; break;
	case STORE_EXPORT: *t = (struct texts){{&r->u.export.account, &r->u.export.path}, 2}; break;
	case STORE_FORGET: *t = (struct texts){{&r->u.forget.account}, 1}; break;
	case STORE_MARKER_SET:
	case STORE_MARKER_GET:
		*t = (struct texts){{&r->u.marker.user, &r->u.marker.target}, 2};
		break;
	case STORE_RECORD_PUT:
	case STORE_RECORD_DELETE:
	case STORE_RECORD_MERGE:
	case STORE_GONE_LIST:
	case STORE_RECORD_LIST:
		*t = (struct texts){
			{column, column + 1, column + 2, column + 3, column + 4, column + 5}, 6};
		break;
	case STORE_BACKUP: *t = (struct texts){{&r->u.backup}, 1}; break;
	case STORE_LOG_APPEND: *t = (struct texts){{&r->u.frame.bytes}, 1}; break;
	case STORE_ROWS:
	case STORE_BAN_PUT: /* a record, by now: store.c */
	case STORE_BAN_DELETE:
	case STORE_BAN_LIST:
	case STORE_LOG_READ:
	case STORE_LOG_ENDS:
	case STORE_OP_COUNT: break;
	}
}

size_t store_batch_cost(const struct store_request *r)
{
	struct store_request copy = *r;
	struct texts t;
	size_t bytes = sizeof(struct store_job);

	list_texts(&t, &copy);
	for (size_t i = 0; i < t.count; i++)
		bytes += t.at[i]->len;
	if (r->op == STORE_SEARCH)
		bytes += r->u.search.channel_count * sizeof(struct store_channel);
	if (r->op == STORE_TARGETS)
		bytes += r->u.targets.channel_count * sizeof(struct store_channel);
	if (r->op == STORE_ROWS)
		bytes += r->u.rows.count * sizeof(uint64_t);
	return bytes;
}

static bool copy_channels(struct store_batch *b, const struct store_channel **at, size_t count)
{
	struct store_channel *copy = store_batch_alloc(b, count * sizeof(*copy));

	if (!copy)
		return false;
	for (size_t i = 0; i < count; i++) {
		copy[i] = (*at)[i];
		copy[i].name = store_batch_copy(b, copy[i].name.p, copy[i].name.len);
		if (!copy[i].name.p)
			return false;
	}
	*at = copy;
	return true;
}

static bool copy_ids(struct store_batch *b, struct store_rows *r)
{
	uint64_t *ids = store_batch_alloc(b, r->count * sizeof(*ids));

	if (!ids)
		return false;
	memcpy(ids, r->ids, r->count * sizeof(*ids));
	r->ids = ids;
	return true;
}

bool store_batch_add(struct store_batch *b, const struct store_request *r)
{
	struct store_job *job;
	struct texts t;

	if (!VEC_RESERVE(&b->jobs, 1, UINT32_MAX))
		return false;
	job = &b->jobs.at[b->jobs.count];
	*job = (struct store_job){.request = *r, .reply = {.marker_ms = -1}};
	list_texts(&t, &job->request);
	for (size_t i = 0; i < t.count; i++) {
		*t.at[i] = store_batch_copy(b, t.at[i]->p, t.at[i]->len);
		if (!t.at[i]->p)
			return false;
	}
	if (r->op == STORE_TARGETS &&
		!copy_channels(b, &job->request.u.targets.channels, r->u.targets.channel_count))
		return false;
	if (r->op == STORE_SEARCH &&
		!copy_channels(b, &job->request.u.search.channels, r->u.search.channel_count))
		return false;
	if (r->op == STORE_ROWS && !copy_ids(b, &job->request.u.rows))
		return false;
	b->jobs.count++;
	b->bytes += store_batch_cost(r);
	return true;
}
