/*
 * tcp_idle_codec.c - encoder of hibernated connections: groups of rows, each predicted from those
 * before it:
 *
 *     roots     the two sequence numbers, the peer's timestamp, the time of the last event: as is
 *     counts    bytes and segments so far
 *     paths     the path, the windows, initial sequence numbers
 *     times     of its start, of the last segment, of the last delivery
 *     facts     most fields that change during a connection
 *     more      fields that change with bulk transfers
 *     derived   computed from the facts: RTO, pacing rate
 *     rare      usually at their defaults
 */
#include "stack/tcp/idle/tcp_idle_codec.h"
#include "stack/tcp/loss/loss_priv.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_isn.h"

/* A field of the pair of records, by its offset in this struct. */
struct image {
	struct tcp_conn c;
	struct tcp_active b;
};

struct row {
	uint16_t at;
	uint8_t size;
};

#define ROW(f)                                                                                     \
	{                                                                                          \
		offsetof(struct image, f), sizeof(((struct image *)0)->f)                          \
	}
#define LOSS(f) ROW(b.loss.f)
#define CC(f)   ROW(b.loss.cc.f)
#define WORD(n)                                                                                    \
	{                                                                                          \
		offsetof(struct image, b.loss.cc.priv) + 4 * (n), 4                                \
	}
#define WORDS4(n) WORD(n), WORD(n + 1), WORD(n + 2), WORD(n + 3)

static const struct row roots[] = {
	ROW(b.quiet_at), ROW(c.snd_una), ROW(c.rcv_nxt), ROW(c.ts_recent)};

/* Amounts of data. */
static const struct row counts[] = {ROW(b.stats.bytes_acked), ROW(b.stats.bytes_received),
	ROW(b.stats.data_segs_in), ROW(b.stats.data_segs_out), ROW(b.hs.syn_counted)};

/* The path and the windows. */
static const struct row paths[] = {ROW(b.stats.segs_in), ROW(b.stats.segs_out),
	LOSS(rtt.min.s[0].value), LOSS(rtt.mdev_us), LOSS(rtt.mdev_max_us), ROW(c.snd_wnd),
	ROW(c.window_clamp), ROW(b.stats.bytes_sent), ROW(c.mss_clamp), ROW(c.iss), ROW(c.irs)};

/* Our window; times of its start, of the last segment, of the last data; the newest RTT. */
static const struct row times[] = {ROW(c.rcv_wnd), ROW(b.rcv.space_time), ROW(b.rcv.rtt_time),
	CC(delivered_at), LOSS(rack.rtt_us), LOSS(rtt.srtt_us)};

static const struct row facts[] = {ROW(b.snd.wstamp), LOSS(rtt.min.s[0].at), ROW(c.rcv_ssthresh),
	ROW(c.lrcv_ms), ROW(c.rcv_tstamp_ms), ROW(c.snd_wl1), ROW(b.rcv.rtt_seq),
	ROW(b.rcv.space_seq), ROW(c.rcv_mss), ROW(c.scaling), CC(cwnd), WORD(7), WORD(12), WORD(13),
	WORD(16), ROW(b.rcv.rtt_us), ROW(b.rcv.rtt_tsecr), ROW(b.rcv.last_seg), ROW(c.ato_ms),
	ROW(c.quick), ROW(c.pingpong), CC(delivered), LOSS(max_packets_out), LOSS(cwnd_used),
	LOSS(rack.sent_at), LOSS(cwnd_stamp), CC(last_send), LOSS(first_tx), LOSS(rate_delivered),
	LOSS(rate_interval_us), ROW(b.rcv.space), ROW(c.rcv_wup), ROW(b.rcv.flow)};

/* Fields that differ after much data, or after a path change. */
static const struct row more[] = {ROW(b.stats.chrono[0]), WORD(14), WORD(15), ROW(c.max_window),
	ROW(c.ts_recent_s), LOSS(rack.end), LOSS(rack.advanced), LOSS(cwnd_usage_seq),
	ROW(b.snd.sml), ROW(b.snd.pushed), ROW(b.snd.up), LOSS(rtt.rttvar_us), LOSS(rtt.seq),
	ROW(c.sndbuf), ROW(c.rcvbuf), ROW(c.snd_wscale), ROW(c.rcv_wscale),
	LOSS(rtt.min.s[1].value), LOSS(rtt.min.s[1].at), LOSS(rtt.min.s[2].value),
	LOSS(rtt.min.s[2].at), CC(min_rtt_us), ROW(c.mss), CC(mss), ROW(c.advmss), ROW(b.ack.bits),
	LOSS(rack.last_delivered), LOSS(rate_app_limited), CC(app_limited), LOSS(pace.next),
	LOSS(pace.segments), LOSS(tlp_high), CC(ssthresh), WORD(17), WORD(18), WORD(19), WORDS4(0),
	WORD(4), WORD(5), WORD(6), WORDS4(8)};

