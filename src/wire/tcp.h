/*
 * tcp.h - the TCP header (RFC 9293 section 3.1).
 *
 *      0                   1                   2                   3
 *     |         source port           |       destination port        |
 *     |                        sequence number                        |
 *     |                    acknowledgment number                      |
 *     | offset|0 0 0|A C E U A P R S F|            window             |
 *     |       |     |E W C R C S S Y I|                               |
 *     |           checksum            |        urgent pointer         |
 *     |  options, padded to 4 bytes   |            data               |
 *
 * view -> parse -> emit_len -> emit -> print, as in every file of this room.
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "base/seq.h"
#include "wire/addr.h"
#include "wire/checksum.h"
#include "wire/drop.h"
#include "wire/tcp_opt.h"

enum {
	IP_PROTO_TCP = 6,
	TCP_HDR_MIN = 20,
	TCP_HDR_MAX = 60,
	TCP_CHECKSUM_AT = 16, /* offset of the field */
};

/* The flags of the header; AE is RFC 9768's, formerly NS. */
enum {
	SEG_FIN = 0x001,
	SEG_SYN = 0x002,
	SEG_RST = 0x004,
	SEG_PSH = 0x008,
	SEG_ACK = 0x010,
	SEG_URG = 0x020,
	SEG_ECE = 0x040,
	SEG_CWR = 0x080,
	SEG_AE = 0x100,
	SEG_FLAGS = 0x1ff,
};

/* A whole header and its data, known to lie within len bytes. */
struct tcp_view {
	const uint8_t *p;
	uint32_t len;     /* header, options and data */
	uint32_t hdr_len; /* 20 to 60 */
};

/* One segment. Borrows the bytes of options and data. */
struct tcp_seg {
	uint16_t sport, dport;
	struct seq seq, ack;
	uint16_t flags; /* SEG_... */
	uint16_t win;   /* as on the wire, unscaled */
	uint16_t urg;
	uint16_t opt_len;   /* a multiple of 4, up to TCP_OPTS_MAX */
	uint32_t len;       /* bytes of data */
	const uint8_t *opt; /* exactly as on the wire */
	const uint8_t *data;
};

/* Sequence space occupied: the data, and one each for SYN and FIN. */
static inline uint32_t tcp_seg_space(const struct tcp_seg *s)
{
	return s->len + ((s->flags & SEG_SYN) != 0) + ((s->flags & SEG_FIN) != 0);
}

/* The only bounds check: false if the len bytes at p do not hold a whole header. */
static inline bool tcp_view(struct tcp_view *v, const uint8_t *p, size_t len)
{
	if (len < TCP_HDR_MIN)
		return false;
	uint32_t hdr_len = (uint32_t)(p[12] >> 4) * 4;

	*v = (struct tcp_view){p, (uint32_t)len, hdr_len};
	return hdr_len >= TCP_HDR_MIN && hdr_len <= len;
}

/* Reads the segment. The checksum is verified with the addresses in a; if a is NULL the layer below
 * has done so. Reserved bits are ignored, any ports are accepted. Returns DROP_NONE or
 * DROP_CHECKSUM. */
enum drop tcp_parse(struct tcp_seg *out, struct tcp_view v, const struct ip_pair *a);

/* Bytes of header and options, without data. */
static inline size_t tcp_emit_len(const struct tcp_seg *s)
{
	return TCP_HDR_MIN + s->opt_len;
}

/* Writes header, options and data, with the checksum, to tcp_emit_len() + len bytes at p. Data
 * already in place (s->data == p + tcp_emit_len(s)) is summed there, else copied and summed in one
 * pass; likewise the options. */
void tcp_emit(const struct tcp_seg *s, const struct ip_pair *a, uint8_t *p);

/* Writes header and options only, at p. sum is csum_pseudo() plus the sum of the data, computed
 * while copying it. For senders that cut many segments from one buffer. */
void tcp_emit_head(const struct tcp_seg *s, uint64_t sum, uint8_t *p);

/* Writes "Flags [S.], seq 1, ack 2, win 65535, options [mss 1460], length 0", like snprintf(). */
int tcp_print(char *out, size_t n, const struct tcp_seg *s);

/* Appends the same with sequence numbers relative to the start of each direction. */
void tcp_text(struct text *t, const struct tcp_seg *s, struct seq seq_base, struct seq ack_base);

/* Writes the flags in tcpdump's notation, "S." or "none", to out (at least 12 bytes). Returns
 * out. */
char *tcp_flags_text(char *out, uint16_t flags);

#endif
