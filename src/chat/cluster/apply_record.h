/* apply_record.h - records of other nodes into memory. */
#ifndef CHAT_CLUSTER_APPLY_RECORD_H
#define CHAT_CLUSTER_APPLY_RECORD_H

#include "chat/cluster/apply.h"

/* Takes a record, with which the store has done that. */
void record_take(struct network *n, const struct store_record *r, enum store_merged merged);

#endif
