/*
 * tcp_fast_out.c - fast path out: a segment with timestamps and no other option, its headers
 * written once, in place, in front of the payload; and the decision to send for a plain connection
 * that answers.
 *
 *     [ IP ][ TCP 20 ][ NOP NOP timestamps ][ payload, or a reference to it ]
 *
 * tcp_output.c and tcp_xmit.c are the reference: they handle everything declined here.
 */
#include "stack/tcp/tcp_fast_out.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_info.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

/* --- one segment --- */

/* The cached route, if it applies unchanged. */
static struct ip_dst *route(struct stack *s, const struct tcp_conn *c, uint32_t len)
{
	const struct tcp_active *b = c->active;

	if (!tcp_is(c, TCPB_PATH) || tcp_is(c, TCPB_NEW_PATH) || b->path.gen != ip_route_gen(s) ||
		(b->ack.bits & ACKP_NOMEM))
		return NULL;
	return ip_fast_route(s, &c->key.raddr, TCP_PLAIN_HDR_LEN + len);
}

static void put_header(const struct stack *s, const struct tcp_conn *c,
	const struct tcp_new_segment *x, uint16_t win, uint8_t *t)
{
	put_be16(t, c->key.lport);
	put_be16(t + 2, c->key.rport);
	put_be32(t + 4, x->seq.v);
	put_be32(t + 8, c->rcv_nxt.v);
	put_be32(t + 12, (uint32_t)(TCP_PLAIN_HDR_LEN / 4) << 28 | (uint32_t)x->flags << 16 | win);
	put_be32(t + 16, 0);
	put_be32(t + 20, TCP_PLAIN_OPTIONS);
	put_be32(t + 24, tcp_tsval(s, c));
	put_be32(t + 28, c->ts_recent);
}

/* The checksum of the segment at t, whose payload's sum is `sum`. */
static void put_checksum(const struct ip_pair *a, uint8_t *t, uint32_t len, uint64_t sum)
{
	uint16_t field;

	sum += csum_pseudo(a, IP_PROTO_TCP, TCP_PLAIN_HDR_LEN + len);
	field = csum_fold(csum_add(sum, t, TCP_PLAIN_HDR_LEN));
	memcpy(t + TCP_CHECKSUM_AT, &field, sizeof(field));
}

/* Prepends headers to p, the payload, and sends it. */
static int send_segment(struct stack *s, struct tcp_conn *c, const struct tcp_new_segment *x,
	struct pkt *p, struct ip_dst *dst)
{
	struct ip_pair a = {c->key.laddr, c->key.raddr};
	uint32_t segs = tcp_gso_segs(x->len, x->gso);
	uint64_t sum = x->len > 0 ? tcp_payload(c, p, x->seq, x->len) : 0;
	uint8_t *t = pkt_push(p, TCP_PLAIN_HDR_LEN);

	put_header(s, c, x, tcp_win_field(s, c), t);
	if (c->active->path.tx_csum)
		tcp_checksum_later(p, &a);
	else
		put_checksum(&a, t, x->len, sum);
	tcp_ack_sent(s, c);
	p->stamp = s->now;
	p->gso = x->gso;
	c->active->stats.segs_out += segs;
	mib_add(&s->mib, MIB_TcpOutSegs, segs);
	return ip_fast_out(s, p, dst,
		&(struct ip_fast){&a, c->active->path.rehash, tcp_tos(c, &c->key.raddr)});
}

bool tcp_fast_segment(
	struct stack *s, struct tcp_conn *c, const struct tcp_new_segment *x, int *err)
{
	struct ip_dst *dst = route(s, c, x->gso ? x->gso : x->len);
	struct pkt *p = dst ? pkt_new(&s->pkts, x->len <= PKT_SMALL ? PKT_SMALL : x->len) : NULL;

	if (!p)
		return false;
	*err = send_segment(s, c, x, p, dst);
	return true;
}

void tcp_fast_ack_header(struct stack *s, struct tcp_conn *c, struct pkt *p)
{
	struct ip_pair a = {c->key.laddr, c->key.raddr};
	struct tcp_new_segment x = {.seq = c->snd_nxt, .flags = SEG_ACK};
	uint8_t *t = pkt_push(p, TCP_PLAIN_HDR_LEN);

	assert(p->len == TCP_PLAIN_HDR_LEN);
	put_header(s, c, &x, tcp_win_field(s, c), t);
	put_checksum(&a, t, 0, 0);
}

