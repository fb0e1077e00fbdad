/* push_crypt.c - encryption and signature of push messages, with OpenSSL: push_crypt.h. */
#include "external/push_crypt.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	HASH = 32, /* SHA-256, and a shared secret of P-256 */
	KEY = 16,
	NONCE = 12,
	HALF = 32,              /* of an ECDSA signature: r, s */
	RECORD = 4096,          /* its size, RFC 8188 */
	LAST_RECORD = 2,        /* the delimiter behind its text */
	TOKEN_TIME = 12 * 3600, /* seconds; RFC 8292 section 2 allows a day */
	BASE64_MAX = 1024,
};

/* ---- base64url, RFC 4648 section 5 ---- */

/* Returns the characters written; n bytes need 4 * (n + 2) / 3 + 1. */
static size_t base64url(char *out, const uint8_t *in, size_t n)
{
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)out, in, (int)n);

	while (len && out[len - 1] == '=')
		len--;
	out[len] = '\0';
	for (char *p = out; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	return len;
}

/* ---- keys ---- */

EVP_PKEY *push_new_pair(void)
{
	return EVP_EC_gen("P-256");
}

static bool public_of(EVP_PKEY *pair, uint8_t out[EXTERNAL_PUSH_KEY])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(
		       pair, OSSL_PKEY_PARAM_PUB_KEY, out, EXTERNAL_PUSH_KEY, &len) == 1 &&
	       len == EXTERNAL_PUSH_KEY;
}

bool push_public_text(EVP_PKEY *pair, char out[PUSH_PUBLIC_TEXT])
{
	uint8_t key[EXTERNAL_PUSH_KEY];
	char text[BASE64_MAX];

	if (!public_of(pair, key))
		return false;
	base64url(text, key, sizeof(key));
	snprintf(out, PUSH_PUBLIC_TEXT, "%.87s", text);
	return true;
}

/* A public key alone; NULL: no point of the curve. */
static EVP_PKEY *peer_of(const uint8_t *key)
{
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(
			OSSL_PKEY_PARAM_PUB_KEY, (void *)key, EXTERNAL_PUSH_KEY),
		OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *peer = NULL;

	if (c && EVP_PKEY_fromdata_init(c) == 1)
		EVP_PKEY_fromdata(c, &peer, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(c);
	return peer;
}

/* ECDH; the library checks that the peer's key is a point. */
static bool agree(uint8_t shared[HASH], EVP_PKEY *own, const uint8_t *key)
{
	EVP_PKEY *peer = peer_of(key);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(own, NULL);
	size_t len = HASH;
	bool ok = peer && c && EVP_PKEY_derive_init(c) == 1 &&
		  EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, shared, &len) == 1 &&
		  len == HASH;

	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(peer);
	return ok;
}

/* ---- RFC 8291 section 3.4 ---- */

/* Input of HKDF. */
struct input {
	const uint8_t *salt;
	size_t salt_len;
	const uint8_t *secret; /* HASH bytes */
};

/* HKDF with one block of output: HMAC(HMAC(salt, secret), info | 1), its first n bytes. */
static bool derive(
	uint8_t *out, size_t n, const struct input *in, const void *info, size_t info_len)
{
	uint8_t prk[HASH], block[HASH], text[256];
	unsigned len;
	bool ok;

	assert(info_len < sizeof(text));
	memcpy(text, info, info_len);
	text[info_len] = 1;
	ok = HMAC(EVP_sha256(), in->salt, (int)in->salt_len, in->secret, HASH, prk, &len) &&
	     HMAC(EVP_sha256(), prk, HASH, text, info_len + 1, block, &len);
	memcpy(out, block, n);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(prk, sizeof(prk));
	return ok;
}

/* The input keying material: of both public keys, the shared secret and that of the subscription.
 */
static bool material(uint8_t ikm[HASH], const struct push_to *to, EVP_PKEY *once,
	const uint8_t own[EXTERNAL_PUSH_KEY])
{
	static const char label[] = "WebPush: info"; /* with its NUL */
	uint8_t info[sizeof(label) + 2 * EXTERNAL_PUSH_KEY], shared[HASH];
	struct input in = {to->secret, EXTERNAL_PUSH_SECRET, shared};
	bool ok = agree(shared, once, to->key);

	memcpy(info, label, sizeof(label));
	memcpy(info + sizeof(label), to->key, EXTERNAL_PUSH_KEY);
	memcpy(info + sizeof(label) + EXTERNAL_PUSH_KEY, own, EXTERNAL_PUSH_KEY);
	ok = ok && derive(ikm, HASH, &in, info, sizeof(info));
	explicit_bzero(shared, sizeof(shared));
	return ok;
}

