/*
 * tcp_auth.h - signed segments (RFC 2385, RFC 5925). Keys belong to a socket, by peer; unsigned
 * traffic of a connection without keys costs two tests per segment.
 *
 *     in    key     signature    MD5                         TCP-AO
 *           no      no           accepted                    accepted
 *           no      yes          dropped, TCPMD5Unexpected   dropped, TCPAOKeyNotFound
 *           yes     no           dropped, TCPMD5NotFound     dropped, TCPAORequired
 *           yes     wrong        dropped, TCPMD5Failure      dropped, TCPAOBad
 *           -       mangled, two of them: dropped, InErrs
 *     out   key: every segment signed, RST and ACKs of small records too. A RST for a signed
 * segment of no connection: MD5 if a listener of the port that it came from has the key; TCP-AO
 * none, since the initial sequence numbers (RFC 5925 7.7)
 */
#ifndef STACK_TCP_AUTH_TCP_AUTH_H
#define STACK_TCP_AUTH_TCP_AUTH_H

#include "stack/tcp/auth/tcp_ao.h"
#include "stack/tcp/tcp_priv.h"

struct tcp_md5_key {
	struct tcp_md5_key *next;
	struct ip_addr addr;
	uint8_t prefix, len;
	uint8_t key[TCP_MD5_KEY_MAX];
};

struct tcp_ao_key {
	struct tcp_ao_key *next;
	struct tcp_ao_peer peer;
	enum tcp_ao_alg alg;
	uint8_t sndid, rcvid, maclen, keyflags, len;
	uint8_t key[TCP_MD5_KEY_MAX]; /* in the form required by the algorithm */
	uint64_t good, bad;
	/* traffic keys, once both ISNs are known */
	bool derived;
	uint32_t lisn, risn;
	uint8_t snd[TCP_AO_DIGEST_MAX], rcv[TCP_AO_DIGEST_MAX];
};

/* The TCP-AO state of a socket; a connection shares it with its TIME-WAIT record. */
struct tcp_ao {
	uint32_t refs;
	struct tcp_ao_key *keys, *current, *rnext;
	bool required, accept_icmps;
	uint64_t count[TCP_AO_COUNTS];
};

/* The key that a segment is signed with; neither: not signed. */
struct tcp_sign {
	const struct tcp_md5_key *md5;
	const struct tcp_ao_key *ao;
	uint8_t keyid, rnext;
	uint32_t sne;
	uint8_t traffic[TCP_AO_DIGEST_MAX];
};

/* --- tcp_md5.c: keys --- */

/* The key for a peer: the one with the longest prefix; NULL: none. x may be NULL. */
const struct tcp_md5_key *tcp_md5_find(const struct tcp_extra *x, const struct ip_addr *peer);

/* A copy of key for the peer's single address; NULL: out of memory. */
struct tcp_md5_key *tcp_md5_copy(
	struct stack *s, const struct tcp_md5_key *key, const struct ip_addr *peer);
void tcp_md5_free(struct stack *s, struct tcp_md5_key *first);

/* A child gets the listener's key for its peer, and no other. False: out of memory. */
bool tcp_md5_inherit(struct stack *s, struct tcp_conn *c, const struct tcp_conn *l);

/* --- tcp_ao.c, tcp_ao_keys.c --- */

/* The newest key for the peer with these ids; -1: any. */
struct tcp_ao_key *tcp_ao_find(
	const struct tcp_ao *ao, const struct ip_addr *peer, int sndid, int rcvid);
void tcp_ao_put(struct stack *s, struct tcp_ao *ao);

/* Before connect(): keeps only the peer's keys and selects one. -EKEYREJECTED: none, or also a
 * TCP_MD5SIG key. */
int tcp_ao_connect(struct stack *s, struct tcp_conn *c);

/* A child of a signed request gets the peer's keys. False: none, or out of memory. */
bool tcp_ao_inherit(struct stack *s, struct tcp_conn *c, const struct tcp_req *r);

/* True if ICMP errors must not abort the connection (RFC 5925 7.8). */
bool tcp_ao_ignores(struct stack *s, const struct tcp_conn *c, const struct ip_error *e);

/* True if there is a key for the peer, or all peers must sign. */
bool tcp_ao_wanted(const struct tcp_extra *x, const struct ip_addr *peer);

/* Verifies and counts a received segment; sets *out to the key for a segment to be sent. */
bool tcp_ao_verify(const struct tcp_in *in);
void tcp_ao_sign_conn(const struct tcp_conn *c, const struct tcp_seg *g, struct tcp_sign *out);
void tcp_ao_sign_tw(const struct tcp_tw *tw, const struct tcp_in *in, const struct tcp_seg *g,
	struct tcp_sign *out);
/* The connection becomes a TIME-WAIT. */
void tcp_ao_time_wait(const struct tcp_conn *c, struct tcp_tw *tw);
/* sndid: the key requested by the peer. False: there is none. */
bool tcp_ao_sign_req(const struct tcp_req *r, uint8_t sndid, struct tcp_sign *out);
bool tcp_ao_sign_rst(const struct tcp_in *in, const struct tcp_seg *g, struct tcp_sign *out);

/* --- tcp_auth.c: segments --- */

/* The slow path of tcp_auth_in(). */
bool tcp_auth_verify(const struct tcp_in *in);

/* True if the segment may be passed to the record, whose socket has these options (NULL: none);
 * both are stored in it. */
static inline bool tcp_auth_in(
	struct tcp_in *in, const struct tcp_key *to, const struct tcp_extra *x)
{
	in->to = to;
	in->extra = x;
	if (!(in->o.has & TCP_HAS_AUTH) && !(x && (x->md5 || x->ao)))
		return true;
	return tcp_auth_verify(in);
}

/* Makes room for a signature among the options, which comes first. */
void tcp_auth_space(const struct tcp_sign *k, struct tcp_opts *o);

/* The same for segments of a connection. */
void tcp_auth_conn_space(const struct tcp_conn *c, struct tcp_opts *o);
static inline bool tcp_auth_has(const struct tcp_conn *c)
{
	return c->extra && (c->extra->md5 || c->extra->ao);
}

static inline void tcp_auth_out(const struct tcp_conn *c, struct tcp_opts *o)
{
	if (tcp_auth_has(c))
		tcp_auth_conn_space(c, o);
}

/* The key to sign segment g of a connection, of a request socket, or an RST with. False: it must
 * not be sent. */
void tcp_sign_conn(const struct tcp_conn *c, const struct tcp_seg *g, struct tcp_sign *out);
bool tcp_sign_req(const struct tcp_req *r, const struct tcp_in *in, struct tcp_sign *out);
bool tcp_sign_rst(struct tcp_in *in, const struct tcp_seg *g, struct tcp_sign *out);

/* Fills in the signature: g is complete, its options are at opt, with room for it. */
void tcp_auth_sign(
	const struct tcp_sign *k, const struct ip_pair *a, const struct tcp_seg *g, uint8_t *opt);

#endif
