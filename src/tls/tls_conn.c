/* tls_conn.c - handshake, records in and out of one connection, by OpenSSL. */
#include "tls/tls_conn.h"

#include "tls/tls_bio.h"
#include "tls/tls_handshake.h"
#include "tls/tls_stream.h"

#include <openssl/err.h>

#include <errno.h>
#include <stdlib.h>

void tls_conn_fail(struct tls_conn *c, enum tls_count why)
{
	if (c->reason)
		return;
	c->reason = (uint8_t)why;
	c->shared->counts[why]++;
}

bool tls_conn_key_update(struct tls_conn *c)
{
	uint16_t minute = (uint16_t)(c->shared->now / (60 * NSEC_SEC));

	if (minute != c->update_minute)
		c->key_updates = 0;
	c->update_minute = minute;
	return ++c->key_updates <= TLS_KEY_UPDATES_MAX;
}

/* ---- callbacks of OpenSSL ---- */

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
	struct tls_conn *c = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	SSL_set_SSL_CTX(ssl, tls_context_for(c->shared->context, name));
	return SSL_TLSEXT_ERR_OK;
}

/* A client that names only other protocols is not ours: a browser that was led to IRC's port. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
	const unsigned char *offered, unsigned offered_len, void *arg)
{
	struct tls_conn *c = SSL_get_app_data(ssl);

	if (SSL_select_next_proto((unsigned char **)out, len,
		    (const unsigned char *)c->handshake->alpn, (unsigned)strlen(c->handshake->alpn),
		    offered, offered_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	c->flags |= TLS_NO_ALPN;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
	EVP_MAC_CTX *mac, int seal)
{
	struct tls_shared *s = ((struct tls_conn *)SSL_get_app_data(ssl))->shared;
	const struct ticket_key *k;

	if (!seal)
		return ticket_open(ticket_key_find(&s->tickets, name), iv, cipher, mac);
	k = ticket_key_now(&s->tickets, s->now);
	if (k)
		memcpy(name, k->name, sizeof(k->name));
	return ticket_seal(k, iv, cipher, mac);
}

/* Lines of the format of NSS's key log: a label, the client's random, the secret. */
static void on_secret(const SSL *ssl, const char *line)
{
	static const char *const labels[] = {
		[RECORD_OPEN] = "CLIENT_TRAFFIC_SECRET_0 ",
		[RECORD_SEAL] = "SERVER_TRAFFIC_SECRET_0 ",
	};
	struct tls_handshake *h = ((struct tls_conn *)SSL_get_app_data(ssl))->handshake;
	const char *hex = strrchr(line, ' ');

	for (int i = 0; h && hex && i < 2; i++)
		if (strncmp(line, labels[i], strlen(labels[i])) == 0 &&
			OPENSSL_hexstr2buf_ex(h->secrets[i], TLS_SECRET_MAX, &h->secret_len[i],
				hex + 1, '\0') != 1)
			h->secret_len[i] = 0;
}

/* Counts the records sent under the server's traffic secret, and the messages that cost work and
 * bring nothing. */
static void on_message(int out, int version, int type, const void *p, size_t len, SSL *ssl, void *a)
{
	struct tls_conn *c = SSL_get_app_data(ssl);

	if (out && type == SSL3_RT_HEADER && c->handshake && c->handshake->secret_len[RECORD_SEAL])
		c->handshake->sealed++;
	if (out || type != SSL3_RT_HANDSHAKE || len == 0 || !(c->flags & TLS_OPEN))
		return;
	if (*(const uint8_t *)p == SSL3_MT_KEY_UPDATE && !tls_conn_key_update(c))
		tls_conn_fail(c, TLS_KEY_UPDATES);
}

/* OpenSSL answers an attempt to renegotiate with a warning: the connection ends instead. */
static void on_info(const SSL *ssl, int where, int alert)
{
	struct tls_conn *c = SSL_get_app_data(ssl);

	if (where == SSL_CB_WRITE_ALERT && (alert & 0xff) == SSL_AD_NO_RENEGOTIATION)
		tls_conn_fail(c, TLS_RENEGOTIATION);
}

