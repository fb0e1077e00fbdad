/*
 * store_write.h - requests that write.
 */
#ifndef CHAT_STORE_STORE_WRITE_H
#define CHAT_STORE_STORE_WRITE_H

#include "chat/store/store_db.h"

/* Writes one request inside a transaction. STORE_INVALID (its id is not new) and STORE_NO_MSGID
 * concern only this request; any other failure concerns the transaction. */
enum store_status store_write(struct store_db *db, struct store_job *job);

#endif
