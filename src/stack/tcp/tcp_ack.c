/*
 * tcp_ack.c - the ACK field (RFC 9293 3.10.7.4, fifth): ACK validation, window update, input to
 * the loss engine; frees acknowledged data.
 *
 *     SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT      RFC 5961 section 5
 */
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_predict.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"

static bool may_update_window(const struct tcp_in *in, const struct tcp_conn *c, uint32_t win)
{
	return seq_gt(in->seg.ack, c->snd_una) || seq_gt(in->seg.seq, c->snd_wl1) ||
	       (seq_eq(in->seg.seq, c->snd_wl1) && (win > c->snd_wnd || win == 0));
}

static bool update_window(struct tcp_in *in, struct tcp_conn *c)
{
	uint32_t win = in->seg.win;

	if (!(in->seg.flags & SEG_SYN))
		win <<= c->snd_wscale;
	if (!may_update_window(in, c, win))
		return false;
	c->snd_wl1 = in->seg.seq;
	if (c->snd_wnd != win) {
		struct tcp_active *b = c->active;

		if (b->snd.q.unsent && b->loss.packets_out == 0)
			loss_idle_restart(&b->loss, in->s->now);
		c->snd_wnd = win;
		b->rcv.predict = false;
		tcp_predict_check(c);
		if (win > c->max_window) {
			c->max_window = win;
			tcp_sync_mss(in->s, c, c->active->path.mtu);
		}
	}
	return true;
}

/* True if there is unsent data that fits into the peer's window. */
static bool more_to_send(const struct tcp_conn *c)
{
	int32_t unsent = seq_diff(c->write_seq, c->snd_nxt);
	int32_t room = seq_diff(tcp_wnd_end(c), c->snd_nxt);

	return unsent > 0 && room >= (int32_t)u32_min((uint32_t)unsent, c->mss);
}

/* A closed window has opened: the probes stop; or it is still closed, and they continue. */
static void ack_probe(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	int32_t unsent = seq_diff(c->write_seq, c->snd_nxt);

	if (unsent <= 0 || b->loss.packets_out > 0)
		return;
	if (!seq_gt(seq_add(c->snd_nxt, u32_min((uint32_t)unsent, c->mss)), tcp_wnd_end(c))) {
		tcp_timers_probe0_off(c);
	} else {
		tcp_timers_probe0(s, c);
	}
}

void tcp_write_space(struct stack *s, struct tcp_conn *c)
{
	if (!tcp_is(c, TCPB_NOSPACE))
		return;
	tcp_sndbuf_expand(s, c);
	if (!tcp_snd_writable(s, c))
		return;
	tcp_mark(c, TCPB_NOSPACE, false);
	tcp_chrono_stop(s, c, TCP_CHRONO_SNDBUF);
	tcp_notify(s, c, TCP_EVENT_OUT);
}

static void fill_sacks(const struct tcp_in *in, struct loss_ack *a)
{
	if (!(in->o.has & TCP_HAS_SACK))
		return;
	a->sacks = in->o.sack_count;
	assert(a->sacks <= ARRAY_SIZE(a->sack));
	for (uint8_t i = 0; i < a->sacks; i++)
		a->sack[i] = (struct seq_range){in->o.sack[i].left, in->o.sack[i].right};
}

/* The loss engine's fast path: the ACK of what was sent once and in order, in any state. */
static bool early(const struct tcp_in *in, struct tcp_conn *c, struct loss_acked *out)
{
	return in->s->fast_path && !(in->o.has & TCP_HAS_SACK) &&
	       loss_ack_early(&c->active->loss, in->seg.ack, out, in->s->now);
}

