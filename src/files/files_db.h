/*
 * files_db.h - the table of files, in SQLite. On one thread at a time.
 */
#ifndef FILES_FILES_DB_H
#define FILES_FILES_DB_H

#include "base/vec.h"
#include "files/files.h"

#include <sqlite3.h>

struct files_db {
	sqlite3 *sql;
	sqlite3_stmt *add, *sum, *find, *expire, *forget, *drop;
	sqlite3_stmt *list[FILES_OF_OWNER + 1];
	uint64_t deleted; /* files, by the last that deletes */
};

struct files_rows {
	VEC(struct files_row) rows;
};

/* Opens or makes the database. False, with the reason, if that fails; close it all the same. */
bool files_db_open(struct files_db *db, const char *path, char why[FILES_WHY_MAX]);

/* Each works at once; why is filled in with FILES_FAILED. */
enum files_status files_db_put(
	struct files_db *db, struct file *file, const struct files_bounds *b, char *why);
enum files_status files_db_get(struct files_db *db, struct file *file, char *why);
enum files_status files_db_expire(struct files_db *db, int64_t before_ms, char *why);
enum files_status files_db_forget(struct files_db *db, const char *owner, char *why);
enum files_status files_db_delete(
	struct files_db *db, const char *owner, const char *id, char *why);
enum files_status files_db_list(struct files_db *db, enum files_list what, const char *owner,
	struct files_rows *out, char *why);

/* Closes it, also what failed to open. */
void files_db_close(struct files_db *db);

#endif
