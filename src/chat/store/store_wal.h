/*
 * store_wal.h - check of the write-ahead log.
 */
#ifndef CHAT_STORE_STORE_WAL_H
#define CHAT_STORE_STORE_WAL_H

#include "base/base.h"

/* Inspects the write-ahead log of a file that is not open yet; appends to notice what was lost with
 * it. */
void store_wal_check(const char *path, char *notice, size_t size);

#endif
