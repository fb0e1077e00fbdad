/*
 * tcp.h - TCP as the socket room sees it. Everything here marks or queues; segments leave in
 * stack_flush(), but for full records of a long tcp_send() (decision 0260). Errors: negative errno.
 *
 *     tcp_new -> tcp_bind -> tcp_listen -> tcp_accept            passive
 *     tcp_new -> [tcp_bind] -> tcp_connect                       active
 *     tcp_send tcp_read tcp_shutdown ... tcp_close               the owner releases it
 *
 * A connection has one owner above (the socket) until tcp_close(); then it lives on alone as long
 * as the protocol needs (orphan), or becomes a small TIME-WAIT record. Upward there is one table,
 * struct tcp_events: its functions may mark and queue, and never call back in here.
 */
#ifndef STACK_TCP_TCP_H
#define STACK_TCP_TCP_H

#include "base/seq.h"
#include "stack/stack.h"

#include <sys/types.h>

struct tcp_conn;
struct icmp_quote;
struct ip_error;

/* RFC 9293 3.3.2; the numbers are those of libc's <netinet/tcp.h> and of TCP_INFO. */
enum tcp_state_name {
	TCPS_ESTABLISHED = 1,
	TCPS_SYN_SENT,
	TCPS_SYN_RCVD,
	TCPS_FIN_WAIT_1,
	TCPS_FIN_WAIT_2,
	TCPS_TIME_WAIT,
	TCPS_CLOSED,
	TCPS_CLOSE_WAIT,
	TCPS_LAST_ACK,
	TCPS_LISTEN,
	TCPS_CLOSING,
	TCPS_COUNT
};

/* Events; the bits are those of EPOLLIN and others. 0: any change of state. */
enum tcp_event {
	TCP_EVENT_IN = 0x001,
	TCP_EVENT_PRI = 0x002,
	TCP_EVENT_OUT = 0x004,
	TCP_EVENT_ERR = 0x008,
	TCP_EVENT_HUP = 0x010,
	TCP_EVENT_RDHUP = 0x2000,
};

/* Set by the socket room. NULL functions are not called. */
struct tcp_events {
	void *ctx;
	/* owner is the argument of tcp_new() or tcp_accept(); not NULL. */
	void (*notify)(void *ctx, void *owner, uint32_t events);
	/* Urgent data was announced (SIGURG). */
	void (*urgent)(void *ctx, void *owner);
	/* All bytes before `end`, counted from the start of the connection, are acknowledged
	 * (MSG_ZEROCOPY, transmit timestamps). Only if requested by tcp_watch_acks(). */
	void (*acked)(void *ctx, void *owner, uint64_t end);
	/* Likewise, when they are sent for the first time. */
	void (*sent)(void *ctx, void *owner, uint64_t end);
	/* An ICMP error ended the opening of a connection with TCPO_RECVERR: err is its errno,
	 * positive; q the quote, whose data is the segment sent, from the TCP header on. */
	void (*icmp)(void *ctx, void *owner, const struct icmp_quote *q, const struct ip_error *e,
		int err);
	/* The owner's connection is now c, and its previous pointer is invalid: the connection
	 * hibernated or woke (tcp_idle.h). Called from stack_timers(), and from any call with that
	 * connection. NULL: connections do not hibernate. */
	void (*moved)(void *ctx, void *owner, struct tcp_conn *c);
};
/* Copies ev. Before the first connection. */
void tcp_set_events(struct stack *s, const struct tcp_events *ev);
/* One end of a connection. */
struct tcp_end {
	struct ip_addr addr;
	uint16_t port;
	uint32_t ifindex; /* scope; 0: none */
};

/* --- opening ---------------------------------------------------------------------------------- */

/* A closed connection of a socket of domain AF_INET6 if v6, else AF_INET. NULL: out of memory. */
struct tcp_conn *tcp_new(struct stack *s, void *owner, bool v6);

/* The current SO_REUSEADDR and SO_REUSEPORT flags; called at bind and whenever they change. */
enum tcp_bind_flag {
	TCP_BIND_REUSEADDR = 1 << 0,
	TCP_BIND_REUSEPORT = 1 << 1,
	TCP_BIND_V6ONLY = 1 << 2,
	TCP_BIND_FREE = 1 << 3,    /* IP_FREEBIND: any address */
	TCP_BIND_NO_PORT = 1 << 4, /* IP_BIND_ADDRESS_NO_PORT */
};
int tcp_set_bind_flags(struct stack *s, struct tcp_conn *c, uint8_t flags); /* -ENOBUFS */