/* --- what is to be sent? --- */

/* Only data or an ACK is due, and the program is not waiting for room. */
static bool is_plain(const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	return !b->snd.tlp_due && b->snd.probe == PROBE_SEND_NONE && !b->loss.resend_wanted &&
	       !b->loss.try_new && !tcp_is(c, TCPB_NOSPACE);
}

/* Minshall's Nagle, for the last record of the queue. */
static bool nagle_passes(const struct tcp_conn *c, uint32_t len)
{
	const struct tcp_snd *n = &c->active->snd;
	uint8_t nonagle = c->nonagle | n->push_nonagle;

	if (len == c->mss || (nonagle & NAGLE_PUSH))
		return true;
	if (nonagle & NAGLE_CORK)
		return false;
	return nonagle || c->active->loss.packets_out == 0 || !seq_gt(n->sml, c->snd_una) ||
	       seq_gt(n->sml, c->snd_nxt);
}

/* The unsent part of the queue is one record that may be sent as one segment. */
static bool record_is_plain(const struct tcp_conn *c, const struct tcp_rec *r, uint32_t len)
{
	const struct tcp_loss *l = &c->active->loss;

	return !r->next && len <= c->mss && !(r->flags & (REC_FIN | REC_EOR)) &&
	       !seq_gt(r->end, tcp_wnd_end(c)) && loss_quota(l) > 0 && nagle_passes(c, len);
}

static void send_failed(struct stack *s, struct tcp_conn *c, int err)
{
	tcp_plain_end(c);
	if (err == -ENOBUFS) /* the sender is too fast for its own device */
		loss_local_drop(&c->active->loss, s->now);
	tcp_chrono_stop(s, c, TCP_CHRONO_RWND);
	if (c->active->loss.packets_out == 0)
		tcp_timers_probe0(s, c);
}

static void sent(struct stack *s, struct tcp_conn *c, struct seq end, uint32_t len)
{
	struct loss_send ls = {.start = c->snd_nxt, .end = end, .mss = c->mss};
	struct loss_flush f = {.sent = 1};

	tcp_snd_sent(s, c, &ls);
	if (len != c->mss)
		c->active->snd.sml = c->snd_nxt;
	tcp_chrono_stop(s, c, TCP_CHRONO_RWND);
	loss_flushed(&c->active->loss, &f, s->now);
}

static bool send_record(struct stack *s, struct tcp_conn *c, const struct tcp_rec *r)
{
	uint32_t len = seq_span(r->end, c->snd_nxt);
	struct tcp_new_segment x = {.seq = c->snd_nxt,
		.len = len,
		.flags = SEG_ACK | (r->flags & REC_PSH ? SEG_PSH : 0)};
	struct seq end = r->end;
	int err;

	if (!record_is_plain(c, r, len) || !loss_reserve(&c->active->loss) ||
		!tcp_fast_segment(s, c, &x, &err))
		return false;
	tcp_pingpong_learn(s, c);
	c->active->stats.data_segs_out++; /* also of what the device refuses, as in Linux */
	c->active->stats.bytes_sent += len;
	if (err)
		send_failed(s, c, err);
	else
		sent(s, c, end, len);
	return true;
}

/* An empty ACK, unless the peer has shrunk its window below the data sent. */
static bool send_ack(struct stack *s, struct tcp_conn *c)
{
	struct tcp_new_segment x = {.seq = c->snd_nxt, .flags = SEG_ACK};
	int err;

	if (seq_gt(c->snd_nxt, tcp_wnd_end(c)) || !tcp_fast_segment(s, c, &x, &err))
		return false;
	if (err) { /* retry soon */
		tcp_ack_mark(c, ACKP_SCHED);
		tcp_ack_delay_for(s, c, TCP_DELACK_MAX_MS);
	}
	return true;
}

bool tcp_fast_out(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	bool data = b->snd.push && b->snd.q.unsent;

	if (!is_plain(c))
		return false;
	if (data ? !send_record(s, c, b->snd.q.unsent)
		 : (b->ack.bits & ACKP_SEND) && !send_ack(s, c))
		return false;
	b->snd.push = b->snd.push_nonagle = 0;
	b->snd.write_space_due = false;
	tcp_timers_rtx(s, c);
	return true;
}
