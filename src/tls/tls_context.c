/* tls_context.c - SSL_CTX objects: certificates by host name, versions, what is offered. */
#include "tls/tls_context.h"

#include "tls/tls_conn.h"
#include "tls/tls_self_signed.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>

enum {
	CHAIN_BYTES = 16384, /* of a client's certificates */
	CLIENT_RSA_BITS = 4096,
	CLIENT_RSA_EXPONENT_BITS = 64,
};

/* Of TLS 1.2: forward secrecy and authenticated encryption only, as in all of TLS 1.3. */
#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Of TLS 1.3: the keys of AES-128 are the shortest; with ChaCha20 for clients without AES. */
#define CIPHERS_13 "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"

static const uint8_t session_context[] = "burble";

/* The client chooses what its signature costs us: 9 ms with RSA of 16384 bits, 7 ms with an
 * exponent of 3072, 10,000 bits of DSA no less; 0.3 ms at these limits. */
static bool cheap_to_check(const EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	bool ok;

	switch (key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
	case EVP_PKEY_EC:
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448: return true;
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS: break;
	default: return false;
	}
	ok = EVP_PKEY_get_bits(key) <= CLIENT_RSA_BITS &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
	     BN_num_bits(exponent) <= CLIENT_RSA_EXPONENT_BITS;
	BN_free(exponent);
	return ok;
}

/* Any other certificate is taken: it proves the possession of a key, whose fingerprint is all that
 * is used of it. */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
	if (cheap_to_check(X509_get0_pubkey(X509_STORE_CTX_get0_cert(store))))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE); /* unsupported_certificate */
	return 0;
}

static bool offers(SSL_CTX *x, bool client_certificates)
{
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(x, TICKET_LIFE_SECS);
	SSL_CTX_set_max_cert_list(x, CHAIN_BYTES);
	if (client_certificates) {
		SSL_CTX_set_verify(x, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(x, accept_any, NULL);
	}
	tls_conn_callbacks(x);
	return SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_ciphersuites(x, CIPHERS_13) == 1 &&
	       SSL_CTX_set_cipher_list(x, CIPHERS_12) == 1 &&
	       SSL_CTX_set_session_id_context(x, session_context, sizeof(session_context)) == 1;
}

static SSL_CTX *add_context(struct tls_context *c, const struct tls_settings *s)
{
	SSL_CTX *x = SSL_CTX_new(TLS_server_method());

	if (!x || !offers(x, s->client_certificates)) {
		SSL_CTX_free(x);
		return NULL;
	}
	c->of[c->count++] = x;
	return x;
}

/* Whether ctx already has a certificate for this kind of key. */
static bool has_kind(SSL_CTX *ctx, int kind)
{
	for (long ok = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST); ok == 1;
		ok = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT))
		if (EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_CTX_get0_certificate(ctx))) == kind)
			return true;
	return false;
}

static bool has_name(SSL_CTX *ctx, const char *name)
{
	SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST);
	return X509_check_host(SSL_CTX_get0_certificate(ctx), name, 0, 0, NULL) == 1;
}

/* The context of the same host that lacks this kind of key; NULL: there is none. */
static SSL_CTX *partner(const struct tls_context *c, const X509 *x)
{
	char name[TLS_NAME_MAX];

	tls_certificate_name(x, name);
	for (size_t i = 0; i < c->count; i++)
		if (has_name(c->of[i], name) &&
			!has_kind(c->of[i], EVP_PKEY_get_base_id(X509_get0_pubkey(x))))
			return c->of[i];
	return NULL;
}

static bool add_pair(struct tls_context *c, const struct tls_settings *s, const struct tls_pair *p,
	char why[TLS_WHY_MAX])
{
	X509 *x = tls_certificate_read(p->certificate, why);
	SSL_CTX *ctx;

	if (!x)
		return false;
	ctx = partner(c, x);
	X509_free(x);
	if (!ctx)
		ctx = add_context(c, s);
	if (!ctx) {
		snprintf(why, TLS_WHY_MAX, "out of memory");
		return false;
	}
	return tls_certificate_load(ctx, p, why);
}

struct tls_context *tls_context_new(const struct tls_settings *s, char why[TLS_WHY_MAX])
{
	struct tls_context *c = calloc(1, sizeof(*c));
	bool ok = c != NULL;
	SSL_CTX *x;

	snprintf(why, TLS_WHY_MAX, "out of memory");
	for (size_t i = 0; ok && i < s->pair_count; i++)
		ok = add_pair(c, s, &s->pairs[i], why);
	if (ok && s->pair_count == 0) {
		x = add_context(c, s);
		ok = x && tls_self_signed_use(x, s->name, why);
	}
	if (ok)
		return c;
	tls_context_free(c);
	return NULL;
}

void tls_context_free(struct tls_context *c)
{
	for (size_t i = 0; c && i < c->count; i++)
		SSL_CTX_free(c->of[i]);
	free(c);
}

SSL_CTX *tls_context_for(const struct tls_context *c, const char *name)
{
	for (size_t i = 0; name && i < c->count; i++)
		if (has_name(c->of[i], name))
			return c->of[i];
	return c->of[0];
}

bool tls_context_about(const struct tls_context *c, size_t n, struct tls_about *out)
{
	for (size_t i = 0; i < c->count; i++)
		for (long ok = SSL_CTX_set_current_cert(c->of[i], SSL_CERT_SET_FIRST); ok == 1;
			ok = SSL_CTX_set_current_cert(c->of[i], SSL_CERT_SET_NEXT))
			if (n-- == 0) {
				tls_certificate_about(SSL_CTX_get0_certificate(c->of[i]), out);
				return true;
			}
	return false;
}
