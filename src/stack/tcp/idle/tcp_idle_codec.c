/*
 * tcp_idle_codec.c - packing and unpacking of hibernated connections.
 *
 *     packed --fields()--> what varies --derive()--> all of both records --odd words--> as they
 * were
 *
 * fields() lists what differs from connection to connection, each with a prediction from those
 * before it; it reads or writes, so that both directions agree. derive() computes the rest from
 * them, upon a fresh connection's records. Packing then unpacks, compares, and adds the words that
 * came out differently: a field that is missing here costs bytes, not correctness.
 *
 * Nothing here may depend on a parameter that can change during hibernation.
 */
#include "stack/tcp/idle/tcp_idle_codec.h"
#include "stack/tcp/idle/tcp_idle_rows.h"
#include "stack/tcp/loss/loss_priv.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_timer.h"

#include <endian.h>

enum {
	FIELDS = 61,                                  /* listed by fields() */
	WORD = 8,                                     /* bytes of a difference */
	HEAD = 8,                                     /* bytes for a bit each, and for MORE */
	MORE = 63,                                    /* the bit that says that rows follow */
	CONN_AT = offsetof(struct tcp_conn, snd_una), /* before it: identity and links */
};

_Static_assert(FIELDS <= MORE && HEAD == sizeof(uint64_t), "a bit for each field");
_Static_assert(HEAD + FIELDS * (WORD + 1) <= PACK_ROOM - WORD, "room for each field");

struct tcp_fresh {
	struct tcp_conn c;
	struct tcp_active b;
};

/* The differences between fields and predictions, to or from which fields() goes. */
struct differences {
	int64_t d[FIELDS];
	unsigned n;
};

/* One description of the fields serves both directions; inlined, each is a straight line. */
#define BOTH_WAYS static inline __attribute__((always_inline))

BOTH_WAYS void code_u64(struct differences *k, bool packing, uint64_t *f, uint64_t predicted)
{
	int64_t *d = &k->d[k->n++];

	if (packing)
		*d = (int64_t)(*f - predicted);
	else
		*f = predicted + (uint64_t)*d;
}

BOTH_WAYS void code_time(struct differences *k, bool packing, nsec_t *f, nsec_t predicted)
{
	code_u64(k, packing, (uint64_t *)f, (uint64_t)predicted);
}

BOTH_WAYS void code_u32(struct differences *k, bool packing, uint32_t *f, uint32_t predicted)
{
	int64_t *d = &k->d[k->n++];

	if (packing)
		*d = (int32_t)(*f - predicted);
	else
		*f = predicted + (uint32_t)*d;
}

BOTH_WAYS void code_seq(struct differences *k, bool packing, struct seq *f, struct seq predicted)
{
	code_u32(k, packing, &f->v, predicted.v);
}

BOTH_WAYS void code_u16(struct differences *k, bool packing, uint16_t *f, uint16_t predicted)
{
	int64_t *d = &k->d[k->n++];

	if (packing)
		*d = (int16_t)(*f - predicted);
	else
		*f = (uint16_t)(predicted + *d);
}

BOTH_WAYS void code_u8(struct differences *k, bool packing, uint8_t *f, uint8_t predicted)
{
	int64_t *d = &k->d[k->n++];

	if (packing)
		*d = (int8_t)(*f - predicted);
	else
		*f = (uint8_t)(predicted + *d);
}

/* --- what varies: a prediction uses nothing but fields above it ------------------------------- */

static bool spoken(const struct tcp_active *b)
{
	return b->stats.data_segs_out > 0;
}

static bool heard(const struct tcp_active *b)
{
	return b->stats.data_segs_in > 0;
}