/* Derived from the other fields. */
static const struct row derived[] = {
	LOSS(rtt.rto_us), LOSS(rtt.backoff), CC(srtt_us), CC(pacing_rate)};

/* In order of how often they differ. */
static const struct row rare[] = {
	/* of the path, and negotiated */
	ROW(b.path.mtu), ROW(b.path.search.high), ROW(b.path.search.low), ROW(c.agreed),
	ROW(c.ts_offset), CC(cwnd_cnt), CC(cwnd_limited), LOSS(cwnd_limited), ROW(c.ip_len),
	ROW(c.nonagle), ROW(c.tos), ROW(c.tclass), ROW(b.snd.push), ROW(b.stats.chrono_start),
	/* loss recovery */
	LOSS(total_retrans), LOSS(bytes_retrans), LOSS(total_rto), LOSS(total_rto_recoveries),
	LOSS(reordering), LOSS(reord_seen), LOSS(dsack_dups), CC(lost), CC(prior_cwnd),
	LOSS(rack.reo_wnd_steps), LOSS(rack.reo_wnd_persist), LOSS(rack.dsack_seen), LOSS(high),
	LOSS(fack), LOSS(undo.armed), LOSS(undo.marker), LOSS(undo.retrans),
	LOSS(undo.prior_ssthresh), LOSS(undo.retrans_at), LOSS(prr_delivered), LOSS(prr_out),
	LOSS(tlp_pending), LOSS(tlp_resent),

	ROW(b.stats.rcv_ooopack), ROW(b.stats.chrono[1]), ROW(b.stats.chrono[2]),
	ROW(b.snd.retrans_stamp), ROW(b.hs.synack_retrans), ROW(b.ack.dups),
	ROW(b.ack.compress_nxt), ROW(b.rcv.oow_at), ROW(b.snd.probes_out), ROW(b.snd.probe_backoff),
	ROW(b.snd.up), ROW(b.rcv.urg_seq), ROW(b.snd.urgent), LOSS(frto), LOSS(resend_wanted),
	LOSS(resend_head), LOSS(head_given), LOSS(try_new), LOSS(reneged), LOSS(retransmits),
	CC(ca_state),
	/* rarely used */
	ROW(c.ecn), CC(ecn), LOSS(cwr_pending), CC(delivered_ce), ROW(b.rcv.ce_prior),
	ROW(c.user_mss), ROW(c.soft_err), ROW(c.err), ROW(b.rcv.lowat), ROW(b.rcv.predict),
	ROW(b.drops), ROW(b.snd.watch_acks), CC(cwnd_clamp), CC(max_pacing_rate), CC(paced),
	LOSS(user_timeout_ms), LOSS(thin_linear), LOSS(sack), LOSS(rtt.rto_min_us),
	LOSS(rtt.rto_max_us), ROW(b.path.search_at), ROW(b.path.search.on),
	ROW(b.path.search.probe), LOSS(mtu_probe.start), LOSS(mtu_probe.end), LOSS(mtu_now),
	LOSS(mtu_next), ROW(b.hs.syn_len), ROW(b.hs.tfo_fail), ROW(b.hs.tfo_wanted),
	ROW(b.hs.syn_fastopen_exp), ROW(b.hs.syn_data_lost), ROW(b.hs.syn_data),
	ROW(b.hs.syn_data_acked), ROW(b.hs.syn_fastopen), ROW(b.snd.write_pending),
	ROW(b.path.rehash), ROW(b.stats.timeout_rehash), ROW(b.snd.push_nonagle),
	ROW(b.snd.write_space_due), CC(una), CC(nxt), ROW(c.snd_nxt), ROW(c.write_seq),
	ROW(c.copied_seq), WORDS4(20), WORDS4(24), WORDS4(28), WORDS4(32), WORDS4(36), WORDS4(40)};

_Static_assert(CC_PRIVATE == 44 * 4, "a row for every word of an algorithm's own state");

