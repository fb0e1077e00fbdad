/*
 * store_model.h - a store in memory, for servers in virtual time: messages, frames of logs, read
 * markers, and records. The disk outlives the server, without what was not committed when that was
 * killed. Which of two states of a record holds is what the test is about: so records are in a real
 * database (store_sqlite.h), in memory, and the rest is as simple as it can be.
 */
#ifndef CHAT_TEST_STORE_MODEL_H
#define CHAT_TEST_STORE_MODEL_H

#include "chat/store.h"

#include "base/vec.h"

/* A message on a disk. */
struct disk_message {
	uint64_t id;
	int64_t ms;
	char *text; /* "TARGET SOURCE COMMAND PARAMS", of two users in the order of their names */
	char *account; /* of the sender; "": none */
	uint64_t author;
};

/* A frame of a log. */
struct disk_frame {
	struct store_frame frame;
	char *bytes;
};

/* A read marker. */
struct disk_marker {
	char *text; /* "USER TARGET" */
	int64_t ms;
};

struct disk {
	VEC(struct disk_message) messages;
	VEC(struct disk_frame) frames;
	VEC(struct disk_marker) markers;
	VEC(uint64_t) deleted; /* ids of messages that do not come back */
	struct store *records; /* NULL: there was none so far */
};

/* Frees what is on it. */
void disk_clear(struct disk *d);

/* Calls each() for the records of a table, in the order of their keys. */
void disk_records(struct disk *d, enum store_table table,
	bool (*each)(void *arg, const struct store_record *r), void *arg);

/* Opens a store, which commits so much later, by its clock. NULL if out of memory. */
struct store *store_model_open(struct disk *d, nsec_t commit);

/* From now on nothing gets to the disk, as if the server had been killed. */
void store_model_kill(struct store *s);

/* When it has something to complete; NSEC_MAX: never. */
nsec_t store_model_due(const struct store *s);

#endif
