/*
 * tcp_fast_in.c - fast path in: the segment that is most likely to come next on a plain connection,
 * in one pass over its headers, from IP to the receive queue.
 *
 *     IP header without options -> TCP header, nothing but timestamps -> 4-tuple
 *     -> SEG.SEQ = RCV.NXT, ACK of whole records or of nothing, the window that was known
 *     -> checksums -> ACK, data, the decision when to acknowledge
 *
 * The steps are those of tcp_in.c, which stays the reference: whatever is not as above is left to
 * it, before anything is written.
 */
#include "stack/tcp/tcp_fast_in.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_mem.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_predict.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_rcvmem.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_xmit.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* The position of the headers, and their fields. */
struct plain_in {
	struct stack *s;
	struct pkt *p;
	struct tcp_conn *c;
	const uint8_t *tcp;
	uint32_t ip_len, len; /* of the IP header; of the data */
	struct seq seq, ack;
	uint32_t tsval, tsecr, truesize, room;
	uint8_t tos;
	bool advances;  /* it acknowledges something new */
	bool predicted; /* in the sense of tcp_predicted() */
};

/* --- headers --- */

static bool read_ipv4(struct plain_in *k, struct ip_pair *a)
{
	const uint8_t *h = k->p->data;
	uint32_t total;

	if (h[0] != 0x45 || h[9] != IP_PROTO_TCP || (get_be16(h + 6) & 0x3fff) != 0)
		return false;
	total = get_be16(h + 2);
	if (total > k->p->len || total < IPV4_HDR_MIN + TCP_PLAIN_HDR_LEN)
		return false;
	a->src = ip_addr_from_v4(get_be32(h + 12));
	a->dst = ip_addr_from_v4(get_be32(h + 16));
	k->ip_len = IPV4_HDR_MIN;
	k->len = total - IPV4_HDR_MIN - TCP_PLAIN_HDR_LEN;
	k->tos = h[1];
	return true;
}

static bool read_ipv6(struct plain_in *k, struct ip_pair *a)
{
	const uint8_t *h = k->p->data;
	uint32_t payload;

	if (k->p->len < IPV6_HDR_LEN + TCP_PLAIN_HDR_LEN || h[0] >> 4 != 6 || h[6] != IP_PROTO_TCP)
		return false;
	payload = get_be16(h + 4);
	if (payload > k->p->len - IPV6_HDR_LEN || payload < TCP_PLAIN_HDR_LEN)
		return false;
	a->src = ip_addr_from_v6(h + 8);
	a->dst = ip_addr_from_v6(h + 24);
	if (ip_addr_is_v4(&a->src) || ip_addr_is_v4(&a->dst)) /* never on the wire */
		return false;
	k->ip_len = IPV6_HDR_LEN;
	k->len = payload - TCP_PLAIN_HDR_LEN;
	k->tos = (uint8_t)(get_be16(h) >> 4);
	return true;
}

/* Of both headers: last, since it takes longer than to see that the segment is of another kind. */
static bool checksums_ok(const struct plain_in *k, const struct ip_pair *a)
{
	uint64_t sum;

	if (k->ip_len == IPV4_HDR_MIN && csum_fold(csum_add(0, k->p->data, IPV4_HDR_MIN)) != 0)
		return false;
	if (k->p->csum_ok)
		return true;
	sum = csum_add(csum_pseudo(a, IP_PROTO_TCP, TCP_PLAIN_HDR_LEN + k->len), k->tcp,
		TCP_PLAIN_HDR_LEN);
	return csum_fold(csum_add(sum, k->tcp + TCP_PLAIN_HDR_LEN, k->len)) == 0;
}

static bool read_tcp(struct plain_in *k)
{
	const uint8_t *t = k->p->data + k->ip_len;
	const uint16_t offset = TCP_PLAIN_HDR_LEN / 4 << 12;

	if ((get_be16(t + 12) & ~SEG_PSH) != (offset | SEG_ACK) ||
		get_be32(t + 20) != TCP_PLAIN_OPTIONS)
		return false;
	k->tcp = t;
	k->seq = seq_of(get_be32(t + 4));
	k->ack = seq_of(get_be32(t + 8));
	k->tsval = get_be32(t + 24);
	k->tsecr = get_be32(t + 28);
	return true;
}

