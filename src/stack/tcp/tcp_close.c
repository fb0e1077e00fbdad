/*
 * tcp_close.c - shutdown, close and abort; orphans. The intent is recorded at once; the FIN
 * follows when the windows let it.
 */
#include "stack/tcp/tcp_close.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_listen.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timer.h"
#include "stack/tcp/tcp_timewait.h"
#include "stack/tcp/tcp_xmit.h"

#include <errno.h>

/* The program has no more data (RFC 9293 3.10.4): queues a FIN if one is due. False: out of memory,
 * nothing has changed. */
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

/* In SYN-RECEIVED the request is kept: the FIN is sent once the handshake is complete. */
int tcp_shutdown(struct stack *s, struct tcp_conn *c, int shut)
{
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	tcp_plain_end(c);
	assert(c->key.state != TCPS_LISTEN);
	if ((shut & TCP_SHUT_WR) && tcp_in_state(c, TCPM_CAN_SEND) && !fin_begin(s, c))
		return -ENOBUFS;
	c->shut |= (uint8_t)shut;
	if ((shut & TCP_SHUT_WR) && c->key.state == TCPS_SYN_SENT)
		tcp_done(s, c);
	else
		tcp_notify(s, c, 0);
	return 0;
}

int tcp_linger(struct stack *s, struct tcp_conn *c)
{
	c = tcp_wake(s, c);
	if (!c)
		return -ENOBUFS;
	tcp_plain_end(c);
	if (!fin_begin(s, c))
		return -ENOBUFS;
	return tcp_shutdown(s, c, TCP_SHUT_RD | TCP_SHUT_WR);
}

/* The owner has closed it: sets the timeout of FIN-WAIT-2, and limits the number of orphans. */
static void orphan(struct stack *s, struct tcp_conn *c)
{
	assert(c->owner && !tcp_is(c, TCPB_ORPHAN));
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
		c->active->snd.abort_due = true;
		return;
	}
	if (c->key.state == TCPS_CLOSED)
		tcp_conn_reap(s, c);
}

static bool unread_data(const struct tcp_conn *c)
{
	for (const struct pkt *p = c->active->rcv.q.queue.first; p; p = p->next)
		if (seq_gt(seq_add(seq_of(p->seq), pkt_total(p)), c->copied_seq))
			return true;
	return false;
}

/* In CLOSING and LAST-ACK both streams are complete, except while our FIN is still unsent. */
bool tcp_owes_reset(const struct tcp_conn *c)
{
	if (tcp_in_state(c, TCPM(TCPS_CLOSING) | TCPM(TCPS_LAST_ACK)))
		return !seq_eq(c->snd_nxt, c->write_seq);
	return tcp_in_state(c, TCPM_SYNCHRONIZED_DATA | TCPM(TCPS_SYN_RCVD));
}

static void reset_and_end(struct stack *s, struct tcp_conn *c)
{
	assert(!tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)));
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
	tcp_plain_end(c);
	assert(c->owner);
	unread = unread_data(c);
	tcp_rcv_free(s, c);
	c->shut = TCP_SHUT_RD | TCP_SHUT_WR;
	if (c->key.state == TCPS_LISTEN) {
		tcp_listen_stop(s, c);
		tcp_set_state(s, c, TCPS_CLOSED);
	} else if (c->key.state == TCPS_CLOSED) {
		tcp_queues_drop(s, c);
	} else if (unread) {
		/* RFC 2525 2.17: tells the peer that data was lost */
		stack_count(s, MIB_TcpExtTCPAbortOnClose);
		reset_and_end(s, c);
	} else if (abort || c->key.state == TCPS_SYN_SENT) {
		if (abort)
			stack_count(s, MIB_TcpExtTCPAbortOnData);
		if (tcp_owes_reset(c))
			reset_and_end(s, c);
		else
			tcp_done(s, c);
	} else if (!fin_begin(s, c)) {
		stack_count(s, MIB_TcpExtTCPAbortOnMemory);
		reset_and_end(s, c);
	}
	orphan(s, c);
	tcp_dirty_mark(s, c);
}