void tls_conn_callbacks(SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	SSL_CTX_set_msg_callback(ctx, on_message);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_keylog_callback(ctx, on_secret);
}

/* ---- failures ---- */

static enum tls_count handshake_reason(const struct tls_conn *c)
{
	unsigned long e = ERR_peek_error();

	if (c->flags & TLS_NO_ALPN)
		return TLS_ALPN;
	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return TLS_NO_MEMORY;
	if ((c->flags & TLS_EOF) || c->error)
		return TLS_CLOSED;
	if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) >= SSL_AD_REASON_OFFSET)
		return TLS_ALERTED;
	switch (ERR_GET_REASON(e)) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_UNKNOWN_PROTOCOL: return TLS_VERSION;
	case SSL_R_CERTIFICATE_VERIFY_FAILED: /* its kind of key: tls_context.c */
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
	case SSL_R_NO_SHARED_GROUPS: return TLS_CIPHER;
	default: return TLS_BAD_HANDSHAKE;
	}
}

void tls_conn_drop(struct tls_conn *c)
{
	SSL_free(c->ssl);
	tls_stream_free(c->stream);
	free(c->pending);
	c->ssl = NULL;
	c->stream = NULL;
	c->pending = NULL;
	c->owed = 0;
}

/* Reads what the client has sent so far: closing a socket with unread bytes resets the connection,
 * and the client might not see the reason. */
static void read_away(struct tls_conn *c)
{
	struct net *n = c->shared->inner;

	if (!(c->flags & TLS_EOF) && !c->error)
		n->ops->recv(n, c->handle, c->shared->input, sizeof(c->shared->input));
}

static enum tls_progress refuse(struct tls_conn *c, enum tls_count why)
{
	tls_conn_fail(c, why);
	read_away(c);
	ERR_clear_error();
	tls_conn_drop(c);
	return TLS_REFUSED;
}

/* ---- handshake ---- */

static bool begin(struct tls_conn *c)
{
	SSL *ssl = SSL_new(c->shared->context->of[0]);
	BIO *bio = ssl ? BIO_new(c->shared->bio) : NULL;

	if (!bio || SSL_set_app_data(ssl, c) != 1) {
		BIO_free(bio);
		SSL_free(ssl);
		return false;
	}
	BIO_set_data(bio, c);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_accept_state(ssl);
	c->ssl = ssl;
	return SSL_set_min_proto_version(ssl, c->handshake->version_min) == 1;
}

/* Once open, a whole buffer is received at once; before, single records, so that nothing but the
 * handshake is in OpenSSL's object when it is done. */
static void opened(struct tls_conn *c)
{
	c->flags |= TLS_OPEN;
	SSL_set_read_ahead(c->ssl, 1);
	c->shared->counts[TLS_OPENED]++;
	c->shared->counts[TLS_RESUMED] += (uint64_t)SSL_session_reused(c->ssl);
	if (c->shared->own_records)
		tls_stream_take_over(c);
}

enum tls_progress tls_conn_handshake(struct tls_conn *c)
{
	int done;

	ERR_clear_error();
	if (!c->ssl && !begin(c))
		return refuse(c, TLS_NO_MEMORY);
	c->budget = TLS_HANDSHAKE_BYTES + 1;
	done = SSL_do_handshake(c->ssl);
	if (done == 1) {
		opened(c);
		return TLS_DONE;
	}
	if (SSL_get_error(c->ssl, done) == SSL_ERROR_WANT_READ && !c->reason && !c->error)
		return TLS_WANTS_INPUT;
	return refuse(c, handshake_reason(c));
}

/* ---- records ---- */

