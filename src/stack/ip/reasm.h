/*
 * reasm.h - IP reassembly (RFC 791, RFC 8200 section 4.5, RFC 5722).
 *
 *     key (addresses, id, protocol) -> datagram [ head of the first fragment | pieces by offset ]
 *
 *     0         1448       2896                                total, once the last fragment is
 * here | piece   | piece    |   missing   | piece ............. |
 *
 * A fragment within data already present is a duplicate and ignored; one that overlaps it
 * partially, contradicts the known end or exceeds the maximum length drops the whole datagram, in
 * both versions as in Linux. Memory is bounded by ipfrag_high_thresh: fragments that do not fit are
 * dropped. Pieces are in a balanced tree, since the order of arrival is up to an attacker.
 */
#ifndef STACK_IP_REASM_H
#define STACK_IP_REASM_H

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/siphash.h"
#include "base/tree.h"
#include "wire/addr.h"

enum {
	REASM_HEAD_MAX = 264, /* bytes before the payload: IPv4 header, or IPv6's, the
				 unfragmentable part and the fragment header */
	REASM_PIECE = 1536,   /* payload bytes in one piece; longer fragments take several */
	REASM_PAYLOAD_MAX = 65535,
};

/* The maximum size of a whole packet. */
enum {
	REASM_PACKET_MAX = REASM_HEAD_MAX + REASM_PAYLOAD_MAX
};

struct reasm_key {
	struct ip_pair addr;
	uint32_t id;
	uint32_t ifindex; /* IPv6: fragments of one packet must arrive on one interface; IPv4: 0 */
	uint8_t proto;    /* IPv4; IPv6 0 */
};

/* One fragment as received. */
struct reasm_frag {
	struct reasm_key key;
	uint16_t off; /* bytes */
	uint16_t len; /* bytes of payload; a multiple of 8 if more */
	bool more;
	uint8_t ecn; /* the two bits: combined by RFC 3168 section 5.3 */
	uint16_t head_len;
	const uint8_t *head; /* the headers before the payload, including the fragment header */
	uint16_t prev; /* IPv6: the offset in head of the byte that announces the fragment header */
	const uint8_t *data;
	uint32_t ifindex; /* where it was received */
	uint32_t rid;     /* running number of fragments from this source (ipfrag_max_dist) */
};

enum reasm_result {
	REASM_WAIT,    /* kept */
	REASM_DONE,    /* the packet is complete: take it with reasm_take() */
	REASM_DUP,     /* nothing new */
	REASM_OVERLAP, /* the datagram is dropped; later fragments of it start a new one */
	REASM_BAD,     /* likewise: no bytes, too far, or a different end */
	REASM_FULL,    /* out of memory: dropped */
};

struct reasm_datagram;

struct reasm {
	struct siphash_key hash_key;
	struct hash_table table;
	struct pool datagrams, pieces;
	struct list by_age; /* the first to expire in front */
	size_t used;        /* bytes used by fragments */
	uint8_t *whole;     /* REASM_PACKET_MAX bytes, allocated with the first fragment */
};

/* The bounds of reassembly, from the sysctls of the IP version. */
struct reasm_limits {
	size_t high; /* bytes */
	nsec_t time; /* until a datagram is dropped */
	uint32_t
		max_dist; /* other fragments of the source between two of a datagram; 0: no limit */
};

/* Nothing held; hashes with key. */
void reasm_init(struct reasm *r, const struct siphash_key *key);

/* Drops all fragments and frees the memory. */
void reasm_free(struct reasm *r);

struct reasm_result_of {
	enum reasm_result result;
	uint32_t dropped;             /* fragments dropped with a datagram */
	struct reasm_datagram *whole; /* for reasm_take(), if REASM_DONE */
};

/* Adds a copy of one fragment. */
struct reasm_result_of reasm_add(
	struct reasm *r, const struct reasm_frag *f, const struct reasm_limits *l, nsec_t now);

/* A whole packet, or the first fragment of a dropped one; valid until the next call. */
struct reasm_packet {
	uint8_t *head; /* head_len bytes of header as received, then len bytes of payload */
	uint16_t head_len, prev;
	uint32_t len;
	uint32_t ifindex;
	uint8_t ecn;
	bool ecn_bad; /* CE and not-ECT in one packet: to be dropped */
};

/* Returns the complete packet and frees its datagram. The caller corrects its length fields. */
struct reasm_packet reasm_take(struct reasm *r, struct reasm_datagram *d);

/* Drops one datagram that has expired at now. False if there is none. If its first fragment had
 * arrived, len > 0 and out holds it for the ICMP error; *dropped is the number of fragments. */
bool reasm_expire(struct reasm *r, nsec_t now, struct reasm_packet *out, uint32_t *dropped);

/* When the next datagram expires; NSEC_MAX if none is held. */
nsec_t reasm_next(const struct reasm *r);

#endif
