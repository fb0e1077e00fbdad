/*
 * sack.c - the SACK scoreboard (RFC 2018, 2883, 6675): the records that the receiver holds; and for
 * receivers without SACK the same counts from duplicate ACKs (RFC 6582).
 *
 * A block is looked up by its start and walked; records that become sacked are joined with their
 * neighbours, so a known block is one record, and the work for an ACK is proportional to what it
 * newly reports.
 */
#include "stack/tcp/loss/loss_priv.h"

/* The usable blocks of one ACK. */
struct blocks {
	struct seq_range b[LOSS_SACK_BLOCKS];
	uint32_t n;
	bool has_dup; /* dup is a D-SACK */
	struct seq_range dup;
};

/*
 * Is the block between SND.UNA and SND.NXT? One that starts at SND.UNA contradicts the ACK itself.
 * A D-SACK may lie below, as far down as a spurious resend could have been.
 *
 *     marker - max_window ... marker ........ una ............. nxt
 *        | may reach across  |  D-SACK whole  |   SACK, D-SACK  |
 */
static bool block_valid(const struct tcp_loss *l, bool dup, struct seq_range b, uint32_t max_window)
{
	if (seq_gt(b.end, l->cc.nxt) || !seq_lt(b.start, b.end) || !seq_lt(b.start, l->cc.nxt))
		return false;
	if (seq_gt(b.start, l->cc.una))
		return true;
	if (!dup || !l->undo.armed || seq_gt(b.end, l->cc.una))
		return false;
	if (seq_ge(b.start, l->undo.marker))
		return true;
	if (seq_le(b.end, l->undo.marker))
		return false;
	return seq_ge(b.start, seq_sub(b.end, max_window));
}

/* The segments reported by a D-SACK; 0 if they are implausible as retransmissions. */
static uint32_t dsack_segments(struct tcp_loss *l, struct ack_pass *p, struct seq_range b)
{
	uint32_t len, segs = 1;

	if (!seq_lt(b.start, b.end))
		return 0;
	len = seq_span(b.end, b.start);
	if (len > p->a->max_window)
		return 0;
	assert(l->cc.mss > 0);
	if (len > l->cc.mss)
		segs = (len + l->cc.mss - 1) / l->cc.mss;
	else if (l->tlp_pending && seq_eq(l->tlp_high, b.end))
		p->flags |= ACK_DSACK_TLP;
	l->dsack_dups += segs;
	if (l->dsack_dups > l->total_retrans)
		return 0;
	/* RACK widens its window only if reordering was seen, not for its own probes. */
	if (l->reord_seen > 0 && !(p->flags & ACK_DSACK_TLP))
		l->rack.dsack_seen = true;
	p->flags |= ACK_DSACK;
	p->sack_delivered += segs;
	return segs;
}

/* RFC 2883 section 4: the first block is below the ACK or inside of the second. */
static bool is_dsack(const struct tcp_loss *l, const struct loss_ack *a)
{
	assert(a->sacks > 0 && a->sacks <= LOSS_SACK_BLOCKS);
	if (seq_lt(a->sack[0].start, a->ack)) {
		loss_count(l, MIB_TcpExtTCPDSACKRecv, 1);
		return true;
	}
	if (a->sacks > 1 && seq_le(a->sack[0].end, a->sack[1].end) &&
		seq_ge(a->sack[0].start, a->sack[1].start)) {
		loss_count(l, MIB_TcpExtTCPDSACKOfoRecv, 1);
		return true;
	}
	return false;
}

static bool take_dsack(struct tcp_loss *l, struct ack_pass *p)
{
	const struct seq_range b = p->a->sack[0];
	uint32_t segs;

	if (!is_dsack(l, p->a))
		return false;
	segs = dsack_segments(l, p, b);
	if (segs == 0) {
		loss_count(l, MIB_TcpExtTCPDSACKIgnoredDubious, 1);
		return false;
	}
	loss_count(l, MIB_TcpExtTCPDSACKRecvSegs, segs);
	/* A retransmission whose record is already gone. */
	if (l->undo.armed && l->undo.retrans > 0 && seq_le(b.end, p->prior_una) &&
		seq_gt(b.end, l->undo.marker))
		l->undo.retrans =
			l->undo.retrans > (int32_t)segs ? l->undo.retrans - (int32_t)segs : 0;
	return true;
}

