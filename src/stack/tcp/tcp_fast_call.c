/*
 * tcp_fast_call.c - fast path of the calls on a plain connection: one test instead of the snapshot
 * of tcp_get_status().
 */
#include "stack/tcp/tcp_fast_call.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_sndbuf.h"

static bool is_plain(const struct tcp_conn *c)
{
	return !tcp_is_idle(c) && c->plain;
}

bool tcp_fast_ready(const struct tcp_conn *c, bool *readable)
{
	if (!is_plain(c) || !tcp_snd_writable(tcp_stack_of(c), c))
		return false;
	*readable = !seq_eq(c->rcv_nxt, c->copied_seq);
	return true;
}

bool tcp_fast_open(const struct tcp_conn *c)
{
	return is_plain(c);
}

bool tcp_fast_read(struct stack *s, struct tcp_conn *c, struct tcp_read *r)
{
	if (!is_plain(c))
		return false;
	if (seq_eq(c->rcv_nxt, c->copied_seq)) {
		r->n = 0;
		return true;
	}
	r->n = tcp_read(s, c, r);
	tcp_read_done(s, c, r->n);
	return true;
}

bool tcp_fast_send(struct stack *s, struct tcp_conn *c, const void *p, size_t n)
{
	return is_plain(c) && tcp_send_little(s, c, p, n);
}
