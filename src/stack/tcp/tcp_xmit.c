/*
 * tcp_xmit.c - segment construction and transmission: flags, options, window, headers in place in
 * front of payload that is referenced, not copied. Segments without a connection are built at once
 * and queued for the flush.
 */
#include "stack/tcp/tcp_xmit.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_fast_out.h"
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_uto.h"

#include <errno.h>

static int find_path(struct stack *s, struct tcp_conn *c, struct ip_route *path)
{
	struct ip_route_key key = {c->key.raddr, c->key.laddr, c->extra ? c->extra->ifindex : 0};
	int err = ip_route_query(s, &key, path);

	if (!err)
		tcp_path_found(s, c, path);
	return err;
}

void tcp_path_found(struct stack *s, struct tcp_conn *c, const struct ip_route *path)
{
	struct tcp_path *p = &c->active->path;

	p->gen = ip_route_gen(s);
	p->paced = path->paced;
	p->initcwnd = path->initcwnd;
	p->gso = path->gso;
	p->tx_csum = path->tx_csum;
	tcp_mark(c, TCPB_PATH, true);
}

bool tcp_path_stands(const struct stack *s, const struct tcp_conn *c)
{
	return tcp_is(c, TCPB_PATH) && c->active->path.gen == ip_route_gen(s);
}

int tcp_path(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct ip_route path;
	int err;

	if (tcp_path_stands(s, c) && !tcp_is(c, TCPB_NEW_PATH))
		return 0;
	err = find_path(s, c, &path);
	if (err)
		return err;
	tcp_mark(c, TCPB_NEW_PATH, false);
	if (b->path.mtu != path.mtu) {
		b->path.mtu = path.mtu;
		if (b->loss.established || c->key.state == TCPS_SYN_SENT)
			tcp_sync_mss(s, c, path.mtu);
	}
	return 0;
}

/* Path lookup for a segment being sent. A larger path MTU applies to the next one, as in Linux,
 * which checks the size first and the route last. A smaller one applies at once: Linux's own
 * message about a segment too large is returned before the next. */
static int take_path(struct stack *s, struct tcp_conn *c)
{
	struct ip_route path;
	int err;

	if (tcp_path_stands(s, c))
		return 0;
	err = find_path(s, c, &path);
	if (!err && path.mtu != c->active->path.mtu)
		tcp_mark(c, TCPB_NEW_PATH, true);
	return !err && path.mtu < c->active->path.mtu ? tcp_path(s, c) : err;
}

/* Adds the SACK blocks that fit into the options, the duplicate first. */
static void put_sacks(const struct stack *s, const struct tcp_conn *c, struct tcp_opts *o)
{
	const struct tcp_active *b = c->active;
	uint32_t max, n = 0;

	if (!(c->agreed & TCPA_SACK) || (!b->ack.has_dsack && b->ack.n_sacks == 0))
		return;
	max = (uint32_t)(TCP_OPTS_MAX - tcp_opts_emit_len(o)) / 4;
	max = max > 0 ? (max - 1) / 2 : 0; /* one word, and two per block */
	assert(max <= ARRAY_SIZE(o->sack));
	if (max == 0)
		return;
	if (b->ack.has_dsack)
		o->sack[n++] = b->ack.dsack;
	for (uint8_t i = 0; i < b->ack.n_sacks && n < max; i++)
		o->sack[n++] = b->ack.sacks[i];
	o->sack_count = (uint8_t)n;
	o->has |= TCP_HAS_SACK;
}

static void options(struct stack *s, const struct tcp_conn *c, struct tcp_opts *o)
{
	o->has = 0;
	tcp_auth_out(c, o);
	if (c->agreed & TCPA_TS) {
		o->has |= TCP_HAS_TS;
		o->tsval = tcp_tsval(s, c);
		o->tsecr = c->ts_recent;
	}
	tcp_uto_out(c, o);
	put_sacks(s, c, o);
}

/* No options but timestamps, if they were agreed on. */
static bool options_are_usual(const struct tcp_conn *c)
{
	return !c->extra && c->active->ack.n_sacks == 0 && !c->active->ack.has_dsack;
}

uint32_t tcp_opt_space(const struct stack *s, const struct tcp_conn *c)
{
	struct tcp_opts o = {0};

	if (options_are_usual(c))
		return c->agreed & TCPA_TS ? TCP_OPT_TS_ALIGNED : 0;
	tcp_auth_out(c, &o);
	if (c->agreed & TCPA_TS)
		o.has |= TCP_HAS_TS;
	tcp_uto_out(c, &o);
	put_sacks(s, c, &o);
	return (uint32_t)tcp_opts_emit_len(&o);
}