/* Port 0: one is chosen. -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL (already has a port). */
int tcp_bind(struct stack *s, struct tcp_conn *c, const struct tcp_end *e);

/* Listens, or changes the backlog (capped at somaxconn). -EINVAL, -EADDRINUSE. */
int tcp_listen(struct stack *s, struct tcp_conn *c, int backlog);

/* Sends a SYN; 0 means "in progress". With TCP_FASTOPEN_CONNECT and a cookie the SYN waits for the
 * first data: tcp_status.deferred. -EADDRNOTAVAIL, -ENETUNREACH, -EISCONN, -EALREADY, -ENOBUFS. */
int tcp_connect(struct stack *s, struct tcp_conn *c, const struct tcp_end *to);

/* connect() with AF_UNSPEC: back to CLOSED, as new. -ENOBUFS as for tcp_shutdown(). */
int tcp_disconnect(struct stack *s, struct tcp_conn *c);

/* The oldest connection of the accept queue, owned by `owner` from now on; NULL if empty. */
struct tcp_conn *tcp_accept(struct stack *s, struct tcp_conn *listener, void *owner);

/* --- data ------------------------------------------------------------------------------------- */

enum tcp_send_flag {
	TCP_SEND_MORE = 1 << 0, /* MSG_MORE, or the call continues: nothing is pushed */
	TCP_SEND_OOB = 1 << 1,  /* the last byte is urgent */
	TCP_SEND_EOR = 1 << 2,  /* ends a record */
	TCP_SEND_PIN = 1 << 3,  /* for MSG_ZEROCOPY: the bytes are a fragment of their own */
};

/* Queues a copy of as many of the n bytes as fit. Returns that number, 0 if there is no room. The
 * state must allow sending (struct tcp_status). */
size_t tcp_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n, int flags);

/* Queues n bytes at p by reference: takes one reference to ref if it returns true. False: no room
 * (all or nothing; a queue below its limit takes any n). */
bool tcp_send_ref(
	struct stack *s, struct tcp_conn *c, struct chunk *ref, const uint8_t *p, size_t n);

/* Ends a call of one or more tcp_send(TCP_SEND_MORE): pushes as without that flag. */
void tcp_send_push(struct stack *s, struct tcp_conn *c);

/* Data for the SYN of a Fast Open connection: sendto(MSG_FASTOPEN). Returns bytes, or an error;
 * -EINPROGRESS: no cookie yet, the connection opens without data. */
ssize_t tcp_send_fastopen(
	struct stack *s, struct tcp_conn *c, const struct tcp_end *to, const void *p, size_t n);

/* Reads up to n bytes in sequence; stops at the urgent byte. Returns how many. */
struct tcp_read {
	void *to; /* NULL: discard */
	size_t n;
	size_t skip; /* bytes to skip first (with peek) */
	bool peek;
};
size_t tcp_read(struct stack *s, struct tcp_conn *c, const struct tcp_read *r);

/* Ends a read call that copied so many bytes: window update and ACK, if due. */
void tcp_read_done(struct stack *s, struct tcp_conn *c, size_t copied);

/* MSG_OOB has read the urgent byte. */
void tcp_urgent_read(struct tcp_conn *c);

/* --- ending ----------------------------------------------------------------------------------- */

/* Shuts down one direction or both, but not a listener, which tcp_disconnect() ends. -ENOBUFS: c
 * was idle and out of memory, nothing has changed. */
enum tcp_shut {
	TCP_SHUT_RD = 1 << 0,
	TCP_SHUT_WR = 1 << 1,
};
int tcp_shutdown(struct stack *s, struct tcp_conn *c, int shut);
/* Begins a close() that waits: both ways are shut, and the FIN of SYN-RECEIVED leaves, too. */
int tcp_linger(struct stack *s, struct tcp_conn *c);

/* The owner releases c and must not use it again. With unread data, or abort (SO_LINGER 0): RST. */
void tcp_close(struct stack *s, struct tcp_conn *c, bool abort);

/* --- status ----------------------------------------------------------------------------------- */

enum tcp_urgent {
	TCP_URGENT_NONE,
	TCP_URGENT_COMING, /* announced, not received yet */
	TCP_URGENT_HERE,
	TCP_URGENT_READ,
};

