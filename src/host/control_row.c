/* control_row.c - rows of sockets: control_row.h. */
#include "host/control_row.h"

#include "stack/netdev.h"
#include "stack/stack.h"

#include <stdio.h>
#include <unistd.h>

enum {
	INO_SHIFT = 4, /* sockets are at least so many bits apart */
};

uint64_t control_row_ino(const struct control_source *source, const void *owner)
{
	return owner ? (((uint64_t)(uintptr_t)owner ^ source->key) >> INO_SHIFT) : 0;
}

/* Names of interfaces become part of JSON, and of what a terminal shows. */
static void put_dev(struct sock_row *r, const struct control_answer *a, uint32_t ifindex)
{
	const struct netdev *dev =
		ifindex ? stack_netdev(burble_stack(a->source->b), ifindex) : NULL;

	for (size_t i = 0; dev && i < sizeof(r->dev) - 1 && dev->name[i]; i++)
		r->dev[i] =
			dev->name[i] > ' ' && dev->name[i] < 127 && !strchr("\"\\", dev->name[i])
				? dev->name[i]
				: '?';
}

static void put_common(struct sock_row *r, const struct control_answer *a, const void *owner)
{
	r->v[SOCK_UID] = owner ? geteuid() : 0;
	r->v[SOCK_INO] = control_row_ino(a->source, owner);
}

/* Milliseconds from now until `when`. */
static uint64_t left(const struct control_answer *a, nsec_t when)
{
	nsec_t span = when - stack_now(burble_stack(a->source->b));

	return when == NSEC_MAX || span < 0 ? 0 : (uint64_t)(span / NSEC_MSEC);
}

static void put_mem(struct sock_row *r, const uint32_t mem[9])
{
	r->v[SOCK_MEM] = 1;
	for (int i = 0; i < 9; i++)
		r->v[SOCK_MEM_R + i] = mem[i];
}