void tcp_tx_options(const struct tcp_extra *x, struct ip_tx *tx)
{
	if (!x)
		return;
	if (!ip_addr_is_v4(&tx->addr.dst)) {
		tx->ttl = x->hops;
		return;
	}
	tx->ttl = x->ttl;
	tx->may_fragment =
		x->pmtudisc == TCP_PMTUDISC_DONT || x->pmtudisc >= TCP_PMTUDISC_INTERFACE;
}

static void how_to_send(const struct tcp_conn *c, struct ip_tx *tx)
{
	*tx = (struct ip_tx){.addr = {c->key.laddr, c->key.raddr},
		.ifindex = c->extra ? c->extra->ifindex : 0,
		.proto = IP_PROTO_TCP,
		.rehash = c->active->path.rehash,
		.tos = tcp_tos(c, &c->key.raddr)};
	tcp_tx_options(c->extra, tx);
}

uint64_t tcp_payload(struct tcp_conn *c, struct pkt *p, struct seq seq, uint32_t len)
{
	uint64_t sum;
	uint32_t n;
	struct chunk *ref;
	const uint8_t *from = tcp_snd_at(c, seq, &n, &ref);

	_Static_assert((int)TCP_LITTLE <= (int)PKT_SMALL, "what has no chunk is copied");
	assert(len > 0 && seq_le(seq_add(seq, len), c->write_seq));
	if (n >= len && len > PKT_SMALL) {
		p->ext = from;
		p->ext_len = len;
		p->ref = chunk_hold(ref);
		return c->active->path.tx_csum ? 0 : csum_add(0, from, len);
	}
	n = u32_min(n, len);
	sum = csum_copy(0, p->data, from, n);
	for (uint32_t done = n; done < len; done += n) {
		from = tcp_snd_at(c, seq_add(seq, done), &n, &ref);
		n = u32_min(n, len - done);
		sum = csum_join(sum, csum_copy(0, p->data + done, from, n), done);
	}
	p->len = len;
	return sum;
}

/* A packet: one segment, or with gso several that travel as one. */
struct one {
	struct seq seq;
	uint32_t len;
	uint16_t flags, gso;
	bool ect;
};

void tcp_checksum_later(struct pkt *p, const struct ip_pair *a)
{
	uint16_t field = csum_reduce(csum_pseudo(a, IP_PROTO_TCP, pkt_total(p)));

	memcpy(p->data + TCP_CHECKSUM_AT, &field, sizeof(field));
	pkt_csum_later(p, 0, TCP_CHECKSUM_AT);
}

/* Signs g: fills in the option for which room was made. */
static void sign(
	const struct tcp_conn *c, const struct pkt *p, struct tcp_seg *g, const struct ip_pair *a)
{
	struct tcp_sign k;

	tcp_sign_conn(c, g, &k);
	g->data = p->ext_len > 0 ? p->ext : p->data;
	g->len = pkt_total(p);
	tcp_auth_sign(&k, a, g, (uint8_t *)(uintptr_t)g->opt);
}

static int discard(struct stack *s, struct pkt *p, const struct ip_tx *tx)
{
	stack_drop(s, p, ip_addr_is_v4(&tx->addr.dst) ? MIB_IpOutDiscards : MIB_Ip6OutDiscards);
	return -ENOBUFS;
}

/* Queues a whole segment for the flush, after those already queued. Takes p. -ENOBUFS: out of
 * memory, it is dropped. */
static int send_later(struct stack *s, struct pkt *p, const struct ip_tx *tx, bool abort)
{
	struct tcp_state *t = s->tcp;
	struct tcp_reply *r = pool_take(&t->replies);

	if (!r)
		return discard(s, p, tx);
	*r = (struct tcp_reply){.p = p, .tx = *tx, .abort = abort};
	r->tx.proto = IP_PROTO_TCP;
	if (t->reply_last)
		t->reply_last->next = r;
	else
		t->reply_first = r;
	t->reply_last = r;
	return 0;
}

/* Prepends headers and passes p to IP; a RST after which the connection is gone waits for the
 * flush. Consumes p. */
