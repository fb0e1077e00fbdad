/*
 * tcp_syncookie.c - SYN cookies (RFC 4987 3.6): SYNs are answered without state. The ISN encodes
 * what the final ACK must prove, the timestamp the negotiated options:
 *
 *     ISN     hash(4-tuple) + SEG.SEQ + (minute << 24)
 *             + (hash(4-tuple, minute, SEG.SEQ) + MSS index) % 2^24
 *     TSval   clock | ECN (1 bit) | SACK (1 bit) | window scale (4 bits, 15: none)
 *
 * Linux only adds SEG.SEQ: when the final ACK and one to three bytes after it are lost, it takes
 * the next segment for the answer to a cookie with a smaller MSS, and the loss is never noticed.
 *
 * Valid for two minutes; checked only if the listener has overflowed within that time, so that a
 * flood of ACKs costs a table lookup each and no hash.
 */
#include "stack/tcp/tcp_syncookie.h"
#include "stack/tcp/tcp_isn.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"

enum {
	COOKIE_BITS = 24,
	COOKIE_MINUTES = 2,
	COOKIE_TS_BITS = 6,
};

static const uint16_t mss_of4[4] = {536, 1300, 1440, 1460};
static const uint16_t mss_of6[4] = {1220, 1420, 1440, 8940};

static uint32_t cookie_hash(const struct stack *s, const struct tcp_key *k, uint32_t n, uint64_t c)
{
	const struct siphash_key *key = &s->tcp->cookie_key;
	uint64_t h = siphash_2u64(ip_addr_half(&k->raddr, 0) ^ c, ip_addr_half(&k->raddr, 1), key);

	h = siphash_2u64(h ^ ip_addr_half(&k->laddr, 0), ip_addr_half(&k->laddr, 1), key);
	return (uint32_t)siphash_2u64(
		h, (uint64_t)n << 32 | (uint32_t)k->lport << 16 | k->rport, key);
}

/* The hash that hides the MSS index; it depends on the SYN's sequence number. */
static uint32_t index_hash(
	const struct stack *s, const struct tcp_key *k, uint32_t minute, uint32_t irs)
{
	return cookie_hash(s, k, minute, (uint64_t)irs << 32 | 1);
}

static uint32_t minutes(const struct stack *s)
{
	return (uint32_t)(s->now / (60 * NSEC_SEC));
}

static const uint16_t *table_of(const struct tcp_key *k)
{
	return ip_addr_is_v4(&k->raddr) ? mss_of4 : mss_of6;
}

struct seq tcp_cookie_make(struct stack *s, struct tcp_req *r)
{
	const uint16_t *mss = table_of(&r->key);
	uint32_t i = 3, m = minutes(s);

	while (i > 0 && mss[i] > r->mss)
		i--;
	stack_count(s, MIB_TcpExtSyncookiesSent);
	return seq_of(cookie_hash(s, &r->key, 0, 0) + r->irs.v + (m << COOKIE_BITS) +
		      ((index_hash(s, &r->key, m, r->irs.v) + i) & ((1u << COOKIE_BITS) - 1)));
}

uint32_t tcp_cookie_ts(struct stack *s, const struct tcp_req *r)
{
	uint32_t now = ms_of(s->now), opts = r->agreed & TCPA_WSCALE ? r->snd_wscale : 15, ts;
	uint32_t mask = (1u << COOKIE_TS_BITS) - 1;

	assert(r->snd_wscale <= TCP_WSCALE_MAX);
	if (r->agreed & TCPA_SACK)
		opts |= 1 << 4;
	if (r->ecn_ok)
		opts |= 1 << 5;
	ts = (now & ~mask) | opts;
	if (ts > now)
		ts -= mask + 1;
	return ts + r->ts_offset;
}

/* The index into the table of MSS, or -1. */
static int cookie_read(struct stack *s, const struct tcp_key *k, uint32_t cookie, uint32_t irs)
{
	uint32_t m = minutes(s), age, mask = (1u << COOKIE_BITS) - 1;

	cookie -= cookie_hash(s, k, 0, 0) + irs;
	age = (m - (cookie >> COOKIE_BITS)) & (0xffffffffu >> COOKIE_BITS);
	if (age >= COOKIE_MINUTES)
		return -1;
	cookie = (cookie - index_hash(s, k, m - age, irs)) & mask;
	return cookie < 4 ? (int)cookie : -1;
}

static bool read_options(struct tcp_in *in, struct tcp_req *r)
{
	const struct sysctl *sys = &in->s->sysctl;
	uint32_t opts;

	if (!(in->o.has & TCP_HAS_TS) || !in->o.tsecr)
		return true;
	opts = in->o.tsecr - r->ts_offset;
	if (!sys->tcp_timestamps)
		return false;
	r->agreed = TCPA_TS;
	r->ts_recent = in->o.tsval;
	if (opts & 1 << 4) {
		if (!sys->tcp_sack)
			return false;
		r->agreed |= TCPA_SACK;
	}
	if (opts & 1 << 5)
		r->agreed |= sys->tcp_ecn ? TCPA_ECN : 0;
	if ((opts & 15) == 15)
		return true;
	r->agreed |= TCPA_WSCALE;
	r->snd_wscale = opts & 15;
	return sys->tcp_window_scaling != 0;
}

/* An ACK for a listener: if it returns a valid cookie, *r becomes the request it encodes. */
struct tcp_req *tcp_cookie_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r)
{
	struct stack *s = in->s;
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.dport, in->seg.sport};
	struct ip_route_key key = {t.raddr, t.laddr, tcp_req_interface(in, l)};
	struct ip_route path;
	int mss;

	if (!s->sysctl.tcp_syncookies)
		return NULL;
	if (!l->listen->overflow_at ||
		s->now - l->listen->overflow_at > COOKIE_MINUTES * 60 * NSEC_SEC)
		return NULL;
	*r = (struct tcp_req){.listener = l, .retrans = 1};
	r->key = (struct tcp_key){
		.laddr = t.laddr, .raddr = t.raddr, .lport = t.lport, .rport = t.rport};
	list_init(&r->link);
	list_init(&r->dirty);
	r->irs = seq_sub(in->seg.seq, 1);
	r->iss = seq_sub(in->seg.ack, 1);
	mss = cookie_read(s, &r->key, r->iss.v, r->irs.v);
	if (mss < 0) {
		stack_count(s, MIB_TcpExtSyncookiesFailed);
		return NULL;
	}
	stack_count(s, MIB_TcpExtSyncookiesRecv);
	assert((size_t)mss < ARRAY_SIZE(mss_of4));
	r->mss = table_of(&r->key)[mss];
	r->rcv_nxt = in->seg.seq;
	r->ts_offset = tcp_ts_offset(s, &t);
	r->tos = tcp_tos(l, &r->key.raddr);
	r->ifindex = key.ifindex;
	tcp_req_ao(in, r);
	if (!read_options(in, r) || ip_route_query(s, &key, &path) != 0)
		return NULL;
	r->advmss = tcp_advmss(s, &t.raddr, &path);
	r->sent_at = s->now;
	tcp_req_window(s, l, r, r->mss); /* Linux computes with the MSS in the cookie */
	return r;
}
