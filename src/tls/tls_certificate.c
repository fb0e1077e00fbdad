/* tls_certificate.c - certificates and private keys in PEM files, and what they say. */
#include "tls/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>

__attribute__((format(printf, 2, 3))) static bool fail(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, TLS_WHY_MAX, format, args);
	va_end(args);
	ERR_clear_error();
	return false;
}

static const char *openssl_error(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "no reason given";
}

/* OpenSSL's own message for a file that cannot be opened says neither which nor what to do. */
static bool readable(const char *path, const char *hint, char *why)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return fail(
			why, "%.150s: %s%s", path, strerror(errno), errno == EACCES ? hint : "");
	fclose(f);
	return true;
}

/* A key with a passphrase would make OpenSSL ask for it on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	return 0;
}

bool tls_certificate_load(SSL_CTX *ctx, const struct tls_pair *p, char why[TLS_WHY_MAX])
{
	const X509 *x;

	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (!readable(p->certificate, ": the server's user must be able to read it", why) ||
		!readable(p->key, ": let the server's group read it (chgrp, chmod 640)", why))
		return false;
	if (SSL_CTX_use_certificate_chain_file(ctx, p->certificate) != 1)
		return fail(
			why, "%.150s: no usable certificate: %s", p->certificate, openssl_error());
	x = SSL_CTX_get0_certificate(ctx);
	if (SSL_CTX_use_PrivateKey_file(ctx, p->key, SSL_FILETYPE_PEM) != 1 ||
		X509_check_private_key(x, SSL_CTX_get0_privatekey(ctx)) != 1)
		return fail(why, "%.150s: no usable private key for %.60s: %s", p->key,
			p->certificate, openssl_error());
	return true;
}

X509 *tls_certificate_read(const char *path, char why[TLS_WHY_MAX])
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509_AUX(f, NULL, no_passphrase, NULL) : NULL;

	if (!f)
		fail(why, "%.150s: %s", path, strerror(errno));
	else if (!x)
		fail(why, "%.150s: no usable certificate: %s", path, openssl_error());
	if (f)
		fclose(f);
	return x;
}

static bool first_dns_name(const X509 *x, char out[TLS_NAME_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type != GEN_DNS)
			continue;
		snprintf(out, TLS_NAME_MAX, "%.*s", ASN1_STRING_length(n->d.dNSName),
			(const char *)ASN1_STRING_get0_data(n->d.dNSName));
		found = true;
	}
	GENERAL_NAMES_free(names);
	return found;
}

void tls_certificate_name(const X509 *x, char out[TLS_NAME_MAX])
{
	out[0] = '\0';
	if (!first_dns_name(x, out))
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(x), NID_commonName, out, TLS_NAME_MAX);
}

void tls_certificate_about(const X509 *x, struct tls_about *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct tm end = {0};

	*out = (struct tls_about){0};
	tls_certificate_name(x, out->name);
	X509_digest(x, EVP_sha256(), digest, &len);
	for (unsigned i = 0; i < len && 2 * i + 2 < sizeof(out->fingerprint); i++)
		snprintf(out->fingerprint + 2 * i, 3, "%02x", digest[i]);
	ASN1_TIME_to_tm(X509_get0_notAfter(x), &end);
	strftime(out->ends, sizeof(out->ends), "%Y-%m-%d %H:%M:%S", &end);
	out->ended = X509_cmp_current_time(X509_get0_notAfter(x)) < 0;
}
