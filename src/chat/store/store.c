/* store.c - status names, and dispatch to the kind of store. */
#include "chat/store/store_ops.h"

#include <stdio.h>

static const struct {
	const char *name, *text;
} statuses[] = {
	[STORE_OK] = {"ok", "the history is being kept"},
	[STORE_OFF] = {"off", "this server keeps nothing"},
	[STORE_BUSY] = {"busy", "the server cannot keep up with its history, try again"},
	[STORE_DISK_FULL] = {"disk-full", "the disk of the history is full"},
	[STORE_CORRUPT] = {"corrupt", "the file of the history is damaged"},
	[STORE_READ_ONLY] = {"read-only", "the history may not be written"},
	[STORE_IN_USE] = {"in-use", "another process uses the history"},
	[STORE_VERSION] = {"version", "the history was written by a newer version"},
	[STORE_IO] = {"io-error", "the history cannot be read or written"},
	[STORE_NO_MEMORY] = {"no-memory", "the server is out of memory"},
	[STORE_NO_MSGID] = {"no-msgid", "there is no such message"},
	[STORE_INVALID] = {"invalid", "this is too long for the history"},
};
_Static_assert(ARRAY_SIZE(statuses) == STORE_STATUS_COUNT, "a row a status");

const char *store_status_name(enum store_status s)
{
	assert(s < STORE_STATUS_COUNT);
	return statuses[s].name;
}

const char *store_status_text(enum store_status s)
{
	assert(s < STORE_STATUS_COUNT);
	return statuses[s].text;
}

/* A ban is a record of its table. `kind` holds a text of it. */
static struct store_request record_of_ban(const struct store_request *r, char kind[8])
{
	const struct store_ban *b = &r->u.ban;
	struct store_request of = {
		.op = r->op == STORE_BAN_PUT ? STORE_RECORD_PUT : STORE_RECORD_DELETE,
		.done = r->done,
		.arg = r->arg};

	snprintf(kind, 8, "%u", b->kind);
	of.u.record = (struct store_record){.table = STORE_SERVER_BAN,
		.text = {{kind, strlen(kind)}, b->mask, b->reason, b->setter},
		.number = {b->set_ms, b->expire_ms}};
	return of;
}

/* A record that other servers are to be told of gets a version. */
static enum store_status submit_watched(struct store *s, const struct store_request *r)
{
	struct store_request of = *r;
	enum store_status status;

	of.u.record.version = s->watch->version(s->watch->arg, &of.u.record);
	of.u.record.gone = r->op == STORE_RECORD_DELETE;
	status = s->ops->submit(s, &of);
	if (status != STORE_OK && of.u.record.version)
		s->watch->written(s->watch->arg, &of.u.record, status);
	return status;
}

enum store_status store_submit(struct store *s, const struct store_request *r)
{
	enum store_status status = store_check(r);
	struct store_request ban;
	char kind[8];

	if (status != STORE_OK)
		return status;
	if (r->op == STORE_BAN_PUT || r->op == STORE_BAN_DELETE) {
		ban = record_of_ban(r, kind);
		r = &ban;
	}
	if (s->watch && (r->op == STORE_RECORD_PUT || r->op == STORE_RECORD_DELETE))
		return submit_watched(s, r);
	return s->ops->submit(s, r);
}

void store_flush(struct store *s)
{
	s->ops->flush(s);
}

void store_complete(struct store *s)
{
	s->ops->complete(s);
}

void store_tick(struct store *s, int64_t wall_ms)
{
	s->ops->tick(s, wall_ms);
}

void store_drain(struct store *s)
{
	s->ops->drain(s);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}
