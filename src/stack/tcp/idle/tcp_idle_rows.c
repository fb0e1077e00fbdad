/*
 * tcp_idle_rows.c - see tcp_idle_rows.h. A row is a field, in order of how often it differs.
 */
#include "stack/tcp/idle/tcp_idle_rows.h"
#include "base/bytes.h"

struct row {
	uint16_t at; /* in struct tcp_conn, or behind it in struct tcp_active */
	uint8_t size;
};

#define CONN(f)                                                                                    \
	{                                                                                          \
		offsetof(struct tcp_conn, f), sizeof(((struct tcp_conn *)0)->f)                    \
	}
#define PART(at, size)                                                                             \
	{                                                                                          \
		sizeof(struct tcp_conn) + (at), size                                               \
	}
#define BUSY(f)   PART(offsetof(struct tcp_active, f), sizeof(((struct tcp_active *)0)->f))
#define LOSS(f)   BUSY(loss.f)
#define CC(f)     BUSY(loss.cc.f)
#define WORD(n)   PART(offsetof(struct tcp_active, loss.cc.priv) + 4 * (n), 4)
#define WORDS4(n) WORD(n), WORD(n + 1), WORD(n + 2), WORD(n + 3)

static const struct row rows[] = {
	/* after much data */
	CONN(max_window), BUSY(rcv.last_seg), WORD(14), WORD(15), WORD(16), WORD(17), WORD(18),
	BUSY(snd.sml), CONN(ts_recent_s), CONN(ato_ms), CC(last_send), LOSS(first_tx),
	LOSS(rack.sent_at), LOSS(cwnd_stamp), LOSS(rack.end), LOSS(rack.advanced),
	LOSS(cwnd_usage_seq), BUSY(snd.pushed), BUSY(snd.up), LOSS(rtt.seq), CC(min_rtt_us),
	CONN(mss), CC(mss), CONN(advmss), BUSY(ack.bits), LOSS(rack.last_delivered),
	LOSS(rate_app_limited), CC(app_limited), LOSS(pace.next), LOSS(pace.segments),
	LOSS(tlp_high), CC(ssthresh), CC(pacing_rate), WORD(19), WORDS4(0), WORD(4), WORD(5),
	WORD(6), WORDS4(8), LOSS(rtt.rto_us), LOSS(rtt.backoff), CC(srtt_us), CONN(rcv_wup),
	BUSY(rcv.flow), CONN(iss), CONN(irs),
	/* of the path, and negotiated */
	BUSY(path.search.high), BUSY(path.search.low), CONN(agreed), CC(cwnd_cnt), CC(cwnd_limited),
	LOSS(cwnd_limited), CONN(tos), CONN(tclass), BUSY(snd.push), BUSY(stats.chrono_start),
	/* loss recovery */
	LOSS(total_retrans), LOSS(bytes_retrans), LOSS(total_rto), LOSS(total_rto_recoveries),
	LOSS(reordering), LOSS(reord_seen), LOSS(dsack_dups), CC(lost), CC(prior_cwnd),
	LOSS(rack.reo_wnd_steps), LOSS(rack.reo_wnd_persist), LOSS(rack.dsack_seen), LOSS(high),
	LOSS(fack), LOSS(undo.armed), LOSS(undo.marker), LOSS(undo.retrans),
	LOSS(undo.prior_ssthresh), LOSS(undo.retrans_at), LOSS(prr_delivered), LOSS(prr_out),
	LOSS(tlp_pending), LOSS(tlp_resent), BUSY(stats.rcv_ooopack), BUSY(stats.chrono[1]),
	BUSY(stats.chrono[2]), BUSY(snd.retrans_stamp), BUSY(hs.synack_retrans), BUSY(ack.dups),
	BUSY(ack.compress_nxt), BUSY(rcv.oow_at), BUSY(snd.probes_out), BUSY(snd.probe_backoff),
	BUSY(rcv.urg_seq), BUSY(snd.urgent), LOSS(frto), LOSS(resend_wanted), LOSS(resend_head),
	LOSS(head_given), LOSS(try_new), LOSS(reneged), LOSS(retransmits), CC(ca_state),
	/* rarely used */
	CONN(ecn), CC(ecn), LOSS(cwr_pending), CC(delivered_ce), BUSY(rcv.ce_prior), CONN(user_mss),
	CONN(soft_err), CONN(err), BUSY(rcv.lowat), BUSY(rcv.predict), BUSY(drops),
	BUSY(snd.watch_acks), CC(cwnd_clamp), CC(max_pacing_rate), CC(paced), LOSS(user_timeout_ms),
	LOSS(thin_linear), LOSS(sack), LOSS(rtt.rto_min_us), LOSS(rtt.rto_max_us),
	BUSY(path.search_at), BUSY(path.search.on), BUSY(path.search.probe), LOSS(mtu_probe.start),
	LOSS(mtu_probe.end), LOSS(mtu_now), LOSS(mtu_next), BUSY(hs.syn_len), BUSY(hs.tfo_fail),
	BUSY(hs.tfo_wanted), BUSY(hs.syn_fastopen_exp), BUSY(hs.syn_data_lost), BUSY(hs.syn_data),
	BUSY(hs.syn_data_acked), BUSY(hs.syn_fastopen), BUSY(snd.write_pending), BUSY(path.rehash),
	BUSY(stats.timeout_rehash), BUSY(snd.push_nonagle), BUSY(snd.write_space_due), CC(una),
	CC(nxt), CONN(snd_nxt), CONN(write_seq), CONN(copied_seq), WORDS4(20), WORDS4(24),
	WORDS4(28), WORDS4(32), WORDS4(36), WORDS4(40)};

