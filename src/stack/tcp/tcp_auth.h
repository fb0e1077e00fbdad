/*
 * tcp_auth.h - signed segments (RFC 2385): which key, is it right, sign it. Keys are a socket's, by
 * peer; a connection without keys, to which nobody sends a signature, meets two tests of a segment.
 *
 *     in    key    signature
 *           no     no     goes on
 *           no     yes    dropped, TCPMD5Unexpected
 *           yes    no     dropped, TCPMD5NotFound
 *           yes    wrong  dropped, TCPMD5Failure
 *           -      mangled, twice: dropped, InErrs
 *     out   key: every segment signed, RST and ACKs of small records too. A RST for nobody's signed
 *           segment only if a listener of the port that it came from has the key (RFC 2385 4.1)
 */
#ifndef STACK_TCP_TCP_AUTH_H
#define STACK_TCP_TCP_AUTH_H

#include "stack/tcp/tcp_priv.h"
#include "wire/tcp_md5.h"

struct tcp_md5_key {
	struct tcp_md5_key *next;
	struct ip_addr addr;
	uint8_t prefix; /* of 128 bits; an IPv4 address has 96 before its own */
	bool v4;
	uint8_t len;
	uint8_t key[TCP_MD5_KEY_MAX];
};

/* --- tcp_md5.c: keys --- */

/* The key for a peer: that with the longest prefix; NULL: none. x may be NULL. */
const struct tcp_md5_key *tcp_md5_find(const struct tcp_extra *x, const struct ip_addr *peer);

/* A copy of key with the peer's whole address; NULL: no memory. */
struct tcp_md5_key *tcp_md5_copy(
	struct stack *s, const struct tcp_md5_key *key, const struct ip_addr *peer);
void tcp_md5_free(struct stack *s, struct tcp_md5_key *first);

/* A child gets the listener's key for its peer, and no other. False: no memory. */
bool tcp_md5_inherit(struct stack *s, struct tcp_conn *c, const struct tcp_conn *l);

/* --- tcp_auth.c: segments --- */

/* The slow half of tcp_auth_in(). */
bool tcp_auth_check(const struct tcp_in *in);

/* True: the segment may go to the socket with these options (NULL: none), which are noted in it. */
static inline bool tcp_auth_in(struct tcp_in *in, const struct tcp_extra *x)
{
	in->who = x;
	if (!(in->o.has & (TCP_HAS_MD5 | TCP_HAS_BAD_AUTH)) && !(x && x->md5))
		return true;
	return tcp_auth_check(in);
}

/* Room for a signature among the options; it comes first. */
void tcp_auth_space(const struct tcp_md5_key *key, struct tcp_opts *o);

/* The same for the segments of a connection. */
static inline void tcp_auth_out(const struct tcp_conn *c, struct tcp_opts *o)
{
	if (c->extra && c->extra->md5)
		tcp_auth_space(tcp_md5_find(c->extra, &c->key.raddr), o);
}

/* Fills the digest in: g is complete, its options are those at opt, where tcp_auth_space() made
 * room. */
void tcp_auth_sign(const struct tcp_md5_key *key, const struct ip_pair *a, const struct tcp_seg *g,
	uint8_t *opt);

/* The key that a RST for this segment is to be signed with. False: no RST at all. */
bool tcp_auth_rst(struct tcp_in *in, const struct tcp_md5_key **key);

#endif
