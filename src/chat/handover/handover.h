/*
 * handover.h - the whole state of a server as bytes and descriptors, for another process that goes
 * on with it: an upgrade without an end of any connection.
 *
 *     old process                                new process
 *     handover_settle()  nothing is half done
 *     handover_write()   bytes, descriptors -->  handover_open()  whether it can be read
 *                                                handover_listeners(), handover_keys()
 *     (closes the store)                         server_new(), server_listen()
 *     handover_farewell()      <-- confirmed --- handover_read()
 *
 * What the store has is loaded from it: accounts, registered channels, always-on users; of those
 * only what the store does not know is added. A connection that cannot go along (TLS by OpenSSL's
 * object, half a WebSocket message) goes without a descriptor: the new server announces its
 * departure, the old one sends it the reason.
 *
 * The bytes are records of base/tlv.h behind a magic and a version; handover_fields.h has the
 * types. They hold keys of TLS and are wiped when they are freed.
 */
#ifndef CHAT_HANDOVER_HANDOVER_H
#define CHAT_HANDOVER_HANDOVER_H

#include "chat/server.h"

#include "base/tlv.h"

enum {
	HANDOVER_VERSION = 2, /* that is written at most: handover_version() */
	HANDOVER_OLDEST = 1,  /* that is read */
	HANDOVER_WHY_MAX = 200,
};

/* The state that is handed over. */
struct handover {
	struct tlv_out bytes;
	VEC(int) handles; /* descriptors, in the order in which the bytes refer to them */
	uint32_t conns;   /* connections that go along, */
	uint32_t lost;    /* and those that cannot */
};

/* The version of the state of this server: of an older release's, unless it has what that must not
 * miss. */
uint32_t handover_version(const struct server *s);

/* Makes the server ready: waits for the store, aborts SASL exchanges, queues the rest of long
 * replies. NULL, or why it is not yet: something is asked that takes its time; then the caller lets
 * it run on. */
const char *handover_settle(struct server *s);

/* Describes a server that handover_settle() has found ready; it does not change. False if out of
 * memory. */
bool handover_write(struct handover *h, struct server *s);

/* Wipes and frees. */
void handover_free(struct handover *h);

/* After the other process has taken over: tells those that could not go along, and closes them. No
 * other connection may be touched. */
void handover_farewell(struct server *s);

/* The other side. The bytes, and the descriptors that came with them. */
struct handover_in {
	struct tlv_in records;
	const int *fds; /* -1: was taken */
	uint32_t fd_count;
};

/* Begins to read; NULL, or why that cannot be: the reason is a constant. */
const char *handover_open(
	struct handover_in *in, const void *bytes, size_t len, const int *fds, uint32_t fd_count);

/* Gives a network the listening sockets. False if it does not want them. */
bool handover_listeners(const struct handover_in *in, struct net *net);

/* The keys of the old server, for server_new(). */
void handover_keys(
	const struct handover_in *in, struct siphash_key *key, struct siphash_key *cloak);

/* Puts users, connections and channels into a new server that listens. NULL, or why that cannot be:
 * then the server must not run. */
const char *handover_read(const struct handover_in *in, struct server *s);

#endif