/* Snapshot of a connection's status. */
struct tcp_status {
	uint8_t state, shut;         /* enum tcp_state_name, enum tcp_shut */
	uint8_t urgent, urgent_byte; /* enum tcp_urgent */
	bool done;                   /* the peer's FIN was received: an end of file, not an error */
	bool deferred;               /* TCP_FASTOPEN_CONNECT: the SYN waits for data */
	bool fast_open; /* SYN-RECEIVED of a listener with Fast Open: data may be sent */
	bool at_mark;   /* the next byte in sequence is the urgent one */
	bool accept;    /* tcp_accept() would return a connection */
	bool full;      /* readable even below SO_RCVLOWAT: there is room for little more */
	int err;
	uint32_t readable;        /* bytes in sequence, without the urgent one unless inline */
	uint32_t unacked, unsent; /* SIOCOUTQ, SIOCOUTQNSD */
	uint32_t unread;          /* bytes in sequence, including the urgent one */
	uint32_t before_mark;     /* SIOCINQ: those before an urgent one that is not inline */
};
/* Takes the snapshot, also of an idle connection, without waking it. */
void tcp_get_status(const struct tcp_conn *c, struct tcp_status *f);
bool tcp_has_room(const struct tcp_conn *c); /* tcp_send() would take at least a byte */
bool tcp_writable(const struct tcp_conn *c); /* EPOLLOUT holds; not of a listener */
/* Addresses and ports; the owner, NULL if c is an orphan. An idle connection is not woken. */
void tcp_local(const struct tcp_conn *c, struct tcp_end *e);
void tcp_peer(const struct tcp_conn *c, struct tcp_end *e);
void *tcp_owner(const struct tcp_conn *c);

/* SO_ERROR: returns and clears the pending error, positive, else the soft error. */
int tcp_take_error(struct tcp_conn *c);
/* Sets the pending error to err; 0: none. */
void tcp_set_error(struct tcp_conn *c, int err);

/* Requests a notification when EPOLLOUT is true again (SOCK_NOSPACE). */
void tcp_want_write_space(struct tcp_conn *c);
/* A blocked call has more to send after the handshake, whose ACK may wait for that. */
void tcp_set_write_pending(struct tcp_conn *c);

/* SO_RCVLOWAT: no TCP_EVENT_IN below n bytes. */
uint32_t tcp_set_rcvlowat(struct stack *s, struct tcp_conn *c, uint32_t n);
/* Requests tcp_events.acked and sent. */
void tcp_watch_acks(struct stack *s, struct tcp_conn *c, bool on);

/* Bytes passed to tcp_send() since the start of the connection. */
uint64_t tcp_bytes_queued(struct stack *s, struct tcp_conn *c);
/* Discards the cached state of remote hosts: Fast Open cookies. */
void tcp_metrics_flush(struct stack *s);

/* Calls see for every connection, including request sockets and TIME-WAIT records (ss).
 * tcp_changes() increases whenever the set, a state or an accept queue has changed. */
struct tcp_row {
	struct tcp_end local, peer;
	uint8_t state, timer; /* timer as in ss: 0 none, 1 on, 2 keepalive, 3 timewait, 4 persist */
	uint32_t rqueue, wqueue, retrans, drops; /* drops: segments, since it last was idle */
	nsec_t expires;
	const struct tcp_conn *conn; /* NULL for small records */
};
void tcp_each(struct stack *s, void (*see)(const struct tcp_row *row, void *arg), void *arg);

/* How long a connection must be quiet before it hibernates; 100 ms unless changed. */
void tcp_set_quiet(struct stack *s, nsec_t span);

/* Bytes of all records; bytes queued; connections, awake (two records) and idle (a small one). */
struct tcp_memory {
	size_t records, queued;
	size_t awake, idle, orphans; /* orphans: closed, FIN not acknowledged (sockstat) */
	size_t awake_bytes, idle_bytes, table_bytes, port_bytes;
};
void tcp_memory(const struct stack *s, struct tcp_memory *m);

/* --- the instance (called by stack.c) --- */
struct tcp_state *tcp_state_new(struct stack *s);
void tcp_state_free(struct stack *s);
void tcp_flush(struct stack *s);
bool tcp_dirty(const struct stack *s);

#endif