static int emit(struct stack *s, struct tcp_conn *c, struct pkt *p, struct tcp_seg *g, uint64_t sum)
{
	struct ip_tx tx;
	uint32_t len = pkt_total(p), segs = tcp_gso_segs(len, p->gso);
	struct seq end =
		seq_add(g->seq, len + ((g->flags & SEG_SYN) != 0) + ((g->flags & SEG_FIN) != 0));

	how_to_send(c, &tx);
	if (tcp_auth_has(c))
		sign(c, p, g, &tx.addr);
	sum += csum_pseudo(&tx.addr, IP_PROTO_TCP, len + (uint32_t)tcp_emit_len(g));
	tcp_emit_head(g, sum, pkt_push(p, (uint32_t)tcp_emit_len(g)));
	if (c->active->path.tx_csum)
		tcp_checksum_later(p, &tx.addr);
	p->stamp = s->now;
	if ((c->agreed & TCPA_ECN) && len > 0 && p->ecn == 2)
		tx.tos |= 2;
	c->active->stats.segs_out += segs;
	if (seq_eq(end, g->seq) || seq_gt(end, c->snd_nxt)) /* RFC 4022: not pure retransmissions */
		mib_add(&s->mib, MIB_TcpOutSegs, segs);
	return g->flags & SEG_RST ? send_later(s, p, &tx, true) : ip_out(s, p, &tx);
}

static int send_one(struct stack *s, struct tcp_conn *c, const struct one *x)
{
	struct tcp_active *b = c->active;
	uint8_t opt[TCP_OPTS_MAX];
	struct tcp_opts o = {0};
	struct tcp_seg g = {.sport = c->key.lport,
		.dport = c->key.rport,
		.seq = x->seq,
		.ack = c->rcv_nxt,
		.flags = x->flags,
		.opt = opt};
	struct pkt *p = pkt_new(&s->pkts, x->len <= PKT_SMALL ? PKT_SMALL : x->len);
	uint64_t sum = 0;

	if (!p)
		return -ENOBUFS;
	options(s, c, &o);
	g.opt_len = (uint16_t)tcp_opts_emit(&o, opt);
	if (x->len > 0)
		sum = tcp_payload(c, p, x->seq, x->len);
	if (b->snd.urgent && seq_gt(b->snd.up, x->seq)) {
		uint32_t up = seq_span(b->snd.up, x->seq);

		if (up < 0x10000) {
			g.urg = (uint16_t)up;
			g.flags |= SEG_URG;
		} else if (seq_gt(seq_add(x->seq, 0xffff), c->snd_nxt)) {
			g.urg = 0xffff;
			g.flags |= SEG_URG;
		}
	}
	g.win = tcp_win_field(s, c);
	if (!(x->flags & SEG_RST))
		g.flags |= tcp_ecn_out_flags(c, x->len > 0 && x->ect);
	p->ecn = x->ect ? 2 : 0;
	p->gso = x->gso;
	b->ack.has_dsack = false;
	if (g.flags & SEG_ACK)
		tcp_ack_sent(s, c);
	return emit(s, c, p, &g, sum);
}

/* Its header is that of the fast path, although the connection may not be plain: a FIN's, for
 * example. */
static bool header_is_plain(const struct stack *s, const struct tcp_conn *c)
{
	return c->plain || (s->fast_path && options_are_usual(c) && !c->active->snd.urgent &&
				   (c->agreed & (TCPA_TS | TCPA_ECN)) == TCPA_TS);
}

/* A segment of a run. */
static int send_next(struct stack *s, struct tcp_conn *c, const struct one *x, bool resend)
{
	struct tcp_new_segment new = {x->seq, x->len, x->flags, x->gso};
	int err;

	if (!resend && !(x->flags & ~(SEG_ACK | SEG_PSH | SEG_FIN)) && header_is_plain(s, c) &&
		tcp_fast_segment(s, c, &new, &err))
		return err;
	return send_one(s, c, x);
}

/* Reports that data before `at` was sent for the first time. */
static void notify_sent(struct stack *s, struct tcp_conn *c, struct seq at)
{
	if (s->tcp->ev.sent && c->owner)
		s->tcp->ev.sent(s->tcp->ev.ctx, c->owner, tcp_bytes_before(c, at));
}

/* The length of the next packet, of the `left` bytes at `at`: one segment, or, if the device
 * accepts several as one, all full-sized segments of contiguous payload. Segments with a signature
 * or an urgent pointer of their own stay single. */
