/*
 * tcp_rcvwnd.c - the receive window: the payload share of the buffer, growth while the peer fills
 * its segments, silly window avoidance (RFC 9293 3.8.6.2.2), and dynamic right-sizing of the
 * buffer. Computed as in Linux, so that windows agree to the byte.
 */
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_ackgen.h"

uint32_t tcp_win_from_space(const struct tcp_conn *c, int64_t space)
{
	return space <= 0 ? 0 : (uint32_t)((uint64_t)space * c->scaling >> 8);
}

static uint64_t space_from_win(const struct tcp_conn *c, uint64_t win)
{
	assert(c->scaling > 0);
	return (win << 8) / c->scaling;
}

int64_t tcp_space(const struct tcp_conn *c)
{
	return tcp_win_from_space(c, (int64_t)c->rcvbuf - c->active->rcv.q.truesize);
}

static uint8_t log2_of(uint32_t v)
{
	return (uint8_t)(v ? 31 - __builtin_clz(v) : 0);
}

struct tcp_win_start tcp_win_begin(const struct tcp_conn *c)
{
	uint32_t space = tcp_win_from_space(c, c->rcvbuf), clamp = c->window_clamp;

	if (tcp_is(c, TCPB_RCVBUF_LOCK) && (clamp > space || clamp == 0))
		clamp = space;
	return (struct tcp_win_start){.space = space, .clamp = clamp};
}

void tcp_win_initial(const struct stack *s, struct tcp_win_start *w)
{
	uint32_t space = w->space;

	if (w->clamp == 0)
		w->clamp = 65535u << TCP_WSCALE_MAX;
	space = u32_min(w->clamp, space);
	if (w->mss && space > w->mss)
		space = space / w->mss * w->mss;
	w->rcv_wnd = space; /* more than fits into a SYN: offered by the first ACK */
	w->wscale = 0;
	if (w->wscale_ok) {
		uint32_t max = u32_max(space, (uint32_t)s->sysctl.tcp_rmem[2]);

		max = u32_min(u32_max(max, (uint32_t)s->sysctl.rmem_max), w->clamp);
		if (log2_of(max) > 15)
			w->wscale = (uint8_t)u32_min(log2_of(max) - 15u, TCP_WSCALE_MAX);
	}
	assert(w->wscale <= TCP_WSCALE_MAX);
	w->clamp = u32_min(65535u << w->wscale, w->clamp);
}

/* The maximum window of a new connection: the buffer less the share of tcp_app_win, at least one
 * segment. */
static uint32_t kept_back(const struct stack *s, const struct tcp_conn *c)
{
	uint32_t full = tcp_win_from_space(c, c->rcvbuf), clamp = c->window_clamp, mss = c->advmss;
	int32_t share = s->sysctl.tcp_app_win;

	if (clamp >= full)
		clamp = share && full > 4 * mss ? u32_max(full - (full >> share), 4 * mss) : full;
	if (share && clamp > 2 * mss && clamp + mss > full)
		clamp = u32_max(2 * mss, full - mss);
	return clamp;
}

void tcp_win_start_conn(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	b->rcv.space = u32_min(c->rcv_wnd, 10u * c->advmss);
	b->rcv.space_seq = c->copied_seq;
	b->rcv.space_time = s->now;
	c->window_clamp = kept_back(s, c);
	c->rcv_ssthresh = u32_min(c->rcv_ssthresh, c->window_clamp);
}

static uint32_t align_up(uint32_t v, uint8_t shift)
{
	assert(shift <= TCP_WSCALE_MAX);
	return (v + (1u << shift) - 1) >> shift << shift;
}

static uint32_t align_down(uint32_t v, uint8_t shift)
{
	assert(shift <= TCP_WSCALE_MAX);
	return v >> shift << shift;
}

/* Whether the offered window may be shrunk: then no more is offered than there is room for. */
static bool may_shrink(const struct stack *s, const struct tcp_conn *c)
{
	return s->sysctl.tcp_shrink_window && c->rcv_wscale > 0;
}

/* Without scaling the window changes in whole segments only. */
static uint32_t unscaled(const struct tcp_conn *c, uint32_t space, uint32_t mss, uint32_t full)
{
	uint32_t win = c->rcv_wnd;

	assert(mss > 0);
	if ((int64_t)win <= (int64_t)space - mss || win > space)
		return space / mss * mss;
	if (mss == full && space > win + (full >> 1))
		return space;
	return win;
}

