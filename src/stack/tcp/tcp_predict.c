/*
 * tcp_predict.c - header prediction (Linux: pred_flags). The differences of Linux's fast path apply
 * whichever path a segment takes here (tcp_plain.h): TCPHPHits and TCPHPAcks are counted, data that
 * acknowledges nothing does not trigger the sending of queued data, and data is accepted without
 * checking SO_RCVBUF.
 *
 *     check    data in sequence; a new window of the peer's; the urgent byte was read
 *     clear    data out of order, urgent data, our window closed, out of memory
 */
#include "stack/tcp/tcp_predict.h"

void tcp_predict_check(struct tcp_conn *c)
{
	struct tcp_rcv *r = &c->active->rcv;

	if (tree_empty(&r->q.ofo) && c->rcv_wnd > 0 && r->q.truesize < c->rcvbuf && !r->urg)
		r->predict = true;
}

static bool same_header(const struct tcp_in *in, const struct tcp_conn *c)
{
	bool ts = c->agreed & TCPA_TS;

	return (in->seg.flags & ~SEG_PSH) == SEG_ACK &&
	       in->seg.opt_len == (ts ? TCP_OPT_TS_ALIGNED : 0) &&
	       in->o.has == (ts ? TCP_HAS_TS : 0) &&
	       (!ts || (int32_t)(in->o.tsval - c->ts_recent) >= 0) &&
	       (uint32_t)in->seg.win << c->snd_wscale == c->snd_wnd;
}

bool tcp_predicted(const struct tcp_in *in, const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	return c->key.state == TCPS_ESTABLISHED && b->rcv.predict &&
	       seq_eq(in->seg.seq, c->rcv_nxt) && !seq_gt(in->seg.ack, c->snd_nxt) &&
	       same_header(in, c) && in->seg.len <= tcp_rcv_window(c) &&
	       (in->seg.len == 0 || in->truesize <= b->reserved);
}
