/*
 * tls_count.h - counters of TLS: handshakes, and a reason for each connection refused or cut.
 */
#ifndef TLS_COUNT_H
#define TLS_COUNT_H

#include "base/base.h"

enum tls_count {
	TLS_OPENED,  /* handshakes done */
	TLS_RESUMED, /* of these, with a ticket */
	TLS_PARKED,  /* connections that waited because enough handshakes were in progress */

	TLS_PLAIN_TEXT, /* the first byte is no TLS */
	TLS_VERSION,
	TLS_CIPHER,
	TLS_ALPN,
	TLS_ALERTED, /* the client refused the server */
	TLS_CLOSED,  /* the client left during the handshake */
	TLS_TIMEOUT,
	TLS_TOO_LARGE, /* more than TLS_HANDSHAKE_BYTES */
	TLS_BAD_HANDSHAKE,
	TLS_NO_MEMORY,

	TLS_RENEGOTIATION,
	TLS_KEY_UPDATES, /* more than TLS_KEY_UPDATES_MAX in a minute */
	TLS_BAD_RECORD,
	TLS_TRUNCATED, /* ended without close_notify */
	TLS_COUNTS,
};

/* The name under which it is counted and logged. */
const char *tls_count_name(enum tls_count c);

/* The reason in a sentence; NULL if it is none. */
const char *tls_count_text(enum tls_count c);

#endif
