/*
 * tls_handshake.h - the handshakes in progress: a share of each turn, the oldest input first; a
 * bounded number at once; a time limit.
 *
 *     new ---> queue ---> step ---> done
 *               ^  \                 by_age: all that are not done
 *               |   parked: waits until fewer are in progress
 *             input
 *
 * While others are parked, one that has begun TLS_PATIENCE ago is refused: a few clients that begin
 * and never go on cannot keep all others out until their time limit.
 */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "tls/tls_conn.h"
#include "tls/tls_net.h"

/* The part of a connection that only its handshake needs. */
struct tls_handshake {
	struct list by_age, queue; /* queue: on queue, parked, done, or on none */
	struct list started;       /* of handshakes.started: those in progress, oldest first */
	struct tls_conn *conn;
	nsec_t deadline, began;
	struct net_addr peer;
	uint32_t received; /* bytes */
	/* For tls_stream.h, by enum record_half: the traffic secrets, and how many records were
	 * sent under the server's. */
	uint8_t secrets[2][TLS_SECRET_MAX];
	size_t secret_len[2];
	uint64_t sealed;
	int version_min;
	const char *alpn; /* tls_net.h */
};

struct handshakes {
	struct tls_shared *shared;
	struct tls_world world;
	struct tls_limits limits;
	struct list by_age, started, queue, parked, done;
	uint32_t in_progress; /* with an object of OpenSSL */
};

/* Prepares an empty set, with the default limits. */
void handshakes_init(
	struct handshakes *h, struct tls_shared *shared, const struct tls_world *world);

/* Begins the handshake of an accepted connection; false if out of memory. */
bool handshake_new(struct handshakes *h, struct tls_conn *c, const struct net_addr *peer);

/* Its socket has bytes, or has failed: it gets a step, in its turn. */
void handshake_input(struct handshakes *h, struct tls_conn *c);

/* Refuses those that are late and runs this turn's share of steps. */
void handshakes_run(struct handshakes *h);

/* The next connection whose handshake is over; frees what the handshake needed. NULL: no more. */
struct tls_conn *handshake_done(struct handshakes *h);

/* Frees the handshake of a connection that is closed. */
void handshake_free(struct handshakes *h, struct tls_conn *c);

/* How long the network may wait. */
nsec_t handshakes_due(const struct handshakes *h);

#endif
