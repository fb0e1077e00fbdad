/*
 * tcp_sockopt.c - socket options of a connection: one row each for reading and for setting, with
 * Linux's bounds and errors.
 */
#include "stack/tcp/tcp_sockopt.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"

#include <errno.h>

/* How one option is set and read. */
struct row {
	uint16_t offset; /* of its field in struct tcp_conn or struct tcp_extra */
	uint8_t size;    /* of the field; 0: it has none */
	bool extra;      /* the field is in struct tcp_extra */
	int64_t min, max;
	/* Whether the connection allows setting it: 0 or -errno. */
	int (*allowed)(const struct stack *s, const struct tcp_conn *c, int64_t v);
	/* The value to store, if not v. */
	int64_t (*stored)(const struct stack *s, int64_t v);
	/* Sets an option that has no field of its own, or stores it in more than one place. */
	void (*set)(struct stack *s, struct tcp_conn *c, int64_t v);
	/* Applies the effects of the stored value. */
	void (*after)(struct stack *s, struct tcp_conn *c);
	/* Reads it, if not from the field. x: the extra record, or its defaults. */
	int64_t (*get)(const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x);
};

/* --- when an option may be set ---------------------------------------------------------------- */

/* The options of a listener, or of a socket that may become one. */
static int before_connect(const struct stack *s, const struct tcp_conn *c, int64_t v)
{
	return tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)) ? 0 : -EINVAL;
}

static int client_fastopen(const struct stack *s, const struct tcp_conn *c, int64_t v)
{
	if (!(s->sysctl.tcp_fastopen & 1))
		return -EOPNOTSUPP;
	return c->key.state == TCPS_CLOSED ? 0 : -EINVAL;
}

static int mss_allowed(const struct stack *s, const struct tcp_conn *c, int64_t v)
{
	return v == 0 || v >= TCP_MSS_FLOOR ? 0 : -EINVAL;
}

static int clamp_allowed(const struct stack *s, const struct tcp_conn *c, int64_t v)
{
	return v != 0 || c->key.state == TCPS_CLOSED ? 0 : -EINVAL;
}

/* --- stored values ---------------------------------------------------------------------------- */

static int64_t truth(const struct stack *s, int64_t v)
{
	return v != 0;
}

/* The two low bits are ECN's. */
static int64_t dscp(const struct stack *s, int64_t v)
{
	return v & 0xfc;
}

static int64_t linger2(const struct stack *s, int64_t v)
{
	return v < 0 ? -1 : v > TCP_LINGER2_MAX_S ? TCP_LINGER2_MAX_S : v;
}

static int64_t queue_length(const struct stack *s, int64_t v)
{
	return v > s->sysctl.somaxconn ? s->sysctl.somaxconn : v;
}

/* Seconds as retransmissions of the SYN-ACK, each after twice the previous interval, */
static int64_t defer_retries(const struct stack *s, int64_t seconds)
{
	int64_t n = 0;

	for (int64_t period = 1, sum = 0; sum < seconds && n < UINT8_MAX; n++) {
		sum += period;
		period = period * 2 > TCP_DEFER_MAX_S ? TCP_DEFER_MAX_S : period * 2;
	}
	return n;
}

/* and back. */
static int64_t defer_seconds(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	int64_t sum = 0, period = 1;

	for (uint16_t n = x->defer_accept; n > 0; n--) {
		sum += period;
		period = period * 2 > TCP_DEFER_MAX_S ? TCP_DEFER_MAX_S : period * 2;
	}
	return sum;
}

/* --- options without a field ------------------------------------------------------------------ */

static void set_nodelay(struct stack *s, struct tcp_conn *c, int64_t v)
{
	c->nonagle = (uint8_t)(v ? c->nonagle | NAGLE_OFF : c->nonagle & ~NAGLE_OFF);
	if (v)
		tcp_push_mark(s, c, NAGLE_PUSH);
}

static void set_cork(struct stack *s, struct tcp_conn *c, int64_t v)
{
	c->nonagle = (uint8_t)(v ? c->nonagle | NAGLE_CORK : c->nonagle & ~NAGLE_CORK);
	if (!v) /* send the data held back */
		tcp_push_mark(s, c, c->nonagle & NAGLE_OFF ? NAGLE_PUSH : NAGLE_OFF);
}

