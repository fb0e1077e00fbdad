/* ss_text_info.c - the memory and TCP_INFO of a row in ss's words and order: ss_text.h. */
#include "observe/ss_text.h"

#include <inttypes.h>

/* One word of the line: printed if its number is not 0. */
struct word {
	const char *name;
	enum sock_field field;
	double unit; /* 0: an integer; else divided by it and printed with %g */
};

static void add_words(struct text *t, const struct sock_row *r, const struct word *w, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t v = r->v[w[i].field];

		if (v && w[i].unit > 0)
			text_add(t, " %s:%g", w[i].name, (double)v / w[i].unit);
		else if (v)
			text_add(t, " %s:%" PRIu64, w[i].name, v);
	}
}

/* Bits per second, "1.25G"; with -n in full. */
static void add_rate(struct text *t, const char *word, double bps, const struct ss_options *o)
{
	static const struct {
		double least;
		const char *unit;
	} units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};

	text_add(t, "%s", word);
	if (o->numeric) {
		text_add(t, "%.0fbps", bps);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (bps >= units[i].least) {
			text_add(t, "%.3g%sbps", bps / units[i].least, units[i].unit);
			return;
		}
	text_add(t, "%gbps", bps);
}

static void add_mem(struct text *t, const struct sock_row *r)
{
	const uint64_t *m = &r->v[SOCK_MEM_R];

	text_add(t,
		" skmem:(r%" PRIu64 ",rb%" PRIu64 ",t%" PRIu64 ",tb%" PRIu64 ",f%" PRIu64
		",w%" PRIu64 ",o%" PRIu64 ",bl%" PRIu64 ",d%" PRIu64 ")",
		m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]);
}

static void add_options(struct text *t, const struct sock_row *r, const struct ss_options *o)
{
	static const struct {
		enum sock_field field;
		const char *word;
	} flags[] = {{SOCK_TS, "ts"}, {SOCK_SACK, "sack"}, {SOCK_ECN, "ecn"},
		{SOCK_ECNSEEN, "ecnseen"}, {SOCK_FASTOPEN, "fastopen"}};

	for (size_t i = 0; o->timers && i < ARRAY_SIZE(flags); i++)
		if (r->v[flags[i].field])
			text_add(t, " %s", flags[i].word);
	if (r->cc[0])
		text_add(t, " %s", r->cc);
	if (r->v[SOCK_WSCALE])
		text_add(t, " wscale:%" PRIu64 ",%" PRIu64, r->v[SOCK_SND_WSCALE],
			r->v[SOCK_RCV_WSCALE]);
}

static void add_window(struct text *t, const struct sock_row *r)
{
	static const struct word sizes[] = {{"ato", SOCK_ATO, 1000}, {"mss", SOCK_MSS, 0},
		{"pmtu", SOCK_PMTU, 0}, {"rcvmss", SOCK_RCV_MSS, 0}, {"advmss", SOCK_ADVMSS, 0},
		{"cwnd", SOCK_CWND, 0}};
	static const struct word traffic[] = {{"bytes_sent", SOCK_BYTES_SENT, 0},
		{"bytes_retrans", SOCK_BYTES_RETRANS, 0}, {"bytes_acked", SOCK_BYTES_ACKED, 0},
		{"bytes_received", SOCK_BYTES_RECEIVED, 0}, {"segs_out", SOCK_SEGS_OUT, 0},
		{"segs_in", SOCK_SEGS_IN, 0}, {"data_segs_out", SOCK_DATA_SEGS_OUT, 0},
		{"data_segs_in", SOCK_DATA_SEGS_IN, 0}};

	if (r->v[SOCK_RTO] && r->v[SOCK_RTO] != 3000000)
		text_add(t, " rto:%g", (double)r->v[SOCK_RTO] / 1000);
	if (r->v[SOCK_BACKOFF])
		text_add(t, " backoff:%" PRIu64, r->v[SOCK_BACKOFF]);
	if (r->v[SOCK_RTT])
		text_add(t, " rtt:%g/%g", (double)r->v[SOCK_RTT] / 1000,
			(double)r->v[SOCK_RTTVAR] / 1000);
	add_words(t, r, sizes, ARRAY_SIZE(sizes));
	if (r->v[SOCK_SSTHRESH] && r->v[SOCK_SSTHRESH] < 0xffff)
		text_add(t, " ssthresh:%" PRIu64, r->v[SOCK_SSTHRESH]);
	add_words(t, r, traffic, ARRAY_SIZE(traffic));
}

static void add_cc(struct text *t, const struct sock_row *r, const struct ss_options *o)
{
	if (r->v[SOCK_DCTCP] && r->v[SOCK_DCTCP_ENABLED])
		text_add(t,
			" dctcp:(ce_state:%" PRIu64 ",alpha:%" PRIu64 ",ab_ecn:%" PRIu64
			",ab_tot:%" PRIu64 ")",
			r->v[SOCK_DCTCP_CE_STATE], r->v[SOCK_DCTCP_ALPHA], r->v[SOCK_DCTCP_AB_ECN],
			r->v[SOCK_DCTCP_AB_TOT]);
	else if (r->v[SOCK_DCTCP])
		text_add(t, " dctcp:fallback_mode");
	if (!r->v[SOCK_BBR])
		return;
	add_rate(t, " bbr:(bw:", (double)r->v[SOCK_BBR_BW] * 8, o);
	text_add(t, ",mrtt:%g", (double)r->v[SOCK_BBR_MIN_RTT] / 1000);
	if (r->v[SOCK_BBR_PACING_GAIN])
		text_add(t, ",pacing_gain:%g", (double)r->v[SOCK_BBR_PACING_GAIN] / 256);
	if (r->v[SOCK_BBR_CWND_GAIN])
		text_add(t, ",cwnd_gain:%g", (double)r->v[SOCK_BBR_CWND_GAIN] / 256);
	text_add(t, ")");
}