/* AES-128-GCM of the text and its delimiter. */
static bool seal(uint8_t *out, const uint8_t key[KEY], const uint8_t nonce[NONCE], const void *text,
	size_t len)
{
	static const uint8_t delimiter = LAST_RECORD;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, m = 0, rest = 0;
	bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
		  EVP_EncryptUpdate(c, out, &n, text, (int)len) == 1 &&
		  EVP_EncryptUpdate(c, out + n, &m, &delimiter, 1) == 1 &&
		  EVP_EncryptFinal_ex(c, out + n + m, &rest) == 1 &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, PUSH_TAG, out + len + 1) == 1;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

size_t push_encrypt(uint8_t out[PUSH_BODY_MAX], const struct push_to *to,
	const struct push_once *once, const void *text, size_t len)
{
	static const char key_info[] = "Content-Encoding: aes128gcm"; /* with their NULs */
	static const char nonce_info[] = "Content-Encoding: nonce";
	uint8_t own[EXTERNAL_PUSH_KEY], ikm[HASH], key[KEY], nonce[NONCE];
	struct input in = {once->salt, PUSH_SALT, ikm};
	bool ok;

	assert(len <= EXTERNAL_PUSH_MAX);
	ok = public_of(once->pair, own) && material(ikm, to, once->pair, own) &&
	     derive(key, KEY, &in, key_info, sizeof(key_info)) &&
	     derive(nonce, NONCE, &in, nonce_info, sizeof(nonce_info));
	memcpy(out, once->salt, PUSH_SALT);
	memcpy(out + PUSH_SALT, (uint8_t[]){0, 0, RECORD >> 8, 0, EXTERNAL_PUSH_KEY}, 5);
	if (ok) {
		memcpy(out + PUSH_SALT + 5, own, EXTERNAL_PUSH_KEY);
		ok = seal(out + PUSH_HEAD, key, nonce, text, len);
	}
	explicit_bzero(ikm, sizeof(ikm));
	explicit_bzero(key, sizeof(key));
	return ok ? PUSH_HEAD + len + 1 + PUSH_TAG : 0;
}

/* ---- VAPID ---- */

/* "https://push.example.org" of an endpoint. */
static bool origin_of(char *out, size_t size, const char *endpoint)
{
	const char *host = strstr(endpoint, "://");
	size_t n = host ? (size_t)(host + 3 - endpoint) + strcspn(host + 3, "/?#") : 0;

	if (n == 0 || n >= size || strpbrk(endpoint, "\"\\"))
		return false;
	memcpy(out, endpoint, n);
	out[n] = '\0';
	return true;
}

/* ES256: r and s, each of 32 bytes (RFC 7518 section 3.4). */
static bool sign(uint8_t out[2 * HALF], EVP_PKEY *pair, const char *text)
{
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	ECDSA_SIG *s = NULL;
	bool ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, pair) == 1 &&
		  EVP_DigestSign(c, der, &len, (const uint8_t *)text, strlen(text)) == 1;

	if (ok)
		s = d2i_ECDSA_SIG(NULL, &p, (long)len);
	ok = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), out, HALF) == HALF &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(s), out + HALF, HALF) == HALF;
	ECDSA_SIG_free(s);
	EVP_MD_CTX_free(c);
	return ok;
}

bool push_sign(char out[PUSH_SIGNATURE_MAX], EVP_PKEY *pair, const char *endpoint,
	const char *contact, int64_t now)
{
	static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
	char origin[256], claims[600], token[BASE64_MAX], public[PUSH_PUBLIC_TEXT];
	uint8_t signature[2 * HALF];
	size_t n;

	if (!origin_of(origin, sizeof(origin), endpoint) || strpbrk(contact, "\"\\") ||
		strlen(contact) > 250)
		return false;
	snprintf(claims, sizeof(claims), "{\"aud\":\"%s\",\"exp\":%lld,\"sub\":\"%s\"}", origin,
		(long long)now + TOKEN_TIME, contact);
	n = base64url(token, (const uint8_t *)head, strlen(head));
	token[n++] = '.';
	n += base64url(token + n, (const uint8_t *)claims, strlen(claims));
	if (!sign(signature, pair, token) || !push_public_text(pair, public))
		return false;
	token[n++] = '.';
	base64url(token + n, signature, sizeof(signature));
	return snprintf(out, PUSH_SIGNATURE_MAX, "vapid t=%s, k=%s", token, public) <
	       PUSH_SIGNATURE_MAX;
}
