/*
 * tcp_info.c - introspection: TCP_INFO as Linux fills it in, the time spent busy, limited by the
 * peer's window and by the send buffer, memory.
 */
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_timer.h"

void tcp_chrono_stop_all(struct stack *s, struct tcp_conn *c)
{
	struct tcp_stats *st = &c->active->stats;

	if (st->chrono_type)
		st->chrono[st->chrono_type - 1] += s->now - st->chrono_start;
	st->chrono_type = TCP_CHRONO_NONE;
}

static void chrono_set(struct stack *s, struct tcp_conn *c, enum tcp_chrono what)
{
	struct tcp_stats *st = &c->active->stats;

	tcp_chrono_stop_all(s, c);
	st->chrono_start = s->now;
	st->chrono_type = (uint8_t)what;
}

/* The more specific reason wins while it lasts. */
void tcp_chrono_start(struct stack *s, struct tcp_conn *c, enum tcp_chrono what)
{
	if (what > c->active->stats.chrono_type)
		chrono_set(s, c, what);
}

void tcp_chrono_stop(struct stack *s, struct tcp_conn *c, enum tcp_chrono what)
{
	struct tcp_active *b = c->active;

	if (b->loss.packets_out == 0 && !b->snd.q.unsent)
		tcp_chrono_stop_all(s, c);
	else if (what == b->stats.chrono_type && what != TCP_CHRONO_BUSY)
		chrono_set(s, c, TCP_CHRONO_BUSY);
}

static uint64_t chrono_us(const struct stack *s, const struct tcp_conn *c, enum tcp_chrono what)
{
	const struct tcp_stats *st = &c->active->stats;
	assert(what > TCP_CHRONO_NONE && what <= TCP_CHRONO_SNDBUF);
	nsec_t v = st->chrono[what - 1];

	if (st->chrono_type == what)
		v += s->now - st->chrono_start;
	return (uint64_t)(v / NSEC_USEC);
}

static void basics(struct stack *s, const struct tcp_conn *c, struct tcp_info *i)
{
	const struct tcp_active *b = c->active;
	const struct tcp_loss *l = &b->loss;

	i->tcpi_state = c->key.state;
	i->tcpi_ca_state = l->cc.ca_state;
	i->tcpi_retransmits = l->retransmits;
	i->tcpi_probes = b->snd.probes_out;
	i->tcpi_backoff = l->rtt.backoff ? l->rtt.backoff : b->snd.probe_backoff;
	i->tcpi_options = (c->agreed & TCPA_TS ? TCPI_OPT_TIMESTAMPS : 0) |
			  (c->agreed & TCPA_SACK ? TCPI_OPT_SACK : 0) |
			  (c->agreed & TCPA_WSCALE ? TCPI_OPT_WSCALE : 0) |
			  (c->agreed & TCPA_ECN ? TCPI_OPT_ECN : 0) |
			  (c->ecn & TCPE_SEEN ? TCPI_OPT_ECN_SEEN : 0) |
			  (b->hs.syn_data_acked ? TCPI_OPT_SYN_DATA : 0);
	if (c->agreed & TCPA_WSCALE) {
		i->tcpi_snd_wscale = c->snd_wscale & 15;
		i->tcpi_rcv_wscale = c->rcv_wscale & 15;
	}
	i->tcpi_fastopen_client_fail = b->hs.tfo_fail & 3;
	i->tcpi_rto = l->rtt.rto_us;
	i->tcpi_ato = c->ato_ms * 1000u;
	i->tcpi_snd_mss = c->mss;
	i->tcpi_rcv_mss = c->rcv_mss;
	i->tcpi_pmtu = b->path.mtu;
	i->tcpi_rcv_ssthresh = c->rcv_ssthresh;
	i->tcpi_advmss = c->advmss;
	i->tcpi_snd_wnd = c->snd_wnd;
}

static void recovery(struct stack *s, const struct tcp_conn *c, struct tcp_info *i)
{
	const struct tcp_loss *l = &c->active->loss;
	uint32_t now = ms_of(s->now);

	i->tcpi_unacked = l->packets_out;
	i->tcpi_sacked = l->sacked_out;
	i->tcpi_lost = l->lost_out;
	i->tcpi_retrans = l->retrans_out;
	i->tcpi_rtt = l->rtt.srtt_us >> 3;
	i->tcpi_rttvar = l->rtt.mdev_us >> 2;
	i->tcpi_snd_ssthresh = l->cc.ssthresh;
	i->tcpi_total_retrans = l->total_retrans + c->active->hs.synack_retrans;
	i->tcpi_bytes_retrans = l->bytes_retrans;
	i->tcpi_dsack_dups = l->dsack_dups;
	i->tcpi_reord_seen = l->reord_seen;
	i->tcpi_delivered = l->cc.delivered;
	i->tcpi_delivered_ce = l->cc.delivered_ce;
	i->tcpi_min_rtt = rtt_min(&l->rtt);
	i->tcpi_pacing_rate = l->cc.pacing_rate;
	i->tcpi_delivery_rate_app_limited = l->rate_app_limited;
	if (l->rate_delivered && l->rate_interval_us > 0)
		i->tcpi_delivery_rate = (uint64_t)l->rate_delivered * c->mss * 1000000 /
					(uint64_t)l->rate_interval_us;
	i->tcpi_last_data_sent = now - ms_of(l->cc.last_send);
	i->tcpi_last_data_recv = now - c->lrcv_ms;
	i->tcpi_last_ack_recv = now - c->rcv_tstamp_ms;
}

