/*
 * store_export.h - export: what the server has of an account as lines of JSON in a file, written in
 * steps while the database is in use.
 */
#ifndef CHAT_STORE_STORE_EXPORT_H
#define CHAT_STORE_STORE_EXPORT_H

#include "chat/store/store_db.h"
#include "chat/store/store_file.h"

#include <stdio.h>

enum {
	STORE_EXPORT_ROWS = 2000, /* messages examined in one step */
};

struct store_exporter {
	FILE *to; /* NULL: none is in progress */
	struct store_file file;
	char account[STORE_NAME_MAX + 1];
	size_t part; /* the next of the lists */
	int64_t at;  /* the last message examined */
};

/* Begins an export to a new file; the state goes to *r. STORE_BUSY: one is in progress. */
enum store_status store_export_begin(
	struct store_exporter *e, const struct store_export *want, struct store_backup_report *r);

/* Writes some lines; ends the export with the last of them. */
void store_export_go_on(
	struct store_exporter *e, struct store_db *db, struct store_backup_report *r);

/* Ends one that is in progress, without a file: before the database is closed. */
void store_export_abort(struct store_exporter *e, struct store_backup_report *r);

#endif
