/* tls_suite.c - cipher suites and the derivation of keys. */
#include "tls/tls_suite.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

static const struct tls_suite suites[TLS_SUITES] = {
	{0x1301, "TLS_AES_128_GCM_SHA256", "AES-128-GCM", EVP_sha256, 16, 32},
	{0x1302, "TLS_AES_256_GCM_SHA384", "AES-256-GCM", EVP_sha384, 32, 48},
	{0x1303, "TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", EVP_sha256, 32, 32},
};

int tls_suite_find(uint16_t number)
{
	for (int i = 0; i < TLS_SUITES; i++)
		if (suites[i].number == number)
			return i;
	return -1;
}

const struct tls_suite *tls_suite_at(int index)
{
	return &suites[index];
}

bool tls_ciphers_init(struct tls_ciphers *c)
{
	bool ok = true;

	for (int i = 0; i < TLS_SUITES; i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, suites[i].cipher, NULL);

		c->of[i] = EVP_CIPHER_CTX_new();
		ok = ok && c->of[i] && cipher &&
		     EVP_CipherInit_ex(c->of[i], cipher, NULL, NULL, NULL, 1) == 1;
		EVP_CIPHER_free(cipher);
	}
	return ok;
}

void tls_ciphers_free(struct tls_ciphers *c)
{
	for (int i = 0; i < TLS_SUITES; i++)
		EVP_CIPHER_CTX_free(c->of[i]);
}

/* RFC 8446 7.1, RFC 5869 2.3: T(1) = HMAC(secret, HkdfLabel | 0x01). */
bool tls_expand(const struct tls_suite *s, const uint8_t *secret, const char *label, uint8_t *out,
	size_t len)
{
	static const char prefix[] = "tls13 ";
	uint8_t info[64], block[EVP_MAX_MD_SIZE];
	size_t name = strlen(prefix) + strlen(label), n = 0;
	bool ok;

	assert(len <= s->secret && name + 5 <= sizeof(info));
	info[n++] = 0;
	info[n++] = (uint8_t)len;
	info[n++] = (uint8_t)name;
	memcpy(info + n, prefix, strlen(prefix));
	memcpy(info + n + strlen(prefix), label, strlen(label));
	n += name;
	info[n++] = 0; /* the context */
	info[n++] = 1; /* the number of the block */
	ok = HMAC(s->hash(), secret, s->secret, info, n, block, NULL) != NULL;
	if (ok)
		memcpy(out, block, len);
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}