static void set_quickack(struct stack *s, struct tcp_conn *c, int64_t v)
{
	if (!v) {
		tcp_pingpong_enter(s, c);
		return;
	}
	c->pingpong = 0;
	if (tcp_in_state(c, TCPM_CAN_SEND) && (c->active->ack.bits & ACKP_SCHED)) {
		tcp_ack_mark(c, ACKP_PUSHED);
		tcp_read_done(s, c, 1);
		if (!(v & 1))
			tcp_pingpong_enter(s, c);
	}
}

static void set_keepalive(struct stack *s, struct tcp_conn *c, int64_t v)
{
	tcp_timers_keepalive_set(s, c, v != 0);
}

static void set_oobinline(struct stack *s, struct tcp_conn *c, int64_t v)
{
	tcp_mark(c, TCPB_OOBINLINE, v != 0);
}

static void set_rcvbuf(struct stack *s, struct tcp_conn *c, int64_t v)
{
	tcp_mark(c, TCPB_RCVBUF_LOCK, true);
	c->rcvbuf = u32_max((uint32_t)v, STACK_RCVBUF_MIN);
}

static void set_sndbuf(struct stack *s, struct tcp_conn *c, int64_t v)
{
	tcp_mark(c, TCPB_SNDBUF_LOCK, true);
	c->sndbuf = u32_max((uint32_t)v, STACK_SNDBUF_MIN);
	tcp_write_space(s, c);
}

static void set_clamp(struct stack *s, struct tcp_conn *c, int64_t v)
{
	if (v)
		tcp_win_clamp(c, v < 0 ? 0 : (uint32_t)v);
	else
		c->window_clamp = 0;
}

static int64_t get_nodelay(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return (c->nonagle & NAGLE_OFF) != 0;
}

static int64_t get_cork(const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return (c->nonagle & NAGLE_CORK) != 0;
}

static int64_t get_quickack(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return !tcp_pingpong(s, c);
}

static int64_t get_keepalive(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_is(c, TCPB_KEEPALIVE);
}

static int64_t get_oobinline(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_is(c, TCPB_OOBINLINE);
}

static int64_t get_timestamp(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_tsval(s, c);
}

/* --- effects, and values that are not the field ----------------------------------------------- */

static void uto_changed(struct stack *s, struct tcp_conn *c)
{
	c->extra->uto_on = c->extra->uto_announce = c->extra->uto_send != 0;
}

static void lowat_changed(struct stack *s, struct tcp_conn *c)
{
	if (tcp_snd_writable(s, c))
		tcp_notify(s, c, TCP_EVENT_OUT);
}

static void pacing_changed(struct stack *s, struct tcp_conn *c)
{
	struct cc *cc = &c->active->loss.cc;
	int64_t v = c->extra->max_pacing;

	cc->max_pacing_rate = v == TCP_PACING_ANY ? UINT64_MAX : (uint64_t)v;
	if (v != TCP_PACING_ANY)
		cc->paced = true;
	if (cc->pacing_rate > cc->max_pacing_rate)
		cc->pacing_rate = cc->max_pacing_rate;
}

static int64_t get_maxseg(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return c->user_mss && before_connect(s, c, 0) == 0 ? c->user_mss : c->mss;
}

nsec_t tcp_keepidle(const struct stack *s, const struct tcp_conn *c)
{
	int32_t v =
		c->extra && c->extra->keepidle ? c->extra->keepidle : s->sysctl.tcp_keepalive_time;

	return v * NSEC_SEC;
}

nsec_t tcp_keepintvl(const struct stack *s, const struct tcp_conn *c)
{
	int32_t v = c->extra && c->extra->keepintvl ? c->extra->keepintvl
						    : s->sysctl.tcp_keepalive_intvl;

	return v * NSEC_SEC;
}

int tcp_keepcnt(const struct stack *s, const struct tcp_conn *c)
{
	return c->extra && c->extra->keepcnt ? c->extra->keepcnt : s->sysctl.tcp_keepalive_probes;
}

static int64_t get_keepidle(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_keepidle(s, c) / NSEC_SEC;
}

static int64_t get_keepintvl(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_keepintvl(s, c) / NSEC_SEC;
}

static int64_t get_keepcnt(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_keepcnt(s, c);
}

static int64_t get_syncnt(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return x->syn_retries ? x->syn_retries : s->sysctl.tcp_syn_retries;
}