static void report(
	const struct tcp_in *in, struct tcp_conn *c, bool win_update, struct loss_acked *out)
{
	bool has_ts = (in->o.has & TCP_HAS_TS) && (c->agreed & TCPA_TS);
	struct loss_ack a = {
		.ack = in->seg.ack,
		.has_data = !seq_eq(in->end, in->seg.seq),
		.win_update = win_update,
		.ece = (in->seg.flags & SEG_ECE) && !(in->seg.flags & SEG_SYN) &&
		       (c->agreed & TCPA_ECN),
		.has_ts = has_ts,
		.tsecr = has_ts && in->o.tsecr ? in->o.tsecr - c->ts_offset : 0,
		.more_to_send = more_to_send(c),
		.max_window = c->max_window,
	};

	fill_sacks(in, &a);
	loss_ack(&c->active->loss, &a, out, in->s->now);
}

/* Reports the ACK to the engine and frees what it acknowledges. */
static void update_loss_engine(struct tcp_in *in, struct tcp_conn *c, bool win_update)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	struct loss_acked out;

	if (!early(in, c, &out))
		report(in, c, win_update, &out);
	if (out.progress) {
		b->snd.retrans_stamp = 0;
		tcp_snd_free_to(s, c, in->seg.ack);
	}
	if (out.not_dup && c->key.state != TCPS_SYN_SENT)
		ip_neigh_confirm(s, &c->key.raddr);
	if (b->loss.packets_out == 0)
		tcp_chrono_stop(s, c, TCP_CHRONO_BUSY);
	tcp_mtu_probe_done(s, c, out.mtu);
}

static int old_ack(struct tcp_in *in, struct tcp_conn *c)
{
	struct loss_acked out;
	struct loss_ack a = {.ack = in->seg.ack, .max_window = c->max_window};

	assert(seq_lt(in->seg.ack, c->snd_una));
	if (!(in->o.has & TCP_HAS_SACK) || !(c->agreed & TCPA_SACK))
		return 0;
	fill_sacks(in, &a);
	loss_ack(&c->active->loss, &a, &out, in->s->now);
	tcp_timers_rtx(in->s, c);
	return 0;
}

int tcp_ack_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	struct seq prior = c->snd_una;
	uint64_t most = c->max_window;
	bool win_update;

	if (seq_lt(in->seg.ack, prior)) {
		if (b->stats.bytes_acked < most)
			most = b->stats.bytes_acked;
		if (seq_lt(in->seg.ack, seq_sub(prior, (uint32_t)most))) {
			if (c->key.state == TCPS_ESTABLISHED)
				tcp_challenge_ack(in, c);
			return -1;
		}
		return old_ack(in, c);
	}
	if (seq_gt(in->seg.ack, c->snd_nxt)) { /* RFC 9293 3.10.7.4: answered, and dropped */
		if (c->key.state == TCPS_ESTABLISHED)
			tcp_challenge_ack(in, c);
		return -1;
	}
	if (in->predicted && seq_gt(in->seg.ack, prior))
		stack_count(s, MIB_TcpExtTCPHPAcks);
	else if (seq_eq(in->seg.seq, in->end))
		stack_count(s, MIB_TcpExtTCPPureAcks);
	if (c->key.state != TCPS_SYN_SENT)
		tcp_store_ts(in, c, in->seg.seq);
	win_update = c->key.state == TCPS_SYN_SENT ? true : update_window(in, c);
	if (tcp_syn_under_way(c))
		b->hs.syn_counted = 1;
	b->stats.bytes_acked += seq_span(in->seg.ack, prior);
	c->snd_una = in->seg.ack;
	if (seq_lt(b->snd.up, c->snd_una))
		b->snd.up = c->snd_una;
	c->soft_err = 0;
	b->snd.probes_out = 0;
	c->rcv_tstamp_ms = ms_of(s->now);
	update_loss_engine(in, c, win_update);
	if (b->loss.packets_out == 0)
		ack_probe(s, c);
	tcp_timers_rtx(s, c);
	if (b->snd.watch_acks && s->tcp->ev.acked && seq_gt(c->snd_una, prior) && c->owner)
		s->tcp->ev.acked(s->tcp->ev.ctx, c->owner, tcp_bytes_before(c, c->snd_una));
	return 1;
}
