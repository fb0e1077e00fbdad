/*
 * tcp_ao.h - TCP-AO key derivation and MACs (RFC 5925, RFC 5926): the traffic key of one direction
 * of a connection, and the MAC of a segment made with it.
 *
 *     traffic key   KDF(master key, 1 "TCP-AO" addresses ports ISNs bits)           RFC 5926 3.1
 *     MAC           MAC(traffic key, SNE pseudo-header header options data)         RFC 5925 5.1
 *                   checksum and MAC are 0; of the options only TCP-AO, if the key excludes others
 *
 * Algorithms by their Linux names: hmac(sha1), cmac(aes128) of RFC 5926, and hmac(sha256).
 */
#ifndef WIRE_TCP_AO_H
#define WIRE_TCP_AO_H

#include "wire/tcp_md5.h"

enum tcp_ao_alg {
	TCP_AO_HMAC_SHA1,
	TCP_AO_CMAC_AES128,
	TCP_AO_HMAC_SHA256,
	TCP_AO_ALGS,
};

enum {
	TCP_AO_DIGEST_MAX = 32,
	TCP_AO_AES_KEY = 16,
};

/* The name of an algorithm, and the algorithm of a name: TCP_AO_ALGS if unknown. "cmac(aes)" is
 * another name of cmac(aes128). */
const char *tcp_ao_alg_name(enum tcp_ao_alg alg);
enum tcp_ao_alg tcp_ao_alg_find(const char *name);

/* Bytes of a digest, and of a traffic key. */
size_t tcp_ao_digest_len(enum tcp_ao_alg alg);

/* One direction of a connection; disn 0: its SYN. */
struct tcp_ao_flow {
	struct ip_pair addr;
	uint16_t sport, dport;
	uint32_t sisn, disn;
};

/* RFC 5926 3.1.1.2: an AES master key of other than 16 bytes is folded into 16 bytes at out. */
void tcp_ao_fold_key(uint8_t *out, const struct tcp_secret *master);

/* Writes tcp_ao_digest_len(alg) bytes. An AES master key has 16 bytes. */
void tcp_ao_traffic_key(uint8_t *out, enum tcp_ao_alg alg, const struct tcp_secret *master,
	const struct tcp_ao_flow *f);

/* How a segment is signed. */
struct tcp_ao_way {
	enum tcp_ao_alg alg;
	bool exclude_opts;
	uint32_t sne; /* the upper half of the segment's sequence number */
	const uint8_t *traffic_key;
};

/* Writes the whole digest for segment s, whose options contain TCP-AO, to out; the MAC is its first
 * bytes. */
void tcp_ao_mac(
	uint8_t *out, const struct tcp_ao_way *w, const struct ip_pair *a, const struct tcp_seg *s);

/* The upper half of the 64-bit extension of seq, given that of a number near it (RFC 5925 6.2). */
uint32_t tcp_ao_sne(uint32_t near_sne, struct seq near, struct seq seq);

#endif