/* Amounts of data. */
BOTH_WAYS void traffic(
	struct differences *k, bool packing, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_stats *t = &b->stats;

	code_time(k, packing, &b->quiet_at, 0);
	code_seq(k, packing, &c->snd_una, seq_of(0));
	code_seq(k, packing, &c->rcv_nxt, seq_of(0));
	code_u32(k, packing, &c->ts_recent, 0);
	code_u32(k, packing, &c->ts_offset, 0);
	code_u64(k, packing, &t->bytes_acked, 0);
	code_u64(k, packing, &t->bytes_received, 0);
	code_u32(k, packing, &t->data_segs_in, 0);
	code_u32(k, packing, &t->data_segs_out, 0);
	code_u8(k, packing, &b->hs.syn_counted, 0);
	code_u64(k, packing, &t->bytes_sent, t->bytes_acked - b->hs.syn_counted);
	code_u32(k, packing, &t->segs_in, t->data_segs_in + t->data_segs_out + 1);
	code_u32(k, packing, &t->segs_out,
		t->data_segs_in + t->data_segs_out + 2 * b->hs.syn_counted);
	code_time(k, packing, &t->chrono[0], 0);
}

/* A full segment as known when the windows were first computed: an active opener had the SYN-ACK's
 * timestamp by then. */
static uint32_t first_mss(const struct tcp_conn *c, const struct tcp_active *b)
{
	return c->mss_clamp - (b->hs.syn_counted ? (uint32_t)TCP_OPT_TS_ALIGNED : 0);
}

/* The path, the windows, options of programs. */
BOTH_WAYS void windows(
	struct differences *k, bool packing, struct tcp_conn *c, struct tcp_active *b)
{
	code_u8(k, packing, &c->ip_len, 20);
	code_u32(k, packing, &b->path.mtu, 1500);
	code_u16(k, packing, &c->mss_clamp, (uint16_t)(b->path.mtu - c->ip_len - TCP_HDR_MIN));
	code_u8(k, packing, &c->snd_wscale, 10);
	code_u8(k, packing, &c->rcv_wscale, 10);
	code_u32(k, packing, &c->snd_wnd, 65160);
	code_u32(k, packing, &c->window_clamp, 65536 - first_mss(c, b));
	code_u32(k, packing, &c->rcv_wnd, 65536);
	code_u32(k, packing, &c->rcv_ssthresh, c->window_clamp);
	code_u32(k, packing, &c->sndbuf, 46080);
	code_u32(k, packing, &c->rcvbuf, 131072);
	code_u8(k, packing, &c->nonagle, NAGLE_OFF);
	code_u8(k, packing, &c->scaling, TCP_SCALING_DEFAULT);
	code_u8(k, packing, &c->pingpong, 0);
	code_u8(k, packing, &c->quick, heard(b) ? TCP_MAX_QUICKACKS - 1 : 0);
	code_u16(k, packing, &c->rcv_mss, TCP_MSS_DEFAULT4);
	code_u32(k, packing, &b->rcv.space, 10 * first_mss(c, b));
	code_seq(k, packing, &c->snd_wl1, c->rcv_nxt);
	code_seq(k, packing, &b->rcv.rtt_seq,
		heard(b) ? seq_add(c->rcv_nxt, c->rcv_wnd) : seq_of(0));
	code_seq(k, packing, &b->rcv.space_seq, c->rcv_nxt);
	code_time(k, packing, &b->rcv.space_time, b->quiet_at);
	code_time(k, packing, &b->rcv.rtt_time, heard(b) ? b->rcv.space_time : 0);
	code_u32(k, packing, &c->lrcv_ms, ms_of(heard(b) ? b->quiet_at : b->rcv.space_time));
	code_u32(k, packing, &b->rcv.rtt_us, 0);
	code_u32(k, packing, &b->rcv.rtt_tsecr, 0);
	code_u32(k, packing, &c->rcv_tstamp_ms, ms_of(b->quiet_at));
}

/* Where CUBIC has the smallest RTT, and the start of a round trip; the next word is the time of the
 * last ACK, usually the same. */
static uint32_t *cubic_rtt(struct cc *cc)
{
	return (uint32_t *)(cc->priv + 4 * 7);
}

static nsec_t *cubic_round(struct cc *cc)
{
	return (nsec_t *)(cc->priv + 4 * 12);
}