static void totals(struct stack *s, const struct tcp_conn *c, struct tcp_info *i)
{
	const struct tcp_active *b = c->active;
	const struct tcp_stats *st = &b->stats;

	i->tcpi_rcv_rtt = b->rcv.rtt_us >> 3;
	i->tcpi_rcv_space = b->rcv.space;
	i->tcpi_bytes_acked = st->bytes_acked;
	i->tcpi_bytes_received = st->bytes_received;
	i->tcpi_bytes_sent = st->bytes_sent;
	i->tcpi_segs_in = st->segs_in;
	i->tcpi_segs_out = st->segs_out;
	i->tcpi_data_segs_in = st->data_segs_in;
	i->tcpi_data_segs_out = st->data_segs_out;
	i->tcpi_rcv_ooopack = st->rcv_ooopack;
	i->tcpi_notsent_bytes = seq_span(c->write_seq, c->snd_nxt);
	i->tcpi_rwnd_limited = chrono_us(s, c, TCP_CHRONO_RWND);
	i->tcpi_sndbuf_limited = chrono_us(s, c, TCP_CHRONO_SNDBUF);
	i->tcpi_busy_time =
		chrono_us(s, c, TCP_CHRONO_BUSY) + i->tcpi_rwnd_limited + i->tcpi_sndbuf_limited;
}

void tcp_info_of(struct stack *s, const struct tcp_conn *c, struct tcp_info_all *all)
{
	struct tcp_info *i = &all->i;

	*all = (struct tcp_info_all){.rcv_wnd = c->rcv_wnd,
		.rehash = c->active->stats.timeout_rehash,
		.total_rto = (uint16_t)c->active->loss.total_rto,
		.total_rto_recoveries = (uint16_t)c->active->loss.total_rto_recoveries};
	assert((c->key.state == TCPS_LISTEN) == (c->listen != NULL));
	i->tcpi_max_pacing_rate = c->active->loss.cc.max_pacing_rate;
	i->tcpi_reordering = c->active->loss.reordering;
	i->tcpi_snd_cwnd = c->active->loss.cc.cwnd;
	if (c->key.state == TCPS_LISTEN) {
		i->tcpi_state = TCPS_LISTEN;
		i->tcpi_unacked = c->listen->queued;
		i->tcpi_sacked = c->listen->backlog;
	} else {
		basics(s, c, i);
		recovery(s, c, i);
		totals(s, c, i);
	}
}

size_t tcp_info(struct stack *s, struct tcp_conn *c, void *out, size_t n)
{
	struct tcp_info_all all;

	c = tcp_wake(s, c);
	if (!c)
		return 0;
	tcp_info_of(s, c, &all);
	n = size_min(n, sizeof(all));
	memcpy(out, &all, n);
	return n;
}

size_t tcp_cc_info_of(const struct tcp_conn *c, void *out)
{
	union tcp_cc_info *i = out;
	size_t n;

	if (!c->cc->info)
		return 0; /* as in Linux for algorithms without data of their own */
	n = c->cc->info(&c->active->loss.cc, out);
	if (c->cc->flags & CC_ECN)
		i->dctcp.dctcp_ce_state = (c->ecn & TCPE_CE) != 0;
	return n;
}

size_t tcp_cc_info(struct stack *s, struct tcp_conn *c, void *out)
{
	c = tcp_wake(s, c);
	return c ? tcp_cc_info_of(c, out) : 0;
}

void tcp_meminfo_of(const struct tcp_conn *c, uint32_t out[9])
{
	const struct tcp_active *b = c->active;

	memset(out, 0, 9 * sizeof(out[0]));
	out[0] = b->rcv.q.truesize;
	out[1] = c->rcvbuf;
	out[2] = b->snd.q.truesize;
	out[3] = c->sndbuf;
	out[4] = b->reserved;
	out[5] = b->snd.q.truesize;
	out[8] = b->drops;
}

void tcp_meminfo(struct stack *s, struct tcp_conn *c, uint32_t out[9])
{
	c = tcp_wake(s, c);
	if (c)
		tcp_meminfo_of(c, out);
	else
		memset(out, 0, 9 * sizeof(out[0]));
}
