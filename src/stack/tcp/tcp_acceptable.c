/*
 * tcp_acceptable.c - segment acceptability: sequence number, RST and SYN with the mitigations of
 * RFC 5961, PAWS (RFC 7323 section 5), and the rate limits of the ACKs that answer unacceptable
 * segments.
 */
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_reasm.h"

#include <errno.h>

/* First: is the segment in the window? As in Linux, one that exceeds it is only accepted while
 * there is no unread data; a FIN always fits. */
static bool in_window(struct tcp_in *in, const struct tcp_conn *c)
{
	struct seq edge = seq_add(c->rcv_nxt, tcp_rcv_window(c));
	bool fin = in->seg.flags & SEG_FIN;

	if (seq_lt(in->end, c->rcv_wup))
		return false;
	if (!seq_gt(seq_sub(in->end, fin), edge))
		return true;
	if (!seq_gt(in->seg.seq, edge) && !c->active->rcv.q.queue.first)
		return true;
	if (!(in->seg.flags & (SEG_SYN | SEG_RST)))
		stack_count(in->s, MIB_TcpExtBeyondWindow);
	return false;
}

/* True if the answer must be suppressed: only to SYNs and segments without sequence space, which
 * can form ACK loops; one per tcp_invalid_ratelimit. */
bool tcp_oow_limited(struct stack *s, struct tcp_in *in, nsec_t *last, enum mib which)
{
	nsec_t gap = (nsec_t)s->sysctl.tcp_invalid_ratelimit * NSEC_MSEC;

	if (!seq_eq(in->end, in->seg.seq) && !(in->seg.flags & SEG_SYN))
		return false;
	if (*last && s->now - *last < gap) {
		stack_count(s, which);
		return true;
	}
	*last = s->now ? s->now : 1;
	return false;
}

/* The challenge ACKs of the next second: from half the limit up to one and a half. A limit of 0
 * gives any number of 32 bits, as Linux's draw from an empty range does: hardly a limit. */
static uint32_t challenge_credit(struct stack *s, uint32_t limit)
{
	if (limit == 0)
		return (uint32_t)prng_u64(&s->prng);
	return (limit + 1) / 2 + (uint32_t)prng_below(&s->prng, limit);
}

/* RFC 5961 section 7: a limit for the instance besides the one for the connection. */
void tcp_challenge_ack(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_state *t = s->tcp;
	int32_t limit = s->sysctl.tcp_challenge_ack_limit;
	nsec_t gap = (nsec_t)s->sysctl.tcp_invalid_ratelimit * NSEC_MSEC;

	if (c->active->rcv.oow_at && s->now - c->active->rcv.oow_at < gap) {
		stack_count(s, MIB_TcpExtTCPACKSkippedChallenge);
		return;
	}
	c->active->rcv.oow_at = s->now ? s->now : 1;
	if (limit != INT32_MAX) {
		if (s->now / NSEC_SEC != t->challenge_at / NSEC_SEC || t->challenge_at == 0) {
			t->challenge_at = s->now ? s->now : 1;
			t->challenge_left = challenge_credit(s, (uint32_t)limit);
		}
		if (t->challenge_left == 0)
			return;
		t->challenge_left--;
	}
	stack_count(s, MIB_TcpExtTCPChallengeACK);
	tcp_ack_now(s, c);
}

bool tcp_paws_reject(const struct stack *s, uint32_t ts_recent, uint32_t ts_recent_s, uint32_t val)
{
	if ((int32_t)(ts_recent - val) <= TCP_PAWS_WINDOW)
		return false;
	if (s_of(s->now) - ts_recent_s >= TCP_PAWS_24DAYS_S)
		return false;
	return ts_recent != 0;
}

/* RFC 7323 4.3: TS.Recent is from a segment that covers Last.ACK.sent. */
void tcp_store_ts(struct tcp_in *in, struct tcp_conn *c, struct seq seq)
{
	if (!(in->o.has & TCP_HAS_TS) || !(c->agreed & TCPA_TS) || seq_gt(seq, c->rcv_wup))
		return;
	if ((int32_t)(c->ts_recent - in->o.tsval) <= 0 ||
		s_of(in->s->now) - c->ts_recent_s >= TCP_PAWS_24DAYS_S || c->ts_recent == 0) {
		c->ts_recent = in->o.tsval;
		c->ts_recent_s = s_of(in->s->now);
	}
}

/* A pure ACK reordered in the network is not an old duplicate, within 1.2 RTO. */
static bool disordered_ack(const struct tcp_in *in, const struct tcp_conn *c)
{
	uint32_t win = (uint32_t)in->seg.win << c->snd_wscale;

	return seq_eq(in->seg.ack, c->snd_una) &&
	       !(seq_gt(in->seg.seq, c->snd_wl1) ||
		       (seq_eq(in->seg.seq, c->snd_wl1) && (win > c->snd_wnd || win == 0))) &&
	       (int32_t)(c->ts_recent - in->o.tsval) <=
		       (int32_t)(c->active->loss.rtt.rto_us * 6ull / 5000);
}

enum paws {
	PAWS_FINE,
	PAWS_OLD_ACK, /* a pure ACK from below the window: no answer */
	PAWS_REJECT,
};

static enum paws paws_judge(const struct tcp_in *in, const struct tcp_conn *c)
{
	if (!(in->o.has & TCP_HAS_TS) || !(c->agreed & TCPA_TS) ||
		!tcp_paws_reject(in->s, c->ts_recent, c->ts_recent_s, in->o.tsval))
		return PAWS_FINE;
	if (!(in->seg.flags & SEG_ACK) || !seq_eq(in->seg.seq, in->end))
		return PAWS_REJECT;
	if (seq_lt(in->seg.seq, c->rcv_nxt))
		return PAWS_OLD_ACK;
	return seq_eq(in->seg.seq, c->rcv_nxt) && disordered_ack(in, c) ? PAWS_FINE : PAWS_REJECT;
}

