/*
 * tls_self_signed.c - a self-signed certificate: clients that check certificates refuse it until
 * their user has accepted its fingerprint.
 */
#include "tls/tls_self_signed.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	DAYS = 3650,
};

struct self_signed {
	EVP_PKEY *key;
	X509 *x;
};

static bool add_names(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	char alternative[TLS_NAME_MAX + sizeof("DNS:")];
	X509_EXTENSION *e;
	bool ok;

	snprintf(alternative, sizeof(alternative), "DNS:%s", name);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
	ok = e && X509_add_ext(x, e, -1) &&
	     X509_NAME_add_entry_by_txt(
		     subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0) &&
	     X509_set_issuer_name(x, subject);
	X509_EXTENSION_free(e);
	return ok;
}

static bool fill(struct self_signed *s, const char *name)
{
	uint64_t serial;

	return RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1 &&
	       X509_set_version(s->x, X509_VERSION_3) &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(s->x), serial >> 1 | 1) &&
	       X509_gmtime_adj(X509_getm_notBefore(s->x), -3600) &&
	       X509_time_adj_ex(X509_getm_notAfter(s->x), DAYS, 0, NULL) &&
	       X509_set_pubkey(s->x, s->key) && add_names(s->x, name) &&
	       X509_sign(s->x, s->key, EVP_sha256()) > 0;
}

static void release(struct self_signed *s)
{
	EVP_PKEY_free(s->key);
	X509_free(s->x);
}

static bool make(struct self_signed *s, const char *name, char why[TLS_WHY_MAX])
{
	const char *text;

	ERR_clear_error();
	s->key = EVP_EC_gen("P-256");
	s->x = X509_new();
	if (s->key && s->x && fill(s, name))
		return true;
	text = ERR_reason_error_string(ERR_peek_last_error());
	snprintf(why, TLS_WHY_MAX, "cannot make a certificate for %.60s: %s", name,
		text ? text : "no reason given");
	ERR_clear_error();
	release(s);
	return false;
}

bool tls_self_signed_use(SSL_CTX *ctx, const char *name, char why[TLS_WHY_MAX])
{
	struct self_signed s;
	bool ok;

	if (!make(&s, name, why))
		return false;
	ok = SSL_CTX_use_certificate(ctx, s.x) == 1 && SSL_CTX_use_PrivateKey(ctx, s.key) == 1;
	if (!ok)
		snprintf(why, TLS_WHY_MAX, "cannot use a certificate for %.60s", name);
	release(&s);
	return ok;
}

static bool write_pem(const struct self_signed *s, int fd)
{
	FILE *f = fdopen(fd, "w");
	bool ok;

	if (!f) {
		close(fd);
		return false;
	}
	ok = PEM_write_PrivateKey(f, s->key, NULL, NULL, 0, NULL, NULL) &&
	     PEM_write_X509(f, s->x) && fflush(f) == 0 && fsync(fd) == 0;
	return fclose(f) == 0 && ok;
}

/* 0 or an errno: EEXIST if another server was faster. A new file of our own, mode 0600, gets the
 * name once it is whole: a half-written one would be refused at every start. */
static int write_file(const struct self_signed *s, const char *path)
{
	char part[1024];
	int fd, err, n = snprintf(part, sizeof(part), "%s.XXXXXX", path);

	if (n < 0 || (size_t)n >= sizeof(part))
		return ENAMETOOLONG;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return errno;
	errno = EIO;
	err = write_pem(s, fd) && link(part, path) == 0 ? 0 : errno;
	unlink(part);
	return err;
}

bool tls_self_signed_file(const char *path, const char *name, bool *made, char why[TLS_WHY_MAX])
{
	struct self_signed s;
	int err;

	*made = false;
	if (access(path, F_OK) == 0)
		return true;
	if (!make(&s, name, why))
		return false;
	err = write_file(&s, path);
	release(&s);
	*made = err == 0;
	if (*made || err == EEXIST)
		return true;
	snprintf(why, TLS_WHY_MAX, "%.150s: %s", path, strerror(err));
	return false;
}
