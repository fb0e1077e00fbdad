/*
 * tls_context.h - the server's certificates and what it offers, built as a whole and replaced as a
 * whole. Connections keep the old ones alive as long as they need them.
 *
 * A context holds the certificates of one host: at most one of each kind of key, of which OpenSSL
 * chooses what the client can verify. The first context serves clients without SNI.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/tls_certificate.h"

enum {
	TLS_PAIRS_MAX = 16,
};

struct tls_settings {
	struct tls_pair pairs[TLS_PAIRS_MAX];
	size_t pair_count;        /* 0: a self-signed certificate in memory */
	const char *name;         /* of the server, for that */
	bool client_certificates; /* requested from clients; any is taken, for its fingerprint */
};

struct tls_context {
	SSL_CTX *of[TLS_PAIRS_MAX];
	size_t count;
};

/* Loads everything; NULL with one line in why. */
struct tls_context *tls_context_new(const struct tls_settings *s, char why[TLS_WHY_MAX]);

/* Frees; c may be NULL. */
void tls_context_free(struct tls_context *c);

/* The context for a host name (NULL: none was given). */
SSL_CTX *tls_context_for(const struct tls_context *c, const char *name);

/* Describes certificate i, counted over all contexts; false past the last. */
bool tls_context_about(const struct tls_context *c, size_t i, struct tls_about *out);

#endif