/* The sender's measurements. */
BOTH_WAYS void measurements(struct differences *k, bool packing, struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;
	struct tcp_rtt *r = &l->rtt;

	code_u32(k, packing, &r->min.s[0].value, 0);
	code_time(k, packing, &l->cc.delivered_at, b->quiet_at);
	code_u32(k, packing, &l->rack.rtt_us, spoken(b) ? r->min.s[0].value : 0);
	code_time(k, packing, &b->snd.wstamp,
		spoken(b) ? l->cc.delivered_at - (nsec_t)l->rack.rtt_us * NSEC_USEC : 0);
	code_time(k, packing, &r->min.s[0].at, spoken(b) ? l->cc.delivered_at : b->rcv.space_time);
	for (int i = 1; i < 3; i++) {
		code_u32(k, packing, &r->min.s[i].value, r->min.s[i - 1].value);
		code_time(k, packing, &r->min.s[i].at, r->min.s[i - 1].at);
	}
	code_u32(k, packing, &r->srtt_us, r->min.s[0].value * 8);
	code_u32(k, packing, &r->mdev_us, 100000);
	code_u32(k, packing, &r->mdev_max_us, 200000);
	code_u32(k, packing, &r->rttvar_us, r->mdev_max_us);
	code_time(k, packing, &l->rate_interval_us, l->rack.rtt_us);
	code_u32(k, packing, cubic_rtt(&l->cc), spoken(b) ? r->min.s[0].value : 0);
	code_time(k, packing, cubic_round(&l->cc), b->rcv.space_time);
	code_u32(k, packing, &l->max_packets_out, spoken(b));
	code_u32(k, packing, &l->cwnd_used, l->max_packets_out);
	code_u32(k, packing, &l->rate_delivered, spoken(b) || b->hs.syn_counted);
	code_u32(k, packing, &l->cc.cwnd, CC_INIT_CWND);
	code_u32(k, packing, &l->cc.delivered, b->stats.data_segs_out + 1);
}

BOTH_WAYS void fields(struct differences *k, bool packing, struct tcp_conn *c, struct tcp_active *b)
{
	k->n = 0;
	traffic(k, packing, c, b);
	windows(k, packing, c, b);
	measurements(k, packing, b);
	assert(k->n == FIELDS);
}

/* --- differences as bytes --------------------------------------------------------------------- */

/* The bytes that d, not 0, needs with its sign. */
static unsigned length_of(int64_t d)
{
	uint64_t magnitude = (uint64_t)(d ^ d >> 63);

	return (64 - (unsigned)__builtin_clzll(magnitude | 1)) / 8 + 1;
}

/* Returns the end. */
static uint8_t *put(const struct differences *k, uint8_t *to)
{
	uint8_t *at = to + HEAD, *lengths = at;
	uint64_t map = 0;
	bool second = false;

	for (unsigned i = 0; i < FIELDS; i++) {
		unsigned n;
		uint64_t word;

		if (k->d[i] == 0)
			continue;
		map |= 1ull << i;
		n = length_of(k->d[i]);
		if (second)
			*lengths |= (uint8_t)(n << 4);
		else
			*(lengths = at++) = (uint8_t)n;
		second = !second;
		word = htole64((uint64_t)k->d[i]);
		memcpy(at, &word, WORD); /* the next covers what is too much */
		at += n;
	}
	map = htole64(map);
	memcpy(to, &map, HEAD);
	return at;
}

/* Returns the end. */
static const uint8_t *take(struct differences *k, const uint8_t *from)
{
	const uint8_t *at = from + HEAD;
	unsigned lengths = 0; /* 0: a byte of lengths comes next */
	uint64_t map, v;

	memset(k->d, 0, sizeof(k->d));
	memcpy(&map, from, HEAD);
	for (map = le64toh(map) & ~(1ull << MORE); map; map &= map - 1) {
		unsigned up;

		if (lengths == 0)
			lengths = *at++;
		up = 64 - 8 * (lengths & 15);
		lengths >>= 4;
		memcpy(&v, at, WORD);
		k->d[__builtin_ctzll(map)] = (int64_t)(le64toh(v) << up) >> up;
		at += 8 - up / 8;
	}
	return at;
}

/* --- the rest --------------------------------------------------------------------------------- */