static uint32_t packet_len(struct tcp_conn *c, struct seq at, uint32_t left, uint32_t mss)
{
	uint32_t n;
	struct chunk *ref;

	if (!mss || left <= mss)
		return left;
	if (!c->active->path.gso || c->active->snd.urgent || tcp_auth_has(c))
		return mss;
	tcp_snd_at(c, at, &n, &ref);
	n = u32_min(u32_min(n, left), TCP_GSO_MAX);
	if (n < left)
		n -= n % mss;
	return u32_max(n, mss);
}

/* Sends a run: segments of x->mss payload; PSH and FIN on the last. */
int tcp_xmit(struct stack *s, struct tcp_conn *c, const struct tcp_xmit *x)
{
	struct seq at = x->seq;
	uint32_t left = x->len, mss = 0;
	int err = take_path(s, c);

	if (err)
		return err;
	if (x->mss) /* options may have grown since the run was cut: our SACK blocks */
		mss = u32_min(x->mss, tcp_mss_as_is(s, c));
	do {
		bool first = at.v == x->seq.v, alone = first && (x->flags & SEG_CWR);
		uint32_t n = packet_len(c, at, alone && mss ? u32_min(left, mss) : left, mss);
		struct one one = {.seq = at,
			.len = n,
			.flags = x->flags,
			.gso = mss && n > mss ? (uint16_t)mss : 0,
			.ect = (c->agreed & TCPA_ECN) && n > 0 && !x->resend};

		if (x->len > mss && mss) /* a run: helps the receiver to merge it */
			one.flags |= SEG_PSH;
		if (left > n)
			one.flags &= (uint16_t) ~(SEG_PSH | SEG_FIN);
		if (!first)
			one.flags &= (uint16_t)~SEG_CWR;
		err = send_next(s, c, &one, x->resend);
		if (n > 0) {
			c->active->stats.data_segs_out += tcp_gso_segs(n, one.gso);
			c->active->stats.bytes_sent += n;
		}
		if (x->gone && !err)
			*x->gone += n;
		at = seq_add(at, n);
		left -= n;
	} while (left > 0 && !err);
	if (c->extra && c->extra->uto_announce && x->len > 0)
		c->extra->uto_announce = false;
	if (c->active->snd.watch_acks && !x->resend && x->len > 0)
		notify_sent(s, c, err == -ENOBUFS && x->gone ? seq_add(x->seq, *x->gone) : at);
	return err;
}

/* --- SYN and SYN-ACK of a connection (not of a request socket) --- */

/* The options offered in a SYN and in the SYN-ACK of a simultaneous open, which is our SYN again:
 * independent of the peer's SYN. */
static void syn_options(struct stack *s, struct tcp_conn *c, struct tcp_opts *o)
{
	o->has = TCP_HAS_MSS;
	o->mss = c->advmss;
	tcp_auth_out(c, o);
	if (!(o->has & TCP_HAS_MD5) && s->sysctl.tcp_timestamps) {
		o->has |= TCP_HAS_TS;
		o->tsval = tcp_tsval(s, c);
		o->tsecr = c->ts_recent;
	}
	if (s->sysctl.tcp_window_scaling) {
		o->has |= TCP_HAS_WSCALE;
		o->wscale = c->active->hs.syn_wscale;
	}
	if (s->sysctl.tcp_sack)
		o->has |= TCP_HAS_SACK_OK;
	tcp_uto_out(c, o);
	tcp_fastopen_syn_option(s, c, o);
}

int tcp_xmit_syn(struct stack *s, struct tcp_conn *c, bool synack)
{
	uint8_t opt[TCP_OPTS_MAX];
	struct tcp_opts o = {0};
	struct tcp_seg g = {.sport = c->key.lport,
		.dport = c->key.rport,
		.seq = c->iss,
		.ack = c->rcv_nxt,
		.flags = SEG_SYN,
		.opt = opt};
	uint32_t data = synack ? 0 : tcp_fastopen_syn_data(c);
	struct pkt *p;
	struct ip_route path = {0};
	uint64_t sum = 0;
	int err = tcp_path(s, c);

	if (err)
		return err;
	p = pkt_new(&s->pkts, data <= PKT_SMALL ? PKT_SMALL : data);
	if (!p)
		return -ENOBUFS;
	path.mtu = c->active->path.mtu;
	c->advmss = (uint16_t)u32_min(c->advmss, tcp_advmss(s, &c->key.raddr, &path));
	syn_options(s, c, &o);
	g.opt_len = (uint16_t)tcp_opts_emit(&o, opt);
	if (data > 0)
		sum = tcp_payload(c, p, seq_add(c->iss, 1), data);
	if (synack) {
		g.flags |= SEG_ACK | (c->agreed & TCPA_ECN ? SEG_ECE : 0);
		c->rcv_wup = c->rcv_nxt;
		tcp_ack_forget(c);
	} else {
		g.ack = seq_of(0);
		g.flags |= tcp_ecn_syn_flags(s, c);
	}
	g.win = (uint16_t)u32_min(c->rcv_wnd, 65535);
	return emit(s, c, p, &g, sum);
}