/* Duplicate data with another flow label: the peer's timeout chose another path, so our ACKs were
 * lost. They also change paths, unless a timeout of ours has done that. */
void tcp_spurious_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (b->loss.cc.ca_state != CA_LOSS && in->rx->v6 && b->rcv.flow != in->rx->flow) {
		b->path.rehash++;
		stack_count(in->s, MIB_TcpExtTcpDuplicateDataRehash);
	}
	b->rcv.flow = in->rx->flow;
}

/* The answer to a segment outside the window: an ACK with the current numbers. */
static void dup_ack(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;

	if (!seq_eq(in->end, in->seg.seq) && seq_lt(in->seg.seq, c->rcv_nxt)) {
		stack_count(s, MIB_TcpExtDelayedACKLost);
		tcp_quickack_enter(c, TCP_MAX_QUICKACKS);
		if ((c->agreed & TCPA_SACK) && s->sysctl.tcp_dsack) {
			struct seq end = seq_min(in->end, c->rcv_nxt);

			tcp_spurious_in(in, c);
			tcp_dsack_set(s, c, (struct tcp_sack){in->seg.seq, end}, false);
		}
	}
	tcp_ack_now(s, c);
}

/* The peer's RST may have the sequence number of its FIN, which is already counted. */
static bool reset_after_fin(const struct tcp_in *in, const struct tcp_conn *c)
{
	return seq_eq(in->seg.seq, seq_sub(c->rcv_nxt, 1)) &&
	       tcp_in_state(c, TCPM(TCPS_CLOSE_WAIT) | TCPM(TCPS_LAST_ACK) | TCPM(TCPS_CLOSING));
}

static struct seq highest_sack(const struct tcp_conn *c)
{
	struct seq high = c->rcv_nxt;

	assert(c->active->ack.n_sacks <= TCP_SACKS);
	for (uint8_t i = 0; i < c->active->ack.n_sacks; i++)
		high = seq_max(high, c->active->ack.sacks[i].right);
	return high;
}

static void rst_in(struct tcp_in *in, struct tcp_conn *c)
{
	if (seq_eq(in->seg.seq, c->rcv_nxt) || reset_after_fin(in, c) ||
		((c->agreed & TCPA_SACK) && c->active->ack.n_sacks > 0 &&
			seq_eq(in->seg.seq, highest_sack(c)))) {
		tcp_reset_in(in, c);
		return;
	}
	if (c->active->hs.syn_fastopen && c->active->stats.data_segs_in == 0 &&
		c->key.state == TCPS_ESTABLISHED)
		tcp_fastopen_active_disable(in->s);
	tcp_challenge_ack(in, c);
}

void tcp_reset_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	int err = ECONNRESET;

	assert(!tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)));
	if (c->active->hs.fastopen_rsk) /* both as a request and as a connection */
		stack_count(s, MIB_TcpAttemptFails);
	if (c->key.state == TCPS_SYN_SENT)
		err = ECONNREFUSED;
	else if (c->key.state == TCPS_CLOSE_WAIT)
		err = EPIPE;
	tcp_fail(s, c, err);
}

static bool syn_challenge(struct tcp_in *in, struct tcp_conn *c)
{
	if (c->key.state == TCPS_ESTABLISHED)
		stack_count(in->s, MIB_TcpInErrs);
	stack_count(in->s, MIB_TcpExtTCPSYNChallenge);
	tcp_challenge_ack(in, c);
	return false;
}

static bool outside(struct tcp_in *in, struct tcp_conn *c)
{
	if (in->seg.flags & SEG_RST) {
		if (reset_after_fin(in, c))
			tcp_reset_in(in, c);
		return false;
	}
	if (in->seg.flags & SEG_SYN)
		return syn_challenge(in, c);
	if (!tcp_oow_limited(in->s, in, &c->active->rcv.oow_at, MIB_TcpExtTCPACKSkippedSeq))
		dup_ack(in, c);
	return false;
}

/* Returns true if it is acceptable. */
static bool acceptable(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	uint16_t flags = in->seg.flags;
	enum paws paws = paws_judge(in, c);

	if (paws != PAWS_FINE && !(flags & SEG_RST)) {
		if (flags & SEG_SYN)
			return syn_challenge(in, c);
		if (paws == PAWS_OLD_ACK) {
			stack_count(s, MIB_TcpExtPAWSOldAck);
			return false;
		}
		stack_count(s, MIB_TcpExtPAWSEstab);
		if (!tcp_oow_limited(s, in, &c->active->rcv.oow_at, MIB_TcpExtTCPACKSkippedPAWS))
			dup_ack(in, c);
		return false;
	}
	if (!in_window(in, c))
		return outside(in, c);
	if (flags & SEG_RST) {
		rst_in(in, c);
		return false;
	}
	if (flags & SEG_SYN) {
		/* the other half of a simultaneous open: its SYN-ACK repeats its SYN */
		if (c->key.state == TCPS_SYN_RCVD && (flags & SEG_ACK) &&
			seq_eq(seq_add(in->seg.seq, 1), in->end) && seq_eq(in->end, c->rcv_nxt) &&
			seq_eq(in->seg.ack, c->snd_nxt))
			return true;
		return syn_challenge(in, c);
	}
	return true;
}

bool tcp_validate(struct tcp_in *in, struct tcp_conn *c)
{
	if (acceptable(in, c))
		return true;
	if (c->key.state != TCPS_CLOSED) /* an accepted RST is not a drop */
		tcp_drop(c, 1);
	return false;
}
