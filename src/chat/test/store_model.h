/*
 * store_model.h - a store in memory, for servers in virtual time: messages and frames of logs. The
 * disk outlives the server, without what was not committed when that was killed.
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
};

/* A frame of a log. */
struct disk_frame {
	struct store_frame frame;
	char *bytes;
};

struct disk {
	VEC(struct disk_message) messages;
	VEC(struct disk_frame) frames;
};

/* Frees what is on it. */
void disk_clear(struct disk *d);

/* Opens a store, which commits so much later, by its clock. NULL if out of memory. */
struct store *store_model_open(struct disk *d, nsec_t commit);

/* From now on nothing gets to the disk, as if the server had been killed. */
void store_model_kill(struct store *s);

/* When it has something to complete; NSEC_MAX: never. */
nsec_t store_model_due(const struct store *s);

#endif
