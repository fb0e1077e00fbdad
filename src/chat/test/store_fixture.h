/* store_fixture.h - for the tests of the store: a directory, a store in it, and messages. */
#ifndef CHAT_TEST_STORE_FIXTURE_H
#define CHAT_TEST_STORE_FIXTURE_H

#include "chat/proto/msgid.h"
#include "chat/store/store_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct testing {
	char directory[64], path[96];
	struct store *store;
	struct store_sqlite_options options;
};

static inline struct store_text text(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

static inline void testing_open(struct testing *t)
{
	t->options.path = t->path;
	t->store = store_sqlite_open(&t->options);
	assert_non_null(t->store);
	store_drain(t->store);
}

static inline void testing_start(struct testing *t)
{
	memset(t, 0, sizeof(*t));
	strcpy(t->directory, "/tmp/burble-store-XXXXXX");
	assert_non_null(mkdtemp(t->directory));
	snprintf(t->path, sizeof(t->path), "%s/burble.db", t->directory);
	t->options = (struct store_sqlite_options){
		.history = true,
		.queue_requests = 100000,
		.queue_bytes = 64 << 20,
	};
	testing_open(t);
}

static inline void testing_end(struct testing *t)
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

/* The status of an answer, where no more is wanted. */
static inline void note_status(void *arg, const struct store_reply *r)
{
	*(enum store_status *)arg = r->status;
}

/* An append; done may be NULL. b "" for a channel. */
struct testing_append {
	const char *a, *b, *params;
	uint64_t id;
	bool event;
	store_done done;
	void *arg;
	int64_t ms; /* 0: as the id says */
	bool open;
};

static inline enum store_status testing_submit(struct testing *t, const struct testing_append *a)
{
	struct store_request r = {.op = STORE_APPEND, .done = a->done, .arg = a->arg};

	r.u.append.target = (struct store_target){text(a->a), text(a->b ? a->b : "")};
	r.u.append.open = a->open;
	r.u.append.msg = (struct store_msg){
		.id = a->id,
		.ms = a->ms ? a->ms : msgid_ms(a->id),
		.event = a->event,
		.source = text("nick!user@host"),
		.command = text(a->event ? "JOIN" : "PRIVMSG"),
		.params = text(a->params ? a->params : ""),
	};
	return store_submit(t->store, &r);
}

/* Appends one message and waits for its answer. */
static inline enum store_status testing_put(struct testing *t, const char *channel, uint64_t id)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct testing_append a = {
		.a = channel, .params = "text", .id = id, .done = note_status, .arg = &status};
	enum store_status now = testing_submit(t, &a);

	if (now != STORE_OK)
		return now;
	store_drain(t->store);
	return status;
}

#endif
