/*
 * tls_stream.c - records to text and back, for one connection.
 *
 * Received bytes lie in the shared buffer while a call lasts; what is left of them is kept:
 *
 *     kept -> | text | records ... | <- socket         one record after the other is opened in
 * place
 *
 * RFC 8446 lets a client split a handshake message over records. The only one that may come here is
 * a KeyUpdate: five bytes, the first four always the same, so that their number is all to remember.
 */
#include "tls/tls_stream.h"

#include "tls/tls_bio.h"
#include "tls/tls_handshake.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <stdlib.h>

enum {
	KEY_UPDATE = 24, /* 4: HandshakeType */
	KEY_UPDATE_SIZE = 5,
	KEY_UPDATE_HEAD = 4, /* its type and length */
	ALERT_SIZE = 2,
	LEVEL_WARNING = 1,
	LEVEL_FATAL = 2,
};

/* ---- taking over ---- */

/* Whether the records of the connection are such as we make. Returns the suite, or -1. */
static int suite_of(const struct tls_conn *c)
{
	const SSL_SESSION *session = SSL_get0_session(c->ssl);

	if (SSL_version(c->ssl) != TLS1_3_VERSION || SSL_has_pending(c->ssl) ||
		SSL_SESSION_get_max_fragment_length(session) != TLSEXT_max_fragment_length_DISABLED)
		return -1;
	return tls_suite_find(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(c->ssl)));
}

void tls_stream_take_over(struct tls_conn *c)
{
	const struct tls_handshake *h = c->handshake;
	X509 *x = SSL_get0_peer_certificate(c->ssl);
	int suite = suite_of(c);
	const struct tls_suite *about = tls_suite_at(suite < 0 ? 0 : suite);
	struct tls_stream *s;

	if (suite < 0 || h->secret_len[0] != about->secret || h->secret_len[1] != about->secret)
		return;
	s = calloc(1, sizeof(*s) + (x ? NET_FINGERPRINT : 0));
	if (!s)
		return;
	s->has_certificate = x && X509_digest(x, EVP_sha256(), s->fingerprint, NULL) == 1;
	s->keys =
		record_keys_new(suite, h->secrets[RECORD_OPEN], h->secrets[RECORD_SEAL], h->sealed);
	if (!s->keys) {
		free(s);
		return;
	}
	SSL_free(c->ssl);
	c->ssl = NULL;
	c->stream = s;
}

void tls_stream_about(const struct tls_stream *s, struct net_secure *out)
{
	out->version = "TLSv1.3";
	out->cipher = tls_suite_at(s->keys->suite)->name;
	out->has_certificate = s->has_certificate;
	if (s->has_certificate)
		memcpy(out->fingerprint, s->fingerprint, NET_FINGERPRINT);
}

void tls_stream_free(struct tls_stream *s)
{
	if (!s)
		return;
	record_keys_free(s->keys);
	if (s->kept)
		OPENSSL_cleanse(s->kept, sizeof(*s->kept) + s->kept->len);
	free(s->kept);
	free(s);
}

/* ---- sealing ---- */

/* Seals the text behind the header of a record; 0: the connection has failed. */
static size_t seal(struct tls_conn *c, enum record_type type, uint8_t *record, size_t len)
{
	size_t size = record_seal(&c->shared->ciphers, c->stream->keys, type, record, len);

	if (size == 0)
		c->error = EPROTO;
	return size;
}

/* Seals and sends what lies in the shared record; false: the connection has failed. */
static bool put(struct tls_conn *c, enum record_type type, size_t len)
{
	uint8_t *record = c->shared->record;
	size_t size = seal(c, type, record, len);

	return size && tls_put(c, record, size);
}

/* 6: after an alert nothing more is sent. */
static void send_alert(struct tls_conn *c, uint8_t level, enum record_alert alert)
{
	uint8_t *text = c->shared->record + RECORD_HEADER;

	if (c->error || c->pending)
		return;
	text[0] = level;
	text[1] = (uint8_t)alert;
	put(c, RECORD_ALERT, ALERT_SIZE);
}

/* 4.6.3: the message goes under the old key. */
static bool send_key_update(struct tls_conn *c)
{
	struct record_keys *k = c->stream->keys;
	uint8_t *text = c->shared->record + RECORD_HEADER;
	const uint8_t message[KEY_UPDATE_SIZE] = {KEY_UPDATE, 0, 0, 1, c->stream->asked};

	memcpy(text, message, sizeof(message));
	c->stream->update = false;
	return put(c, RECORD_HANDSHAKE, sizeof(message)) && record_keys_update(k, RECORD_SEAL);
}

