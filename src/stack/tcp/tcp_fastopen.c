/*
 * tcp_fastopen.c - Fast Open (RFC 7413), client and server, in the standard option (kind 34) and
 * the experimental one (kind 254, 0xF989), which is tried when a server ignored the standard one.
 *
 *     client   cookie known: data is sent in the SYN; else the SYN requests one
 *     server   cookie = siphash(key, source, destination); valid: the child exists at the SYN
 *
 * Cookies are cached by destination in a fixed table; a blackhole disables the client for an hour,
 * doubling (tcp_fastopen_blackhole_timeout_sec).
 */
#include "stack/tcp/tcp_fastopen.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_open.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_synrcvd.h"
#include "stack/tcp/tcp_timer.h"

#include "base/bytes.h"

#include <errno.h>

enum {
	TFO_CLIENT = 1,
	TFO_SERVER = 2,
	TFO_CLIENT_NO_COOKIE = 4,
	TFO_SERVER_NO_COOKIE = 0x200,
	TFO_SERVER_ALL = 0x400,
	TFO_CACHE = 256, /* destinations; a power of two */
	TFO_COOKIE = 8,
};

struct tcp_tfo_entry {
	struct ip_addr addr;
	uint16_t mss;
	uint8_t len, try_exp;
	bool used, exp;
	uint8_t cookie[TCP_COOKIE_MAX];
};

struct tcp_tfo_cache {
	struct tcp_tfo_entry e[TFO_CACHE];
};

static struct tcp_tfo_entry *entry_of(struct stack *s, const struct ip_addr *a, bool make)
{
	struct tcp_state *t = s->tcp;
	struct tcp_tfo_entry *e;

	if (!t->tfo)
		t->tfo = calloc(1, sizeof(*t->tfo));
	if (!t->tfo)
		return NULL;
	e = &t->tfo->e[siphash_2u64(ip_addr_half(a, 0), ip_addr_half(a, 1), &t->hash_key) &
		       (TFO_CACHE - 1)];
	if (e->used && ip_addr_eq(&e->addr, a))
		return e;
	if (!make)
		return NULL;
	*e = (struct tcp_tfo_entry){.addr = *a, .used = true};
	return e;
}

/* --- client --- */

void tcp_metrics_flush(struct stack *s)
{
	free(s->tcp->tfo);
	s->tcp->tfo = NULL;
}

void tcp_fastopen_active_disable(struct stack *s)
{
	if (s->sysctl.tcp_fastopen_blackhole_timeout_sec == 0)
		return;
	s->tcp->tfo_blackhole_at = s->now;
	s->tcp->tfo_blackholes++;
	stack_count(s, MIB_TcpExtTCPFastOpenBlackhole);
}

static bool disabled(struct stack *s)
{
	struct tcp_state *t = s->tcp;
	uint32_t n = t->tfo_blackholes;

	if (n == 0 || s->sysctl.tcp_fastopen_blackhole_timeout_sec == 0)
		return false;
	n = u32_min(n - 1, 6);
	return s->now < t->tfo_blackhole_at + s->sysctl.tcp_fastopen_blackhole_timeout_sec *
						      NSEC_SEC * (1ll << n);
}

static bool no_cookie(const struct stack *s, const struct tcp_conn *c, int flag)
{
	return (s->sysctl.tcp_fastopen & flag) || (c->extra && c->extra->fastopen_no_cookie);
}

/* Returns whether the SYN may carry data. Fills in the option of the SYN (length -1: none). */
static bool cookie_check(struct stack *s, struct tcp_conn *c, struct tcp_tfo_syn *f)
{
	struct tcp_tfo_entry *e = entry_of(s, &c->key.raddr, false);

	*f = (struct tcp_tfo_syn){.len = 0};
	if (e) {
		assert(e->len <= sizeof(f->cookie));
		f->mss = e->mss;
		f->len = (int8_t)e->len;
		memcpy(f->cookie, e->cookie, e->len);
		f->exp = e->exp;
		if (e->len == 0 && e->try_exp == 1)
			f->exp = true;
	}
	if (disabled(s)) {
		f->len = -1;
		return false;
	}
	if (no_cookie(s, c, TFO_CLIENT_NO_COOKIE)) {
		f->len = -1;
		return true;
	}
	if (f->len > 0)
		return true;
	c->active->hs.tfo_fail = 1; /* TFO_COOKIE_UNAVAILABLE */
	return false;
}

