/*
 * store_forget.h - forgetting what an account has said, in steps.
 */
#ifndef CHAT_STORE_STORE_FORGET_H
#define CHAT_STORE_STORE_FORGET_H

#include "chat/store/store_db.h"

enum {
	STORE_FORGET_ROWS = 2000, /* messages examined in one step */
};

/* The source of a message whose author was forgotten. A nick cannot have a '*'. */
#define STORE_FORGOTTEN "*!*@*"

/* Records a job. */
enum store_status store_forget(struct store_db *db, struct store_job *job);

/* Does the next step of a job, in a transaction of its own. */
enum store_status store_forget_step(struct store_db *db);

#endif
