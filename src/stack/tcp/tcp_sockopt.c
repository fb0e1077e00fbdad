/*
 * tcp_sockopt.c - the options of a connection: one row each for reading and for setting, with
 * Linux's bounds and errors.
 */
#include "stack/tcp/tcp_sockopt.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_ack.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"

#include <errno.h>

static bool within(int64_t v, int64_t low, int64_t high)
{
	return v >= low && v <= high;
}

static void set_nagle(struct stack *s, struct tcp_conn *c, uint8_t bit, bool on)
{
	if (on) {
		c->nonagle |= bit;
		if (bit == NAGLE_OFF)
			tcp_push_mark(s, c, NAGLE_PUSH);
	} else {
		c->nonagle &= (uint8_t)~bit;
		if (bit == NAGLE_CORK) /* what was held back goes now */
			tcp_push_mark(s, c, c->nonagle & NAGLE_OFF ? NAGLE_PUSH : NAGLE_OFF);
	}
}

static void set_quickack(struct stack *s, struct tcp_conn *c, int64_t v)
{
	if (!v) {
		c->pingpong = (uint8_t)s->sysctl.tcp_pingpong_thresh;
		return;
	}
	c->pingpong = 0;
	if (tcp_in_state(c, TCPM_CAN_SEND) && (c->active->ack.bits & ACKP_SCHED)) {
		tcp_ack_mark(c, ACKP_PUSHED);
		tcp_read_done(s, c, 1);
		if (!(v & 1))
			c->pingpong = (uint8_t)s->sysctl.tcp_pingpong_thresh;
	}
}

static void set_rcvbuf(struct stack *s, struct tcp_conn *c, int64_t v)
{
	(void)s;
	tcp_mark(c, TCPB_RCVBUF_LOCK, true);
	c->rcvbuf = u32_max((uint32_t)v, TCP_RCVBUF_MIN);
}

static void set_sndbuf(struct stack *s, struct tcp_conn *c, int64_t v)
{
	tcp_mark(c, TCPB_SNDBUF_LOCK, true);
	c->sndbuf = u32_max((uint32_t)v, TCP_SNDBUF_MIN);
	tcp_write_space(s, c);
}

static uint16_t defer_retries(int64_t seconds)
{
	uint16_t n = 0;
	int64_t period = 1, sum = 0;

	if (seconds <= 0)
		return 0;
	do {
		sum += period;
		period = period * 2 > 120 ? 120 : period * 2;
		n++;
	} while (sum < seconds && n < 255);
	return n;
}

static int64_t defer_seconds(uint16_t n)
{
	int64_t sum = 0, period = 1;

	while (n--) {
		sum += period;
		period = period * 2 > 120 ? 120 : period * 2;
	}
	return sum;
}

/* Those that live in the connection. -ENOPROTOOPT: look further. */
static int set_plain(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	switch (o) {
	case TCPO_NODELAY: set_nagle(s, c, NAGLE_OFF, v != 0); return 0;
	case TCPO_CORK: set_nagle(s, c, NAGLE_CORK, v != 0); return 0;
	case TCPO_QUICKACK: set_quickack(s, c, v); return 0;
	case TCPO_MAXSEG:
		if (v && !within(v, TCP_MSS_FLOOR, 32767))
			return -EINVAL;
		c->user_mss = (uint16_t)v;
		return 0;
	case TCPO_KEEPALIVE: tcp_timers_keepalive_set(s, c, v != 0); return 0;
	case TCPO_OOBINLINE: tcp_mark(c, TCPB_OOBINLINE, v != 0); return 0;
	case TCPO_SNDBUF:
	case TCPO_SNDBUF_FORCE: set_sndbuf(s, c, v); return 0;
	case TCPO_RCVBUF:
	case TCPO_RCVBUF_FORCE: set_rcvbuf(s, c, v); return 0;
	case TCPO_TOS: c->tos = v & 0xfc; return 0;
	case TCPO_WINDOW_CLAMP:
		if (v == 0 && c->key.state != TCPS_CLOSED)
			return -EINVAL;
		if (v)
			tcp_win_clamp(c, v < 0 ? 0 : (uint32_t)v);
		else
			c->window_clamp = 0;
		return 0;
	default: return -ENOPROTOOPT;
	}
}