bool tcp_fastopen_defer(struct stack *s, struct tcp_conn *c)
{
	struct tcp_tfo_syn f;

	if (!c->extra || !c->extra->fastopen_connect || c->active->hs.tfo_wanted)
		return false;
	if (cookie_check(s, c, &f))
		return true;
	c->active->hs.tfo_wanted = true; /* request a cookie in this SYN */
	return false;
}

/* Bytes that a SYN may carry: as many as fit on the path with all options. */
static uint32_t syn_space(struct stack *s, struct tcp_conn *c, uint16_t cached)
{
	uint32_t mtu = c->active->path.mtu, most = mtu - c->ip_len - TCP_HDR_MIN;

	c->mss_clamp = cached ? cached : c->advmss;
	if (c->user_mss && c->user_mss < c->mss_clamp)
		c->mss_clamp = c->user_mss;
	most = u32_min(most, c->mss_clamp);
	return most > TCP_OPTS_MAX ? most - TCP_OPTS_MAX : 0;
}

/* Queues the data of the SYN. Returns bytes. */
static size_t queue_syn_data(struct stack *s, struct tcp_conn *c, const void *p, size_t n)
{
	struct tcp_tfo_syn f;
	size_t got = 0;

	if (!cookie_check(s, c, &f))
		return 0;
	n = size_min(n, syn_space(s, c, f.mss));
	tcp_sync_mss(s, c, c->active->path.mtu);
	if (n > 0)
		got = tcp_send_queue(s, c, p, n);
	assert(got <= n && got <= UINT16_MAX);
	c->active->hs.syn_len = (uint16_t)got;
	return got;
}

ssize_t tcp_send_fastopen(
	struct stack *s, struct tcp_conn *c, const struct tcp_end *to, const void *p, size_t n)
{
	bool deferred = tcp_is(c, TCPB_DEFER_CONNECT);
	size_t got;
	int err;

	if (!(s->sysctl.tcp_fastopen & TFO_CLIENT))
		return -EOPNOTSUPP;
	if (!deferred) {
		if (c->key.state != TCPS_CLOSED)
			return c->key.state == TCPS_SYN_SENT ? -EALREADY : -EISCONN;
		if (!to)
			return -EDESTADDRREQ;
		c->active->hs.tfo_wanted = true;
		err = tcp_connect(s, c, to);
		if (err)
			return err;
	}
	c->active->hs.tfo_wanted = true;
	got = queue_syn_data(s, c, p, n);
	if (deferred)
		tcp_connect_syn(s, c);
	return got > 0 ? (ssize_t)got : -EINPROGRESS;
}

uint32_t tcp_fastopen_syn_data(const struct tcp_conn *c)
{
	return c->active->loss.packets_out == 0 ? c->active->hs.syn_len : 0;
}

void tcp_fastopen_syn_option(struct stack *s, struct tcp_conn *c, struct tcp_opts *o)
{
	struct tcp_active *b = c->active;
	struct tcp_tfo_syn f;
	uint32_t need;

	/* only the first SYN: retransmissions have none */
	if (!b->hs.tfo_wanted || c->key.state != TCPS_SYN_SENT || b->loss.packets_out > 0)
		return;
	cookie_check(s, c, &f);
	if (f.len < 0)
		return;
	memcpy(b->hs.tfo_cookie, f.cookie, sizeof(f.cookie));
	o->cookie = b->hs.tfo_cookie;
	o->cookie_len = (uint8_t)f.len;
	o->cookie_exp = f.exp;
	need = 2u + (f.exp ? 2u : 0u) + o->cookie_len;
	o->has &= (uint16_t)~TCP_HAS_FASTOPEN;
	if (tcp_opts_emit_len(o) + ((need + 3) & ~3u) > TCP_OPTS_MAX)
		return;
	o->has |= TCP_HAS_FASTOPEN;
	b->hs.syn_fastopen = true;
	b->hs.syn_fastopen_exp = f.exp;
}

