/* store_fixture.c - a temporary directory with a store in it. */
#include "chat/test/store_fixture.h"

#include <stdio.h>
#include <unistd.h>

void fixture_open(struct store_fixture *t)
{
	t->options.path = t->path;
	t->store = store_sqlite_open(&t->options);
	assert_non_null(t->store);
	store_drain(t->store);
}

void fixture_start(struct store_fixture *t)
{
	memset(t, 0, sizeof(*t));
	strcpy(t->directory, "/tmp/burble-store-XXXXXX");
	assert_non_null(mkdtemp(t->directory));
	snprintf(t->path, sizeof(t->path), "%s/burble.db", t->directory);
	t->options = (struct store_sqlite_options){
		.history = true,
		.search = true,
		.queue_requests = 100000,
		.queue_bytes = 64 << 20,
	};
	fixture_open(t);
}

void fixture_end(struct store_fixture *t)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	char path[128];

	store_close(t->store);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", t->path, suffixes[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(t->directory), 0);
}

int store_begin(void **state)
{
	static struct store_fixture t;

	fixture_start(&t);
	*state = &t;
	return 0;
}

int store_end(void **state)
{
	fixture_end(*state);
	return 0;
}

void note_status(void *arg, const struct store_reply *r)
{
	*(enum store_status *)arg = r->status;
}

enum store_status fixture_submit(struct store_fixture *t, const struct fixture_append *a)
{
	struct store_request r = {.op = STORE_APPEND, .done = a->done, .arg = a->arg};

	r.u.append.target = (struct store_target){text(a->a), text(a->b ? a->b : "")};
	r.u.append.open = a->open;
	r.u.append.msg = (struct store_msg){
		.id = a->id,
		.ms = a->ms ? a->ms : msgid_ms(a->id),
		.event = a->event ? STORE_EVENT : STORE_SAID,
		.source = text("nick!user@host"),
		.command = text(a->event ? "JOIN" : "PRIVMSG"),
		.params = text(a->params ? a->params : ""),
	};
	return store_submit(t->store, &r);
}

enum store_status fixture_put(struct store_fixture *t, const char *channel, uint64_t id)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct fixture_append a = {
		.a = channel, .params = "text", .id = id, .done = note_status, .arg = &status};
	enum store_status now = fixture_submit(t, &a);

	if (now != STORE_OK)
		return now;
	store_drain(t->store);
	return status;
}

static void note_page(void *arg, const struct store_reply *r)
{
	struct fixture_answer *a = arg;

	a->status = r->status;
	a->count = r->count;
	for (uint32_t i = 0; i < r->count; i++)
		a->ids[i] = r->ids[i];
}

struct fixture_answer fixture_ask(struct store_fixture *t, const struct store_history *h)
{
	struct store_request r = {.op = STORE_HISTORY, .done = note_page};
	static struct fixture_answer a;

	r.arg = &a;
	r.u.history = *h;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return a;
}

enum store_status fixture_by_key(
	struct store_fixture *t, enum store_op op, const char *a, uint64_t id)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = op, .done = note_status, .arg = &status};

	r.u.key = (struct store_key){{text(a), text("")}, id, 0};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return status;
}

uint32_t fixture_past(struct store_fixture *t, const char *name, uint64_t begun)
{
	struct store_history h = {.target = {text(name), text("")},
		.select = STORE_LATEST,
		.limit = 10,
		.begun = begun};

	return fixture_ask(t, &h).count;
}
