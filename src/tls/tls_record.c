/* tls_record.c - RFC 8446 section 5: sealing and opening of records. */
#include "tls/tls_record.h"

#include "base/bytes.h"

#include <openssl/crypto.h>

#include <stdlib.h>

enum {
	VERSION = 0x0303, /* 5.1: legacy_record_version */
};

static const struct tls_suite *suite_of(const struct record_keys *k)
{
	return tls_suite_at(k->suite);
}

static size_t half_size(const struct tls_suite *s)
{
	return (size_t)s->secret + s->key + TLS_IV;
}

static uint8_t *secret_of(struct record_keys *k, enum record_half half)
{
	return k->bytes + half * half_size(suite_of(k));
}

static uint8_t *key_of(struct record_keys *k, enum record_half half)
{
	return secret_of(k, half) + suite_of(k)->secret;
}

static uint8_t *iv_of(struct record_keys *k, enum record_half half)
{
	return key_of(k, half) + suite_of(k)->key;
}

/* 7.3 */
static bool derive(struct record_keys *k, enum record_half half)
{
	const struct tls_suite *s = suite_of(k);
	const uint8_t *secret = secret_of(k, half);

	return tls_expand(s, secret, "key", key_of(k, half), s->key) &&
	       tls_expand(s, secret, "iv", iv_of(k, half), TLS_IV);
}

struct record_keys *record_keys_new(
	int suite, const uint8_t *client_secret, const uint8_t *server_secret, uint64_t sealed)
{
	const struct tls_suite *s = tls_suite_at(suite);
	struct record_keys *k = calloc(1, sizeof(*k) + 2 * half_size(s));

	if (!k)
		return NULL;
	k->suite = (uint8_t)suite;
	k->seq[RECORD_SEAL] = sealed;
	memcpy(secret_of(k, RECORD_OPEN), client_secret, s->secret);
	memcpy(secret_of(k, RECORD_SEAL), server_secret, s->secret);
	if (derive(k, RECORD_OPEN) && derive(k, RECORD_SEAL))
		return k;
	record_keys_free(k);
	return NULL;
}

const uint8_t *record_keys_secret(const struct record_keys *k, enum record_half half)
{
	return k->bytes + half * half_size(suite_of(k));
}

void record_keys_free(struct record_keys *k)
{
	if (k)
		OPENSSL_cleanse(k, sizeof(*k) + 2 * half_size(suite_of(k)));
	free(k);
}

bool record_keys_update(struct record_keys *k, enum record_half half)
{
	const struct tls_suite *s = suite_of(k);
	uint8_t next[TLS_SECRET_MAX];
	bool ok = tls_expand(s, secret_of(k, half), "traffic upd", next, s->secret);

	if (ok)
		memcpy(secret_of(k, half), next, s->secret);
	OPENSSL_cleanse(next, sizeof(next));
	ok = ok && derive(k, half);
	k->seq[half] = ok ? 0 : UINT64_MAX; /* 5.3: no number may be used twice under a key */
	return ok;
}

ssize_t record_size(const uint8_t *in, size_t len)
{
	uint16_t body;

	if (len < RECORD_HEADER)
		return 0;
	body = get_be16(in + 3);
	return body > RECORD_BODY_MAX ? -1 : RECORD_HEADER + body;
}

/* 5.3: the sequence number, in network order and padded on the left, XOR the IV. */
static void make_nonce(struct record_keys *k, enum record_half half, uint8_t nonce[TLS_IV])
{
	uint64_t seq = htobe64(k->seq[half]);
	uint8_t bytes[8];

	memcpy(bytes, &seq, sizeof(bytes));
	memcpy(nonce, iv_of(k, half), TLS_IV);
	for (size_t i = 0; i < sizeof(bytes); i++)
		nonce[TLS_IV - sizeof(bytes) + i] ^= bytes[i];
}

/* Begins the next record of a half: key, nonce, and the header as additional data (5.2). */
static EVP_CIPHER_CTX *start(
	struct tls_ciphers *c, struct record_keys *k, enum record_half half, const uint8_t *header)
{
	EVP_CIPHER_CTX *x = c->of[k->suite];
	uint8_t nonce[TLS_IV];
	int n;

	make_nonce(k, half, nonce);
	if (EVP_CipherInit_ex(x, NULL, NULL, key_of(k, half), nonce, half == RECORD_SEAL) != 1 ||
		EVP_CipherUpdate(x, NULL, &n, header, RECORD_HEADER) != 1)
		return NULL;
	return x;
}

static bool refuse(struct record_view *v, enum record_alert alert)
{
	v->alert = alert;
	return false;
}

static bool decrypt(struct tls_ciphers *c, struct record_keys *k, uint8_t *record, size_t body_len)
{
	uint8_t *body = record + RECORD_HEADER;
	size_t text = body_len - TLS_TAG;
	EVP_CIPHER_CTX *x = start(c, k, RECORD_OPEN, record);
	int n, rest;

	return x && EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, TLS_TAG, body + text) == 1 &&
	       EVP_DecryptUpdate(x, body, &n, body, (int)text) == 1 &&
	       EVP_DecryptFinal_ex(x, body + n, &rest) == 1;
}

/* 5.4: the type is the last byte that is not zero. */
static bool take_type(struct record_view *v)
{
	while (v->len > 0 && v->content[v->len - 1] == 0)
		v->len--;
	if (v->len == 0)
		return refuse(v, ALERT_UNEXPECTED_MESSAGE);
	v->type = v->content[--v->len];
	return true;
}

bool record_open(struct tls_ciphers *c, struct record_keys *k, uint8_t *record, size_t size,
	struct record_view *v)
{
	size_t body = size - RECORD_HEADER;

	if (record[0] != RECORD_DATA) /* 5: a protected record looks like data, whatever it is */
		return refuse(v, ALERT_UNEXPECTED_MESSAGE);
	if (body < TLS_TAG || k->seq[RECORD_OPEN] == UINT64_MAX || !decrypt(c, k, record, body))
		return refuse(v, ALERT_BAD_RECORD_MAC);
	k->seq[RECORD_OPEN]++;
	v->content = record + RECORD_HEADER;
	v->len = body - TLS_TAG;
	if (v->len > RECORD_TEXT_MAX + 1)
		return refuse(v, ALERT_RECORD_OVERFLOW);
	return take_type(v);
}

size_t record_seal(
	struct tls_ciphers *c, struct record_keys *k, uint8_t type, uint8_t *record, size_t len)
{
	uint8_t *body = record + RECORD_HEADER;
	EVP_CIPHER_CTX *x;
	int n, rest;

	assert(len <= RECORD_TEXT_MAX);
	if (k->seq[RECORD_SEAL] == UINT64_MAX)
		return 0;
	record[0] = RECORD_DATA;
	put_be16(record + 1, VERSION);
	put_be16(record + 3, (uint16_t)(len + 1 + TLS_TAG));
	body[len++] = type;
	x = start(c, k, RECORD_SEAL, record);
	if (!x || EVP_EncryptUpdate(x, body, &n, body, (int)len) != 1 ||
		EVP_EncryptFinal_ex(x, body + n, &rest) != 1 ||
		EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, TLS_TAG, body + len) != 1)
		return 0;
	k->seq[RECORD_SEAL]++;
	return RECORD_HEADER + len + TLS_TAG;
}