void tcp_fastopen_syn_sent(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct loss_send ls = {.start = c->snd_nxt,
		.end = seq_add(c->snd_nxt, b->hs.syn_len),
		.mss = (uint16_t)u32_max(c->mss, b->hs.syn_len)};

	assert(seq_eq(c->snd_nxt, seq_add(c->iss, 1)));
	if (b->hs.syn_len == 0 || !loss_reserve(&b->loss))
		return;
	tcp_snd_sent(s, c, &ls);
	b->hs.syn_data = true;
	b->stats.data_segs_out++;
}

void tcp_fastopen_syn_timeout(struct stack *s, struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	if ((b->hs.syn_data || b->hs.syn_data_acked) && b->loss.retransmits == 2)
		tcp_fastopen_active_disable(s);
}

static void cache_set(struct tcp_in *in, struct tcp_conn *c, bool syn_drop, uint8_t try_exp)
{
	struct stack *s = in->s;
	bool has = (in->o.has & TCP_HAS_FASTOPEN) && c->active->hs.syn_fastopen &&
		   in->o.cookie_len > 0;
	struct tcp_tfo_entry *e = entry_of(s, &c->key.raddr, true);

	if (!e)
		return;
	if ((in->o.has & TCP_HAS_MSS) && in->o.mss)
		e->mss = in->o.mss;
	if (has) {
		e->len = in->o.cookie_len;
		assert(in->o.cookie_len <= sizeof(e->cookie));
		memcpy(e->cookie, in->o.cookie, e->len);
		e->exp = in->o.cookie_exp;
		e->try_exp = 0;
	} else if (try_exp > e->try_exp && e->len == 0) {
		e->try_exp = try_exp;
	}
	if (syn_drop)
		e->len = 0; /* avoid losing another one soon */
}

bool tcp_fastopen_synack(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	bool data = b->hs.syn_data && !seq_eq(c->snd_una, c->snd_nxt);
	bool got = (in->o.has & TCP_HAS_FASTOPEN) && b->hs.syn_fastopen;
	bool drop = false;
	uint8_t try_exp = 0;

	if (b->hs.syn_fastopen || b->hs.syn_data) {
		if (b->loss.total_retrans)
			drop = !got && data;
		else if (!got && !b->hs.syn_data)
			try_exp = b->hs.syn_fastopen_exp ? 2 : 1;
		cache_set(in, c, drop, try_exp);
	}
	if (data) {
		b->hs.tfo_fail = b->loss.total_retrans ? 3 : 2;
		stack_count(s, MIB_TcpExtTCPFastOpenActiveFail);
		b->hs.syn_data_lost = true;
	} else if (b->hs.syn_data) {
		b->hs.syn_data_acked = true;
		stack_count(s, MIB_TcpExtTCPFastOpenActive);
		if (b->loss.cc.delivered > 1) /* SYN and data were two records, but one packet */
			b->loss.cc.delivered--;
	}
	return false;
}

/* --- server --- */

int tcp_set_fastopen_key(struct stack *s, struct tcp_conn *c, const uint8_t *key, size_t n)
{
	struct tcp_extra *x;

	c = tcp_wake(s, c);
	x = c ? tcp_extra(s, c) : NULL;
	if (n != 16 && n != 32)
		return -EINVAL;
	if (!x)
		return -ENOMEM;
	memcpy(x->tfo_key, key, n);
	x->tfo_keys = (uint8_t)(n / 16);
	return 0;
}

/* Keys and cookies are little-endian, as Linux's: the same key makes the same cookies. */
static void draw_key(struct stack *s, uint8_t key[16])
{
	put_le64(key, prng_u64(&s->prng));
	put_le64(key + 8, prng_u64(&s->prng));
}

/* The current keys: of the listener, of the instance, or drawn now. */
static uint32_t keys_of(struct stack *s, const struct tcp_conn *l, const uint8_t *k[2])
{
	struct tcp_state *t = s->tcp;
	const struct sysctl_tfo_keys *p = &s->sysctl.tcp_fastopen_key;

	assert(p->count <= 2 && (!l->extra || l->extra->tfo_keys <= 2));
	if (l->extra && l->extra->tfo_keys) {
		k[0] = l->extra->tfo_key[0];
		k[1] = l->extra->tfo_key[1];
		return l->extra->tfo_keys;
	}
	if (p->count) {
		k[0] = p->key[0];
		k[1] = p->key[1];
		return p->count;
	}
	if (!t->tfo_key_drawn) {
		draw_key(s, t->tfo_key);
		t->tfo_key_drawn = true;
	}
	k[0] = t->tfo_key;
	return 1;
}

