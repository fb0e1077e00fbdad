/*
 * tls_conn.h - one encrypted connection on a handle of the wrapped network: handshake, then plain
 * bytes in and out.
 *
 *     accepted -> (first byte) OpenSSL's object -> handshake -> open -> ended or failed
 *
 * Output is one record for everything that a call is given, up to 16 KB. If the socket does not
 * take a record as a whole, its remainder is kept and its text counts as not taken (`owed`): the
 * caller sends that again, and it is only skipped.
 */
#ifndef TLS_CONN_H
#define TLS_CONN_H

#include "chat/net.h"
#include "tls/tls_context.h"
#include "tls/tls_count.h"
#include "tls/tls_record.h"
#include "tls/tls_ticket.h"

#include "base/list.h"

enum {
	TLS_HANDSHAKE_BYTES = 65536, /* received; a handshake with more is refused */
	TLS_READ_BYTES = 65536,      /* received by one call; the rest waits for the next turn */
	TLS_PENDING_BYTES =
		128 * 1024,       /* refused by the socket; beyond that the connection fails */
	TLS_KEY_UPDATES_MAX = 30, /* in a minute: each costs some hashes, on the client less */
};

enum tls_flag {
	TLS_FIRST = 1 << 0,            /* the first byte was seen */
	TLS_OPEN = 1 << 1,             /* the handshake is done */
	TLS_MORE = 1 << 2,             /* to be gone on with in the next turn, without an event */
	TLS_EOF = 1 << 3,              /* the stream has ended */
	TLS_GONE = 1 << 5,             /* NET_GONE was reported during the handshake */
	TLS_NO_ALPN = 1 << 6,          /* no protocol in common */
	TLS_RENEGED = 1 << 7,          /* the client asked for another handshake */
	TLS_LISTED = 1 << 8,           /* on tls_net's list of those with more to read */
	TLS_WATCHED = 1 << 9,          /* the caller watches it */
	TLS_STARTED = 1 << 11,         /* counts as a handshake in progress */
	TLS_CLOSED_NOTIFIED = 1 << 12, /* close_notify has come: tls_stream.c */
};

/* Ciphertext that the socket has not taken. */
struct tls_pending {
	uint32_t at, len, size; /* bytes [at, len) of size */
	uint8_t bytes[];
};

struct tls_handshake;
struct tls_stream;

/* Shared by all connections. */
struct tls_shared {
	struct net *inner;
	BIO_METHOD *bio;
	struct tls_context *context;
	struct ticket_keys tickets;
	nsec_t now; /* of this turn */
	uint64_t counts[TLS_COUNTS];
	struct tls_ciphers ciphers;
	bool own_records;           /* tls_stream.h, where possible */
	uint8_t record[RECORD_MAX]; /* the text of the record that is being made, or all of it */
	uint8_t input[RECORD_MAX];  /* while it is parsed */
};

struct tls_conn {
	struct tls_shared *shared;
	SSL *ssl; /* NULL: no byte was received yet, it has failed, or there is a stream */
	struct tls_stream *stream; /* of an open connection without OpenSSL's object */
	struct tls_pending *pending;
	struct tls_handshake *handshake; /* NULL: done */
	uint64_t tag;                    /* of the caller's watch */
	int handle;
	int error;       /* errno of the socket; 0: none */
	uint32_t owed;   /* bytes of text in pending: not reported as taken yet */
	uint32_t budget; /* bytes that this call may still receive */
	uint16_t flags;
	uint8_t asked;  /* enum net_ready, by the caller's watch */
	uint8_t reason; /* enum tls_count: why it failed or ended; 0: it has not, or in order */
	uint8_t key_updates;    /* in this minute: */
	uint16_t update_minute; /* by its low bits */
};

enum tls_progress {
	TLS_WANTS_INPUT,
	TLS_DONE,
	TLS_REFUSED, /* c->reason says why */
};

/* The tag of its readiness in the wrapped network: it holds the handle. */
static inline uint64_t tls_tag(const struct tls_conn *c)
{
	return NET_TAGS_TLS | (uint64_t)c->handle;
}

/* Sets the callbacks of a context. */
void tls_conn_callbacks(SSL_CTX *ctx);

/* Goes on with the handshake as far as the received bytes allow. */
enum tls_progress tls_conn_handshake(struct tls_conn *c);

/* As recv() of chat/net.h, of an open connection. A result below len means that the socket is
 * empty, or TLS_MORE is set. */
ssize_t tls_conn_recv(struct tls_conn *c, void *buf, size_t len);

/* As send() of chat/net.h, of an open connection. */
ssize_t tls_conn_send(struct tls_conn *c, const struct iovec *iov, int count);

/* Sends close_notify, if the connection is open and its socket takes it, and frees everything but c
 * itself and its handshake. */
void tls_conn_end(struct tls_conn *c);

/* Frees everything but c itself and its handshake; nothing is sent. */
void tls_conn_drop(struct tls_conn *c);

/* Records why the connection fails, and counts it once. */
void tls_conn_fail(struct tls_conn *c, enum tls_count why);

/* Counts a key update of the client; false if these are too many. */
bool tls_conn_key_update(struct tls_conn *c);

/* Copies up to a record of the text from byte `from` on; returns how much. */
size_t tls_gather(uint8_t *to, const struct iovec *iov, int count, size_t from);

/* Describes an open connection. */
void tls_conn_about(const struct tls_conn *c, struct net_secure *out);

#endif
