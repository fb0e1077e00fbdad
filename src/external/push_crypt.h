/*
 * push_crypt.h - the content of a Web Push message, encrypted for one subscription (RFC 8291, with
 * the coding of RFC 8188), and the server's signature to the push service (VAPID, RFC 8292).
 */
#ifndef EXTERNAL_PUSH_CRYPT_H
#define EXTERNAL_PUSH_CRYPT_H

#include "chat/external.h"

#include <openssl/evp.h>

enum {
	PUSH_SALT = 16,
	PUSH_TAG = 16,
	PUSH_HEAD = PUSH_SALT + 4 + 1 + EXTERNAL_PUSH_KEY, /* RFC 8188 section 2.1 */
	PUSH_BODY_MAX = PUSH_HEAD + EXTERNAL_PUSH_MAX + 1 + PUSH_TAG,
	PUSH_PUBLIC_TEXT = 88,     /* a public key as text, with the NUL */
	PUSH_SIGNATURE_MAX = 1024, /* the value of Authorization, with the NUL */
};

_Static_assert(PUSH_BODY_MAX <= 4096, "more is refused by push services: RFC 8030 section 7.2");

/* The message is for a public key and a secret of the subscription. */
struct push_to {
	const uint8_t *key;    /* EXTERNAL_PUSH_KEY bytes, an uncompressed point */
	const uint8_t *secret; /* EXTERNAL_PUSH_SECRET bytes */
};

/* A key pair and a salt that are used for one message. */
struct push_once {
	EVP_PKEY *pair;
	uint8_t salt[PUSH_SALT];
};

/* Encrypts `len` bytes. Returns the bytes of the body; 0: the subscription's key is no point of the
 * curve, or memory is out. */
size_t push_encrypt(uint8_t out[PUSH_BODY_MAX], const struct push_to *to,
	const struct push_once *once, const void *text, size_t len);

/* A new key pair (P-256); NULL: out of memory. */
EVP_PKEY *push_new_pair(void);

/* The public key of a pair as it stands in VAPID= and k=. */
bool push_public_text(EVP_PKEY *pair, char out[PUSH_PUBLIC_TEXT]);

/* Signs for the push service of an endpoint (RFC 8292): the value of Authorization. `contact` is
 * a mailto: or https: URL; now in seconds since 1970. False: no such endpoint, or memory is out. */
bool push_sign(char out[PUSH_SIGNATURE_MAX], EVP_PKEY *pair, const char *endpoint,
	const char *contact, int64_t now);

#endif