static void cookie_make(const uint8_t key[16], const struct ip_pair *a, uint8_t out[TFO_COOKIE])
{
	struct siphash_key k = {get_le64(key), get_le64(key + 8)};
	uint8_t both[32];
	uint64_t v;

	if (ip_addr_is_v4(&a->src)) {
		memcpy(both, a->src.b + 12, 4);
		memcpy(both + 4, a->dst.b + 12, 4);
		v = siphash(both, 8, &k);
	} else {
		memcpy(both, a->src.b, 16);
		memcpy(both + 16, a->dst.b, 16);
		v = siphash(both, 32, &k);
	}
	put_le64(out, v);
}

/* 0: not ours; 1: by the primary key; 2: by the backup key. */
static int cookie_valid(struct tcp_in *in, const struct tcp_conn *l)
{
	const uint8_t *k[2];
	uint32_t n = keys_of(in->s, l, k);
	uint8_t want[TFO_COOKIE];

	for (uint32_t i = 0; i < n; i++) {
		cookie_make(k[i], &in->rx->addr, want);
		if (in->o.cookie_len == TFO_COOKIE && !memcmp(want, in->o.cookie, TFO_COOKIE))
			return (int)i + 1;
	}
	return 0;
}

static void give_cookie(struct tcp_in *in, const struct tcp_conn *l, struct tcp_req *r)
{
	const uint8_t *k[2];

	keys_of(in->s, l, k);
	cookie_make(k[0], &in->rx->addr, r->tfo);
	r->tfo_len = TFO_COOKIE;
	r->tfo_exp = in->o.cookie_exp;
}

void tcp_fastopen_synack_option(struct stack *s, struct tcp_req *r, struct tcp_opts *o)
{
	uint32_t need = 2u + (r->tfo_exp ? 2u : 0u) + r->tfo_len;

	assert(r->tfo_len <= sizeof(r->tfo));
	if (!r->tfo_len || tcp_opts_emit_len(o) + ((need + 3) & ~3u) > TCP_OPTS_MAX)
		return;
	o->has |= TCP_HAS_FASTOPEN;
	o->cookie = r->tfo;
	o->cookie_len = r->tfo_len;
	o->cookie_exp = r->tfo_exp;
}

static uint32_t queue_max(const struct stack *s, const struct tcp_conn *l)
{
	if (l->extra && l->extra->fastopen)
		return l->extra->fastopen;
	return s->sysctl.tcp_fastopen & TFO_SERVER_ALL ? l->listen->backlog : 0;
}

static bool queue_room(struct stack *s, struct tcp_conn *l)
{
	uint32_t max = queue_max(s, l);

	if (max == 0)
		return false;
	if (l->listen->tfo_qlen >= max) {
		stack_count(s, MIB_TcpExtTCPFastOpenListenOverflow);
		return false;
	}
	return true;
}

/* The data of the SYN is the first in the receive queue. */
void tcp_syn_payload(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool fin = in->seg.flags & SEG_FIN;
	uint32_t len = in->seg.len;

	assert(seq_eq(c->rcv_nxt, seq_add(c->irs, 1)));
	if (len > 0 && in->p) {
		tcp_strip(in->p, &in->seg, c->rcv_nxt);
		tcp_queue_in_order(s, c, in->p);
		in->p = NULL;
		tcp_rcv_advance(c, seq_add(c->rcv_nxt, len), len);
		c->active->hs.syn_data_acked = true; /* as in Linux, for both directions */
		tcp_notify(s, c, TCP_EVENT_IN);
	}
	if (fin) {
		tcp_rcv_advance(c, seq_add(c->rcv_nxt, 1), 0);
		tcp_fin_in(s, c);
	}
}

