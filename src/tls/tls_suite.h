/*
 * tls_suite.h - the cipher suites of TLS 1.3 (RFC 8446 B.4), and the keys of a direction from its
 * traffic secret (7.1, 7.2, 7.3).
 */
#ifndef TLS_SUITE_H
#define TLS_SUITE_H

#include "base/base.h"

#include <openssl/evp.h>

enum {
	TLS_SECRET_MAX = 48,
	TLS_KEY_MAX = 32,
	TLS_IV = 12,
	TLS_TAG = 16,
	TLS_SUITES = 3,
};

struct tls_suite {
	uint16_t number;
	const char *name, *cipher; /* cipher: as OpenSSL names it */
	const EVP_MD *(*hash)(void);
	uint8_t key, secret; /* bytes */
};

/* A cipher context for each suite, which all connections use in turn. */
struct tls_ciphers {
	EVP_CIPHER_CTX *of[TLS_SUITES];
};

/* Creates the contexts; false if out of memory. */
bool tls_ciphers_init(struct tls_ciphers *c);
void tls_ciphers_free(struct tls_ciphers *c);

/* The index of a suite; -1: not one of them. */
int tls_suite_find(uint16_t number);

/* The suite of an index. */
const struct tls_suite *tls_suite_at(int index);

/* HKDF-Expand-Label with an empty context, for at most one block of the hash: `len` bytes. */
bool tls_expand(const struct tls_suite *s, const uint8_t *secret, const char *label, uint8_t *out,
	size_t len);

#endif
