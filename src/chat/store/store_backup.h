/*
 * store_backup.h - a copy of the database in another file, made while it is in use: a few pages at
 * a time, between the groups of requests (SQLite's online backup). What is written meanwhile is in
 * the copy, too. It has the name asked for only when it is complete and on the disk.
 */
#ifndef CHAT_STORE_STORE_BACKUP_H
#define CHAT_STORE_STORE_BACKUP_H

#include "chat/store/store_db.h"
#include "chat/store/store_file.h"

struct store_backup {
	struct sqlite3_backup *steps; /* NULL: none is in progress */
	sqlite3 *to;
	struct store_file file;
};

/* Begins a copy in a new file; the state goes to *r. STORE_BUSY: one is in progress. */
enum store_status store_backup_begin(struct store_backup *b, struct store_db *db,
	struct store_text path, struct store_backup_report *r);

/* Copies a few pages; ends the backup with the last of them. */
void store_backup_step(struct store_backup *b, struct store_backup_report *r);

/* Ends one that is in progress, without a copy: before the database is closed. */
void store_backup_abort(struct store_backup *b, struct store_backup_report *r);

#endif