enum {
	ROWS = ARRAY_SIZE(rows),
	MAP_MAX = (ROWS + 7) / 8,
	NUMBER_MAX = 10, /* bytes of 64 bits */
};

_Static_assert(CC_PRIVATE == 44 * 4, "a row for every word of an algorithm's own state");
_Static_assert(MAP_MAX < 256, "a byte for its length");

static void *field(const struct tcp_conn *c, const struct row *r)
{
	const uint8_t *at = r->at < sizeof(*c) ? (const uint8_t *)c + r->at
					       : (const uint8_t *)c->active + (r->at - sizeof(*c));

	assert(r->at + r->size <= sizeof(*c) + sizeof(*c->active));
	return (void *)(uintptr_t)at;
}

/* Signed, so that small differences in either direction are small. */
static int64_t get(const void *p, uint8_t size)
{
	int64_t v = 0;

	memcpy(low_bytes(&v, size), p, size);
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

static uint8_t *put(uint8_t *to, uint64_t z)
{
	do {
		*to++ = (uint8_t)(z | (z > 0x7f ? 0x80 : 0));
		z >>= 7;
	} while (z);
	return to;
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

uint8_t *tcp_idle_put_rows(
	const struct tcp_conn *c, struct tcp_conn *made, uint8_t *to, size_t room)
{
	uint8_t map[MAP_MAX] = {0}, body[ROWS * NUMBER_MAX], *end = body;
	size_t map_len = 0, n;
	uint64_t z;

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];
		void *is = field(c, r), *was = field(made, r);

		if (memcmp(is, was, r->size) == 0)
			continue;
		if (!number(get(is, r->size), get(was, r->size), r->size, &z))
			return NULL;
		map[i / 8] |= (uint8_t)(1 << i % 8);
		map_len = i / 8 + 1;
		end = put(end, z);
		memcpy(was, is, r->size);
	}
	n = (size_t)(end - body);
	if (1 + map_len + n > room)
		return NULL;
	*to++ = (uint8_t)map_len;
	memcpy(to, map, map_len);
	memcpy(to + map_len, body, n);
	return to + map_len + n;
}

static void take_row(void *p, const struct row *r, const uint8_t **from)
{
	uint64_t z = take(from);
	uint64_t v = (z & 1 ? 0 : (uint64_t)get(p, r->size)) + (uint64_t)unzigzag(z >> 1);

	memcpy(p, low_bytes(&v, r->size), r->size);
}

const uint8_t *tcp_idle_take_rows(struct tcp_conn *c, const uint8_t *from)
{
	size_t len = *from++;
	const uint8_t *map = from;

	assert(len <= MAP_MAX);
	from += len;
	for (size_t i = 0; i < 8 * len; i++)
		if (map[i / 8] >> i % 8 & 1)
			take_row(field(c, &rows[i]), &rows[i], &from);
	return from;
}