static void add_rates(struct text *t, const struct sock_row *r, const struct ss_options *o)
{
	static const struct word last[] = {{"lastsnd", SOCK_LAST_SND, 0},
		{"lastrcv", SOCK_LAST_RCV, 0}, {"lastack", SOCK_LAST_ACK, 0}};

	if (r->v[SOCK_RTT] && r->v[SOCK_MSS] && r->v[SOCK_CWND])
		add_rate(t, " send ",
			(double)r->v[SOCK_CWND] * (double)r->v[SOCK_MSS] * 8e6 /
				(double)r->v[SOCK_RTT],
			o);
	add_words(t, r, last, ARRAY_SIZE(last));
	if (r->v[SOCK_PACING_RATE])
		add_rate(t, " pacing_rate ", (double)r->v[SOCK_PACING_RATE] * 8, o);
	if (r->v[SOCK_PACING_RATE] && r->v[SOCK_MAX_PACING_RATE])
		add_rate(t, "/", (double)r->v[SOCK_MAX_PACING_RATE] * 8, o);
	if (r->v[SOCK_DELIVERY_RATE])
		add_rate(t, " delivery_rate ", (double)r->v[SOCK_DELIVERY_RATE] * 8, o);
}

/* Part of the busy time. */
static void add_limited(struct text *t, const struct sock_row *r, const char *word, uint64_t us)
{
	if (us)
		text_add(t, " %s:%" PRIu64 "ms(%.1f%%)", word, us / 1000,
			100.0 * (double)us / (double)r->v[SOCK_BUSY]);
}

static void add_delivery(struct text *t, const struct sock_row *r)
{
	static const struct word delivered[] = {
		{"delivered", SOCK_DELIVERED, 0}, {"delivered_ce", SOCK_DELIVERED_CE, 0}};

	add_words(t, r, delivered, ARRAY_SIZE(delivered));
	if (r->v[SOCK_APP_LIMITED])
		text_add(t, " app_limited");
	if (r->v[SOCK_BUSY]) {
		text_add(t, " busy:%" PRIu64 "ms", r->v[SOCK_BUSY] / 1000);
		add_limited(t, r, "rwnd_limited", r->v[SOCK_RWND_LIMITED]);
		add_limited(t, r, "sndbuf_limited", r->v[SOCK_SNDBUF_LIMITED]);
	}
}

static void add_recovery(struct text *t, const struct sock_row *r)
{
	static const struct word rest[] = {{"reord_seen", SOCK_REORD_SEEN, 0},
		{"rcv_rtt", SOCK_RCV_RTT, 1000}, {"rcv_space", SOCK_RCV_SPACE, 0},
		{"rcv_ssthresh", SOCK_RCV_SSTHRESH, 0}, {"notsent", SOCK_NOTSENT, 0},
		{"minrtt", SOCK_MINRTT, 1000}, {"rcv_ooopack", SOCK_RCV_OOOPACK, 0},
		{"snd_wnd", SOCK_SND_WND, 0}, {"rcv_wnd", SOCK_RCV_WND, 0},
		{"rehash", SOCK_REHASH, 0}};

	if (r->v[SOCK_UNACKED])
		text_add(t, " unacked:%" PRIu64, r->v[SOCK_UNACKED]);
	if (r->v[SOCK_RETRANS] || r->v[SOCK_RETRANS_TOTAL])
		text_add(t, " retrans:%" PRIu64 "/%" PRIu64, r->v[SOCK_RETRANS],
			r->v[SOCK_RETRANS_TOTAL]);
	if (r->v[SOCK_LOST])
		text_add(t, " lost:%" PRIu64, r->v[SOCK_LOST]);
	if (r->v[SOCK_SACKED] && r->state != SOCK_STATE_LISTEN)
		text_add(t, " sacked:%" PRIu64, r->v[SOCK_SACKED]);
	if (r->v[SOCK_DSACK_DUPS])
		text_add(t, " dsack_dups:%" PRIu64, r->v[SOCK_DSACK_DUPS]);
	if (r->v[SOCK_REORDERING] != 3)
		text_add(t, " reordering:%" PRIu64, r->v[SOCK_REORDERING]);
	add_words(t, r, rest, ARRAY_SIZE(rest));
}

void ss_info(struct text *t, const struct sock_row *r, const struct ss_options *o)
{
	if (!o->mem && !(o->info && !r->udp))
		return;
	if (!o->oneline)
		text_add(t, "\n\t");
	if (o->mem && r->v[SOCK_MEM])
		add_mem(t, r);
	if (!o->info || !r->v[SOCK_INFO])
		return;
	add_options(t, r, o);
	add_window(t, r);
	add_cc(t, r, o);
	add_rates(t, r, o);
	add_delivery(t, r);
	add_recovery(t, r);
}
