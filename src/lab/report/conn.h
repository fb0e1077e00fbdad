/*
 * conn.h - the connections of a run, found in the packets that hosts send: their initial sequence
 * numbers, and the classification of segments (retransmission, keepalive, ...).
 *
 *     side 0 sent the first packet that was seen, side 1 is its peer
 */
#ifndef LAB_REPORT_CONN_H
#define LAB_REPORT_CONN_H

#include "base/arena.h"
#include "base/hash.h"
#include "lab/report/decode.h"

/* Classification of a segment. */
enum conn_mark {
	MARK_NONE,
	MARK_AGAIN,     /* begins with a byte, SYN or FIN that was sent before */
	MARK_KEEPALIVE, /* no data, one before the next byte: asks for an ACK */
	MARK_PROBE,     /* the same, or a byte, into a closed window */
	MARK_DUP_ACK,   /* repeats the last ACK while data is missing */
	MARK_COPY,      /* made by the network: no host sent it */
};

struct conn_side {
	struct ip_addr addr;
	uint16_t port;
	bool known;  /* isn and end mean something */
	bool acked;  /* ack and win mean something */
	bool scaled; /* wscale came in its SYN */
	uint8_t wscale;
	struct seq isn; /* what counts as 0 */
	struct seq end; /* behind the last byte sent */
	struct seq ack; /* the last acknowledgment sent */
	uint32_t win;   /* bytes, as last advertised */
};

struct conn {
	struct conn_side side[2];
	bool tcp;
	bool over; /* reset: the next SYN begins another */
};

/* Stored data of a segment. */
struct conn_view {
	uint32_t conn; /* number from 1 on; 0: not of a connection */
	uint8_t side;  /* of the sender */
	uint8_t mark;  /* enum conn_mark */
	bool show_win; /* the window opens, closes, or is offered first */
	uint32_t win;  /* bytes, if the scale is known */
};

struct conns {
	struct arena *arena;
	struct hash_table by_tuple;
	struct conn *conn;
	uint32_t count, room;
};

/* No connections; what is remembered of tuples lives in the arena. */
void conns_init(struct conns *c, struct arena *a);
void conns_free(struct conns *c);

/* A host sends d: finds or begins its connection, and says what d is in it. */
struct conn_view conns_send(struct conns *c, const struct decoded *d);

/* The connection and side of a packet that neither end sent: forged, or a copy. Changes nothing. */
struct conn_view conns_find(const struct conns *c, const struct decoded *d);

/* d is what arrives of a packet that was sent as v says: if its addresses were translated on the
 * way, answers to it belong to the same connection. */
void conns_translated(struct conns *c, struct conn_view v, const struct decoded *d);

#endif