static int set_keep(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	struct tcp_extra *x = c->extra;

	if (!within(v, 1, o == TCPO_KEEPCNT ? TCP_KEEPCNT_MAX : TCP_KEEPALIVE_MAX_S))
		return -EINVAL;
	if (o == TCPO_KEEPIDLE) {
		x->keepidle = (int32_t)v;
		tcp_timers_keepidle(s, c);
	} else if (o == TCPO_KEEPINTVL) {
		x->keepintvl = (int32_t)v;
	} else {
		x->keepcnt = (int32_t)v;
	}
	return 0;
}

static int set_pacing(struct tcp_conn *c, int64_t v)
{
	struct cc *cc = &c->active->loss.cc;

	c->extra->max_pacing = v;
	cc->max_pacing_rate = v == TCP_PACING_ANY ? UINT64_MAX : (uint64_t)v;
	if (v != TCP_PACING_ANY)
		cc->paced = true;
	if (cc->pacing_rate > cc->max_pacing_rate)
		cc->pacing_rate = cc->max_pacing_rate;
	return 0;
}

static int set_fastopen_connect(struct stack *s, struct tcp_conn *c, int64_t v)
{
	if (!within(v, 0, 1))
		return -EINVAL;
	if (!(s->sysctl.tcp_fastopen & 1))
		return -EOPNOTSUPP;
	if (c->key.state != TCPS_CLOSED)
		return -EINVAL;
	c->extra->fastopen_connect = v != 0;
	return 0;
}