/* --- checks: does the fast path apply? --- */

/* The plain connection of the segment; NULL: none. */
static struct tcp_conn *find(const struct plain_in *k, const struct ip_pair *a)
{
	struct tcp_tuple t = {a->dst, a->src, get_be16(k->tcp + 2), get_be16(k->tcp)};
	struct tcp_key *key = tcp_find_for(k->s, k->p, &t);
	struct tcp_conn *c =
		key && key->kind == TCP_KIND_CONN ? container_of(key, struct tcp_conn, key) : NULL;

	return c && c->plain ? c : NULL;
}

/* Next in sequence, with the expected window and timestamps. */
static bool is_next(const struct plain_in *k)
{
	const struct tcp_conn *c = k->c;

	return seq_eq(k->seq, c->rcv_nxt) && seq_le(c->snd_una, k->ack) &&
	       seq_le(k->ack, c->snd_nxt) && (int32_t)(k->tsval - c->ts_recent) >= 0 &&
	       (uint32_t)get_be16(k->tcp + 14) << c->snd_wscale == c->snd_wnd;
}

/* Acknowledges whole records, with no zero-window probe pending. */
static bool ack_is_plain(const struct plain_in *k)
{
	const struct tcp_active *b = k->c->active;

	if (b->snd.q.unsent && seq_eq(k->ack, k->c->snd_nxt))
		return false;
	return loss_ack_is_plain(&b->loss, k->ack);
}

/* Acknowledges nothing new, and the loss engine has no interest in it. */
static bool no_ack_is_plain(const struct plain_in *k)
{
	const struct tcp_active *b = k->c->active;

	return k->len > 0 && (k->predicted || (b->loss.packets_out == 0 && !b->snd.q.unsent &&
						      !b->loss.tlp_pending));
}

/* Also after the ACK, which frees pages before the data needs some. */
static bool has_room(const struct plain_in *k)
{
	return k->predicted || (tcp_can_ingest(k->c) && tcp_mem_ample(k->s, k->truesize));
}

static bool is_plain(struct plain_in *k)
{
	struct tcp_conn *c = k->c;

	if (!is_next(k) || k->len > tcp_rcv_window(c))
		return false;
	k->truesize = tcp_truesize(k->ip_len + TCP_PLAIN_HDR_LEN + k->len, &k->room);
	k->predicted =
		c->active->rcv.predict && (k->len == 0 || k->truesize <= c->active->reserved);
	k->advances = !seq_eq(k->ack, c->snd_una);
	if (k->len > 0 && !has_room(k))
		return false;
	return k->advances ? ack_is_plain(k) : no_ack_is_plain(k);
}

/* --- processing: state changes from here on --- */

static void count(const struct plain_in *k)
{
	static const enum mib ecn4[] = {
		MIB_IpExtInNoECTPkts, MIB_IpExtInECT1Pkts, MIB_IpExtInECT0Pkts, MIB_IpExtInCEPkts};
	static const enum mib ecn6[] = {
		MIB_Ip6InNoECTPkts, MIB_Ip6InECT1Pkts, MIB_Ip6InECT0Pkts, MIB_Ip6InCEPkts};
	bool v6 = k->ip_len == IPV6_HDR_LEN;
	uint32_t segs = tcp_gso_segs(k->len, k->p->gso);
	struct stack *s = k->s;

	stack_count(s, v6 ? MIB_Ip6InReceives : MIB_IpInReceives);
	mib_add(&s->mib, v6 ? MIB_Ip6InOctets : MIB_IpExtInOctets, k->p->len);
	stack_count(s, (v6 ? ecn6 : ecn4)[k->tos & 3]);
	stack_count(s, v6 ? MIB_Ip6InDelivers : MIB_IpInDelivers);
	stack_count(s, MIB_TcpInSegs);
	k->c->active->stats.segs_in += segs;
	if (k->len > 0) {
		k->c->active->stats.data_segs_in += segs;
		if (k->predicted)
			stack_count(s, MIB_TcpExtTCPHPHits);
	}
}

static void take_ts(const struct plain_in *k)
{
	struct tcp_conn *c = k->c;

	if (seq_gt(k->seq, c->rcv_wup))
		return;
	c->ts_recent = k->tsval;
	c->ts_recent_s = s_of(k->s->now);
}

