/*
 * tls_certificate.h - certificates and private keys: from files, and a self-signed one.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include "base/base.h"

#include <openssl/ssl.h>

enum {
	TLS_WHY_MAX = 256,
	TLS_FINGERPRINT_TEXT = 65, /* SHA-256 in hexadecimal, with its NUL */
	TLS_NAME_MAX = 256,
};

/* Files in PEM: a chain that begins with the server's certificate, and the private key. */
struct tls_pair {
	const char *certificate, *key;
};

/* A certificate as an operator wants to see it. */
struct tls_about {
	char name[TLS_NAME_MAX]; /* its first name */
	char fingerprint[TLS_FINGERPRINT_TEXT];
	char ends[32]; /* "2027-01-31 12:00:00" */
	bool ended;
};

/* Loads a pair into ctx, beside one of another kind of key. False with one line in why: what, which
 * file, what to do. */
bool tls_certificate_load(SSL_CTX *ctx, const struct tls_pair *p, char why[TLS_WHY_MAX]);

/* Reads the first certificate of a file, which the caller frees; NULL, with why, on failure. */
X509 *tls_certificate_read(const char *path, char why[TLS_WHY_MAX]);

/* The first DNS name of a certificate, or its common name; "" if it has neither. */
void tls_certificate_name(const X509 *x, char out[TLS_NAME_MAX]);

/* Describes a certificate. */
void tls_certificate_about(const X509 *x, struct tls_about *out);

#endif
