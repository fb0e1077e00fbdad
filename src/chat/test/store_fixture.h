/* store_fixture.h - a temporary directory with a store in it, and messages for it. */
#ifndef CHAT_TEST_STORE_FIXTURE_H
#define CHAT_TEST_STORE_FIXTURE_H

#include "base/test/test.h"
#include "chat/proto/msgid.h"
#include "chat/store/store_sqlite.h"

#include <stdlib.h>

struct store_fixture {
	char directory[64], path[96];
	struct store *store;
	struct store_sqlite_options options;
};

/* The bytes of a string. */
static inline struct store_text text(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

/* An append; done may be NULL. b "" for a channel. */
struct fixture_append {
	const char *a, *b, *params;
	uint64_t id;
	bool event;
	store_done done;
	void *arg;
	int64_t ms; /* 0: from the id */
	bool open;
};

/* Opens the store at t->path after closing the previous one. */
void fixture_open(struct store_fixture *t);

/* Creates a directory and opens a store in it. */
void fixture_start(struct store_fixture *t);

/* Closes the store and removes the directory. */
void fixture_end(struct store_fixture *t);

/* The begin and end of TEST_IN(): *state is a store_fixture. */
int store_begin(void **state);
int store_end(void **state);

/* In a STORE_TEST() it is t. */
#define STORE_TEST(name) TEST_OF(name, struct store_fixture, t, store_begin, store_end)

/* A completion that stores the reply's status in *arg. */
void note_status(void *arg, const struct store_reply *r);

/* Submits an append. */
enum store_status fixture_submit(struct store_fixture *t, const struct fixture_append *a);

/* Appends one message and waits for the reply. */
enum store_status fixture_put(struct store_fixture *t, const char *channel, uint64_t id);

/* The result of one query: ids, or text. */
struct fixture_answer {
	enum store_status status;
	uint32_t count, taken;
	uint64_t ids[STORE_PAGE_MAX];
	char text[2048];
};

/* Runs a query and waits for the reply. */
struct fixture_answer fixture_ask(struct store_fixture *t, const struct store_history *h);

/* Finds or deletes a message of a channel by its id. */
enum store_status fixture_by_key(
	struct store_fixture *t, enum store_op op, const char *channel, uint64_t id);

/* The number of messages of a channel of that name created at `begun`. */
uint32_t fixture_past(struct store_fixture *t, const char *name, uint64_t begun);

#endif
