/* tcp_plain.c - the condition for plain connections. */
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_conn.h"

static bool sender_is_plain(const struct tcp_snd *n)
{
	return !n->urgent && !n->fin_queued && !n->abort_due && !n->watch_acks && !n->write_pending;
}

static bool receiver_is_plain(const struct tcp_rcv *r)
{
	return tree_empty(&r->q.ofo) && r->urg == TCP_URGENT_NONE && !r->fin_rcvd && r->lowat == 1;
}

static bool handshake_is_over(const struct tcp_hs *h)
{
	return !h->syn_unsent && !h->synack_due && !h->fastopen_rsk;
}

/* Whether only options are set that timers alone ask for: keepalive and timeouts. */
static bool extra_is_plain(const struct tcp_extra *x)
{
	const size_t at = offsetof(struct tcp_extra, uto_send);

	return !x || memcmp((const uint8_t *)x + at, (const uint8_t *)tcp_extra_none() + at,
			     sizeof(*x) - at) == 0;
}

bool tcp_is_plain(const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;
	const uint8_t agreed = TCPA_TS | TCPA_SACK;

	return c->key.state == TCPS_ESTABLISHED && c->owner && extra_is_plain(c->extra) &&
	       !c->shut && !c->err && (c->agreed & (agreed | TCPA_ECN)) == agreed &&
	       !tcp_is(c, TCPB_DONE) && !tcp_is(c, TCPB_DEFER_CONNECT) && tcp_is(c, TCPB_HASHED) &&
	       handshake_is_over(&b->hs) && sender_is_plain(&b->snd) &&
	       receiver_is_plain(&b->rcv) && b->ack.n_sacks == 0 && !b->ack.has_dsack &&
	       !b->path.search.on && b->timers.probe0_at == 0 && loss_is_plain(&b->loss);
}

void tcp_plain_check(const struct stack *s, struct tcp_conn *c)
{
	c->plain = s->fast_path && tcp_is_plain(c);
}
