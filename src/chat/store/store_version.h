/*
 * store_version.h - versions of records that several servers share: the state of a record with the
 * later version is that of all of them, whichever comes first.
 *
 *     version   a message id (msgid.h): when the state was written, and by which node. A record
 *               without a version is older than the network: it has the number of its node
 *     gone      a removed record is remembered for STORE_GONE_DAYS, so that one who was away does
 *               not bring it back
 *     after     a record that was made again is later than all that came before the removal,
 *               whatever is compared below
 *     born      an account, a grouped nick or a channel that two servers have registered without
 *               knowing of each other is of who has it for longer; a dropped account gives way
 *     owner     a record of an account or a channel is taken with that very registration only
 */
#ifndef CHAT_STORE_STORE_VERSION_H
#define CHAT_STORE_STORE_VERSION_H

#include "chat/store/store_db.h"

enum {
	STORE_GONE_DAYS = 90,
};

/* Writes or removes a record of this server, with a version if the request has one; sets the
 * request's version and `after` to those that were written. */
enum store_status store_version_write(struct store_db *db, struct store_job *job);

/* Takes a record of another server if its state is the later one; the reply says what was done. */
enum store_status store_version_merge(struct store_db *db, struct store_job *job);

/* Fills in the version of a record that was read; false if the file cannot be read. */
bool store_version_of(struct store_db *db, struct store_record *r);

/* Lists removed records of a table after a key, with their texts of the key. */
enum store_status store_version_gone(
	struct store_db *db, struct store_batch *b, struct store_job *job);

/* Forgets removals that are too old, some at a time, and versions of bans that end now: before
 * these are deleted. */
enum store_status store_version_expire(struct store_db *db, int64_t now_ms);

#endif