/* --- predictions: nothing here may depend on a parameter that can change during hibernation --- */

/* Links and pointers exact, numbers as for most connections over Ethernet with default buffers. */
static void predict_counts(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;
	nsec_t base = b->quiet_at;
	bool v4 = ip_addr_is_v4(&c->key.raddr);

	tcp_active_init(s, c, b);
	b->quiet_at = base;
	c->rcvbuf = 131072;
	c->sndbuf = 46080;
	c->scaling = TCP_SCALING_DEFAULT;
	c->agreed = TCPA_TS | TCPA_SACK | TCPA_WSCALE;
	c->ip_len = v4 ? 20 : 40;
	c->rcv_mss = TCP_MSS_DEFAULT4;
	c->snd_wscale = c->rcv_wscale = 10;
	c->snd_wnd = 65160;
	c->window_clamp = 65536;
	c->mss_clamp = v4 ? 1460 : 1440;
	l->rtt.rto_min_us = l->rtt.mdev_max_us = 200000;
	l->rtt.rto_max_us = 120000000;
	l->reordering = 3;
	l->established = l->sack = true;
	b->path.mtu = b->path.search.high = 1500;
	b->path.search.low = 1024 + c->ip_len + 32;
	b->rcv.space = 14600;
	b->rcv.lowat = 1;
}

/* The sequence numbers of the handshake below snd_una when counting of bytes began: an active
 * opener counts its SYN, as in Linux. */
static struct seq first_una(const struct tcp_conn *c)
{
	return seq_add(c->iss, !c->active->hs.syn_counted);
}

static bool spoken(const struct tcp_active *b)
{
	return b->stats.data_segs_out > 0;
}

static bool heard(const struct tcp_active *b)
{
	return b->stats.data_segs_in > 0;
}

static void predict_paths(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	uint32_t said = (uint32_t)b->stats.bytes_acked + !b->hs.syn_counted;

	c->iss = seq_sub(c->snd_una, said);
	b->stats.bytes_sent = b->stats.bytes_acked - b->hs.syn_counted;
	c->irs = seq_sub(c->rcv_nxt, (uint32_t)b->stats.bytes_received + 1);
	b->stats.segs_in = b->stats.data_segs_in + b->stats.data_segs_out + 1;
	b->stats.segs_out = b->stats.data_segs_in + b->stats.data_segs_out + 2 * b->hs.syn_counted;
}

static void predict_times(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;

	c->rcv_wnd = c->snd_wnd;
	b->rcv.space_time = l->cc.delivered_at = b->quiet_at;
	b->rcv.rtt_time = heard(b) ? b->quiet_at : 0;
	l->rack.rtt_us = spoken(b) ? l->rtt.min.s[0].value : 0;
	l->rtt.srtt_us = l->rtt.min.s[0].value * 8;
}

static nsec_t last_spoken(const struct tcp_loss *l)
{
	return l->cc.delivered_at - (nsec_t)l->rack.rtt_us * NSEC_USEC;
}

static void predict_loss(struct tcp_loss *l, const struct tcp_conn *c, nsec_t began)
{
	bool sent = spoken(c->active);
	struct seq first = first_una(c);

	l->high = l->fack = l->undo.marker = first;
	l->cwnd_usage_seq = l->rack.end = sent ? c->snd_una : first;
	l->cc.delivered = c->active->stats.data_segs_out + 1;
	if (sent || c->active->hs.syn_counted)
		l->cc.app_limited = 0;
	l->rtt.min.s[0].at = sent ? l->cc.delivered_at : began;
	l->rtt.rttvar_us = l->rtt.mdev_max_us;
	l->rack.sent_at = sent ? last_spoken(l) : LOSS_NO_TIME;
	l->cc.last_send = sent ? last_spoken(l) : began;
	l->first_tx = sent ? last_spoken(l) : 0;
	if (!sent && c->active->hs.syn_counted)
		l->first_tx = began - (nsec_t)l->rtt.min.s[0].value * NSEC_USEC;
	l->cwnd_stamp = l->cc.delivered_at;
	l->max_packets_out = l->cwnd_used = l->rack.advanced = sent;
	l->rate_delivered = sent || c->active->hs.syn_counted;
	l->rate_interval_us = sent                        ? l->rack.rtt_us
			      : c->active->hs.syn_counted ? l->rtt.min.s[0].value
							  : 0;
	l->cc.nxt = seq_add(c->iss, 1);
	loss_set_cc(l, c->cc, began);
	l->cc.ops = c->cc;           /* as left by init() */
	if (sent && !c->cc->control) /* CUBIC: the smallest RTT */
		memcpy(l->cc.priv + 4 * 7, &l->rtt.min.s[0].value, 4);
	l->cc.una = l->cc.nxt = l->rtt.seq = c->snd_una;
}

