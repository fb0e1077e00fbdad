/*
 * conntrack.h - connection tracking for NATs and firewalls, with the states and timeouts of Linux's
 * nf_conntrack_tcp. Expired entries are ignored; they need no timer.
 *
 *     ORIGINAL: the direction of the first packet.  REPLY: the other
 *
 *     NONE --SYN--> SYN_SENT --SYN-ACK of the reply--> SYN_RECV --ACK--> ESTABLISHED
 *     ESTABLISHED --FIN--> FIN_WAIT --ACK--> CLOSE_WAIT --FIN--> LAST_ACK --ACK--> TIME_WAIT
 *     any --RST--> CLOSE        NONE --ACK, if loose--> ESTABLISHED
 */
#ifndef LAB_WORLD_CONNTRACK_H
#define LAB_WORLD_CONNTRACK_H

#include "base/hash.h"
#include "base/seq.h"
#include "wire/addr.h"

enum conntrack_state {
	CT_NONE,
	CT_SYN_SENT,
	CT_SYN_RECV,
	CT_ESTABLISHED,
	CT_FIN_WAIT,
	CT_CLOSE_WAIT,
	CT_LAST_ACK,
	CT_TIME_WAIT,
	CT_CLOSE,
	CT_UDP, /* one packet seen, or only in one direction */
	CT_UDP_STREAM,
	CT_STATES,
};

enum {
	CONNTRACK_MAX = 65536, /* default maximum of entries */
};

struct conntrack_config {
	nsec_t timeout[CT_STATES]; /* by state; Linux's after conntrack_defaults() */
	nsec_t timeout_max_retrans;
	uint32_t max_retrans; /* repetitions after which timeout_max_retrans applies */
	bool loose;           /* connections are picked up in mid-stream */
	uint32_t max;         /* entries */
};

/* Linux's: 120 s for SYN_SENT, 60 s, five days, 120 s, 60 s, 30 s, 120 s, 10 s; loose. */
struct conntrack_config conntrack_defaults(void);

/* The tuple of a connection on one side. */
struct tuple {
	struct ip_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
};

/* State of a connection handled by a SYN proxy (synproxy.h). */
struct proxied {
	bool answered;            /* by the proxy, with a cookie */
	bool joined;              /* connected to the server's side */
	uint32_t cookie, ts;      /* sequence number and timestamp of the proxy's SYN-ACK */
	uint32_t seq_add, ts_add; /* difference to the server's */
	uint16_t win;             /* of the client's ACK */
};

struct connection {
	struct hash_node original, reply; /* of the two tables */
	struct connection *next;          /* chain of entries being removed */
	struct tuple tuple[2];            /* of packets in either direction, as they arrive */
	uint8_t state;                    /* enum conntrack_state */
	nsec_t expires;
	/* the last segment, to count repetitions */
	int last_dir;
	uint32_t last_seq, last_ack, last_end, retrans;
	struct proxied proxied; /* {0}: not by a SYN proxy */
};

struct conntrack {
	struct conntrack_config config;
	struct hash_table table[2]; /* by the tuple of either direction */
};

/* An empty table. */
void conntrack_init(struct conntrack *ct, const struct conntrack_config *c);

/* Frees it. */
void conntrack_free(struct conntrack *ct);

/* The connection of this tuple and the direction (0 original, 1 reply); NULL if there is none at
 * `now`. */
struct connection *conntrack_find(
	struct conntrack *ct, const struct tuple *t, nsec_t now, int *dir);

/* Adds one; NULL if the table is full even after removing expired entries. */
struct connection *conntrack_add(
	struct conntrack *ct, const struct tuple *original, const struct tuple *reply, nsec_t now);

/* The fields of a TCP segment used here. */
struct ct_segment {
	uint16_t flags; /* SEG_... */
	uint32_t seq, ack, end;
};

/* A segment of c passes: updates state and lifetime. */
void conntrack_tcp(struct conntrack *ct, struct connection *c, int dir, const struct ct_segment *s,
	nsec_t now);

/* Likewise for a datagram. */
void conntrack_udp(struct conntrack *ct, struct connection *c, int dir, nsec_t now);

/* True if a first segment with these flags may open a connection. */
bool conntrack_may_open(const struct conntrack *ct, uint16_t flags);

/* "ESTABLISHED" ... */
const char *conntrack_state_name(enum conntrack_state s);

#endif
