/*
 * tls_stream.h - an open connection of TLS 1.3 without OpenSSL's object: the records of
 * tls_record.h, alerts (RFC 8446 section 6), key updates (4.6.3). It costs some 200 bytes.
 */
#ifndef TLS_STREAM_H
#define TLS_STREAM_H

#include "tls/tls_conn.h"
#include "tls/tls_record.h"

/* Bytes received and not yet handed over. */
struct stream_kept {
	uint32_t text, len; /* [0, text): decrypted; [text, len): encrypted */
	uint8_t bytes[];
};

struct tls_stream {
	struct record_keys *keys;
	struct stream_kept *kept; /* NULL: nothing */
	bool update;              /* the next send begins with a key update of ours */
	bool asked;               /* which asks the client for one, and it has not come yet */
	bool has_certificate;
	uint8_t idle;          /* records without data in a row: STREAM_IDLE_MAX */
	uint8_t part;          /* bytes of a key update whose rest has not come yet */
	uint8_t fingerprint[]; /* if has_certificate */
};

enum {
	STREAM_IDLE_MAX = 32, /* empty records in a row; more is a flood */
	KEY_UPDATE_PARTS = 5, /* bytes of a key update */
};

/* Takes the connection over from OpenSSL's object, which it frees, if it can: TLS 1.3, one of our
 * suites, records of the usual size. If it cannot, nothing has changed. */
void tls_stream_take_over(struct tls_conn *c);

/* As tls_conn_recv(), tls_conn_send() and tls_conn_end(), of a connection that was taken over. */
ssize_t tls_stream_recv(struct tls_conn *c, void *buf, size_t len);
ssize_t tls_stream_send(struct tls_conn *c, const struct iovec *iov, int count);
void tls_stream_end(struct tls_conn *c);

/* tls_stream_send() in two halves, for text that becomes one record and nothing else: how many
 * bytes that is, 0 if it does not; seals it at `to`, returns its bytes, or 0 with c->error; and the
 * result, once the wrapped network was asked to send the record, with the result `done`. */
size_t tls_stream_room(const struct tls_conn *c, const struct iovec *iov, int count);
size_t tls_stream_seal(struct tls_conn *c, const struct iovec *iov, int count, uint8_t *to);
ssize_t tls_stream_sealed(
	struct tls_conn *c, const struct iovec *record, size_t text, ssize_t done);

/* Describes it. */
void tls_stream_about(const struct tls_stream *s, struct net_secure *out);

/* Wipes and frees; s may be NULL. */
void tls_stream_free(struct tls_stream *s);

#endif