ssize_t tls_stream_send(struct tls_conn *c, const struct iovec *iov, int count)
{
	struct tls_stream *s = c->stream;
	uint8_t *text = c->shared->record + RECORD_HEADER;
	size_t taken, n;
	int err = tls_flush(c);

	if (err)
		return err;
	taken = c->owed;
	c->owed = 0;
	while ((n = tls_gather(text, iov, count, taken)) > 0) {
		if (s->update || s->keys->seq[RECORD_SEAL] >= RECORD_KEY_USES) {
			if (!send_key_update(c))
				return -EPROTO;
			tls_gather(text, iov, count, taken); /* the message lay there */
		}
		if (!put(c, RECORD_DATA, n))
			return -c->error;
		if (c->pending) {
			c->owed = (uint32_t)n;
			return taken ? (ssize_t)taken : -EAGAIN;
		}
		taken += n;
	}
	return (ssize_t)taken;
}

size_t tls_stream_room(const struct tls_conn *c, const struct iovec *iov, int count)
{
	const struct tls_stream *s = c->stream;
	bool failed = c->error || (c->reason && c->reason != TLS_TRUNCATED);
	size_t text = 0;

	if (failed || c->pending || c->owed || s->update ||
		s->keys->seq[RECORD_SEAL] >= RECORD_KEY_USES)
		return 0;
	for (int i = 0; i < count; i++)
		text += iov[i].iov_len;
	return text == 0 || text > RECORD_TEXT_MAX ? 0 : text + RECORD_OVERHEAD;
}

size_t tls_stream_seal(struct tls_conn *c, const struct iovec *iov, int count, uint8_t *to)
{
	return seal(c, RECORD_DATA, to, tls_gather(to + RECORD_HEADER, iov, count, 0));
}

ssize_t tls_stream_sealed(struct tls_conn *c, const struct iovec *record, size_t text, ssize_t done)
{
	if (!tls_sent(c, record->iov_base, record->iov_len, done))
		return -c->error;
	if (!c->pending)
		return (ssize_t)text;
	c->owed = (uint32_t)text;
	return -EAGAIN;
}

void tls_stream_end(struct tls_conn *c)
{
	if (!c->reason || c->reason == TLS_TRUNCATED)
		send_alert(c, LEVEL_WARNING, ALERT_CLOSE_NOTIFY);
}

/* ---- opening ---- */

static bool refuse(struct tls_conn *c, enum record_alert alert, enum tls_count why)
{
	send_alert(c, LEVEL_FATAL, alert);
	tls_conn_fail(c, why);
	return false;
}

/* 4.6.3: the new key holds from the next record on. */
static bool update_key(struct tls_conn *c, uint8_t request)
{
	struct tls_stream *s = c->stream;

	if (request > 1)
		return refuse(c, ALERT_ILLEGAL_PARAMETER, TLS_BAD_RECORD);
	if (!tls_conn_key_update(c))
		return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_KEY_UPDATES);
	s->update |= request;
	s->asked = false;
	s->part = 0;
	return record_keys_update(s->keys, RECORD_OPEN) ||
	       refuse(c, ALERT_INTERNAL_ERROR, TLS_BAD_RECORD);
}

/* 5.1: a piece of a key update or all of it, which must end its record. */
static bool take_key_update(struct tls_conn *c, const struct record_view *v)
{
	static const uint8_t head[KEY_UPDATE_HEAD] = {KEY_UPDATE, 0, 0, 1};
	struct tls_stream *s = c->stream;

	if (v->len > (size_t)(KEY_UPDATE_SIZE - s->part))
		return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
	for (size_t i = 0; i < v->len; i++, s->part++) {
		if (s->part == KEY_UPDATE_HEAD)
			return update_key(c, v->content[i]);
		if (v->content[i] != head[s->part])
			return refuse(c, s->part ? ALERT_DECODE_ERROR : ALERT_UNEXPECTED_MESSAGE,
				TLS_BAD_RECORD);
	}
	return true;
}

/* 6: every alert but these two ends the connection, whatever its level. */
static bool take_alert(struct tls_conn *c, const struct record_view *v)
{
	if (v->len != ALERT_SIZE)
		return refuse(c, ALERT_DECODE_ERROR, TLS_BAD_RECORD);
	if (v->content[1] == ALERT_USER_CANCELED)
		return true;
	if (v->content[1] != ALERT_CLOSE_NOTIFY) {
		tls_conn_fail(c, TLS_ALERTED);
		return false;
	}
	c->flags |= TLS_CLOSED_NOTIFIED;
	return false;
}

/* One record; *v is its text, which may be empty. False: nothing can follow. */
static bool take_record(struct tls_conn *c, uint8_t *record, size_t size, struct record_view *v)
{
	struct tls_stream *s = c->stream;

	if (!record_open(&c->shared->ciphers, s->keys, record, size, v))
		return refuse(c, v->alert, TLS_BAD_RECORD);
	if (s->keys->seq[RECORD_OPEN] >= RECORD_KEY_USES && !s->asked)
		s->update = s->asked = true;
	if (s->part && v->type != RECORD_HANDSHAKE) /* 5.1: nothing may come between */
		return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
	if (v->type == RECORD_DATA && v->len > 0) {
		s->idle = 0;
		return true;
	}
	if (v->len == 0 && v->type != RECORD_DATA) /* 5.4 */
		return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
	if (++s->idle > STREAM_IDLE_MAX)
		return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
	switch (v->type) {
	case RECORD_DATA: return true;
	case RECORD_HANDSHAKE: return take_key_update(c, v) && (v->len = 0, true);
	case RECORD_ALERT: return take_alert(c, v) && (v->len = 0, true);
	default: return refuse(c, ALERT_UNEXPECTED_MESSAGE, TLS_BAD_RECORD);
	}
}