/* Queues an ACK whose header has timestamps, and no other option. False: nothing has changed. */
static bool queue_plain_ack(struct stack *s, struct tcp_conn *c)
{
	bool full = s->tcp->replies.live >= TCP_REPLIES_MAX;
	struct pkt *p = full ? NULL : pkt_new(&s->pkts, PKT_SMALL);
	struct ip_tx tx;

	if (!p)
		return false;
	how_to_send(c, &tx);
	tcp_fast_ack_header(s, c, p);
	c->active->stats.segs_out++;
	if (send_later(s, p, &tx, false) == 0)
		stack_count(s, MIB_TcpOutSegs);
	return true;
}

void tcp_queue_ack(struct stack *s, struct tcp_conn *c, struct seq ack)
{
	struct tcp_opts o;
	struct tcp_sign sign;
	struct ip_tx tx;
	struct tcp_seg g = {.sport = c->key.lport,
		.dport = c->key.rport,
		.seq = c->snd_nxt,
		.ack = ack,
		.flags = SEG_ACK | tcp_ecn_out_flags(c, false)};

	if (seq_eq(ack, c->rcv_nxt) && header_is_plain(s, c) && queue_plain_ack(s, c))
		return;
	g.win = tcp_win_field(s, c);
	how_to_send(c, &tx);
	options(s, c, &o);
	c->active->ack.has_dsack = false;
	c->active->stats.segs_out++;
	tcp_sign_conn(c, &g, &sign);
	tcp_queue_reply(s, &tx, &g, &o, &sign);
}

void tcp_queue_rst(struct stack *s, struct tcp_conn *c)
{
	struct one x = {.seq = c->snd_nxt, .flags = SEG_RST | SEG_ACK};
	int err = tcp_path(s, c);

	assert(!tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)));
	stack_count(s, MIB_TcpOutRsts);
	if (!err)
		err = send_one(s, c, &x);
	if (err)
		stack_count(s, MIB_TcpExtTCPAbortFailed);
}

/* --- segments without a connection --- */

void tcp_queue_reply(struct stack *s, const struct ip_tx *tx, struct tcp_seg *g, struct tcp_opts *o,
	const struct tcp_sign *sign)
{
	bool full = s->tcp->replies.live >= TCP_REPLIES_MAX;
	struct pkt *p = full ? NULL : pkt_new(&s->pkts, PKT_SMALL);
	uint8_t opt[TCP_OPTS_MAX];

	if (!p) {
		discard(s, NULL, tx);
		return;
	}
	tcp_auth_space(sign, o);
	g->opt = opt;
	g->opt_len = (uint16_t)tcp_opts_emit(o, opt);
	tcp_auth_sign(sign, &tx->addr, g, opt);
	tcp_emit(g, &tx->addr, pkt_push(p, (uint32_t)tcp_emit_len(g)));
	if (send_later(s, p, tx, false) != 0)
		return;
	stack_count(s, MIB_TcpOutSegs);
	if (g->flags & SEG_RST)
		stack_count(s, MIB_TcpOutRsts);
}

/* RFC 9293 3.5.2: takes its sequence number from the ACK, or acknowledges the segment. */
void tcp_reply_rst(struct tcp_in *in)
{
	struct stack *s = in->s;
	const struct tcp_seg *q = &in->seg;
	struct tcp_opts o = {0};
	struct tcp_sign sign;
	struct tcp_seg g = {.sport = q->dport, .dport = q->sport, .flags = SEG_RST};
	struct ip_tx tx = {.addr = {in->rx->addr.dst, in->rx->addr.src},
		.ifindex = ip_addr_is_link_local(&in->rx->addr.src) && in->rx->dev
				   ? in->rx->dev->ifindex
				   : 0};

	if (q->flags & SEG_RST)
		return;
	if (q->flags & SEG_ACK) {
		g.seq = q->ack;
	} else {
		g.flags |= SEG_ACK;
		g.ack = in->end;
	}
	if (!tcp_sign_rst(in, &g, &sign))
		return;
	tcp_queue_reply(s, &tx, &g, &o, &sign);
}