static int64_t get_linger2(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return x->linger2 < 0 ? -1 : x->linger2 ? x->linger2 : s->sysctl.tcp_fin_timeout;
}

static int64_t get_tos(const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_tos(c, &IP_ADDR_ANY4);
}

static int64_t get_tclass(
	const struct stack *s, const struct tcp_conn *c, const struct tcp_extra *x)
{
	return tcp_tos(c, &IP_ADDR_ANY6);
}

/* --- the table -------------------------------------------------------------------------------- */

#define CONN(field)                                                                                \
	.offset = offsetof(struct tcp_conn, field), .size = sizeof(((struct tcp_conn *)0)->field)
#define EXTRA(field)                                                                               \
	.extra = true, .offset = offsetof(struct tcp_extra, field),                                \
	.size = sizeof(((struct tcp_extra *)0)->field)
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define ANY           RANGE(INT64_MIN, INT64_MAX)
#define ONOFF         RANGE(0, 1)

static const struct row rows[TCPO_COUNT] = {
	[TCPO_NODELAY] = {ANY, .set = set_nodelay, .get = get_nodelay},
	[TCPO_CORK] = {ANY, .set = set_cork, .get = get_cork},
	[TCPO_QUICKACK] = {ANY, .set = set_quickack, .get = get_quickack},
	[TCPO_MAXSEG] = {CONN(user_mss), RANGE(0, TCP_WINDOW_MAX), .allowed = mss_allowed,
		.get = get_maxseg},
	[TCPO_KEEPALIVE] = {ANY, .set = set_keepalive, .get = get_keepalive},
	[TCPO_KEEPIDLE] = {EXTRA(keepidle), RANGE(1, TCP_KEEPALIVE_MAX_S),
		.after = tcp_timers_keepidle, .get = get_keepidle},
	[TCPO_KEEPINTVL] = {EXTRA(keepintvl), RANGE(1, TCP_KEEPALIVE_MAX_S), .get = get_keepintvl},
	[TCPO_KEEPCNT] = {EXTRA(keepcnt), RANGE(1, TCP_KEEPCNT_MAX), .get = get_keepcnt},
	[TCPO_SYNCNT] = {EXTRA(syn_retries), RANGE(1, TCP_SYNCNT_MAX), .get = get_syncnt},
	[TCPO_LINGER2] = {EXTRA(linger2), ANY, .stored = linger2, .get = get_linger2},
	[TCPO_DEFER_ACCEPT] = {EXTRA(defer_accept), ANY, .stored = defer_retries,
		.get = defer_seconds},
	[TCPO_WINDOW_CLAMP] = {CONN(window_clamp), ANY, .allowed = clamp_allowed, .set = set_clamp},
	[TCPO_USER_TIMEOUT] = {EXTRA(user_timeout), RANGE(0, INT32_MAX)},
	[TCPO_UTO] = {EXTRA(uto_send), RANGE(0, TCP_UTO_MAX_S), .after = uto_changed},
	[TCPO_FASTOPEN] = {EXTRA(fastopen), RANGE(0, INT32_MAX), .allowed = before_connect,
		.stored = queue_length},
	[TCPO_FASTOPEN_CONNECT] = {EXTRA(fastopen_connect), ONOFF, .allowed = client_fastopen},
	[TCPO_FASTOPEN_NO_COOKIE] = {EXTRA(fastopen_no_cookie), ONOFF, .allowed = before_connect},
	[TCPO_NOTSENT_LOWAT] = {EXTRA(notsent_lowat), ANY, .after = lowat_changed},
	[TCPO_THIN_LINEAR] = {EXTRA(thin_linear), ONOFF},
	[TCPO_OOBINLINE] = {ANY, .set = set_oobinline, .get = get_oobinline},
	[TCPO_SAVE_SYN] = {EXTRA(save_syn), ONOFF},
	[TCPO_TIMESTAMP] = {.get = get_timestamp},
	[TCPO_SNDBUF] = {CONN(sndbuf), ANY, .set = set_sndbuf},
	[TCPO_RCVBUF] = {CONN(rcvbuf), ANY, .set = set_rcvbuf},
	[TCPO_MAX_PACING] = {EXTRA(max_pacing), ANY, .after = pacing_changed},
	[TCPO_TOS] = {CONN(tos), ANY, .stored = dscp, .get = get_tos},
	[TCPO_TCLASS] = {CONN(tclass), ANY, .stored = dscp, .get = get_tclass},
	[TCPO_TTL] = {EXTRA(ttl), RANGE(0, UINT16_MAX)},
	[TCPO_HOPS] = {EXTRA(hops), RANGE(0, UINT16_MAX)},
	[TCPO_PMTUDISC] = {EXTRA(pmtudisc), RANGE(TCP_PMTUDISC_DONT, TCP_PMTUDISC_OMIT)},
	[TCPO_PMTUDISC6] = {EXTRA(pmtudisc6), RANGE(TCP_PMTUDISC_DONT, TCP_PMTUDISC_OMIT)},
	[TCPO_IFINDEX] = {EXTRA(ifindex), RANGE(0, UINT32_MAX)},
	[TCPO_RECVERR] = {EXTRA(recverr), ANY, .stored = truth},
	[TCPO_RECVERR6] = {EXTRA(recverr6), ANY, .stored = truth},
	[TCPO_MINTTL] = {EXTRA(min_ttl), RANGE(0, UINT8_MAX)},
	[TCPO_PORT_RANGE] = {EXTRA(port_range), RANGE(0, UINT32_MAX)},
	[TCPO_MINHOPS] = {EXTRA(min_hops), RANGE(0, UINT8_MAX)},
};