static void predict_facts(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_tuple t = {c->key.laddr, c->key.raddr, c->key.lport, c->key.rport};

	c->rcv_ssthresh = c->window_clamp != 65536 ? c->window_clamp : 65160;
	c->rcv_wup = c->rcv_nxt;
	c->snd_wl1 = b->rcv.space_seq = c->rcv_nxt;
	b->rcv.rtt_seq = heard(b) ? seq_add(c->rcv_nxt, c->rcv_wnd) : seq_of(0);
	c->ts_offset = tcp_ts_hash(s, &t);
	b->rcv.rtt_tsecr = b->stats.data_segs_in > 4 ? c->ts_offset + ms_of(b->quiet_at) : 0;
	c->lrcv_ms = ms_of(heard(b) ? b->quiet_at : b->rcv.space_time);
	c->rcv_tstamp_ms = ms_of(b->quiet_at);
	c->ts_recent_s = s_of(b->quiet_at);
	c->ato_ms = heard(b) ? TCP_ATO_MIN_MS : 0;
	c->quick = heard(b) ? TCP_MAX_QUICKACKS - 1 : 0;
	b->snd.up = c->snd_una;
	b->snd.sml = spoken(b) ? c->snd_una : first_una(c);
	b->snd.pushed = c->snd_una;
	b->snd.wstamp = spoken(b) ? last_spoken(&b->loss) : 0;
	predict_loss(&b->loss, c, b->rcv.space_time);
}

static void predict_more(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_loss *l = &b->loss;

	c->max_window = c->snd_wnd;
	memcpy(l->cc.priv + 4 * 14, l->cc.priv + 4 * 12, 8); /* two times, equal in CUBIC */
	c->mss = l->cc.mss = (uint16_t)(c->mss_clamp - TCP_OPT_TS_ALIGNED);
	c->advmss = c->mss;
	l->rtt.min.s[1] = l->rtt.min.s[2] = l->rtt.min.s[0];
	l->cc.min_rtt_us = l->rtt.min.s[0].value;
	l->rate_app_limited = spoken(b);
	b->stats.chrono[0] = (nsec_t)b->stats.data_segs_out * (l->rtt.srtt_us >> 3) * NSEC_USEC;
}

static void predict_derived(struct stack *s, struct tcp_conn *c, struct tcp_active *b)
{
	struct tcp_rtt *r = &b->loss.rtt;
	struct cc *cc = &b->loss.cc;

	cc->srtt_us = r->srtt_us;
	rtt_set_rto(r);
	cc->pacing_rate =
		pace_rate(cc->cwnd, cc->mss, cc->srtt_us, cc->cwnd < cc->ssthresh / 2 ? 200 : 120);
	c->snd_nxt = c->write_seq = c->snd_una;
	c->copied_seq = c->rcv_nxt;
	b->rcv.predict = b->stats.segs_in > 1; /* more than the SYN-ACK of a client */
}

/* Each group is predicted from the previous ones. */
static const struct group {
	const struct row *row;
	size_t n;
	void (*predict)(struct stack *s, struct tcp_conn *c, struct tcp_active *b); /* or NULL */
} groups[] = {
	{counts, ARRAY_SIZE(counts), predict_counts},
	{paths, ARRAY_SIZE(paths), predict_paths},
	{times, ARRAY_SIZE(times), predict_times},
	{facts, ARRAY_SIZE(facts), predict_facts},
	{more, ARRAY_SIZE(more), predict_more},
	{derived, ARRAY_SIZE(derived), predict_derived},
	{rare, ARRAY_SIZE(rare), NULL},
};

enum {
	ROWS = ARRAY_SIZE(counts) + ARRAY_SIZE(paths) + ARRAY_SIZE(times) + ARRAY_SIZE(facts) +
	       ARRAY_SIZE(more) + ARRAY_SIZE(derived) + ARRAY_SIZE(rare),
	MAP_MAX = (ROWS + 7) / 8,
};

/* --- numbers ---------------------------------------------------------------------------------- */

