/*
 * tcp_state.c - the state machine: RFC 9293 figure 5, and what Linux adds (abort and refusal lead
 * to CLOSED from everywhere; a Fast Open child may be closed early).
 *
 *     from          to
 *     CLOSED        LISTEN SYN-SENT SYN-RCVD
 *     LISTEN        CLOSED
 *     SYN-SENT      ESTABLISHED SYN-RCVD CLOSED                 (SYN-RCVD: simultaneous open)
 *     SYN-RCVD      ESTABLISHED FIN-WAIT-1 CLOSE-WAIT CLOSED
 *     ESTABLISHED   FIN-WAIT-1 CLOSE-WAIT CLOSED
 *     FIN-WAIT-1    FIN-WAIT-2 CLOSING TIME-WAIT CLOSED
 *     FIN-WAIT-2    TIME-WAIT CLOSED
 *     CLOSE-WAIT    LAST-ACK CLOSED
 *     CLOSING       TIME-WAIT CLOSED
 *     LAST-ACK      CLOSED
 *     TIME-WAIT     CLOSED
 */
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_plain.h"

static const uint32_t next_states[TCPS_COUNT] = {
	[TCPS_CLOSED] = TCPM(TCPS_LISTEN) | TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD),
	[TCPS_LISTEN] = TCPM(TCPS_CLOSED),
	[TCPS_SYN_SENT] = TCPM(TCPS_ESTABLISHED) | TCPM(TCPS_SYN_RCVD) | TCPM(TCPS_CLOSED),
	[TCPS_SYN_RCVD] = TCPM(TCPS_ESTABLISHED) | TCPM(TCPS_FIN_WAIT_1) | TCPM(TCPS_CLOSE_WAIT) |
			  TCPM(TCPS_CLOSED),
	[TCPS_ESTABLISHED] = TCPM(TCPS_FIN_WAIT_1) | TCPM(TCPS_CLOSE_WAIT) | TCPM(TCPS_CLOSED),
	[TCPS_FIN_WAIT_1] = TCPM(TCPS_FIN_WAIT_2) | TCPM(TCPS_CLOSING) | TCPM(TCPS_TIME_WAIT) |
			    TCPM(TCPS_CLOSED),
	[TCPS_FIN_WAIT_2] = TCPM(TCPS_TIME_WAIT) | TCPM(TCPS_CLOSED),
	[TCPS_CLOSE_WAIT] = TCPM(TCPS_LAST_ACK) | TCPM(TCPS_CLOSED),
	[TCPS_CLOSING] = TCPM(TCPS_TIME_WAIT) | TCPM(TCPS_CLOSED),
	[TCPS_LAST_ACK] = TCPM(TCPS_CLOSED),
	[TCPS_TIME_WAIT] = TCPM(TCPS_CLOSED),
};

bool tcp_state_may_follow(uint8_t from, uint8_t to)
{
	assert(from < TCPS_COUNT && to < TCPS_COUNT);
	return (next_states[from] & TCPM(to)) != 0;
}

/* RFC 4022, tcpCurrEstab: ESTABLISHED or CLOSE-WAIT. */
static bool current(uint8_t state)
{
	return (TCPM(state) & (TCPM(TCPS_ESTABLISHED) | TCPM(TCPS_CLOSE_WAIT))) != 0;
}

/* A connection has become current, or is one no longer; closed: by a reset (tcpEstabResets). */
static void count_current(struct stack *s, bool is, bool closed)
{
	if (is) {
		stack_count(s, MIB_TcpCurrEstab);
		return;
	}
	mib_dec(&s->mib, MIB_TcpCurrEstab);
	if (closed)
		stack_count(s, MIB_TcpEstabResets);
}

void tcp_state_count(struct stack *s, uint8_t from, uint8_t to)
{
	uint32_t *n = s->tcp->in_state;

	assert(from == TCPS_CLOSED || n[from] > 0);
	n[from] -= from != TCPS_CLOSED;
	n[to] += to != TCPS_CLOSED;
}

void tcp_set_state(struct stack *s, struct tcp_conn *c, enum tcp_state_name next)
{
	uint8_t old = c->key.state;
	bool was = current(old), is = current(next);

	if (old == next)
		return;
	assert(tcp_state_may_follow(old, next));
	if (is != was)
		count_current(s, is, next == TCPS_CLOSED);
	c->key.state = next;
	tcp_state_count(s, old, next);
	tcp_plain_end(c);
	tcp_changed(s, &c->key);
}
