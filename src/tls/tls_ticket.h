/*
 * tls_ticket.h - the keys that protect session tickets (RFC 5077, RFC 8446 4.6.1). They exist in
 * memory only, are replaced by age, and outlast a reload of the certificates: so does resumption.
 *
 *     now: seals and opens     before: opens only     older: forgotten
 */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include "base/base.h"

#include <openssl/ssl.h>

enum {
	TICKET_KEYS = 3,
};

#define TICKET_KEY_LIFE  (4 * 3600 * NSEC_SEC)
#define TICKET_LIFE_SECS (8 * 3600) /* of a ticket: its key is still known then */

struct ticket_key {
	uint8_t name[16], cipher[32], mac[32];
	nsec_t made;
};

struct ticket_keys {
	uint32_t count;
	struct ticket_key at[TICKET_KEYS]; /* the newest first */
};

/* The key to seal a ticket with, made now if the newest is too old; NULL: no randomness. */
const struct ticket_key *ticket_key_now(struct ticket_keys *k, nsec_t now);

/* The key of that name; NULL: unknown. */
const struct ticket_key *ticket_key_find(const struct ticket_keys *k, const uint8_t name[16]);

/* Wipes the keys that are too old. */
void ticket_keys_expire(struct ticket_keys *k, nsec_t now);

/* The two halves of SSL_CTX_set_tlsext_ticket_key_evp_cb(): 1, or 0: do without, -1: error. */
int ticket_seal(const struct ticket_key *k, uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac);
int ticket_open(
	const struct ticket_key *k, const uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac);

/* Forgets all keys. */
void ticket_keys_clear(struct ticket_keys *k);

#endif