/* With the values of most connections over Ethernet, with default buffers. */
struct tcp_fresh *tcp_fresh_new(struct stack *s)
{
	struct tcp_fresh *f = calloc(1, sizeof(*f));
	struct tcp_conn *c = f ? &f->c : NULL;
	struct tcp_loss *l = f ? &f->b.loss : NULL;

	if (!f)
		return NULL;
	tcp_active_init(s, c, &f->b);
	c->agreed = TCPA_TS | TCPA_SACK | TCPA_WSCALE;
	l->rtt.rto_min_us = 200000;
	l->rtt.rto_max_us = 120000000;
	l->reordering = 3;
	l->established = l->sack = true;
	l->fresh = false;
	f->b.rcv.lowat = 1;
	return f;
}

static void copy_fresh(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	const struct tcp_fresh *f = s->tcp->fresh;
	uint8_t bind_flags = c->bind_flags;

	memcpy((uint8_t *)c + CONN_AT, (const uint8_t *)&f->c + CONN_AT, sizeof(*c) - CONN_AT);
	memcpy(b, &f->b, sizeof(*b));
	c->bind_flags = bind_flags;
	c->active = b;
	b->conn = c;
	list_init(&b->dirty);
	list_init(&b->hs.queue);
	list_init(&b->quiet);
	tcp_timers_init(b);
	rtx_init(&b->loss.queue, f->b.loss.queue.pool);
}

/* An active opener counts its SYN, as in Linux. */
static void derive_conn(struct tcp_conn *c, struct tcp_active *b)
{
	struct seq first;

	c->iss = seq_sub(c->snd_una, (uint32_t)b->stats.bytes_acked + !b->hs.syn_counted);
	c->irs = seq_sub(c->rcv_nxt, (uint32_t)b->stats.bytes_received + 1);
	c->rcv_wup = c->copied_seq = c->rcv_nxt;
	c->snd_nxt = c->write_seq = c->snd_una;
	c->max_window = c->snd_wnd;
	c->ts_recent_s = s_of(b->quiet_at);
	c->ato_ms = heard(b) ? TCP_ATO_MIN_MS : 0;
	c->mss = c->advmss = (uint16_t)(c->mss_clamp - TCP_OPT_TS_ALIGNED);
	first = seq_add(c->iss, !b->hs.syn_counted);
	b->rcv.predict = b->stats.segs_in > 1; /* more than the SYN-ACK of a client */
	b->snd.up = b->snd.pushed = c->snd_una;
	b->snd.sml = spoken(b) ? c->snd_una : first;
	b->path.search.high = b->path.mtu;
	b->path.search.low = 1024 + c->ip_len + 32u;
	b->loss.high = b->loss.fack = b->loss.undo.marker = first;
	b->loss.cwnd_usage_seq = b->loss.rack.end = spoken(b) ? c->snd_una : first;
}

static void derive_times(struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;
	nsec_t began = b->rcv.space_time, min_rtt = l->rtt.min.s[0].value * NSEC_USEC;
	bool sent = spoken(b), opened = b->hs.syn_counted;

	l->rack.sent_at = sent ? b->snd.wstamp : LOSS_NO_TIME;
	l->cc.last_send = sent ? b->snd.wstamp : began;
	l->first_tx = sent ? b->snd.wstamp : opened ? began - min_rtt : 0;
	l->cwnd_stamp = l->cc.delivered_at;
	l->rack.advanced = sent;
	if (sent || opened)
		l->cc.app_limited = 0;
}

/* The congestion control, as left by its init(). */
static void derive_cc(struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;
	struct cc *cc = &l->cc;
	uint32_t rtt = *cubic_rtt(cc);
	nsec_t round = *cubic_round(cc);

	cc->nxt = seq_add(c->iss, 1);
	loss_set_cc(l, c->cc, b->rcv.space_time);
	cc->ops = c->cc;
	*cubic_rtt(cc) = rtt;
	cubic_round(cc)[0] = cubic_round(cc)[1] = round;
	cc->una = cc->nxt = l->rtt.seq = c->snd_una;
	cc->mss = c->mss;
	cc->min_rtt_us = l->rtt.min.s[0].value;
	cc->srtt_us = l->rtt.srtt_us;
	rtt_set_rto(&l->rtt);
	cc->pacing_rate =
		pace_rate(cc->cwnd, cc->mss, cc->srtt_us, cc->cwnd < cc->ssthresh / 2 ? 200 : 120);
}

