/*
 * ws_conn.h - an open WebSocket connection (RFC 6455) that carries lines: what its owner reads and
 * writes is the byte stream of a plain connection, CR LF behind each line; on the wire each line is
 * a message of its own, without them.
 *
 *     client  [text: NICK x] [ping] [text: USER ...]   -->  recv()  NICK x\r\nUSER ...\r\n
 *     client  [text: :irc.example 001 x :Welcome]      <--  send()  :irc.example 001 x :Welcome\r\n
 *
 * wslay parses what arrives, and answers pings and the closing handshake. Its object, 5 KB, exists
 * only while a frame or a fragmented message is incomplete. Nothing is collected: a message is
 * passed on as it comes, so its length is limited by the reader, as that of any line. Frames out
 * are a head of two or four bytes before a line that was encoded for all its readers. If the socket
 * does not take them all, the remainder is kept and its lines count as not taken (`owed`): the
 * caller sends them again, and they are only skipped.
 */
#ifndef WEB_WS_CONN_H
#define WEB_WS_CONN_H

#include "base/tlv.h"
#include "chat/net.h"
#include "web/ws_handshake.h"

enum {
	WS_FRAME_MAX = 16384,        /* bytes of a received frame; a longer one ends it: 1009 */
	WS_READ_MIN = 16,            /* of a buffer that is received into */
	WS_LINE_MAX = 12288,         /* of a line sent in one message; the rest is another */
	WS_OUTPUT_BYTES = 64 * 1024, /* encoded at once, or answers to what was received at once */
	WS_PENDING_PAUSE = WS_OUTPUT_BYTES + 4096, /* not taken by the socket: no more is read */
};

enum ws_flag {
	WS_UTF8 = 1 << 0,    /* frames of text: bytes that are not UTF-8 are sent as U+FFFD */
	WS_MORE = 1 << 1,    /* to be gone on with in the next turn, without an event */
	WS_LISTED = 1 << 2,  /* on ws_net's list of those */
	WS_WATCHED = 1 << 3, /* the caller watches it */
	WS_PAUSED = 1 << 4,  /* there was more to read when too much was pending */
	WS_CLOSED = 1 << 5,  /* our close frame was sent: nothing may follow */
	WS_ENDED = 1 << 6,   /* nothing more is read */
};

/* Reasons to end a connection. */
enum ws_count {
	WS_NOT_COUNTED,
	WS_PROTOCOL_ERROR, /* 1002 */
	WS_NOT_UTF8,       /* 1007 */
	WS_TOO_BIG,        /* 1009 */
	WS_NO_MEMORY,
	WS_OTHER_ORIGIN,  /* refused: 403 */
	WS_BAD_HANDSHAKE, /* refused: 400, 426 */
	WS_QUEUE_FULL,    /* refused: 503 */
	WS_COUNTS,
};

struct ws_input;

/* Bytes that the socket has not taken. */
struct ws_pending {
	uint32_t at, len;
	char bytes[];
};

/* Shared by all connections. */
struct ws_shared {
	struct net *inner;
	uint64_t counts[WS_COUNTS];
	struct {
		char *to; /* what was read, len of size bytes */
		size_t len, size;
		size_t budget; /* bytes that may still be received */
		bool spent;    /* it was too small */
		bool eof;
	} reading;                    /* the call of ws_conn_recv() */
	char output[WS_OUTPUT_BYTES]; /* while it is encoded: */
	size_t output_len;
	char line[WS_LINE_MAX + 1]; /* while it is mended */
};

struct ws_conn {
	struct ws_shared *shared;
	struct ws_input *input; /* NULL: between two messages */
	struct ws_pending *pending;
	uint64_t tag; /* of the caller's watch */
	int handle;
	int error;     /* errno of the socket; 0: none */
	uint32_t owed; /* bytes of lines in pending: not reported as taken yet */
	uint8_t flags;
	uint8_t asked;  /* enum net_ready, by the caller's watch */
	uint8_t reason; /* enum ws_count */
};

/* Name and sentence of a reason. */
const char *ws_count_name(enum ws_count why);
const char *ws_count_text(enum ws_count why);

/* Counts a reason and keeps it as that of the connection. */
void ws_conn_fail(struct ws_conn *c, enum ws_count why);

/* Sends bytes as they are, before all lines; what the socket does not take is kept. */
void ws_conn_put(struct ws_conn *c, const char *bytes, size_t len);

/* Sends what is pending. 0: nothing is; or -errno. */
int ws_conn_flush(struct ws_conn *c);

/* As recv() of chat/net.h. A result below len means that the socket is empty, or that WS_MORE is
 * set. len is at least WS_READ_MIN. */
ssize_t ws_conn_recv(struct ws_conn *c, char *buf, size_t len);

/* As send() of chat/net.h. */
ssize_t ws_conn_send(struct ws_conn *c, const struct iovec *iov, int count);

/* send() in two halves, for a batch (net/net_batch.h). The bytes that ws_conn_encode() may need for
 * these lines; 0: this must be done by ws_conn_send(). */
size_t ws_conn_room(const struct ws_conn *c, const struct iovec *iov, int count);

/* Writes the messages of all of them; returns how many bytes: 0 if each line is empty. */
size_t ws_conn_encode(struct ws_conn *c, const struct iovec *iov, int count, char *to);

/* The result of s, after its messages, len bytes, were sent with the result `done`. */
ssize_t ws_conn_encoded(
	struct ws_conn *c, const struct net_send *s, const char *bytes, size_t len, ssize_t done);

/* Hands the connection to another process: appends its record, or -errno if a frame or a message is
 * incomplete. */
int ws_conn_give(const struct ws_conn *c, struct tlv_out *out);

/* Makes c, which is zero but for its handle and what is shared, such a connection; false if the
 * record is not valid or out of memory. */
bool ws_conn_take(struct ws_conn *c, struct tlv_in in);

/* Sends a close frame, if none was sent and the socket takes it, and frees everything but c. */
void ws_conn_end(struct ws_conn *c);

#endif