uint32_t tcp_win_select(struct stack *s, struct tcp_conn *c)
{
	uint32_t mss = c->rcv_mss ? c->rcv_mss : TCP_MSS_DEFAULT4;
	uint32_t space = (uint32_t)tcp_space(c);
	uint32_t allowed = tcp_win_from_space(c, c->rcvbuf);
	uint32_t full = u32_min(c->window_clamp, allowed);
	bool shrinks = may_shrink(s, c);

	if (mss > full) {
		mss = full;
		if (mss == 0)
			return 0;
	}
	if (shrinks)
		space = align_down(space, c->rcv_wscale);
	if (space < full >> 1) {
		c->quick = 0;
		if (s->tcp->pressure)
			c->rcv_ssthresh = u32_min(c->rcv_ssthresh, 4u * c->advmss);
		space = align_down(space, c->rcv_wscale);
		if (space < allowed >> 4 || space < mss || (shrinks && space == 0))
			return 0;
	}
	if (shrinks && space <= c->rcv_ssthresh)
		return space;
	space = u32_min(space, c->rcv_ssthresh);
	return c->rcv_wscale ? align_up(space, c->rcv_wscale) : unscaled(c, space, mss, full);
}

uint16_t tcp_win_field(struct stack *s, struct tcp_conn *c)
{
	uint32_t old = c->rcv_wnd, cur = tcp_rcv_window(c), win;

	if (c->active->ack.bits & ACKP_NOMEM) {
		c->active->rcv.predict = false;
		c->rcv_wnd = 0;
		c->rcv_wup = c->rcv_nxt;
		return 0;
	}
	win = tcp_win_select(s, c);
	if (win < cur && !may_shrink(s, c)) {
		/* never shrink the offered window (RFC 9293 MUST-34) */
		if (win == 0)
			stack_count(s, MIB_TcpExtTCPWantZeroWindowAdv);
		win = align_up(cur, c->rcv_wscale);
	}
	c->rcv_wnd = win;
	c->rcv_wup = c->rcv_nxt;
	win = u32_min(win, 65535u << c->rcv_wscale) >> c->rcv_wscale;
	if (win == 0)
		c->active->rcv.predict = false;
	if (win == 0 && old)
		stack_count(s, MIB_TcpExtTCPToZeroWindowAdv);
	else if (win && !old)
		stack_count(s, MIB_TcpExtTCPFromZeroWindowAdv);
	assert(win <= UINT16_MAX);
	return (uint16_t)win;
}

static uint32_t grow_slowly(
	const struct stack *s, const struct tcp_conn *c, uint32_t len, uint32_t truesize)
{
	uint32_t t = tcp_win_from_space(c, truesize) >> 1;
	uint32_t win = tcp_win_from_space(c, s->sysctl.tcp_rmem[2]) >> 1;

	while (c->rcv_ssthresh <= win) {
		if (t <= len)
			return 2u * c->rcv_mss;
		t >>= 1;
		win >>= 1;
	}
	return 0;
}

void tcp_win_grow(const struct stack *s, struct tcp_conn *c, const struct tcp_arrival *a)
{
	uint32_t len = a->len, truesize = a->truesize;
	int64_t room = (int64_t)u32_min(c->window_clamp, (uint32_t)tcp_space(c)) - c->rcv_ssthresh;
	uint32_t incr;

	if (room <= 0 || s->tcp->pressure)
		return;
	incr = tcp_win_from_space(c, truesize) <= len ? 2u * c->advmss
						      : grow_slowly(s, c, len, truesize);
	if (!incr)
		return;
	c->rcv_ssthresh += u32_min((uint32_t)room, u32_max(incr, 2 * len));
	assert(c->rcv_ssthresh <= c->window_clamp);
	c->quick |= 1;
}

void tcp_win_clamp(struct tcp_conn *c, uint32_t v)
{
	uint32_t old = c->window_clamp;

	c->window_clamp = u32_max(v, STACK_RCVBUF_MIN / 2);
	if (c->window_clamp < old)
		c->rcv_ssthresh = u32_min(c->rcv_ssthresh, c->window_clamp);
	else if (c->window_clamp > old)
		c->rcv_ssthresh = u32_max(c->rcv_ssthresh, u32_min(c->rcv_wnd, c->window_clamp));
}

/* The ratio of a segment's payload to its memory. */
static void scale(struct tcp_conn *c, uint32_t len, uint32_t truesize)
{
	uint32_t r = (len << 8) / truesize;
	uint8_t old = c->scaling;

	c->scaling = (uint8_t)u32_min(r ? r : 1, 255);
	if (old == c->scaling)
		return;
	tcp_win_clamp(c, tcp_win_from_space(c, c->rcvbuf));
	c->active->rcv.space = u32_min(c->active->rcv.space, c->window_clamp);
}

