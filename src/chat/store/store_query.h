/*
 * store_query.h - read requests.
 */
#ifndef CHAT_STORE_STORE_QUERY_H
#define CHAT_STORE_STORE_QUERY_H

#include "chat/store/store_db.h"

/* Answers one query; its rows are allocated from b. */
enum store_status store_db_read(struct store_db *db, struct store_batch *b, struct store_job *job);

#endif
