/*
 * party.h - a bus of a test, what it has heard, and the operations on keys that it waits for.
 */
#ifndef BUS_TEST_PARTY_H
#define BUS_TEST_PARTY_H

#include "bus/bus_nats.h"
#include "bus/test/engine.h"

enum {
	PARTIES = 3,
};

struct party {
	struct bus *bus;
	struct bus_nats_options options;
	char servers[256];
	int wake_fd;
	uint32_t heard;
	bool in_order; /* each message begins with a number that is one more than the last's */
	uint32_t last;
};

/* The end of an operation. */
struct outcome {
	struct bus_reply reply;
	char value[BUS_VALUE_MAX + 1];
	int count;
};

/* Fills in the options: the servers of e, unless there are some. */
void party_options(struct party *p, const struct engine *e, const char *scheme, uint32_t first);

/* Makes a bus with the servers of e, scheme nats or tls, beginning with server `first`. The rest of
 * p->options is set before. */
void party_join(struct party *p, const struct engine *e, const char *scheme, uint32_t first);

/* Stops and frees it. */
void party_leave(struct party *p);

/* Listens to burble.test.log.*; says a number there. */
void party_subscribe(struct party *p);
bool party_say(struct party *p, uint32_t number);

/* A key whose operation ends in *o. */
struct bus_key party_key(const char *key, const char *value, struct outcome *o);

/* Creates a key. */
void party_create(struct party *p, const char *key, struct outcome *o);

/* One operation, until its end. */
typedef bool (*party_operation)(struct bus *b, const struct bus_key *k);
enum bus_status party_run(
	struct party *p, party_operation op, struct bus_key *k, struct outcome *o);

/* Creates keys from all parties at once; each must have one winner. */
void party_race(struct party *p, uint32_t count);

/* Runs complete() of all as they wake, until the condition is true. Fails after a while. */
void parties_until(struct party *p, uint32_t count, bool (*is)(void *arg), void *arg);

/* Likewise until all are connected for so many times; until so many operations have ended; until
 * `who` has heard so many messages. */
void parties_until_up(struct party *p, uint32_t count, uint64_t connections);
void parties_until_ended(struct party *p, uint32_t count, struct outcome *o, uint64_t want);
void parties_until_heard(struct party *p, uint32_t count, uint32_t who, uint32_t want);

#endif
