/*
 * store_load.h - all records of a table, for the start of the server.
 */
#ifndef CHAT_STORE_STORE_LOAD_H
#define CHAT_STORE_STORE_LOAD_H

#include "chat/store.h"

/* Calls each(arg, record) for every record of a table in the order of their keys, waiting for the
 * store. False if the store fails or each() returns false. */
bool store_load(struct store *s, enum store_table table,
	bool (*each)(void *arg, const struct store_record *r), void *arg);

/* Copies a text of a record as a string; returns out. */
const char *store_string(struct store_text t, char out[STORE_RECORD_TEXT_MAX + 1]);

/* How many of the texts of a record of that table are its key. */
int store_table_key(enum store_table table);

#endif
