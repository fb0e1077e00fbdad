/*
 * tls_net.h - a network that wraps another: connections of some listeners speak TLS, all others
 * pass through. Both sides are chat/net.h, so the server needs to know nothing of it, and the
 * wrapped network may be the kernel's, burble's own or a test's.
 *
 *     chat -> tls_net -> net_kernel | net_burble
 *
 * Handshakes run inside wait(), TLS_TURN of them a turn, oldest first: the server learns of a
 * connection's bytes only when its handshake is done, and a storm of new connections costs the
 * others that much of a turn. Limits by address and number apply at accept(), before a handshake.
 */
#ifndef TLS_NET_H
#define TLS_NET_H

#include "chat/net.h"
#include "tls/tls_context.h"

enum {
	TLS_LISTENERS_MAX = 32,
};

/* Time spent on handshakes in one turn; the one that exceeds it is finished. */
#define TLS_TURN (2 * NSEC_MSEC)

/* Time that a handshake may take from its first byte on while others are parked. */
#define TLS_PATIENCE (2 * NSEC_SEC)

struct tls_limits {
	nsec_t handshake_time; /* from accept to the end of the handshake; then it is refused */
	uint32_t handshakes;   /* in progress at once; further ones wait for their turn */
	/* After the handshake of TLS 1.3, OpenSSL's object is freed: tls_stream.h. */
	bool own_records;
};

/* Called for each connection that was refused or cut, except by a mere truncation. */
struct tls_world {
	void (*refused)(
		void *arg, const struct net_addr *peer, const char *reason, const char *text);
	void *arg;
};

/* Wraps a network, which remains the caller's; world is copied. NULL if out of memory. */
struct net *tls_net_new(struct net *inner, const struct tls_world *world);

/* Frees it with all its connections, which must be closed in the wrapped network by its owner. */
void tls_net_free(struct net *n);

/* The protocols of a listener. */
struct tls_protocol {
	bool only_13;     /* no older version than TLS 1.3 */
	const char *alpn; /* the name of what is inside, in the form of the wire (RFC 7301): */
};

#define TLS_ALPN_IRC  "\3irc"
#define TLS_ALPN_HTTP "\10http/1.1"

/* Connections of a listener at this address, from the next listen() on, speak TLS; p->alpn is a
 * constant. False: too many. */
bool tls_net_listener(struct net *n, const struct net_addr *at, const struct tls_protocol *p);

/* Applies limits. */
void tls_net_limit(struct net *n, const struct tls_limits *l);

/* Loads certificates and replaces those in use, without an effect on connections. On failure
 * returns false, with one line in why, and the old ones stay. */
bool tls_net_load(struct net *n, const struct tls_settings *s, char why[TLS_WHY_MAX]);

/* Describes certificate i; false past the last. */
bool tls_net_about(struct net *n, size_t i, struct tls_about *out);

#endif