static void count_invalid(const struct tcp_loss *l, bool dup, struct seq_range b, struct seq ack)
{
	if (dup)
		loss_count(l,
			l->undo.armed ? MIB_TcpExtTCPDSACKIgnoredOld
				      : MIB_TcpExtTCPDSACKIgnoredNoUndo,
			1);
	else if (seq_eq(ack, l->cc.una) || seq_gt(b.end, l->cc.una))
		loss_count(l, MIB_TcpExtTCPSACKDiscard, 1);
}

static void insert_sorted(struct blocks *s, struct seq_range b)
{
	uint32_t i = s->n++;

	assert(i < LOSS_SACK_BLOCKS);
	for (; i > 0 && seq_gt(s->b[i - 1].start, b.start); i--)
		s->b[i] = s->b[i - 1];
	s->b[i] = b;
}

static void collect(struct tcp_loss *l, struct ack_pass *p, bool has_dup, struct blocks *s)
{
	const struct loss_ack *a = p->a;

	*s = (struct blocks){0};
	for (uint32_t i = 0; i < a->sacks; i++) {
		bool dup = i == 0 && has_dup;

		if (!block_valid(l, dup, a->sack[i], a->max_window)) {
			count_invalid(l, dup, a->sack[i], a->ack);
			continue;
		}
		if (seq_le(a->sack[i].end, p->prior_una))
			continue;
		if (dup) {
			s->has_dup = true;
			s->dup = a->sack[i];
		}
		insert_sorted(s, a->sack[i]);
	}
}

/* Whether [b.start, b.end) covers r. If it covers whole segments at one end of r, splits r so that
 * the answer is definite for the first part. Negative: the covered part is smaller than a segment,
 * or no record is free for the split. */
static int match(struct tcp_loss *l, struct rtx *r, struct seq_range b)
{
	bool from_start = seq_le(b.start, r->start);
	uint32_t len, whole;

	if (from_start && seq_ge(b.end, r->end))
		return 1;
	if (r->segs <= 1 || seq_ge(b.start, r->end))
		return 0;
	len = from_start ? seq_span(b.end, r->start) : seq_span(b.start, r->start);
	if (len < r->mss) {
		if (from_start)
			return -1;
		len = r->mss;
	}
	assert(r->mss > 0);
	whole = len / r->mss * r->mss;
	if (!from_start && whole < len)
		whole += r->mss;
	if (whole >= rtx_len(r))
		return 0;
	return loss_split(l, r, whole) ? from_start : -1;
}

/* r, not sacked before, was received. */
static void newly_sacked(struct tcp_loss *l, struct ack_pass *p, struct rtx *r)
{
	assert(!(r->flags & RTX_SACKED));
	rack_delivered(l, r, p->now);
	if (r->flags & RTX_RETRANS) {
		/* Not marked lost: then the original arrived, and the retransmission is still in
		 * flight. */
		if (r->flags & RTX_LOST) {
			r->flags &= (uint8_t) ~(RTX_LOST | RTX_RETRANS);
			l->lost_out -= r->segs;
			l->retrans_out -= r->segs;
		}
	} else {
		if (!(r->flags & RTX_EVER_RETRANS)) {
			/* A hole was filled by itself: reordering. */
			if (seq_lt(r->start, loss_fack(l)))
				p->reord = seq_min(p->reord, r->start);
			if (seq_le(r->end, l->high))
				p->flags |= ACK_ORIG_DELIVERED;
			if (p->first_sack == LOSS_NO_TIME)
				p->first_sack = r->sent_at;
			p->last_sack = r->sent_at;
		}
		if (r->flags & RTX_LOST) {
			r->flags &= (uint8_t)~RTX_LOST;
			l->lost_out -= r->segs;
		}
	}
	r->flags |= RTX_SACKED;
	p->flags |= ACK_DATA_SACKED;
	l->sacked_out += r->segs;
	p->sack_delivered += r->segs;
	list_del(&r->time_link);
	assert(l->sacked_out + l->lost_out <= l->packets_out);
}

