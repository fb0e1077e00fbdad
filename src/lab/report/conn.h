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
	MARK_AGAIN,     /* begins with a byte, SYN or FIN sent before */
	MARK_KEEPALIVE, /* no data, one before the next byte: a keepalive */
	MARK_PROBE,     /* likewise, or one byte, into a closed window */
	MARK_DUP_ACK,   /* repeats the last ACK while data is missing */
	MARK_COPY,      /* made by the network, not sent by a host */
};

struct conn_side {
	struct ip_addr addr;
	uint16_t port;
	bool known;  /* isn and end are valid */
	bool acked;  /* ack and win are valid */
	bool scaled; /* wscale was in its SYN */
	uint8_t wscale;
	struct seq isn; /* shown as 0 */
	struct seq end; /* after the last byte sent */
	bool fin;       /* it has sent its FIN */
	struct seq ack; /* the last acknowledgement sent */
	uint32_t win;   /* bytes, as last advertised */
};

struct conn {
	struct conn_side side[2];
	bool tcp;
	bool over; /* reset, or closed by both sides: the next SYN starts another connection */
};

/* Stored data of a segment. */
struct conn_view {
	uint32_t conn; /* number from 1; 0: not part of a connection */
	uint8_t side;  /* of the sender */
	uint8_t mark;  /* enum conn_mark */
	bool show_win; /* the window opens, closes, or is shown for the first time */
	uint32_t win;  /* bytes, if the scale is known */
};

struct conns {
	struct arena *arena;
	struct hash_table by_tuple;
	struct conn *conn;
	uint32_t count, room;
};

/* Starts with no connections; tuples are stored in the arena. */
void conns_init(struct conns *c, struct arena *a);
void conns_free(struct conns *c);

/* A host sends d: finds or creates its connection, and returns the role of d in it. */
struct conn_view conns_send(struct conns *c, const struct decoded *d);

/* The connection and side of a packet sent by neither end: forged, or a copy. Changes nothing. */
struct conn_view conns_find(const struct conns *c, const struct decoded *d);

/* d is how a packet sent as v arrived: if its addresses were translated on the way, answers to it
 * belong to the same connection. */
void conns_translated(struct conns *c, struct conn_view v, const struct decoded *d);

#endif