static bool make_child(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r)
{
	struct stack *s = in->s;
	struct tcp_conn *c = tcp_child(in, r);

	if (!c)
		return false;
	assert(!r->child && list_empty(&r->link));
	c->active->hs.fastopen_rsk = true;
	c->active->hs.tfo_req = r;
	r->child = c;
	l->listen->tfo_qlen++;
	tcp_init_transfer(s, c);
	c->active->hs.tfo_listener = l;
	c->active->hs.tfo_listen_id = l->listen->id;
	tcp_syn_payload(in, c);
	c->rcv_wup = c->rcv_nxt;
	tcp_ack_forget(c);
	r->rcv_nxt = c->rcv_nxt;
	list_add_tail(&s->tcp->dirty_reqs, &r->dirty);
	tcp_timers_synack(s, r);
	tcp_accept_add(s, l, c);
	return true;
}

/* True: the SYN has created a child, which owns r. Otherwise r may have a cookie to send. */
bool tcp_fastopen_syn_in(struct tcp_in *in, struct tcp_conn *l, struct tcp_req *r)
{
	struct stack *s = in->s;
	bool has = in->o.has & TCP_HAS_FASTOPEN;
	int valid;

	if (has && in->o.cookie_len == 0)
		stack_count(s, MIB_TcpExtTCPFastOpenCookieReqd);
	if (!(s->sysctl.tcp_fastopen & TFO_SERVER) || (!in->seg.len && !has) || !queue_room(s, l))
		return false;
	if (no_cookie(s, l, TFO_SERVER_NO_COOKIE)) {
		valid = 1;
	} else if (!has) {
		return false;
	} else if (in->o.cookie_len == 0) {
		give_cookie(in, l, r);
		return false;
	} else {
		valid = cookie_valid(in, l);
	}
	if (valid == 0) {
		stack_count(s, MIB_TcpExtTCPFastOpenPassiveFail);
		give_cookie(in, l, r);
		return false;
	}
	if (valid == 2) {
		stack_count(s, MIB_TcpExtTCPFastOpenPassiveAltKey);
		give_cookie(in, l, r);
	}
	if (make_child(in, l, r)) {
		stack_count(s, MIB_TcpExtTCPFastOpenPassive);
		return true;
	}
	stack_count(s, MIB_TcpExtTCPFastOpenPassiveFail);
	give_cookie(in, l, r);
	return false;
}

bool tcp_fastopen_syn_again(struct tcp_in *in, struct tcp_conn *c)
{
	struct tcp_req *r = c->active->hs.tfo_req;
	uint16_t f = in->seg.flags & (SEG_SYN | SEG_ACK | SEG_RST);

	if (!r || f != SEG_SYN || !seq_eq(in->seg.seq, r->irs))
		return false;
	if (!tcp_oow_limited(in->s, in, &r->oow_at, MIB_TcpExtTCPACKSkippedSynRecv))
		tcp_req_repeat(in->s, r);
	return true;
}

static void drop_req(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	b->hs.fastopen_rsk = false;
	/* the listener may have been closed, and its memory reused */
	if (b->hs.tfo_listener && b->hs.tfo_listener->listen &&
		b->hs.tfo_listener->listen->id == b->hs.tfo_listen_id) {
		assert(b->hs.tfo_listener->listen->tfo_qlen > 0);
		b->hs.tfo_listener->listen->tfo_qlen--;
	}
	b->hs.tfo_listener = NULL;
	if (b->hs.tfo_req) {
		b->hs.tfo_req->listener = NULL;
		tcp_req_free(s, b->hs.tfo_req);
	}
	b->hs.tfo_req = NULL;
}

void tcp_fastopen_child_done(struct stack *s, struct tcp_conn *c)
{
	struct tcp_req *r = c->active->hs.tfo_req;

	assert(!r || r->child == c);
	if (r)
		loss_synack(&c->active->loss, r->retrans ? -1 : (s->now - r->sent_at) / NSEC_USEC,
			s->now);
	drop_req(s, c);
	if (c->active->loss.packets_out >
		0) { /* data sent since then may be retransmitted from now on */
		loss_rto_later(&c->active->loss, s->now);
		tcp_timers_rtx(s, c);
	}
}

void tcp_fastopen_child_gone(struct stack *s, struct tcp_conn *c)
{
	drop_req(s, c);
}
