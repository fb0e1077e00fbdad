/*
 * tcp_mtu.c - segment sizes: path MTU (RFC 1191, RFC 8201), MSS (RFC 9293 3.7.1), options, and
 * packetization layer path MTU discovery (RFC 4821).
 */
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_xmit.h"

enum {
	MTU_CWND_LEAST = 11, /* with a smaller window a lost probe would cost too much */
};

static uint32_t headers(const struct tcp_conn *c)
{
	return c->ip_len + TCP_HDR_MIN;
}

static uint32_t fixed_options(const struct tcp_conn *c)
{
	return c->agreed & TCPA_TS ? TCP_OPT_TS_ALIGNED : 0;
}

static uint32_t mtu_to_mss(const struct stack *s, const struct tcp_conn *c, uint32_t mtu)
{
	uint32_t mss = mtu > headers(c) ? mtu - headers(c) : 0;

	mss = u32_min(mss, c->mss_clamp ? c->mss_clamp : 65535);
	mss = u32_max(mss, (uint32_t)s->sysctl.tcp_min_snd_mss);
	assert(mss > fixed_options(c));
	return mss - fixed_options(c);
}

static uint32_t mss_to_mtu(const struct tcp_conn *c, uint32_t mss)
{
	return mss + fixed_options(c) + headers(c);
}

void tcp_sync_mss(struct stack *s, struct tcp_conn *c, uint32_t pmtu)
{
	struct tcp_active *b = c->active;
	uint32_t mss;

	if (pmtu == 0)
		pmtu = 1500;
	b->path.mtu = pmtu;
	if (b->path.search.high > pmtu)
		b->path.search.high = pmtu;
	mss = tcp_half_window(c, mtu_to_mss(s, c, pmtu));
	if (b->path.search.on)
		mss = u32_min(mss, mtu_to_mss(s, c, b->path.search.low));
	assert(mss + fixed_options(c) > TCP_OPTS_MAX && mss <= UINT16_MAX);
	c->mss = (uint16_t)mss;
	if (b->loss.established && b->loss.cc.mss != mss)
		loss_set_mss(&b->loss, (uint16_t)mss);
}

uint16_t tcp_mss_now(struct stack *s, struct tcp_conn *c)
{
	if (!tcp_is(c, TCPB_PATH) || tcp_is(c, TCPB_NEW_PATH))
		tcp_path(s, c);
	return tcp_mss_as_is(s, c);
}

uint16_t tcp_mss_as_is(struct stack *s, struct tcp_conn *c)
{
	uint32_t opts = tcp_opt_space(s, c);

	return (uint16_t)(c->mss - (opts > fixed_options(c) ? opts - fixed_options(c) : 0));
}

void tcp_mtu_init(struct stack *s, struct tcp_conn *c)
{
	struct tcp_mtu *m = &c->active->path.search;

	m->on = s->sysctl.tcp_mtu_probing > 1;
	m->high = u32_min(c->mss_clamp ? c->mss_clamp : 65535, 65535 - 60) + headers(c);
	m->low = (uint32_t)s->sysctl.tcp_base_mss + fixed_options(c) + headers(c);
	m->probe = 0;
	if (m->on)
		c->active->path.search_at = s->now;
}

/* IPv4: in the other modes the path MTU is used from the next write on, as in Linux. */
static bool resends_at_once(const struct tcp_conn *c)
{
	const struct tcp_extra *x = c->extra;

	return !x || !ip_addr_is_v4(&c->key.raddr) ||
	       (x->pmtudisc != TCP_PMTUDISC_DONT && x->pmtudisc < TCP_PMTUDISC_INTERFACE);
}

/* IPv6: INTERFACE and OMIT ignore Packet Too Big. */
static bool ignores_routers(const struct tcp_conn *c)
{
	return c->extra && !ip_addr_is_v4(&c->key.raddr) &&
	       c->extra->pmtudisc6 >= TCP_PMTUDISC_INTERFACE;
}

/* An ICMP error reports that a segment in flight is too large: the path MTU is stored, bounded by
 * route.min_pmtu, and every connection on that path looks it up again. */
void tcp_mtu_reduced(struct stack *s, struct tcp_conn *c, uint32_t mtu)
{
	struct tcp_active *b = c->active;
	uint16_t before = c->mss;
	uint32_t path_before = b->path.mtu;

	if (ignores_routers(c) || mtu >= b->path.mtu)
		return;
	ip_pmtu_update(s, &c->key.raddr, mtu);
	if (!resends_at_once(c))
		return;
	if (tcp_path(s, c) != 0 || b->path.mtu >= path_before)
		return;
	if (c->key.state == TCPS_SYN_SENT && c->active->hs.syn_data)
		loss_simple_retransmit(&b->loss, 0, s->now);
	else if (c->mss < before && b->loss.packets_out > 0)
		loss_simple_retransmit(&b->loss, c->mss, s->now);
	tcp_push_mark(s, c, 0);
	tcp_dirty_mark(s, c);
}

/* The cause of a timeout may be a black hole (tcp_mtu_probing 1): search from the base size, then
 * halve. */
