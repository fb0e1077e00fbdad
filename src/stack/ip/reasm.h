/*
 * reasm.h - IP reassembly (RFC 791, RFC 8200 section 4.5, RFC 5722).
 *
 *     key (addresses, id, protocol) -> datagram [ head of the first fragment | pieces by offset ]
 *
 *     0         1448       2896                                total, once the last fragment is
 * here | piece   | piece    |   missing   | piece ............. |
 *
 * A fragment that lies within what is already there is a duplicate and ignored; one that overlaps
 * it only in part, contradicts where the end lies or cannot be of any packet kills the whole
 * datagram, in both versions as in Linux. Memory is bounded by
 * ipfrag_high_thresh: what does not fit is dropped. Pieces lie in a balanced tree, since a stranger
 * chooses the order in which they come.
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
	REASM_HEAD_MAX = 264, /* bytes before the payload: IPv4 header, or IPv6, what is not cut
			       * and the fragment header */
	REASM_PIECE = 1536,   /* payload bytes in one piece; longer fragments take several */
	REASM_PAYLOAD_MAX = 65535,
};

/* The bytes of one whole packet at most. */
enum {
	REASM_PACKET_MAX = REASM_HEAD_MAX + REASM_PAYLOAD_MAX
};

struct reasm_key {
	struct ip_pair addr;
	uint32_t id;
	uint32_t ifindex; /* IPv6: fragments of one packet come over one interface; IPv4: 0 */
	uint8_t proto;    /* IPv4; IPv6 0 */
};

/* One fragment as it came. */
struct reasm_frag {
	struct reasm_key key;
	uint16_t off; /* bytes */
	uint16_t len; /* bytes of payload; a multiple of 8 if more */
	bool more;
	uint8_t ecn; /* the two bits: combined as RFC 3168 section 5.3 says */
	uint16_t head_len;
	const uint8_t *head; /* what stands before the payload, the fragment header with it */
	uint16_t prev;       /* IPv6: the byte of head that names the fragment header */
	const uint8_t *data;
	uint32_t ifindex; /* it came in here */
	uint32_t rid;     /* running number of fragments from this source (ipfrag_max_dist) */
};

enum reasm_result {
	REASM_WAIT,    /* kept */
	REASM_DONE,    /* with this one the packet is whole: take it with reasm_take() */
	REASM_DUP,     /* nothing new */
	REASM_OVERLAP, /* the datagram is dropped, and what comes of it later starts anew */
	REASM_BAD,     /* the same: no bytes, too far, or it contradicts where the end lies */
	REASM_FULL,    /* no memory: dropped */
};

struct reasm_datagram;

struct reasm {
	struct siphash_key hash_key;
	struct hash_table table;
	struct pool datagrams, pieces;
	struct list by_age; /* the one that expires first in front */
	size_t used;        /* bytes that fragments hold */
	uint8_t *whole;     /* REASM_PACKET_MAX bytes, made with the first fragment */
};

/* The bounds of reassembly, from the sysctls of the IP version. */
struct reasm_limits {
	size_t high;       /* bytes */
	nsec_t time;       /* until a datagram is given up */
	uint32_t max_dist; /* other fragments of the source between two of one datagram; 0: no bound
			    */
};

/* Nothing held; hashes with key. */
void reasm_init(struct reasm *r, const struct siphash_key *key);

/* Drops all fragments and frees the memory. */
void reasm_free(struct reasm *r);

struct reasm_result_of {
	enum reasm_result result;
	uint32_t dropped;             /* fragments that went with a datagram */
	struct reasm_datagram *whole; /* for reasm_take(), if REASM_DONE */
};

/* Adds one fragment, which is copied. */
struct reasm_result_of reasm_add(
	struct reasm *r, const struct reasm_frag *f, const struct reasm_limits *l, nsec_t now);

/* A whole packet, or the first fragment of one that was given up; good until the next call. */
struct reasm_packet {
	uint8_t *head; /* head_len bytes of header as they came, then len bytes of payload */
	uint16_t head_len, prev;
	uint32_t len;
	uint32_t ifindex;
	uint8_t ecn;
	bool ecn_bad; /* CE and not-ECT in one packet: to be dropped */
};

/* Gives the packet that is whole and forgets its datagram. Its length fields are the caller's to
 * fix. */
struct reasm_packet reasm_take(struct reasm *r, struct reasm_datagram *d);

/*
 * Drops one datagram that has expired at now. False if there is none. If its first fragment had
 * come, len > 0 and out holds it for the ICMP error; *dropped says how many fragments went.
 */
bool reasm_expire(struct reasm *r, nsec_t now, struct reasm_packet *out, uint32_t *dropped);

/* When the next datagram is to be given up; NSEC_MAX if none is held. */
nsec_t reasm_next(const struct reasm *r);

#endif
