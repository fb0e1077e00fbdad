/*
 * tcp_opt.h - TCP options: parser and writer of every supported kind (RFC 9293 section 3.2).
 *
 *     kind 0 EOL   end; what follows is padding          kind 1 NOP   one byte of padding
 *     kind k len   len includes both bytes: 2 up to the bytes left
 *
 * Three interfaces. tcp_opts_parse() reads all options of a segment; tcp_opts_emit() writes them in
 * the order and padding of Linux; tcp_opt_next() and tcp_opt_put() walk and write single options
 * byte for byte, for packet scripts. Unknown kinds are skipped by their length; at a bad length
 * parsing stops and keeps what it has, as Linux does (RFC 9293 MUST-7, MUST-68).
 */
#ifndef WIRE_TCP_OPT_H
#define WIRE_TCP_OPT_H

#include "base/bytes.h"
#include "base/seq.h"
#include "wire/text.h"

enum tcp_opt_kind {
	TCP_OPT_EOL = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_WSCALE = 3,
	TCP_OPT_SACK_OK = 4,
	TCP_OPT_SACK = 5,
	TCP_OPT_TS = 8,
	TCP_OPT_MD5 = 19,      /* RFC 2385: 16 bytes, raw */
	TCP_OPT_UTO = 28,      /* RFC 5482 */
	TCP_OPT_AO = 29,       /* RFC 5925: KeyID, RNextKeyID, MAC */
	TCP_OPT_FASTOPEN = 34, /* RFC 7413 */
	TCP_OPT_ACCECN0 = 172, /* RFC 9768, order e0b ceb e1b */
	TCP_OPT_ACCECN1 = 174, /* order e1b ceb e0b */
	TCP_OPT_EXPERIMENT =
		254, /* RFC 6994; with TCP_OPT_FASTOPEN_MAGIC: Fast Open before RFC 7413 */
};

enum {
	TCP_OPT_FASTOPEN_MAGIC = 0xf989,
	TCP_OPTS_MAX = 40,   /* bytes for options in a header */
	TCP_SACK_MAX = 4,    /* blocks that fit */
	TCP_WSCALE_MAX = 14, /* RFC 7323 section 2.3: a larger shift is taken as this */
	TCP_COOKIE_MIN = 4,  /* RFC 7413 section 4.1.1: 4 to 16 bytes, even */
	TCP_COOKIE_MAX = 16,
	TCP_MD5_LEN = 16,
	TCP_AO_MAC_MAX = 16,     /* fits beside MSS, timestamps and window scale in a SYN */
	TCP_ACCECN_MAX = 9,      /* three counters of 24 bits */
	TCP_OPT_TS_ALIGNED = 12, /* NOP NOP TS, as in nearly every segment */
};

/* Members of struct tcp_opts that are set. */
enum {
	TCP_HAS_MSS = 1 << 0,
	TCP_HAS_WSCALE = 1 << 1,
	TCP_HAS_SACK_OK = 1 << 2,
	TCP_HAS_SACK = 1 << 3,
	TCP_HAS_TS = 1 << 4,
	TCP_HAS_UTO = 1 << 5,
	TCP_HAS_FASTOPEN = 1 << 6, /* cookie_len 0: the peer asks for a cookie */
	TCP_HAS_MD5 = 1 << 7,
	TCP_HAS_ACCECN = 1 << 8,
	TCP_HAS_BAD_LEN = 1 << 9,   /* parsing stopped at an option whose length was wrong */
	TCP_HAS_BAD_AUTH = 1 << 10, /* a malformed signature, or more than one */
	TCP_HAS_AO = 1 << 11,
	TCP_HAS_AUTH = TCP_HAS_MD5 | TCP_HAS_AO | TCP_HAS_BAD_AUTH,
};

/* One SACK block: the bytes from left up to, but not including, right (RFC 2018 section 3). */
struct tcp_sack {
	struct seq left, right;
};

/* The parsed options of one segment. Only `has` is always set. Pointers borrow the segment's
 * bytes. */
struct tcp_opts {
	uint16_t has;
	uint16_t mss;
	uint8_t wscale; /* 0 to TCP_WSCALE_MAX */
	uint8_t sack_count;
	uint8_t cookie_len;
	uint8_t accecn_len; /* 0, 3, 6 or 9 */
	bool cookie_exp;    /* Fast Open in its experimental form, kind 254 */
	bool accecn_order1; /* kind 174 instead of 172 */
	bool uto_minutes;   /* the G bit: uto counts minutes, else seconds */
	uint16_t uto;       /* 15 bits */
	uint32_t tsval, tsecr;
	uint8_t ao_keyid, ao_rnext, ao_len; /* ao_len: length of the MAC */
	const uint8_t *cookie, *md5, *accecn;
	const uint8_t *ao; /* the MAC; NULL: zeros are written */
	struct tcp_sack sack[TCP_SACK_MAX];
};

/* True if the options are exactly NOP NOP TS: reads the two timestamps. The fast path of every data
 * segment. */
static inline bool tcp_opts_only_ts(const uint8_t *p, size_t len, uint32_t *val, uint32_t *ecr)
{
	if (len != TCP_OPT_TS_ALIGNED || get_be32(p) != 0x0101080a)
		return false;
	*val = get_be32(p + 4);
	*ecr = get_be32(p + 8);
	return true;
}

/* Writes NOP NOP TS: TCP_OPT_TS_ALIGNED bytes at p. */
static inline void tcp_opts_put_ts(uint8_t *p, uint32_t val, uint32_t ecr)
{
	put_be32(p, 0x0101080a);
	put_be32(p + 4, val);
	put_be32(p + 8, ecr);
}

/* Reads the len option bytes at p of a segment. As in Linux, MSS, window scale, SACK-permitted and
 * Fast Open count only if syn; an option whose length does not fit its kind is skipped; the last of
 * two counts. */
void tcp_opts_parse(struct tcp_opts *out, const uint8_t *p, size_t len, bool syn);

/* The number of bytes that tcp_opts_emit() writes: a multiple of 4, at most TCP_OPTS_MAX
 * (asserted). */
size_t tcp_opts_emit_len(const struct tcp_opts *o);

/*
 * Writes what `has` names at p as Linux lays it out, padded with NOPs:
 *     MD5, TCP-AO, MSS, SACK-permitted + TS (or NOP NOP TS), AccECN, NOP window scale, UTO, SACK,
 * Fast Open. Returns the number of bytes.
 */
size_t tcp_opts_emit(const struct tcp_opts *o, uint8_t *p);

/* Appends "mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7" for option bytes, in tcpdump's notation.
 * SACK blocks are relative to base; seq_of(0) leaves them absolute. */
void tcp_opts_print(struct text *t, const uint8_t *p, size_t len, struct seq base);

/* One option as in the segment. */
struct tcp_opt {
	uint8_t kind;
	uint8_t len;         /* bytes of data; 0 for EOL and NOP */
	const uint8_t *data; /* borrowed */
};

/* Takes the next option off the *len bytes at *p. Returns false at their end, and at a bad length,
 * where *len stays above 0. EOL is returned once; call again after it only to see the padding. */
bool tcp_opt_next(struct tcp_opt *o, const uint8_t **p, size_t *len);

/* Writes one option at p exactly as given; returns its length (1 for EOL and NOP, else 2 +
 * o->len). */
size_t tcp_opt_put(const struct tcp_opt *o, uint8_t *p);

#endif