static void tag(struct tcp_loss *l, struct ack_pass *p, struct rtx *r, bool dup)
{
	if (dup && (r->flags & (RTX_EVER_RETRANS | RTX_RETRANS))) {
		if (l->undo.armed && l->undo.retrans > 0 && seq_gt(r->end, l->undo.marker))
			l->undo.retrans = l->undo.retrans > r->segs ? l->undo.retrans - r->segs : 0;
		if (r->flags & RTX_SACKED)
			p->reord = seq_min(p->reord, r->start);
	}
	if (seq_le(r->end, l->cc.una))
		return; /* about to be removed */
	if (!(r->flags & RTX_SACKED))
		newly_sacked(l, p, r);
	/* The duplicate proves that the retransmission has arrived as well. */
	if (dup && (r->flags & RTX_RETRANS)) {
		r->flags &= (uint8_t)~RTX_RETRANS;
		assert(l->retrans_out >= r->segs);
		l->retrans_out -= r->segs;
	}
	rate_delivered(l, r, &p->rs, p->now);
	if (l->sacked_out == r->segs || seq_gt(r->end, l->fack))
		l->fack = r->end;
}

/* True if r and the record after it are both sacked, with no other marks, and may be merged. */
static bool joins_next(const struct tcp_loss *l, const struct rtx *r)
{
	const struct rtx *next = rtx_next(&l->queue, r);

	return next && (r->flags & (RTX_SACKED | RTX_RETRANS)) == RTX_SACKED &&
	       (next->flags & (RTX_SACKED | RTX_RETRANS)) == RTX_SACKED &&
	       ((r->flags ^ next->flags) & RTX_EVER_RETRANS) == 0 && r->mss == next->mss &&
	       rtx_can_merge_next(&l->queue, r);
}

static void join_next(struct tcp_loss *l, struct rtx *r)
{
	if (l->resend_hint == rtx_next(&l->queue, r))
		l->resend_hint = r;
	rtx_merge_next(&l->queue, r);
	assert(r->flags & RTX_SACKED);
	r->rate.delivered_at = LOSS_NO_TIME;
}

/* Merges r with sacked neighbours; returns the resulting record. Counted as in Linux, which shifts
 * newly sacked data into the previous record, all of r or the part that was `cut` off, and if that
 * closed a hole, the next record as well. */
static struct rtx *join(struct tcp_loss *l, struct rtx *r, bool cut)
{
	struct rtx *prev = rtx_prev(&l->queue, r);
	bool shifts = prev && joins_next(l, prev);

	if (shifts) {
		loss_count(l, cut ? MIB_TcpExtTCPSackShifted : MIB_TcpExtTCPSackMerged, 1);
		join_next(l, prev);
		r = prev;
	} else {
		loss_count(l, MIB_TcpExtTCPSackShiftFallback, 1);
	}
	if (joins_next(l, r)) {
		if (shifts)
			loss_count(l, MIB_TcpExtTCPSackMerged, 1);
		join_next(l, r);
	}
	return r;
}

/* r is not covered, or only up to its middle: nothing is shifted, which Linux counts unless a
 * record of one segment follows a sacked one. */
static void count_unshifted(const struct tcp_loss *l, const struct rtx *r, uint32_t segs)
{
	const struct rtx *prev = rtx_prev(&l->queue, r);

	if (!prev || (prev->flags & (RTX_SACKED | RTX_RETRANS | RTX_LOST)) != RTX_SACKED)
		loss_count(l, MIB_TcpExtTCPSackShiftFallback, 1);
	else if (segs > 1)
		loss_count(l, MIB_TcpExtTCPSackShiftFallback, 1);
}