static void *field(const struct tcp_conn *c, const struct tcp_active *b, const struct row *r)
{
	const size_t busy = offsetof(struct image, b);
	const uint8_t *at =
		r->at < busy ? (const uint8_t *)c + r->at : (const uint8_t *)b + (r->at - busy);

	assert(r->at + r->size <= sizeof(struct image));
	return (void *)(uintptr_t)at;
}

/* memcmp() of up to 8 bytes without a branch: packing compares every row. Reads 8 bytes of each. */
static bool equal(const uint8_t *a, const uint8_t *b, uint8_t size)
{
	int other = 64 - 8 * size; /* bits that belong to the fields behind */
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x ^= y;
	return (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? x << other : x >> other) == 0;
}

/* Signed, so that small differences in either direction are small. */
static int64_t get(const void *p, uint8_t size)
{
	int64_t v = 0;

	assert(size <= sizeof(v));
	memcpy(&v, p, size); /* little-endian */
	return v;
}

static uint64_t zigzag(int64_t difference, uint8_t size)
{
	int up = 64 - 8 * size;
	int64_t d = (int64_t)((uint64_t)difference << up) >> up;

	return (uint64_t)d << 1 ^ (uint64_t)(d >> 63);
}

static int64_t unzigzag(uint64_t z)
{
	return (int64_t)(z >> 1 ^ -(z & 1));
}

/* The shorter of the difference and the value itself; the lowest bit tells which. False: needs 65
 * bits. */
static bool number(int64_t is, int64_t made, uint8_t size, uint64_t *z)
{
	uint64_t d = zigzag((int64_t)((uint64_t)is - (uint64_t)made), size), v = zigzag(is, size);

	*z = v < d ? v << 1 | 1 : d << 1;
	return (v < d ? v : d) >> 63 == 0;
}

static bool put(struct tcp_packed *out, uint64_t z)
{
	do {
		if (out->n == PACK_MAX)
			return false;
		out->bytes[out->n++] = (uint8_t)(z | (z > 0x7f ? 0x80 : 0));
		z >>= 7;
	} while (z);
	return true;
}

static uint64_t take(const uint8_t **from)
{
	uint64_t z = 0;
	int shift = 0;

	do {
		assert(shift < 64);
		z |= (uint64_t)(**from & 0x7f) << shift;
		shift += 7;
	} while (*(*from)++ & 0x80);
	return z;
}

/* --- packing and unpacking -------------------------------------------------------------------- */

/* The two records, and what unpacking would have produced so far; behind both there is room for
 * equal() to read. */
struct packing {
	struct image is, made;
	uint8_t map[MAP_MAX];
	size_t map_len;
	struct tcp_packed body;
};

/* A row that differs, of the bit `bit`. False: no room. */
static bool pack_row(struct packing *k, const struct row *r, size_t bit)
{
	const void *is = (const uint8_t *)&k->is + r->at;
	void *made = (uint8_t *)&k->made + r->at;
	uint64_t z;

	assert(bit < ROWS);
	k->map[bit / 8] |= (uint8_t)(1 << bit % 8);
	k->map_len = bit / 8 + 1;
	if (!number(get(is, r->size), get(made, r->size), r->size, &z) || !put(&k->body, z))
		return false;
	memcpy(made, is, r->size);
	return true;
}

/* Fields without a row, which are not compared: links, timers, the identity of the connection. */
static void blank(struct image *i)
{
	struct tcp_conn *c = &i->c;
	struct tcp_active *b = &i->b;

	c->key = (struct tcp_key){0};
	c->owner = NULL;
	c->active = NULL;
	c->extra = NULL;
	c->port = NULL;
	memset(&c->port_link, 0, sizeof(c->port_link));
	b->conn = NULL;
	b->path.gen = 0; /* it is looked up again */
	b->path.gso = b->path.tx_csum = b->path.paced = false;
	b->path.initcwnd = b->path.in_gen = 0;
	b->path.in_dev = NULL;
	memset(&b->loss.queue, 0, sizeof(b->loss.queue));
	memset(&b->dirty, 0, sizeof(b->dirty));
	memset(&b->quiet, 0, sizeof(b->quiet));
	b->quiet_since = 0;
	memset(&b->hs.queue, 0, sizeof(b->hs.queue));
	memset(&b->rcv.q.queue, 0, sizeof(b->rcv.q.queue));
	memset(&b->timers.rtx, 0, sizeof(b->timers.rtx));
	memset(&b->timers.delack, 0, sizeof(b->timers.delack));
	memset(&b->timers.life, 0, sizeof(b->timers.life));
	memset(&b->timers.pace, 0, sizeof(b->timers.pace));
	/* meaningless while their timers are off */
	b->loss.timer_at = b->ack.delack_at = 0;
}