/* Those of the side record, which exists. */
static int set_extra(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	struct tcp_extra *x = c->extra;

	switch (o) {
	case TCPO_KEEPIDLE:
	case TCPO_KEEPINTVL:
	case TCPO_KEEPCNT: return set_keep(s, c, o, v);
	case TCPO_SYNCNT:
		if (!within(v, 1, TCP_SYNCNT_MAX))
			return -EINVAL;
		x->syn_retries = (uint8_t)v;
		return 0;
	case TCPO_LINGER2: x->linger2 = v < 0 ? -1 : v > 120 ? 120 : (int32_t)v; return 0;
	case TCPO_DEFER_ACCEPT: x->defer_accept = defer_retries(v); return 0;
	case TCPO_USER_TIMEOUT:
		if (v < 0)
			return -EINVAL;
		x->user_timeout = (uint32_t)v;
		c->active->loss.user_timeout_ms = tcp_user_timeout(c);
		return 0;
	case TCPO_UTO:
		if (!within(v, 0, 32767 * 60))
			return -EINVAL;
		x->uto_on = v != 0;
		x->uto_send = (uint32_t)v;
		x->uto_announce = v != 0;
		return 0;
	case TCPO_FASTOPEN:
		if (v < 0 || !tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
			return -EINVAL;
		x->fastopen = (uint16_t)(v > s->sysctl.somaxconn ? s->sysctl.somaxconn : v);
		return 0;
	case TCPO_FASTOPEN_CONNECT: return set_fastopen_connect(s, c, v);
	case TCPO_FASTOPEN_NO_COOKIE:
		if (!within(v, 0, 1) || !tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
			return -EINVAL;
		x->fastopen_no_cookie = v != 0;
		return 0;
	case TCPO_NOTSENT_LOWAT:
		x->notsent_lowat = (uint32_t)v;
		if (tcp_snd_writable(s, c))
			tcp_notify(s, c, TCP_EVENT_OUT);
		return 0;
	case TCPO_THIN_LINEAR:
		if (!within(v, 0, 1))
			return -EINVAL;
		x->thin_linear = v != 0;
		c->active->loss.thin_linear = v != 0;
		return 0;
	case TCPO_MAX_PACING: return set_pacing(c, v);
	case TCPO_TTL: x->ttl = (uint16_t)v; return 0;
	case TCPO_PMTUDISC:
		if (!within(v, TCP_PMTUDISC_DONT, TCP_PMTUDISC_OMIT))
			return -EINVAL;
		x->pmtudisc = (uint8_t)v;
		return 0;
	case TCPO_IFINDEX: x->ifindex = (uint32_t)v; return 0;
	case TCPO_SAVE_SYN: x->save_syn = v != 0; return 0;
	case TCPO_RECVERR: x->recverr = v != 0; return 0;
	case TCPO_RECVERR6: x->recverr6 = v != 0; return 0;
	case TCPO_MINTTL: x->min_ttl = (uint8_t)v; return 0;
	case TCPO_PORT_RANGE: x->port_range = (uint32_t)v; return 0;
	case TCPO_MINHOPS: x->min_hops = (uint8_t)v; return 0;
	default: return -ENOPROTOOPT;
	}
}

int tcp_set_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t v)
{
	int err;

	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	err = set_plain(s, c, o, v);
	if (err != -ENOPROTOOPT)
		return err;
	if (!tcp_extra(s, c))
		return -ENOMEM;
	return set_extra(s, c, o, v);
}

static int get_plain(struct stack *s, const struct tcp_conn *c, enum tcp_opt_name o, int64_t *v)
{
	switch (o) {
	case TCPO_NODELAY: *v = (c->nonagle & NAGLE_OFF) != 0; return 0;
	case TCPO_CORK: *v = (c->nonagle & NAGLE_CORK) != 0; return 0;
	case TCPO_QUICKACK: *v = !tcp_pingpong(s, c); return 0;
	case TCPO_MAXSEG:
		*v = c->mss;
		if (c->user_mss && tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
			*v = c->user_mss;
		return 0;
	case TCPO_KEEPALIVE: *v = tcp_is(c, TCPB_KEEPALIVE); return 0;
	case TCPO_KEEPIDLE: *v = tcp_keepidle(s, c) / NSEC_SEC; return 0;
	case TCPO_KEEPINTVL: *v = tcp_keepintvl(s, c) / NSEC_SEC; return 0;
	case TCPO_KEEPCNT: *v = tcp_keepcnt(s, c); return 0;
	case TCPO_OOBINLINE: *v = tcp_is(c, TCPB_OOBINLINE); return 0;
	case TCPO_SNDBUF:
	case TCPO_SNDBUF_FORCE: *v = c->sndbuf; return 0;
	case TCPO_RCVBUF:
	case TCPO_RCVBUF_FORCE: *v = c->rcvbuf; return 0;
	case TCPO_TOS: *v = tcp_tos(c); return 0;
	case TCPO_WINDOW_CLAMP: *v = c->window_clamp; return 0;
	default: return -ENOPROTOOPT;
	}
}

int tcp_get_opt(struct stack *s, struct tcp_conn *c, enum tcp_opt_name o, int64_t *v)
{
	static const struct tcp_extra none = {
		.pmtudisc = TCP_PMTUDISC_WANT, .max_pacing = TCP_PACING_ANY};
	const struct tcp_extra *x;

	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	x = c->extra ? c->extra : &none;
	if (get_plain(s, c, o, v) == 0)
		return 0;
	switch (o) {
	case TCPO_SYNCNT:
		*v = x->syn_retries ? x->syn_retries : s->sysctl.tcp_syn_retries;
		return 0;
	case TCPO_LINGER2:
		*v = x->linger2 < 0 ? -1 : x->linger2 ? x->linger2 : s->sysctl.tcp_fin_timeout;
		return 0;
	case TCPO_DEFER_ACCEPT: *v = defer_seconds(x->defer_accept); return 0;
	case TCPO_USER_TIMEOUT: *v = x->user_timeout; return 0;
	case TCPO_UTO: *v = x->uto_send; return 0;
	case TCPO_FASTOPEN: *v = x->fastopen; return 0;
	case TCPO_FASTOPEN_CONNECT: *v = x->fastopen_connect; return 0;
	case TCPO_FASTOPEN_NO_COOKIE: *v = x->fastopen_no_cookie; return 0;
	case TCPO_NOTSENT_LOWAT: *v = x->notsent_lowat; return 0;
	case TCPO_THIN_LINEAR: *v = x->thin_linear; return 0;
	case TCPO_MAX_PACING: *v = x->max_pacing; return 0;
	case TCPO_TTL: *v = x->ttl; return 0;
	case TCPO_PMTUDISC: *v = x->pmtudisc; return 0;
	case TCPO_IFINDEX: *v = x->ifindex; return 0;
	case TCPO_SAVE_SYN: *v = x->save_syn; return 0;
	case TCPO_RECVERR: *v = x->recverr; return 0;
	case TCPO_RECVERR6: *v = x->recverr6; return 0;
	case TCPO_MINTTL: *v = x->min_ttl; return 0;
	case TCPO_PORT_RANGE: *v = x->port_range; return 0;
	case TCPO_MINHOPS: *v = x->min_hops; return 0;
	case TCPO_TIMESTAMP: *v = tcp_tsval(s, c); return 0;
	default: return -ENOPROTOOPT;
	}
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
	c->cc = cc;
	if (c->active->loss.established) {
		loss_set_cc(&c->active->loss, cc, s->now);
		tcp_cc_chosen(c);
	}
	return 0;
}

const char *tcp_cc_name(const struct stack *s, const struct tcp_conn *c)
{
	(void)s;
	return tcp_is_idle(c) ? tcp_idle_cc(tcp_idle_of(c)) : c->cc->name;
}
