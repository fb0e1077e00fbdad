/*
 * below.h - what a stream socket asks of its connection: decisions are taken from one snapshot,
 * deeds are few. below_tcp.c answers from the stack; tests answer by hand. Private to the room.
 *
 *     socket                        connection
 *     conn_facts()  ------------->  state, error, shutdown, bytes, room, urgent
 *     conn_send() conn_recv() ... ->
 *     sock_news()   <-------------  something of the above has changed: marks and queues only
 */
#ifndef SOCKET_BELOW_H
#define SOCKET_BELOW_H

#include "socket/msg.h"
#include "socket/sock.h"

#include <netinet/tcp.h>

enum conn_shut {
	SHUT_IN = 1 << 0,  /* nothing more will be received: RCV_SHUTDOWN */
	SHUT_OUT = 1 << 1, /* nothing more may be sent: SEND_SHUTDOWN */
	SHUT_ALL = SHUT_IN | SHUT_OUT,
};

enum conn_urgent {
	URGENT_NONE,
	URGENT_COMING, /* announced, not here yet */
	URGENT_HERE,
	URGENT_READ,
};

/* A connection as its socket sees it, at one moment. */
struct conn_facts {
	uint8_t state;  /* TCP_ESTABLISHED ... as in libc */
	uint8_t shut;   /* enum conn_shut */
	uint8_t urgent; /* enum conn_urgent */
	uint8_t urgent_byte;
	bool done;         /* it has ended by the peer's doing: an end of file, not "never was" */
	bool deferred;     /* TCP_FASTOPEN_CONNECT: the SYN waits for the first data */
	bool fast_open;    /* SYN-RECEIVED through Fast Open: data may flow already */
	bool at_mark;      /* the next byte in sequence is the urgent one */
	bool room;         /* a send would take at least a byte */
	bool writable;     /* enough room for EPOLLOUT (a third free, TCP_NOTSENT_LOWAT) */
	bool accept;       /* a connection waits in the accept queue */
	int err, soft_err; /* SO_ERROR, if positive */
	uint32_t readable; /* bytes in sequence, without the urgent one unless inline */
	uint32_t unacked;  /* SIOCOUTQ */
	uint32_t unsent;   /* SIOCOUTQNSD */
	uint32_t unread;   /* bytes received and not read, FIN and urgent included: SIOCINQ */
};

void conn_facts(const struct tcp_conn *c, struct conn_facts *f);

/* A fresh connection of the instance, whose news goes to s. NULL: memory is out. */
struct tcp_conn *conn_new(struct bs *bs, struct sock *s);

int conn_bind(struct bs *bs, struct sock *s, const struct endpoint *e);
int conn_listen(struct bs *bs, struct sock *s, int backlog);
int conn_connect(struct bs *bs, struct sock *s, const struct endpoint *to);
void conn_disconnect(struct bs *bs, struct sock *s);
void conn_shutdown(struct bs *bs, struct sock *s, uint8_t shut);

/* The oldest connection of the accept queue, whose news goes to `to` from now on; or NULL. */
struct tcp_conn *conn_accept(struct bs *bs, struct sock *listener, struct sock *to);

/* The program has closed s: the stack takes the connection and does the rest. abort: SO_LINGER
 * with zero, or unread data. */
void conn_close(struct bs *bs, struct sock *s, bool abort);

void conn_local(const struct tcp_conn *c, struct endpoint *e);
void conn_peer(const struct tcp_conn *c, struct endpoint *e);

/* What one send is. */
struct conn_send {
	struct iov_at at;
	size_t n;
	const struct endpoint *to; /* MSG_FASTOPEN: connect with it; else NULL */
	bool oob;                  /* MSG_OOB: the last byte is urgent */
	bool more;                 /* MSG_MORE */
	bool eor;                  /* MSG_EOR */
};

/* Queues as much of it as there is room for; 0 if none. */
size_t conn_send(struct bs *bs, struct tcp_conn *c, struct conn_send *w);

/* Connects to w->to (NULL: where a deferred connect said) and puts what fits into the SYN: the
 * bytes taken, 0 if there is no cookie yet, or an error of conn_connect(). */
ssize_t conn_fast_open(struct bs *bs, struct sock *s, struct conn_send *w);

/* What one receive is: stops at the urgent byte, and at the end of what has come. */
struct conn_recv {
	struct iov_at at;
	size_t n;
	bool begun;   /* bytes were read before in this call: stop at the urgent byte */
	bool peek;    /* leave it there */
	bool discard; /* MSG_TRUNC: count, do not copy */
	bool mark;    /* out: stopped at the urgent byte */
};

size_t conn_recv(struct bs *bs, struct tcp_conn *c, struct conn_recv *r);

/* The program has taken the urgent byte (MSG_OOB). */
void conn_urgent_taken(struct tcp_conn *c);

/* SO_ERROR: gives the error and forgets it. */
int conn_take_error(struct tcp_conn *c);

/* The program waits for room: news when EPOLLOUT holds again (SOCK_NOSPACE). */
void conn_want_room(struct tcp_conn *c);

/* SO_RCVLOWAT: no news of data below n bytes. */
void conn_rcvlowat(struct bs *bs, struct sock *s, uint32_t n);

/* From below: EPOLL* bits that may have become true, 0 for any change of state. */
void sock_news(struct bs *bs, struct sock *s, uint32_t key);

#endif