static bool same(const struct packing *k)
{
	return memcmp(&k->is, &k->made, sizeof(k->is)) == 0;
}

static bool pack_group(struct packing *k, const struct group *g, size_t *bit)
{
	const uint8_t *is = (const uint8_t *)k + offsetof(struct packing, is);
	const uint8_t *made = (const uint8_t *)k + offsetof(struct packing, made);
	const struct row *r = g->row, *end = r + g->n;
	size_t first = *bit;

	for (; r < end; r++)
		if (!equal(is + r->at, made + r->at, r->size) &&
			!pack_row(k, r, first + (size_t)(r - g->row)))
			return false;
	*bit += g->n;
	return true;
}

/* After the last prediction most records are complete: they are compared as a whole, and the rows
 * of what is rare one by one only if they are not. */
static bool pack_groups(struct packing *k, struct stack *s)
{
	const struct group *g = groups;
	size_t bit = 0;

	for (; g->predict; g++) {
		g->predict(s, &k->made.c, &k->made.b);
		if (!pack_group(k, g, &bit))
			return false;
	}
	assert(g == groups + ARRAY_SIZE(groups) - 1);
	blank(&k->is);
	blank(&k->made);
	return same(k) || (pack_group(k, g, &bit) && same(k));
}

static void roots_in(struct packing *k, struct tcp_packed *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		const void *is = (const uint8_t *)&k->is + roots[i].at;

		assert(out->n + roots[i].size <= PACK_MAX);
		memcpy(out->bytes + out->n, is, roots[i].size);
		memcpy((uint8_t *)&k->made + roots[i].at, is, roots[i].size);
		out->n = (uint8_t)(out->n + roots[i].size);
	}
}

bool tcp_idle_encode(struct stack *s, const struct tcp_conn *c, struct tcp_packed *out)
{
	struct packing k = {.is = {*c, *c->active}};

	k.made.c.key = c->key;
	k.made.c.cc = c->cc;
	k.made.c.active = &k.made.b;
	k.made.c.bind_flags = c->bind_flags;
	out->n = 0;
	roots_in(&k, out);
	if (!pack_groups(&k, s) || out->n + 1 + k.map_len + k.body.n > PACK_MAX)
		return false;
	out->bytes[out->n++] = (uint8_t)k.map_len;
	memcpy(out->bytes + out->n, k.map, k.map_len);
	memcpy(out->bytes + out->n + k.map_len, k.body.bytes, k.body.n);
	out->n = (uint8_t)(out->n + k.map_len + k.body.n);
	return true;
}

static void unpack_row(void *p, const struct row *r, const uint8_t **from)
{
	uint64_t z = take(from);
	uint64_t v = (z & 1 ? 0 : (uint64_t)get(p, r->size)) + (uint64_t)unzigzag(z >> 1);

	memcpy(p, &v, r->size);
}

/* The first bit from `bit` on that is set in a map of len bytes; ROWS: none. */
static size_t next_bit(const uint8_t *map, size_t len, size_t bit)
{
	for (; bit / 8 < len; bit = (bit | 7) + 1) {
		unsigned rest = (unsigned)map[bit / 8] >> bit % 8;

		if (rest)
			return bit + (size_t)__builtin_ctz(rest);
	}
	return ROWS;
}

void tcp_idle_decode(struct stack *s, struct tcp_conn *c, struct tcp_active *b, const uint8_t *from)
{
	const uint8_t *map;
	size_t len, bit, first = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		memcpy(field(c, b, &roots[i]), from, roots[i].size);
		from += roots[i].size;
	}
	len = *from++;
	assert(len <= MAP_MAX);
	map = from;
	from += len;
	bit = next_bit(map, len, 0);
	for (const struct group *g = groups; g < groups + ARRAY_SIZE(groups); g++) {
		if (g->predict)
			g->predict(s, c, b);
		for (; bit < first + g->n; bit = next_bit(map, len, bit + 1)) {
			const struct row *r = &g->row[bit - first];

			unpack_row(field(c, b, r), r, &from);
		}
		first += g->n;
	}
}