/* --- both directions -------------------------------------------------------------------------- */

static void unpack(struct stack *s, struct tcp_conn *c, struct tcp_active *b, struct differences *k)
{
	copy_fresh(s, c, b);
	fields(k, false, c, b);
	derive_conn(c, b);
	derive_times(b);
	derive_cc(c, b);
}

/* Links, timers, what is looked up again, times without meaning while their timers are off: not
 * packed, and not compared. */
static void leave_out(struct tcp_active *made, const struct tcp_active *b)
{
	made->conn = b->conn;
	made->dirty = b->dirty;
	made->quiet = b->quiet;
	made->quiet_since = b->quiet_since;
	made->hs.queue = b->hs.queue;
	made->rcv.q.queue = b->rcv.q.queue;
	made->timers = b->timers;
	made->loss.queue = b->loss.queue;
	made->loss.timer_at = b->loss.timer_at;
	made->ack.delack_at = b->ack.delack_at;
	made->path.gen = b->path.gen;
	made->path.in_gen = b->path.in_gen;
	made->path.in_dev = b->path.in_dev;
	made->path.paced = b->path.paced;
	made->path.gso = b->path.gso;
	made->path.tx_csum = b->path.tx_csum;
	made->path.initcwnd = b->path.initcwnd;
}

static bool same(const struct tcp_conn *a, const struct tcp_conn *b)
{
	return memcmp((const uint8_t *)a + CONN_AT, (const uint8_t *)b + CONN_AT,
		       sizeof(*a) - CONN_AT) == 0 &&
	       memcmp(a->active, b->active, sizeof(*a->active)) == 0;
}

/* False: too long, or a field without a row differs. */
static bool pack_rest(const struct tcp_conn *c, struct tcp_conn *made, struct tcp_packed *out)
{
	uint8_t *end = tcp_idle_put_rows(c, made, out->bytes + out->n, PACK_MAX - out->n);

	if (!end || !same(c, made))
		return false;
	out->bytes[MORE / 8] |= 1 << MORE % 8;
	out->n = (uint8_t)(end - out->bytes);
	return true;
}

bool tcp_idle_encode(struct stack *s, const struct tcp_conn *c, struct tcp_packed *out)
{
	struct differences k;
	struct tcp_conn made;
	struct tcp_active active;
	uint8_t *end;

	fields(&k, true, (struct tcp_conn *)(uintptr_t)c, c->active); /* packing only reads */
	end = put(&k, out->bytes);
	if (end > out->bytes + PACK_MAX)
		return false;
	out->n = (uint8_t)(end - out->bytes);
	made.cc = c->cc;
	made.bind_flags = c->bind_flags;
	unpack(s, &made, &active, &k);
	leave_out(&active, c->active);
	return same(c, &made) || pack_rest(c, &made, out);
}

/* Where the rest begins. */
static const uint8_t *unpack_differences(
	struct differences *k, struct tcp_packed *p, const uint8_t *from, uint8_t n)
{
	memcpy(p->bytes, from, n); /* numbers are read in words: also behind the last */
	return take(k, p->bytes);
}

void tcp_idle_decode_times(struct tcp_conn *c, struct tcp_active *b, const uint8_t *from, uint8_t n)
{
	struct tcp_packed p;
	struct differences k;

	unpack_differences(&k, &p, from, n);
	fields(&k, false, c, b);
}

void tcp_idle_decode(
	struct stack *s, struct tcp_conn *c, struct tcp_active *b, const uint8_t *from, uint8_t n)
{
	struct tcp_packed p;
	struct differences k;
	const uint8_t *rest;

	rest = unpack_differences(&k, &p, from, n);
	unpack(s, c, b, &k);
	if (p.bytes[MORE / 8] >> MORE % 8 & 1)
		rest = tcp_idle_take_rows(c, rest);
	assert(rest == p.bytes + n);
}
