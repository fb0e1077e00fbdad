/*
 * bus_nats.h - implements chat/bus.h with NATS: subjects are NATS's, keys are the last messages of
 * the subjects of a stream.
 *
 *     publish, subscribe   subjects are the engine's, as they are
 *     keys                 stream burble-NETWORK: a message for each subject burble.NETWORK.key.*
 *     create, replace      a message with Nats-Expected-Last-Subject-Sequence
 *     remove               $JS.API.STREAM.MSG.DELETE, by sequence number
 *
 *     loop            bus_nats: operations, subscriptions
 *     nats_keys       what the engine is asked, and what its answers mean
 *     nats_link       a thread: connection, and queues in both directions
 */
#ifndef BUS_BUS_NATS_H
#define BUS_BUS_NATS_H

#include "chat/bus.h"

enum {
	BUS_NATS_SERVERS = 16,
};

/* Settings. All texts are borrowed for as long as the bus exists. */
struct bus_nats_options {
	const char *servers;       /* nats://HOST:PORT or tls://HOST:PORT, one space apart */
	const char *network;       /* its token: bus_token() */
	const char *name;          /* of this client, for the engine's operators */
	const char *user;          /* ""; or with the first line of: */
	const char *password_file; /* read at each connection */
	const char *creds;         /* ""; or a file with a JWT and its key */
	const char *ca;            /* ""; or a file of certificates that may have signed theirs */
	void (*wake)(void *arg);   /* on any thread: complete() has something to do */
	void *wake_arg;
};

/* Starts a bus, which connects by itself, for ever. NULL if out of memory or threads. Loads
 * libnats: if that fails the bus is never up, and bus->why says so. */
struct bus *bus_nats_new(const struct bus_nats_options *o);

/* Frees it after ops->stop(). b may be NULL. */
void bus_nats_free(struct bus *b);

#endif