static void put_options(struct sock_row *r, const struct tcp_info *i)
{
	r->v[SOCK_TS] = (i->tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
	r->v[SOCK_SACK] = (i->tcpi_options & TCPI_OPT_SACK) != 0;
	r->v[SOCK_ECN] = (i->tcpi_options & TCPI_OPT_ECN) != 0;
	r->v[SOCK_ECNSEEN] = (i->tcpi_options & TCPI_OPT_ECN_SEEN) != 0;
	r->v[SOCK_FASTOPEN] = (i->tcpi_options & TCPI_OPT_SYN_DATA) != 0;
	r->v[SOCK_WSCALE] = (i->tcpi_options & TCPI_OPT_WSCALE) != 0;
	r->v[SOCK_SND_WSCALE] = i->tcpi_snd_wscale;
	r->v[SOCK_RCV_WSCALE] = i->tcpi_rcv_wscale;
}

static void put_info(struct sock_row *r, const struct tcp_info *i)
{
	r->v[SOCK_RTO] = i->tcpi_rto;
	r->v[SOCK_BACKOFF] = i->tcpi_backoff;
	r->v[SOCK_RTT] = i->tcpi_rtt;
	r->v[SOCK_RTTVAR] = i->tcpi_rttvar;
	r->v[SOCK_ATO] = i->tcpi_ato;
	r->v[SOCK_MSS] = i->tcpi_snd_mss;
	r->v[SOCK_PMTU] = i->tcpi_pmtu;
	r->v[SOCK_RCV_MSS] = i->tcpi_rcv_mss;
	r->v[SOCK_ADVMSS] = i->tcpi_advmss;
	r->v[SOCK_CWND] = i->tcpi_snd_cwnd;
	r->v[SOCK_SSTHRESH] = i->tcpi_snd_ssthresh;
	r->v[SOCK_BYTES_SENT] = i->tcpi_bytes_sent;
	r->v[SOCK_BYTES_RETRANS] = i->tcpi_bytes_retrans;
	r->v[SOCK_BYTES_ACKED] = i->tcpi_bytes_acked;
	r->v[SOCK_BYTES_RECEIVED] = i->tcpi_bytes_received;
	r->v[SOCK_SEGS_OUT] = i->tcpi_segs_out;
	r->v[SOCK_SEGS_IN] = i->tcpi_segs_in;
	r->v[SOCK_DATA_SEGS_OUT] = i->tcpi_data_segs_out;
	r->v[SOCK_DATA_SEGS_IN] = i->tcpi_data_segs_in;
	r->v[SOCK_LAST_SND] = i->tcpi_last_data_sent;
	r->v[SOCK_LAST_RCV] = i->tcpi_last_data_recv;
	r->v[SOCK_LAST_ACK] = i->tcpi_last_ack_recv;
	r->v[SOCK_DELIVERY_RATE] = i->tcpi_delivery_rate;
	r->v[SOCK_DELIVERED] = i->tcpi_delivered;
	r->v[SOCK_DELIVERED_CE] = i->tcpi_delivered_ce;
	r->v[SOCK_APP_LIMITED] = i->tcpi_delivery_rate_app_limited;
	r->v[SOCK_BUSY] = i->tcpi_busy_time;
	r->v[SOCK_RWND_LIMITED] = i->tcpi_rwnd_limited;
	r->v[SOCK_SNDBUF_LIMITED] = i->tcpi_sndbuf_limited;
}

static void put_more_info(struct sock_row *r, const struct tcp_info_all *all)
{
	const struct tcp_info *i = &all->i;

	if (i->tcpi_pacing_rate != UINT64_MAX)
		r->v[SOCK_PACING_RATE] = i->tcpi_pacing_rate;
	if (i->tcpi_max_pacing_rate < INT64_MAX)
		r->v[SOCK_MAX_PACING_RATE] = i->tcpi_max_pacing_rate;
	r->v[SOCK_UNACKED] = i->tcpi_unacked;
	r->v[SOCK_RETRANS] = i->tcpi_retrans;
	r->v[SOCK_RETRANS_TOTAL] = i->tcpi_total_retrans;
	r->v[SOCK_LOST] = i->tcpi_lost;
	r->v[SOCK_SACKED] = i->tcpi_sacked;
	r->v[SOCK_DSACK_DUPS] = i->tcpi_dsack_dups;
	r->v[SOCK_REORDERING] = i->tcpi_reordering;
	r->v[SOCK_REORD_SEEN] = i->tcpi_reord_seen;
	r->v[SOCK_RCV_RTT] = i->tcpi_rcv_rtt;
	r->v[SOCK_RCV_SPACE] = i->tcpi_rcv_space;
	r->v[SOCK_RCV_SSTHRESH] = i->tcpi_rcv_ssthresh;
	r->v[SOCK_NOTSENT] = i->tcpi_notsent_bytes;
	if (i->tcpi_min_rtt != UINT32_MAX)
		r->v[SOCK_MINRTT] = i->tcpi_min_rtt;
	r->v[SOCK_RCV_OOOPACK] = i->tcpi_rcv_ooopack;
	r->v[SOCK_SND_WND] = i->tcpi_snd_wnd;
	r->v[SOCK_RCV_WND] = all->rcv_wnd;
	r->v[SOCK_REHASH] = all->rehash;
}

/* The name tells which algorithm has filled in the union. */
static void put_cc(struct sock_row *r, const struct tcp_diag *d)
{
	if (d->cc_len > 0 && strcmp(d->cc, "dctcp") == 0) {
		const struct tcp_dctcp_info *i = &d->cc_info.dctcp;

		r->v[SOCK_DCTCP] = 1;
		r->v[SOCK_DCTCP_ENABLED] = i->dctcp_enabled;
		r->v[SOCK_DCTCP_CE_STATE] = i->dctcp_ce_state;
		r->v[SOCK_DCTCP_ALPHA] = i->dctcp_alpha;
		r->v[SOCK_DCTCP_AB_ECN] = i->dctcp_ab_ecn;
		r->v[SOCK_DCTCP_AB_TOT] = i->dctcp_ab_tot;
	} else if (d->cc_len > 0 && strcmp(d->cc, "bbr") == 0) {
		const struct tcp_bbr_info *i = &d->cc_info.bbr;

		r->v[SOCK_BBR] = 1;
		r->v[SOCK_BBR_BW] = (uint64_t)i->bbr_bw_hi << 32 | i->bbr_bw_lo;
		r->v[SOCK_BBR_MIN_RTT] = i->bbr_min_rtt;
		r->v[SOCK_BBR_PACING_GAIN] = i->bbr_pacing_gain;
		r->v[SOCK_BBR_CWND_GAIN] = i->bbr_cwnd_gain;
	}
}

void control_row_tcp(struct sock_row *r, const struct control_answer *a, const struct tcp_diag *d)
{
	const struct tcp_row *row = &d->row;

	*r = (struct sock_row){.v6 = d->v6, .state = row->state};
	r->local = row->local.addr;
	r->peer = row->peer.addr;
	r->lport = row->local.port;
	r->pport = row->peer.port;
	put_dev(r, a, d->ifindex);
	put_common(r, a, d->owner);
	r->v[SOCK_RECV_Q] = row->rqueue;
	r->v[SOCK_SEND_Q] = row->wqueue;
	r->v[SOCK_TIMER] = row->timer;
	if (row->timer != SOCK_TIMER_OFF) {
		r->v[SOCK_EXPIRES] = left(a, row->expires);
		r->v[SOCK_RETRANSMITS] = row->retrans;
	}
	if (!d->whole)
		return;
	r->v[SOCK_V6ONLY] = d->v6only;
	r->v[SOCK_SHUT] = d->shut;
	if (a->request.mem)
		put_mem(r, d->mem);
	if (!a->request.info)
		return;
	r->v[SOCK_INFO] = 1;
	snprintf(r->cc, sizeof(r->cc), "%s", d->cc);
	put_options(r, &d->info.i);
	put_info(r, &d->info.i);
	put_more_info(r, &d->info);
	put_cc(r, d);
}

void control_row_udp(struct sock_row *r, const struct control_answer *a, const struct udp_diag *d)
{
	const uint32_t mem[9] = {d->rqueue, d->rcvbuf, d->wqueue, d->sndbuf};

	*r = (struct sock_row){.udp = true, .v6 = d->v6};
	r->state = (uint8_t)(d->connected ? TCPS_ESTABLISHED : TCPS_CLOSED);
	r->local = d->local.addr;
	r->peer = d->peer.addr;
	r->lport = d->local.port;
	r->pport = d->peer.port;
	put_dev(r, a, d->ifindex);
	put_common(r, a, d->owner);
	r->v[SOCK_RECV_Q] = d->rqueue;
	r->v[SOCK_SEND_Q] = d->wqueue;
	r->v[SOCK_V6ONLY] = d->v6only;
	r->v[SOCK_SHUT] = d->shut;
	if (a->request.mem)
		put_mem(r, mem);
}