static void store(void *field, uint8_t size, int64_t v)
{
	assert(size == 1 || size == 2 || size == 4 || size == 8);
	switch (size) {
	case 1: *(uint8_t *)field = (uint8_t)v; break;
	case 2: *(uint16_t *)field = (uint16_t)v; break;
	case 4: *(uint32_t *)field = (uint32_t)v; break;
	default: *(int64_t *)field = v; break;
	}
}

static int64_t load(const void *field, uint8_t size)
{
	assert(size == 1 || size == 2 || size == 4 || size == 8);
	switch (size) {
	case 1: return *(const uint8_t *)field;
	case 2: return *(const uint16_t *)field;
	case 4: return *(const uint32_t *)field;
	default: return *(const int64_t *)field;
	}
}

int tcp_set_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	const struct row *r = &rows[o];
	int err;

	assert(o < TCPO_COUNT);
	if (!r->size && !r->set)
		return -ENOPROTOOPT;
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	tcp_plain_end(c);
	if (v < r->min || v > r->max)
		return -EINVAL;
	err = r->allowed ? r->allowed(s, c, v) : 0;
	if (err)
		return err;
	if (r->extra && !tcp_extra(s, c))
		return -ENOMEM;
	if (r->set)
		r->set(s, c, v);
	else
		store((char *)(r->extra ? (void *)c->extra : c) + r->offset, r->size,
			r->stored ? r->stored(s, v) : v);
	if (r->after)
		r->after(s, c);
	return 0;
}

int tcp_get_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t *v)
{
	const struct row *r = &rows[o];
	const struct tcp_extra *x;

	assert(o < TCPO_COUNT && (r->get || r->size));
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	x = c->extra ? c->extra : tcp_extra_none();
	*v = r->get ? r->get(s, c, x)
		    : load((const char *)(r->extra ? (const void *)x : c) + r->offset, r->size);
	return 0;
}

int tcp_take_saved_syn(struct stack *s, struct tcp_conn *c, void *out, size_t *n)
{
	struct pkt *p;

	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	p = c->extra ? c->extra->saved_syn : NULL;
	if (p && *n < p->len) {
		*n = p->len;
		return -EINVAL;
	}
	*n = p ? p->len : 0;
	if (p) {
		memcpy(out, p->data, p->len);
		pkt_free(p);
		c->extra->saved_syn = NULL;
	}
	return 0;
}

int tcp_set_cc(struct stack *s, struct tcp_conn *c, const char *name)
{
	const struct cc_ops *cc = cc_find(name);

	if (!cc)
		return -ENOENT;
	if (!sysctl_cc_listed(s->sysctl.tcp_allowed_congestion_control, name))
		return -EPERM;
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	tcp_plain_end(c);
	c->cc = cc;
	if (c->active->loss.established) {
		loss_set_cc(&c->active->loss, cc, s->now);
		tcp_cc_chosen(c);
	}
	return 0;
}

const char *tcp_cc_name(const struct stack *s, const struct tcp_conn *c)
{
	return tcp_is_idle(c) ? tcp_idle_cc(tcp_idle_of(c)) : c->cc->name;
}
