/*
 * store_null.h - store that keeps nothing: appends, markers and bans succeed at once, queries
 * return STORE_OFF. For a server without a data directory, and for the lab.
 */
#ifndef CHAT_STORE_NULL_H
#define CHAT_STORE_NULL_H

#include "chat/store.h"

/* `done` runs in the store_complete() after the store_flush(); wake(arg) is called in between, on
 * the same thread. NULL if out of memory. */
struct store *store_null_open(void (*wake)(void *arg), void *arg);

#endif