/* Received bytes while a call lasts, in the shared buffer: [at, text) decrypted, [text, end) not.
 */
struct input {
	uint8_t *bytes;
	size_t at, text, end;
	bool dry; /* the socket is empty */
};

static void unkeep(struct tls_stream *s, struct input *in)
{
	if (!s->kept)
		return;
	memcpy(in->bytes, s->kept->bytes, s->kept->len);
	in->text = s->kept->text;
	in->end = s->kept->len;
	OPENSSL_cleanse(s->kept->bytes, s->kept->len);
	free(s->kept);
	s->kept = NULL;
}

static bool keep(struct tls_stream *s, const struct input *in)
{
	size_t len = in->end - in->at;

	if (len == 0)
		return true;
	s->kept = malloc(sizeof(*s->kept) + len);
	if (!s->kept)
		return false;
	s->kept->text = (uint32_t)(in->text - in->at);
	s->kept->len = (uint32_t)len;
	memcpy(s->kept->bytes, in->bytes + in->at, len);
	return true;
}

/* Receives more behind the bytes left, whose text was all handed over. False: nothing came. */
static bool fill(struct tls_conn *c, struct input *in)
{
	struct net *n = c->shared->inner;
	size_t room;
	ssize_t got;

	memmove(in->bytes, in->bytes + in->at, in->end - in->at);
	in->end -= in->at;
	in->at = in->text = 0;
	room = size_min(RECORD_MAX - in->end, c->budget);
	if (in->dry || room == 0) {
		c->flags |= in->dry ? 0 : TLS_MORE;
		return false;
	}
	got = n->ops->recv(n, c->handle, in->bytes + in->end, room);
	in->dry = got < (ssize_t)room;
	if (got == 0)
		c->flags |= TLS_EOF;
	else if (got < 0 && got != -EAGAIN && got != -EINTR)
		c->error = (int)-got;
	if (got <= 0)
		return false;
	c->budget -= (uint32_t)got;
	in->end += (size_t)got;
	return true;
}

/* Opens the next record; its text is at in->at. False: it is not there, or nothing can follow. */
static bool next_record(struct tls_conn *c, struct input *in)
{
	struct record_view v = {.len = 0};
	uint8_t *record = in->bytes + in->at;
	ssize_t size;

	while ((size = record_size(record, in->end - in->at)) == 0 ||
		size > (ssize_t)(in->end - in->at)) {
		if (!fill(c, in))
			return false;
		record = in->bytes;
	}
	if (size < 0)
		return refuse(c, ALERT_RECORD_OVERFLOW, TLS_BAD_RECORD);
	if (!take_record(c, record, (size_t)size, &v))
		return false;
	/* the text moves to the end of its record, so that the next one follows it */
	in->at += (size_t)size;
	memmove(in->bytes + in->at - v.len, v.content ? v.content : record, v.len);
	in->text = in->at;
	in->at -= v.len;
	return true;
}

/* Why no more can be received: 0 at the end, or -errno. */
static ssize_t ended(struct tls_conn *c)
{
	if (c->flags & TLS_CLOSED_NOTIFIED)
		return 0;
	if (c->reason)
		return -EPROTO;
	if (c->error)
		return -c->error;
	if (!(c->flags & TLS_EOF)) /* or TLS_MORE */
		return -EAGAIN;
	tls_conn_fail(c, TLS_TRUNCATED);
	return 0;
}

static size_t take_text(struct input *in, uint8_t *buf, size_t room)
{
	size_t part = size_min(in->text - in->at, room);

	memcpy(buf, in->bytes + in->at, part);
	in->at += part;
	return part;
}

ssize_t tls_stream_recv(struct tls_conn *c, void *buf, size_t len)
{
	struct input in = {.bytes = c->shared->input};
	size_t sum = 0;
	bool on = !c->reason && !(c->flags & TLS_CLOSED_NOTIFIED);

	c->budget = TLS_READ_BYTES;
	c->flags &= (uint16_t)~TLS_MORE;
	if (!on)
		return c->reason == TLS_TRUNCATED ? 0 : ended(c);
	unkeep(c->stream, &in);
	while (on && sum < len) {
		sum += take_text(&in, (uint8_t *)buf + sum, len - sum);
		on = sum == len || next_record(c, &in);
	}
	if (!keep(c->stream, &in))
		tls_conn_fail(c, TLS_NO_MEMORY);
	if (sum == 0 || c->reason == TLS_NO_MEMORY)
		return ended(c);
	if (c->reason || c->error || (c->flags & (TLS_EOF | TLS_CLOSED_NOTIFIED)))
		c->flags |= TLS_MORE; /* the end follows */
	return (ssize_t)sum;
}
