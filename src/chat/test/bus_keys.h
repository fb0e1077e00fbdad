/*
 * bus_keys.h - the keys of an engine: in memory, each with a value and a revision.
 */
#ifndef CHAT_TEST_BUS_KEYS_H
#define CHAT_TEST_BUS_KEYS_H

#include "chat/bus.h"

#include "base/hash.h"

struct bus_keys {
	struct hash_table table;
	uint64_t revision; /* the last one */
};

/* Operations on a key, by the fields of k that chat/bus.h names: each sets all of *reply; a value
 * is valid until the next. Out of memory is BUS_AWAY. */
void bus_keys_create(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply);
void bus_keys_replace(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply);
void bus_keys_remove(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply);
void bus_keys_get(struct bus_keys *t, const struct bus_key *k, struct bus_reply *reply);

/* Forgets all keys; revisions go on. */
void bus_keys_clear(struct bus_keys *t);

#endif
