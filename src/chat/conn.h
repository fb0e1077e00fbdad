/*
 * conn.h - connection: bytes in, lines, bytes out. It has no notion of nicks and channels; the user
 * on it (user.h) may one day be on another machine. A user may have several connections, or none
 * (cmd/presence.h).
 *
 * Life: accepted -> watched -> (turns) -> leaving -> closed and freed at the end of that step.
 *   leaving   set by conn_leave(); nothing more is read or queued. The loop announces the user's
 *             QUIT and closes the descriptor at the end of the turn, never while a list of
 *             connections is being walked; when the server stops, once the queue is empty
 */
#ifndef CHAT_CONN_H
#define CHAT_CONN_H

#include "chat/net.h"
#include "chat/out/sendq.h"
#include "chat/proto/line.h"

#include "base/wheel.h"

enum conn_flag {
	CONN_DIRTY = 1 << 0,    /* on server.dirty: something was queued in this turn */
	CONN_BLOCKED = 1 << 1,  /* the socket was full: NET_OUT will follow */
	CONN_READY = 1 << 2,    /* on server.ready: bytes or lines are left for the next turn */
	CONN_READABLE = 1 << 3, /* the socket may hold bytes: edge-triggered, so remembered here */
	CONN_SLOWED = 1 << 4,   /* over the flood limit: lines wait for the timer */
	CONN_LEAVING = 1 << 5,
	CONN_UNSETTLED = 1 << 6, /* on server.unsettled: its queue may pin a turn buffer */
	CONN_PINGED = 1 << 7,    /* nothing received since our PING */
	CONN_CAP = 1 << 8,       /* negotiating capabilities: registration waits for CAP END */
	CONN_CAP_302 = 1 << 9,
	CONN_WATCH_OUT = 1 << 10, /* NET_OUT is watched: since the socket was first full */
	CONN_PASS_OK = 1 << 11,   /* has given the server password */
	CONN_GONE = 1 << 12,      /* the peer closed: read to the end of the stream */
	CONN_OUT_OF_STEP =
		1 << 13, /* had its first PING, which staggers connections: conn_time.c */
	CONN_CHECKING =
		1 << 14, /* its password is being hashed: its lines wait (password_attempt.h) */
	CONN_SECURE = 1 << 15, /* encrypted */
};

struct reply_stream;
struct reply_barrier;
struct multiline;
struct sasl;
struct user;
struct conn_limit;
struct watch_link;

struct conn {
	/* A delivery touches only these. */
	struct sendq out;
	uint32_t queue_max; /* bytes; the connection is cut if it exceeds this */
	uint16_t flags;
	uint8_t form;  /* cap_form(caps) */
	uint8_t tries; /* passwords tried: PASSWORD_TRIES_MAX */
	uint32_t caps; /* enum cap */
	uint32_t mark; /* of the last walk that visited it: server_mark() */
	struct user *user;
	struct conn *sibling; /* the next connection of its user; NULL: none */

	int handle; /* -1: of the connection that it was before only its departure is left */
	uint32_t slot, generation;
	uint8_t listener;     /* that it came from */
	bool away;            /* its client is: user_away() */
	bool gateway;         /* peer was named by a gateway (WEBIRC) */
	bool by_app : 1;      /* it is logged in by an app password: login.h */
	bool dnsbl_asked : 1; /* dnsbl.h */
	struct line_pending in;
	struct wheel_timer timer; /* the only one: see conn_time.c */
	nsec_t opened, heard;     /* time of accept; time of the last bytes received */
	nsec_t flood;             /* when the flood allowance is full again */
	struct reply_barrier
		*barrier; /* replies that wait for a commit; NULL while there are none */
	struct reply_stream *streams; /* unfinished (reply_stream.h), its lines wait; NULL: none */
	struct multiline *multiline;  /* the batch being received; NULL: none */
	struct sasl *sasl;            /* the exchange in progress; NULL: none (cmd_sasl.h) */
	struct conn_limit *limit;     /* usage of its address */
	struct watch_link *watches;   /* MONITOR: monitor.h */
	uint32_t watch_count;         /* of them */
	struct net_addr peer;
};

struct server;

/* The tag under which a connection's readiness is reported. */
static inline uint64_t conn_tag(const struct conn *c)
{
	return (uint64_t)c->generation << 32 | c->slot;
}

/* For the loop only, which owns connections. */

/* Handles readiness reported for c. */
void conn_event(struct server *s, struct conn *c, uint32_t ready);

/* Runs c's share of a turn: the remainder of its replies, then new bytes and lines. */
void conn_run(struct server *s, struct conn *c);

/* First half of closing: announces that the user quits. Before the flush. */
void conn_depart(struct server *s, struct conn *c, const char *why);

/* Second half: closes and frees c. After the flush. */
void conn_free(struct server *s, struct conn *c);

#endif
