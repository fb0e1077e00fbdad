/*
 * store_marker.h - read markers.
 */
#ifndef CHAT_STORE_STORE_MARKER_H
#define CHAT_STORE_STORE_MARKER_H

#include "chat/store/store_db.h"

/* Moves a read marker forward; the reply holds the resulting marker. */
enum store_status store_db_marker_set(struct store_db *db, struct store_job *job);

/* Looks a read marker up. */
enum store_status store_db_marker_get(struct store_db *db, struct store_job *job);

/* Sets how many markers a file of max_bytes (0: no bound) may hold. */
void store_db_bound_markers(struct store_db *db, uint64_t max_bytes);

#endif
