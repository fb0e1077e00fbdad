/*
 * tls_record.h - the record protection of TLS 1.3 (RFC 8446 section 5) for one connection, whose
 * handshake OpenSSL has made:
 *
 *     23 | 3 3 | length | encrypted: content, type, zeros | tag
 *     <---- header ----> <--------------- length -------------->
 *
 * Two halves, one to open what the client sends and one to seal what it gets, each with a traffic
 * secret, key, IV and sequence number. A record is checked whole before anything of it is used.
 */
#ifndef TLS_RECORD_H
#define TLS_RECORD_H

#include "tls/tls_suite.h"

enum {
	RECORD_HEADER = 5,
	RECORD_TEXT_MAX = 16384,                 /* 5.1: content of a record */
	RECORD_BODY_MAX = RECORD_TEXT_MAX + 256, /* 5.2: encrypted */
	RECORD_MAX = RECORD_HEADER + RECORD_BODY_MAX,
	RECORD_OVERHEAD = RECORD_HEADER + 1 + TLS_TAG, /* of one that we seal */
};

/* Records under one key (5.5: at most 2^24.5 for AES-GCM): then the key is replaced. */
#define RECORD_KEY_USES ((uint64_t)1 << 24)

enum record_type { /* 5.1 */
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
};

enum record_alert { /* 6.2, and 6.1 */
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_DECODE_ERROR = 50,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_USER_CANCELED = 90,
};

enum record_half {
	RECORD_OPEN, /* from the client */
	RECORD_SEAL, /* to the client */
};

struct record_keys {
	uint64_t seq[2]; /* of the next record, by half */
	uint8_t suite;
	uint8_t bytes[]; /* of each half: secret, key, IV */
};

/* A record that was opened, or why it was refused. */
struct record_view {
	uint8_t type;
	uint8_t *content;
	size_t len;
	enum record_alert alert; /* the reason if it is refused */
};

/* Keys from the two traffic secrets of a handshake; `sealed` records were already sent under them.
 * NULL if out of memory. */
struct record_keys *record_keys_new(
	int suite, const uint8_t *client_secret, const uint8_t *server_secret, uint64_t sealed);

/* The traffic secret of a half, as long as the suite's. */
const uint8_t *record_keys_secret(const struct record_keys *k, enum record_half half);

/* Wipes and frees; k may be NULL. */
void record_keys_free(struct record_keys *k);

/* Replaces secret, key and IV of a half (7.2); its sequence begins again. False: it failed, and the
 * half seals and opens nothing any more. */
bool record_keys_update(struct record_keys *k, enum record_half half);

/* The bytes of the first record of in[0, len): 0 if the header is not there yet, or more than len
 * while the rest is missing. Longer than allowed: -1. */
ssize_t record_size(const uint8_t *in, size_t len);

/* Opens a whole record in place. False, with v->alert, if it is refused. */
bool record_open(struct tls_ciphers *c, struct record_keys *k, uint8_t *record, size_t size,
	struct record_view *v);

/* Seals `len` bytes that lie at record + RECORD_HEADER, with room for RECORD_OVERHEAD more. Returns
 * the bytes of the record, or 0 if it failed: then nothing may be sent under this key any more. */
size_t record_seal(
	struct tls_ciphers *c, struct record_keys *k, uint8_t type, uint8_t *record, size_t len);

#endif
