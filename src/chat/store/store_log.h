/*
 * store_log.h - the log of the nodes of a cluster: what each has sent, frame by frame, so that
 * another can fetch what it has missed.
 */
#ifndef CHAT_STORE_STORE_LOG_H
#define CHAT_STORE_STORE_LOG_H

#include "chat/store/store_retain.h"

/* Writes a frame, unless it is there already (reply.count is 0), inside a transaction. */
enum store_status store_log_append(struct store_db *db, struct store_job *job);

/* Reads frames of an incarnation of a node from a seq on: STORE_FRAMES_BYTES of them or one, and at
 * most STORE_PAGE_MAX. Their bytes are allocated from b. */
enum store_status store_log_read(struct store_db *db, struct store_batch *b, struct store_job *job);

/* Reads which frames there are: a row for each incarnation of a node, at most STORE_PAGE_MAX. */
enum store_status store_log_ends(struct store_db *db, struct store_batch *b, struct store_job *job);

/* The bytes of all frames. */
int64_t store_log_bytes(struct store_db *db);

/* Deletes frames that are too old, and the oldest while there are too many bytes: some of them. */
enum store_status store_log_retain(struct store_db *db, struct store_retain *r);

#endif
