/*
 * tcp_check.c - what must hold of every connection whenever nobody is at work on it.
 */
#include "stack/tcp/tcp_calls.h"

void tcp_check_conn(const struct tcp_conn *c)
{
	const struct tcp_busy *b = c->busy;

	assert(c->key.kind == TCP_KIND_CONN && b && b->conn == c);
	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		return;
	assert(seq_le(c->snd_una, c->snd_nxt) && seq_le(c->snd_nxt, c->write_seq));
	assert(seq_le(c->copied_seq, c->rcv_nxt) && seq_le(c->rcv_wup, c->rcv_nxt));
	assert(seq_eq(b->loss.cc.nxt, c->snd_nxt) || c->key.state == TCPS_SYN_RCVD);
	assert(!b->snd.unsent || seq_gt(b->snd.unsent->end, c->snd_nxt));
	assert(b->loss.packets_out > 0 || seq_eq(c->snd_una, c->snd_nxt) ||
		c->key.state == TCPS_SYN_RCVD);
	assert(tree_empty(&b->rcv.ofo) || b->rcv.ofo_count > 0);
	assert(b->n_sacks <= TCP_SACKS);
}