void tcp_mtu_probing_start(struct stack *s, struct tcp_conn *c)
{
	struct tcp_mtu *m = &c->active->path.search;
	uint32_t mss;

	if (!s->sysctl.tcp_mtu_probing)
		return;
	if (!m->on) {
		m->on = true;
		c->active->path.search_at = s->now;
	} else {
		mss = mtu_to_mss(s, c, m->low) >> 1;
		mss = u32_min((uint32_t)s->sysctl.tcp_base_mss, mss);
		mss = u32_max(mss, (uint32_t)s->sysctl.tcp_mtu_probe_floor);
		mss = u32_max(mss, (uint32_t)s->sysctl.tcp_min_snd_mss);
		m->low = mss_to_mtu(c, mss);
	}
	tcp_sync_mss(s, c, c->active->path.mtu);
}

/* The next `size` bytes to send may be one segment: no record ending before them must stay the end
 * of a segment. *push: one of them ends with PSH. */
static bool one_segment(const struct tcp_conn *c, uint32_t size, bool *push)
{
	struct seq end = seq_add(c->snd_nxt, size);
	const struct tcp_rec *r = c->active->snd.q.unsent;

	*push = false;
	for (; seq_le(r->end, end); r = r->next) {
		*push |= (r->flags & REC_PSH) != 0;
		if (seq_eq(r->end, end))
			return true;
		if (r->flags & REC_EOR)
			return false;
	}
	return true;
}

static bool may_probe(const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	return b->path.search.on && b->loss.mtu_next == 0 && b->loss.cc.ca_state == CA_OPEN &&
	       b->loss.cc.cwnd >= MTU_CWND_LEAST && b->ack.n_sacks == 0 && !b->ack.has_dsack &&
	       !b->snd.fin_queued;
}

/* The interval between the sizes that pass and may pass is too small to probe. From time to time
 * the search restarts. */
static void search_over(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (s->now - b->path.search_at <= (nsec_t)s->sysctl.tcp_probe_interval * NSEC_SEC)
		return;
	b->path.search.low = mss_to_mtu(c, c->mss);
	b->path.search.high = b->path.mtu;
	b->path.search_at = s->now;
}

static bool probe_out(struct stack *s, struct tcp_conn *c, uint32_t size, bool push)
{
	struct tcp_active *b = c->active;
	struct seq_range probe = {c->snd_nxt, seq_add(c->snd_nxt, size)};
	struct tcp_xmit x = {.seq = probe.start, .len = size, .flags = SEG_ACK};
	struct loss_send ls = {.start = probe.start, .end = probe.end, .mss = (uint16_t)size};

	x.flags |= push ? SEG_PSH : 0;
	if (!loss_reserve(&b->loss) || tcp_xmit(s, c, &x) != 0)
		return false;
	tcp_snd_sent(s, c, &ls);
	b->path.search.probe = mss_to_mtu(c, size);
	loss_mtu_probe(
		&b->loss, probe, (uint16_t)mss_to_mtu(c, c->mss), (uint16_t)b->path.search.probe);
	return true;
}

enum tcp_mtu_tried tcp_mtu_probe(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct tcp_mtu *m = &b->path.search;
	uint32_t size, need, unsent = seq_span(c->write_seq, c->snd_nxt);
	bool push;

	if (!may_probe(c))
		return MTU_NOT_TRIED;
	size = mtu_to_mss(s, c, (m->high + m->low) >> 1);
	need = size + (b->loss.reordering + 1) * c->mss;
	if (size > mtu_to_mss(s, c, m->high) ||
		m->high - m->low < (uint32_t)s->sysctl.tcp_probe_threshold) {
		search_over(s, c);
		return MTU_NOT_TRIED;
	}
	if (unsent < need || c->snd_wnd < need)
		return MTU_NOT_TRIED;
	if (seq_gt(seq_add(c->snd_nxt, need), tcp_wnd_end(c)))
		return MTU_WAITS;
	if (loss_quota(&b->loss) < 2)
		return b->loss.packets_out > 0 ? MTU_WAITS : MTU_NOT_TRIED;
	if (!one_segment(c, size, &push) || !probe_out(s, c, size, push))
		return MTU_NOT_TRIED;
	return MTU_TRIED;
}

void tcp_mtu_probe_done(struct stack *s, struct tcp_conn *c, enum loss_mtu fate)
{
	struct tcp_mtu *m = &c->active->path.search;

	assert(fate == LOSS_MTU_NONE || m->probe > 0);
	if (fate == LOSS_MTU_ARRIVED) {
		stack_count(s, MIB_TcpExtTCPMTUPSuccess);
		m->low = m->probe;
		tcp_sync_mss(s, c, c->active->path.mtu);
	} else if (fate == LOSS_MTU_LOST) {
		stack_count(s, MIB_TcpExtTCPMTUPFail);
		m->high = m->probe - 1;
	}
}

uint16_t tcp_advmss(struct stack *s, const struct ip_addr *dst, const struct ip_route *path)
{
	uint32_t hdr = ip_addr_is_v4(dst) ? 40 : 60;
	uint32_t mss = path->mtu > hdr ? path->mtu - hdr : 0;

	if (path->advmss)
		return (uint16_t)u32_min(path->advmss, 65535 - 40);
	mss = u32_max(mss, (uint32_t)s->sysctl.route_min_adv_mss);
	return (uint16_t)u32_min(mss, 65535 - 40);
}

void tcp_advmss_less_options(struct tcp_conn *c)
{
	if (c->agreed & TCPA_TS)
		c->advmss = (uint16_t)(c->advmss - TCP_OPT_TS_ALIGNED);
}
