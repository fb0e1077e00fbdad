/*
 * tcp_close.c - the program ends it: shutdown, close, and what becomes of a connection that nobody
 * owns any more. The intent is recorded now; the FIN follows when the windows let it.
 */
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"

#include <errno.h>

/* The program's "no more data" (RFC 9293 3.10.4): a FIN is queued if one is due. False: there is no
 * memory for it, and nothing has changed. */
static bool fin_begin(struct stack *s, struct tcp_conn *c)
{
	bool passive = c->key.state == TCPS_CLOSE_WAIT;

	if (!tcp_in_state(c, TCPM_CAN_SEND | TCPM(TCPS_SYN_RCVD)))
		return true;
	if (!tcp_snd_fin(s, c))
		return false;
	tcp_set_state(s, c, passive ? TCPS_LAST_ACK : TCPS_FIN_WAIT_1);
	return true;
}

/* In SYN-RECEIVED the wish is kept: the FIN leaves once the handshake is complete. */
int tcp_shutdown(struct stack *s, struct tcp_conn *c, int shut)
{
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	if (c->key.state == TCPS_LISTEN) {
		if (shut & TCP_SHUT_RD) {
			tcp_listen_stop(s, c);
			tcp_set_state(s, c, TCPS_CLOSED);
			tcp_notify(s, c, 0);
		}
		return 0;
	}
	if ((shut & TCP_SHUT_WR) && tcp_in_state(c, TCPM_CAN_SEND) && !fin_begin(s, c))
		return -ENOBUFS;
	c->shut |= (uint8_t)shut;
	if ((shut & TCP_SHUT_WR) && c->key.state == TCPS_SYN_SENT)
		tcp_done(s, c);
	else
		tcp_notify(s, c, 0);
	return 0;
}

/* Nobody owns it: FIN-WAIT-2 gets its time limit, and too many orphans are too many. */
static void orphan(struct stack *s, struct tcp_conn *c)
{
	tcp_mark(c, TCPB_ORPHAN, true);
	c->owner = NULL;
	s->tcp->orphans++;
	if (c->key.state == TCPS_FIN_WAIT_2) {
		nsec_t span = tcp_fin_time(s, c);

		if (c->extra && c->extra->linger2 < 0) {
			tcp_queue_rst(s, c);
			stack_count(s, MIB_TcpExtTCPAbortOnLinger);
			tcp_done(s, c);
			return;
		}
		if (span > TCP_TIMEWAIT_S * NSEC_SEC) {
			tcp_timers_fin_wait_2(s, c, span - TCP_TIMEWAIT_S * NSEC_SEC);
		} else {
			tcp_time_wait(s, c, TCPS_FIN_WAIT_2, span);
			return;
		}
	}
	if (c->key.state != TCPS_CLOSED && tcp_orphans_too_many(s, 0)) {
		c->active->abort_due = true;
		return;
	}
	if (c->key.state == TCPS_CLOSED)
		tcp_conn_reap(s, c);
}

static bool unread_data(const struct tcp_conn *c)
{
	for (const struct pkt *p = c->active->rcv.queue.first; p; p = p->next)
		if (seq_gt(seq_add(seq_of(p->seq), pkt_total(p)), c->copied_seq))
			return true;
	return false;
}

/* In CLOSING and LAST-ACK the peer's stream is whole, and ours too unless the FIN still waits. */
bool tcp_owes_reset(const struct tcp_conn *c)
{
	if (tcp_in_state(c, TCPM(TCPS_CLOSING) | TCPM(TCPS_LAST_ACK)))
		return !seq_eq(c->snd_nxt, c->write_seq);
	return tcp_in_state(c, TCPM_SYNCHRONIZED_DATA | TCPM(TCPS_SYN_RCVD));
}

static void reset_and_end(struct stack *s, struct tcp_conn *c)
{
	tcp_queue_rst(s, c);
	tcp_purge_send(s, c);
	tcp_done(s, c);
}

void tcp_close(struct stack *s, struct tcp_conn *c, bool abort)
{
	struct tcp_conn *awake = tcp_wake(s, c);
	bool unread;

	if (!awake) {
		tcp_idle_drop(s, tcp_idle_of(c));
		return;
	}
	c = awake;
	assert(c->owner);
	unread = unread_data(c);
	tcp_rcv_free(s, c);
	c->shut = TCP_SHUT_RD | TCP_SHUT_WR;
	if (c->key.state == TCPS_LISTEN) {
		tcp_listen_stop(s, c);
		tcp_set_state(s, c, TCPS_CLOSED);
	} else if (c->key.state == TCPS_CLOSED) {
		tcp_queues_drop(s, c);
	} else if (unread && !abort) {
		/* RFC 2525 2.17: the peer is to know that data was lost */
		stack_count(s, MIB_TcpExtTCPAbortOnClose);
		reset_and_end(s, c);
	} else if (abort || c->key.state == TCPS_SYN_SENT) {
		if (tcp_owes_reset(c)) {
			stack_count(s, MIB_TcpExtTCPAbortOnData);
			reset_and_end(s, c);
		} else {
			tcp_done(s, c);
		}
	} else if (!fin_begin(s, c)) {
		stack_count(s, MIB_TcpExtTCPAbortOnMemory);
		reset_and_end(s, c);
	}
	orphan(s, c);
	tcp_dirty_mark(s, c);
}

void tcp_set_write_pending(struct tcp_conn *c)
{
	if (!tcp_is_idle(c)) /* what is established does not ask for it */
		c->active->write_pending = true;
}

bool tcp_write_pending(const struct tcp_conn *c)
{
	return c->active->snd.unsent != NULL || c->active->write_pending;
}

/* --- errors that ICMP brings (RFC 1122 4.2.3.9, RFC 5927) --- */

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
	bool hard; /* no matter: none aborts an established connection (RFC 5927 section 6) */
	bool wanted = wants_errors(c, e->v6);
	int err = ip_error_errno(e, &hard);

	if (err == 0)
		return;
	if (tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD)) &&
		!(c->active->fastopen_rsk && c->owner)) {
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
			stack_count(s, MIB_TcpExtListenDrops);
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
	if (c->key.state == TCPS_CLOSED || c->key.state == TCPS_LISTEN)
		return;
	if (tcp_ao_ignores(s, c, e))
		return;
	if (tcp_below_min_ttl(s, c, e->v6 ? e->ttl : q->ttl, e->v6)) /* Linux: of IPv4 the quote */
		return;
	if (!seq_le(c->active->fastopen_rsk ? c->iss : c->snd_una, q->seq) ||
		!seq_le(q->seq, c->snd_nxt)) {
		stack_count(s, MIB_TcpExtOutOfWindowIcmps);
		return;
	}
	if (is_too_big(e)) {
		tcp_mtu_reduced(s, c, e->mtu);
		return;
	}
	if (is_no_route(e) && !c->active->fastopen_rsk) {
		loss_revert_backoff(&c->active->loss, q->seq, s->now);
		tcp_timers_rtx(s, c);
	}
	conn_error(s, c, q, e);
}