/* The end of the stream or a failure, after the last byte was handed over. */
static ssize_t ended(struct tls_conn *c, int ssl_error)
{
	if (ssl_error == SSL_ERROR_ZERO_RETURN)
		return 0;
	if ((c->flags & TLS_EOF) && !c->reason) {
		tls_conn_fail(c, TLS_TRUNCATED);
		return 0;
	}
	if (c->error)
		return -c->error;
	tls_conn_fail(c, ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE ? TLS_NO_MEMORY
										  : TLS_BAD_RECORD);
	return -EPROTO;
}

ssize_t tls_conn_recv(struct tls_conn *c, void *buf, size_t len)
{
	size_t sum = 0, got;
	int error = SSL_ERROR_NONE;

	if (c->stream)
		return tls_stream_recv(c, buf, len);
	if (!c->ssl)
		return -EPROTO;
	ERR_clear_error();
	c->budget = TLS_READ_BYTES;
	c->flags &= (uint16_t)~TLS_MORE;
	while (sum < len && SSL_read_ex(c->ssl, (char *)buf + sum, len - sum, &got) == 1)
		sum += got;
	if (sum < len)
		error = SSL_get_error(c->ssl, 0);
	if (c->reason)
		return -EPROTO;
	if (sum == 0 && error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ)
		return ended(c, error);
	if (sum > 0 && sum < len && error != SSL_ERROR_WANT_READ)
		c->flags |= TLS_MORE; /* the end follows */
	return sum ? (ssize_t)sum : -EAGAIN;
}

size_t tls_gather(uint8_t *to, const struct iovec *iov, int count, size_t from)
{
	size_t n = 0;

	for (int i = 0; i < count && n < RECORD_TEXT_MAX; i++) {
		size_t skip = size_min(from, iov[i].iov_len);
		size_t part = size_min(iov[i].iov_len - skip, RECORD_TEXT_MAX - n);

		memcpy(to + n, (const char *)iov[i].iov_base + skip, part);
		from -= skip;
		n += part;
	}
	return n;
}

/* Encrypts one record and sends it; false if it failed. */
static bool put_record(struct tls_conn *c, size_t len)
{
	size_t done;

	return SSL_write_ex(c->ssl, c->shared->record, len, &done) == 1 && done == len;
}

ssize_t tls_conn_send(struct tls_conn *c, const struct iovec *iov, int count)
{
	size_t taken, n;
	int err;

	if ((!c->ssl && !c->stream) || (c->reason && c->reason != TLS_TRUNCATED))
		return -EPROTO;
	if (c->stream)
		return tls_stream_send(c, iov, count);
	err = tls_flush(c);
	if (err)
		return err;
	ERR_clear_error();
	taken = c->owed;
	c->owed = 0;
	while ((n = tls_gather(c->shared->record, iov, count, taken)) > 0) {
		if (!put_record(c, n))
			return c->error ? -c->error : -EPROTO;
		if (c->pending) {
			c->owed = (uint32_t)n;
			return taken ? (ssize_t)taken : -EAGAIN;
		}
		taken += n;
	}
	return (ssize_t)taken;
}

void tls_conn_end(struct tls_conn *c)
{
	ERR_clear_error();
	if (c->stream)
		tls_stream_end(c);
	if (c->ssl && (c->flags & TLS_OPEN) && !c->pending && !c->error && !SSL_in_init(c->ssl))
		SSL_shutdown(c->ssl);
	tls_conn_drop(c);
}

/* ---- description ---- */

void tls_conn_about(const struct tls_conn *c, struct net_secure *out)
{
	X509 *x = c->ssl ? SSL_get0_peer_certificate(c->ssl) : NULL;

	*out = (struct net_secure){0};
	if (c->stream)
		tls_stream_about(c->stream, out);
	if (!c->ssl || !(c->flags & TLS_OPEN))
		return;
	out->version = SSL_get_version(c->ssl);
	out->cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(c->ssl));
	out->has_certificate = x && X509_digest(x, EVP_sha256(), out->fingerprint, NULL) == 1;
}
