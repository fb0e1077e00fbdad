/*
 * store_import.h - records written into the file while no server runs on it: all in one
 * transaction, kept or not.
 *
 * Unlike the rest of the store it is used without a thread, and waits for the disk.
 */
#ifndef CHAT_STORE_IMPORT_H
#define CHAT_STORE_IMPORT_H

#include "chat/store/store_request.h"

struct store_import;

/* Opens or creates the file, or, if path is NULL, an empty database that is never kept, and begins.
 * STORE_IN_USE if a server has it open. After a failure *out is NULL, and `detail`, of
 * STORE_IMPORT_DETAIL bytes, has SQLite's words. */
enum store_status store_import_begin(struct store_import **out, const char *path, char *detail);

enum {
	STORE_IMPORT_DETAIL = 200,
};

/* Whether a table of one text as its key, or STORE_SERVER_BAN with "KIND MASK", has that key. */
bool store_import_has(struct store_import *i, enum store_table table, const char *key);

/* Writes a record; STORE_INVALID if a text is too long. */
enum store_status store_import_put(struct store_import *i, const struct store_record *r);

/* Commits, or takes everything back; closes the file and frees i. */
enum store_status store_import_end(struct store_import *i, bool keep);

#endif
