/*
 * records.h - accounts, registered channels, bans and filters: records of the store that every node
 * has. A node writes one, then tells the others; each takes it if it is later than what it has
 * (store_version.h), and then into memory.
 */
#ifndef CHAT_CLUSTER_RECORDS_H
#define CHAT_CLUSTER_RECORDS_H

#include "chat/cluster/apply.h"

/* Watches the store from now on. */
void records_watch(struct network *n);
void records_stop(struct network *n);

/* Whether a record is of the network, and not of this node only; fills in its owner. */
bool record_shared(struct network *n, struct store_record *r);

/* Its entry; the texts are the record's. */
struct entry entry_of_record(const struct store_record *r);

/* A record of another node. */
bool apply_record(const struct arrival *a, const struct entry *e);

#endif