/* Estimates the size of the peer's segments. */
void tcp_measure_mss(struct tcp_conn *c, const struct tcp_arrival *a)
{
	struct tcp_active *b = c->active;
	uint32_t last = b->rcv.last_seg, len = a->seg, hdr = a->hdr_len;
	uint32_t agreed_hdr = TCP_HDR_MIN + (c->agreed & TCPA_TS ? TCP_OPT_TS_ALIGNED : 0);

	b->rcv.last_seg = 0;
	if (len >= c->rcv_mss) {
		if (len != c->rcv_mss)
			scale(c, a->len, a->truesize);
		c->rcv_mss = (uint16_t)u32_min(len, c->advmss);
		return;
	}
	if (len + hdr >= TCP_MSS_DEFAULT4 + TCP_HDR_MIN ||
		(len + hdr >= TCP_MSS_FLOOR + TCP_HDR_MIN &&
			!(a->flags & (SEG_FIN | SEG_URG | SEG_SYN | SEG_PSH)))) {
		uint32_t l = len + hdr - agreed_hdr;

		b->rcv.last_seg = l;
		if (l == last) {
			c->rcv_mss = (uint16_t)l;
			return;
		}
	}
	if (b->ack.bits & ACKP_PUSHED)
		tcp_ack_mark(c, ACKP_PUSHED2);
	tcp_ack_mark(c, ACKP_PUSHED);
}

/* --- dynamic right-sizing --- */

static void rcv_rtt_sample(struct tcp_active *b, uint32_t us, bool by_window)
{
	uint32_t m = us << 3, r = b->rcv.rtt_us;

	if (us == 0)
		us = 1, m = 8;
	if (r == 0)
		b->rcv.rtt_us = m;
	else if (by_window)
		b->rcv.rtt_us = u32_min(r, m);
	else
		b->rcv.rtt_us = r - (r >> 3) + us;
}

/* Without timestamps: the time in which a full window arrives. */
void tcp_rcv_rtt(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (b->rcv.rtt_time != 0) {
		if (seq_lt(c->rcv_nxt, b->rcv.rtt_seq))
			return;
		rcv_rtt_sample(b, (uint32_t)((s->now - b->rcv.rtt_time) / NSEC_USEC), true);
	}
	b->rcv.rtt_seq = seq_add(c->rcv_nxt, c->rcv_wnd);
	b->rcv.rtt_time = s->now;
}

void tcp_rcv_rtt_echo(const struct stack *s, struct tcp_conn *c, uint32_t tsecr, uint32_t len)
{
	struct tcp_active *b = c->active;
	uint32_t delta;

	if (tsecr == b->rcv.rtt_tsecr || len < c->rcv_mss)
		return;
	b->rcv.rtt_tsecr = tsecr;
	delta = ms_of(s->now) + c->ts_offset - tsecr;
	if (delta < UINT32_MAX / 8000)
		rcv_rtt_sample(b, delta ? delta * 1000 : 1000, false);
}

/* How far out-of-order data extends beyond RCV.NXT. */
static uint32_t ahead(const struct tcp_conn *c)
{
	const struct tree_node *last = tree_last(&c->active->rcv.q.ofo);

	return last ? seq_span(container_of(last, struct tcp_ofo, node)->end, c->rcv_nxt) : 0;
}

/* `now` bytes were read in a round trip: grows the buffer accordingly. */
void tcp_rcvbuf_grow(struct stack *s, struct tcp_conn *c, uint32_t now)
{
	struct tcp_active *b = c->active;
	uint32_t old = b->rcv.space;
	uint64_t win = (uint64_t)now << 1, buf; /* the measurement is one RTT old, */

	b->rcv.space = now;
	if (!s->sysctl.tcp_moderate_rcvbuf || tcp_is(c, TCPB_RCVBUF_LOCK) || old == 0)
		return;
	assert(now >= old);
	win += win * (now - old) / old << 1; /* and slow start doubles it in each */
	buf = space_from_win(c, win + ahead(c));
	if (buf > (uint64_t)s->sysctl.tcp_rmem[2])
		buf = (uint64_t)s->sysctl.tcp_rmem[2];
	if (buf > c->rcvbuf) {
		c->rcvbuf = (uint32_t)buf;
		c->window_clamp = tcp_win_from_space(c, c->rcvbuf);
	}
}

void tcp_rcv_adjust(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	int64_t us = (s->now - b->rcv.space_time) / NSEC_USEC;
	uint32_t copied;

	if (b->rcv.rtt_us == 0 || us < b->rcv.rtt_us >> 3)
		return;
	copied = seq_span(c->copied_seq, b->rcv.space_seq);
	if (copied > b->rcv.space)
		tcp_rcvbuf_grow(s, c, copied);
	b->rcv.space_seq = c->copied_seq;
	b->rcv.space_time = s->now;
}