static void walk(struct tcp_loss *l, struct ack_pass *p, const struct blocks *s, struct seq_range b)
{
	struct rtx *r = rtx_find(&l->queue, seq_max(b.start, rtx_head(&l->queue)->start));

	for (; r && seq_lt(r->start, b.end); r = rtx_next(&l->queue, r)) {
		uint32_t segs = r->segs;
		int in = 0;
		bool dup = false;

		if (s->has_dup && seq_lt(r->start, s->dup.end) && seq_gt(r->end, s->dup.start))
			in = match(l, r, s->dup);
		dup = in > 0;
		if (in <= 0) {
			/* Already known: nothing new, nothing to split. */
			if (r->flags & RTX_SACKED)
				continue;
			in = match(l, r, b);
			if (in <= 0)
				count_unshifted(l, r, segs);
		}
		if (in < 0)
			break;
		if (in > 0) {
			tag(l, p, r, dup);
			if (!dup)
				r = join(l, r, segs > r->segs);
		}
	}
}

void sack_check_reordering(struct tcp_loss *l, struct seq low, bool by_ts)
{
	struct seq fack = loss_fack(l);
	uint32_t distance;

	if (!seq_lt(low, fack))
		return;
	distance = seq_span(fack, low);
	if (distance > (uint64_t)l->reordering * l->cc.mss)
		l->reordering = u32_min((distance + l->cc.mss - 1) / l->cc.mss,
			(uint32_t)l->env->sysctl->tcp_max_reordering);
	l->reord_seen++;
	loss_count(l, by_ts ? MIB_TcpExtTCPTSReorder : MIB_TcpExtTCPSACKReorder, 1);
}

void sack_in(struct tcp_loss *l, struct ack_pass *p)
{
	struct blocks s;
	bool has_dup = take_dsack(l, p);

	if (seq_lt(p->a->ack, seq_sub(p->prior_una, p->a->max_window)) || l->packets_out == 0)
		return;
	collect(l, p, has_dup, &s);
	for (uint32_t i = 0; i < s.n; i++)
		walk(l, p, &s, s.b[i]);
	if (l->cc.ca_state != CA_LOSS || l->undo.armed)
		sack_check_reordering(l, p->reord, false);
}

/* sacked_out must leave room for the hole indicated by the duplicate ACKs. True if it did not. */
static bool limit_dupacks(struct tcp_loss *l)
{
	uint32_t holes = u32_min(u32_max(l->lost_out, 1), l->packets_out);

	if (l->sacked_out + holes <= l->packets_out)
		return false;
	l->sacked_out = l->packets_out - holes;
	return true;
}

void reno_limit(struct tcp_loss *l)
{
	limit_dupacks(l);
}

/* More duplicate ACKs than segments in flight: treated as reordering. */
static void reno_check_reordering(struct tcp_loss *l, uint32_t addend)
{
	if (!limit_dupacks(l))
		return;
	l->reordering =
		u32_min(l->packets_out + addend, (uint32_t)l->env->sysctl->tcp_max_reordering);
	l->reord_seen++;
	loss_count(l, MIB_TcpExtTCPRenoReorder, 1);
}

void reno_dupack(struct tcp_loss *l, uint32_t n, bool ece)
{
	uint32_t before = l->sacked_out;

	if (n == 0)
		return;
	l->sacked_out += n;
	reno_check_reordering(l, 0);
	if (l->sacked_out > before)
		loss_delivered(l, l->sacked_out - before, ece);
}

void reno_acked(struct tcp_loss *l, uint32_t segs, bool ece)
{
	if (segs > 0) {
		/* One of them filled the hole; the others were counted by duplicate ACKs. */
		uint32_t fresh = segs > l->sacked_out ? segs - l->sacked_out : 1;
		loss_delivered(l, fresh, ece);
		l->sacked_out = segs - 1 >= l->sacked_out ? 0 : l->sacked_out - (segs - 1);
	}
	reno_check_reordering(l, segs);
	assert(l->sacked_out <= l->packets_out);
}