/* Fifth: the ACK field, like tcp_ack_in(). */
static void take_ack(const struct plain_in *k)
{
	struct stack *s = k->s;
	struct tcp_conn *c = k->c;
	struct tcp_active *b = c->active;
	uint32_t bytes = seq_span(k->ack, c->snd_una);
	bool only_data = k->predicted && !k->advances;

	take_ts(k);
	if (only_data || k->advances || seq_gt(k->seq, c->snd_wl1))
		c->snd_wl1 = k->seq;
	if (only_data)
		return;
	if (k->predicted && k->advances)
		stack_count(s, MIB_TcpExtTCPHPAcks);
	else if (k->len == 0)
		stack_count(s, MIB_TcpExtTCPPureAcks);
	b->stats.bytes_acked += bytes;
	c->snd_una = k->ack;
	if (seq_lt(b->snd.up, c->snd_una))
		b->snd.up = c->snd_una;
	c->soft_err = 0;
	b->snd.probes_out = 0;
	c->rcv_tstamp_ms = ms_of(s->now);
	if (k->advances) {
		loss_ack_plain(&b->loss, k->ack, s->now);
		b->snd.retrans_stamp = 0;
		tcp_snd_free_to(s, c, k->ack);
		ip_neigh_confirm(s, &c->key.raddr);
	}
	if (b->loss.packets_out == 0)
		tcp_chrono_stop(s, c, TCP_CHRONO_BUSY);
	tcp_timers_rtx(s, c);
}

/* Seventh: the data, like in_sequence(). */
static void take_data(struct plain_in *k)
{
	struct stack *s = k->s;
	struct tcp_conn *c = k->c;
	struct pkt *p = k->p;
	struct tcp_arrival a = {.len = k->len,
		.seg = p->gso ? p->gso : k->len,
		.hdr_len = TCP_PLAIN_HDR_LEN,
		.truesize = k->truesize,
		.flags = k->tcp[13],
		.tos = k->tos,
		.flow = k->ip_len == IPV6_HDR_LEN ? get_be32(p->data) & 0xfffff : 0};

	if (!k->predicted && !tcp_mem_schedule(s, c, k->truesize))
		assert(!"has_room() has looked");
	tcp_rcv_advance(c, seq_add(k->seq, k->len), k->len);
	p->ecn = k->tos & 3;
	p->truesize = k->truesize;
	p->room = k->room;
	p->seq = k->seq.v;
	p->data += k->ip_len + TCP_PLAIN_HDR_LEN;
	p->len = k->len;
	if (tcp_rcv_join(s, c, p))
		pkt_free(p);
	else
		tcp_queue_in_order(s, c, p);
	tcp_data_event(s, c, &a);
	if (!k->predicted)
		tcp_predict_check(c);
	tcp_data_ready(s, c);
}

/* The addresses are those of the connection: asked once while they, and dev, stay. */
static bool is_for_us(const struct plain_in *k, const struct netdev *dev, const struct ip_pair *a)
{
	struct tcp_path *path = &k->c->active->path;

	if (path->in_dev == dev && path->in_gen == ip_addr_gen(k->s))
		return true;
	if (!ip_for_us(k->s, dev, a))
		return false;
	path->in_dev = dev;
	path->in_gen = ip_addr_gen(k->s);
	return true;
}

bool tcp_fast_in(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct plain_in k = {.s = s, .p = p};
	struct ip_pair a;

	if (p->len < IPV4_HDR_MIN + TCP_PLAIN_HDR_LEN ||
		!(p->data[0] >> 4 == 4 ? read_ipv4(&k, &a) : read_ipv6(&k, &a)) || !read_tcp(&k))
		return false;
	k.c = find(&k, &a);
	if (!k.c || !is_plain(&k) || !is_for_us(&k, dev, &a) || !checksums_ok(&k, &a))
		return false;
	count(&k);
	take_ack(&k);
	tcp_rcv_rtt_echo(s, k.c, k.tsecr, k.len);
	if (k.len > 0)
		take_data(&k);
	else
		pkt_free(p);
	if (k.advances)
		tcp_push_mark(s, k.c, 0);
	k.c->active->snd.write_space_due = true;
	tcp_ack_decide(s, k.c);
	tcp_dirty_mark(s, k.c);
	return true;
}
