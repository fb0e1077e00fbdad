/*
 * tcp_icmp.c - ICMP errors about segments that were sent (RFC 1122 4.2.3.9, RFC 5927): a new path
 * MTU, the end of an opening connection, a pending or soft error of an established one.
 */
#include "stack/tcp/tcp_icmp.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_in.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_mtu.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_timer.h"

static bool is_too_big(const struct ip_error *e)
{
	return e->v6 ? e->type == ICMP6_PACKET_TOO_BIG
		     : e->type == ICMP4_UNREACHABLE && e->code == ICMP4_FRAG_NEEDED;
}

static bool is_no_route(const struct ip_error *e)
{
	if (e->v6)
		return e->type == ICMP6_UNREACHABLE && e->code == ICMP6_NO_ROUTE;
	return e->type == ICMP4_UNREACHABLE &&
	       (e->code == ICMP4_NET_UNREACHABLE || e->code == ICMP4_HOST_UNREACHABLE);
}

static bool wants_errors(const struct tcp_conn *c, bool v6)
{
	return c->extra && (v6 ? c->extra->recverr6 : c->extra->recverr);
}

static void conn_error(
	struct stack *s, struct tcp_conn *c, const struct icmp_quote *q, const struct ip_error *e)
{
	const struct tcp_events *ev = &s->tcp->ev;
	bool hard; /* ignored: none aborts an established connection (RFC 5927 section 6) */
	bool wanted = wants_errors(c, e->v6);
	int err = ip_error_errno(e, &hard);

	if (err == 0)
		return;
	assert(err > 0 && err <= UINT16_MAX);
	if (tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD)) &&
		!(c->active->hs.fastopen_rsk && c->owner)) {
		/* Linux ends an opening connection on any of them */
		if (wanted && c->owner && ev->icmp)
			ev->icmp(ev->ctx, c->owner, q, e, err);
		tcp_fail(s, c, err);
		return;
	}
	if (wanted) {
		c->err = (uint16_t)err;
		tcp_notify(s, c, TCP_EVENT_ERR);
	} else {
		c->soft_err = (uint16_t)err;
	}
}

void tcp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	struct tcp_tuple t = {q->addr.src, q->addr.dst, q->sport, q->dport};
	struct tcp_key *k = q->fragment ? NULL : tcp_find(s, &t);
	struct tcp_conn *c;

	if (!k) {
		stack_count(s, e->v6 ? MIB_Icmp6InErrors : MIB_IcmpInErrors);
		return;
	}
	if (k->kind == TCP_KIND_REQ) {
		struct tcp_req *r = container_of(k, struct tcp_req, key);

		if (!seq_eq(q->seq, r->iss))
			stack_count(s, MIB_TcpExtOutOfWindowIcmps);
		else if (!is_too_big(e)) {
			tcp_listen_drop(s, r->listener);
			tcp_req_free(s, r);
		}
		return;
	}
	if (k->kind == TCP_KIND_TW)
		return;
	c = tcp_wake(s, container_of(k, struct tcp_conn, key));
	if (!c) {
		stack_count(s, MIB_TcpExtPFMemallocDrop);
		return;
	}
	tcp_plain_end(c);
	if (c->key.state == TCPS_CLOSED || c->key.state == TCPS_LISTEN)
		return;
	if (tcp_ao_ignores(s, c, e))
		return;
	if (tcp_below_min_ttl(
		    s, c, e->v6 ? e->ttl : q->ttl, e->v6)) /* Linux: for IPv4 that of the quote */
		return;
	if (!seq_le(c->active->hs.fastopen_rsk ? c->iss : c->snd_una, q->seq) ||
		!seq_le(q->seq, c->snd_nxt)) {
		stack_count(s, MIB_TcpExtOutOfWindowIcmps);
		return;
	}
	if (is_too_big(e)) {
		tcp_mtu_reduced(s, c, e->mtu);
		return;
	}
	if (is_no_route(e) && !c->active->hs.fastopen_rsk) {
		loss_revert_backoff(&c->active->loss, q->seq, s->now);
		tcp_timers_rtx(s, c);
	}
	conn_error(s, c, q, e);
}
