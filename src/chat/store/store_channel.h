/*
 * store_channel.h - lifetimes of channels.
 */
#ifndef CHAT_STORE_STORE_CHANNEL_H
#define CHAT_STORE_STORE_CHANNEL_H

#include "chat/store/store_db.h"

/* Records the creation, end or renaming of a channel. */
enum store_status store_db_channel(struct store_db *db, const struct store_job *job);

/* Sets *since: messages up to it do not belong to the channel of this target that was created at
 * `begun`. */
enum store_status store_db_since(
	struct store_db *db, int64_t target, uint64_t begun, uint64_t *since);

#endif
