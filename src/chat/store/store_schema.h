/*
 * store_schema.h - opening of the database file.
 */
#ifndef CHAT_STORE_STORE_SCHEMA_H
#define CHAT_STORE_STORE_SCHEMA_H

#include "chat/store/store_db.h"

/* Opens or creates the file, on SQLite's VFS of that name or, if NULL, on this system's. On failure
 * everything is closed. */
enum store_status store_db_open(struct store_db *db, const char *path, const char *vfs);

/* Closes the file; no effect if it is closed. */
void store_db_close(struct store_db *db);

/* Returns the first column of the first row of a query, or `none`. */
int64_t store_db_ask(struct store_db *db, const char *sql, int64_t none);

#endif
