/*
 * store_batch.h - batch of requests: those of one turn, with copies of their texts and room for
 * their replies. A batch has one owner at a time: the loop fills it, the storage thread completes
 * it, the loop reads and frees it.
 *
 *     jobs    [ request, reply | request, reply | ... ]
 *     arena   [ texts of requests ... rows and texts of replies ... ] -> [ next chunk ]
 */
#ifndef CHAT_STORE_BATCH_H
#define CHAT_STORE_BATCH_H

#include "chat/store.h"

#include "base/vec.h"

struct store_job {
	struct store_request request; /* texts are in the arena */
	struct store_reply reply;
};

struct store_chunk;

struct store_batch {
	struct store_batch *next;
	VEC(struct store_job) jobs;
	struct store_chunk *chunks;
	nsec_t at;    /* submitted */
	size_t bytes; /* of requests: counted against the bound of the queue */
	bool tick;    /* wall_ms and retention are set */
	int64_t wall_ms;
	struct store_retention retention;
};

/* An empty batch; NULL if out of memory. */
struct store_batch *store_batch_new(void);

/* Frees a batch. */
void store_batch_free(struct store_batch *b);

/* Adds a copy of r. False, with the batch as it was, if out of memory. */
bool store_batch_add(struct store_batch *b, const struct store_request *r);

/* The bytes that r will be counted as. */
size_t store_batch_cost(const struct store_request *r);

/* Memory of the batch, aligned to 16, freed with it. NULL if out of memory. */
void *store_batch_alloc(struct store_batch *b, size_t size);

/* A copy of len bytes; p of the result is NULL if out of memory and len is not 0. */
struct store_text store_batch_copy(struct store_batch *b, const void *p, size_t len);

#endif
