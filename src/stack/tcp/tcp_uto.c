/*
 * tcp_uto.c - the user timeout option (RFC 5482, kind 28): each side may advertise how long it
 * waits for acknowledgements; the other adopts it within bounds. Sent on the SYN or SYN-ACK, and
 * after a change until a segment with data was sent; advisory, off unless the program enables it
 * (section 3.1).
 */
#include "stack/tcp/tcp_uto.h"
#include "stack/tcp/tcp_conn.h"

enum {
	UTO_LOWER_S = 100, /* adopted values are kept within these: section 3.1 */
	UTO_UPPER_S = 3600 * 24,
};

void tcp_uto_adopt(struct tcp_extra *x, uint32_t seconds)
{
	if (!x || !x->uto_on || seconds == 0) /* 0 is reserved: ignored */
		return;
	x->uto_got = u32_min(u32_max(seconds, u32_max(UTO_LOWER_S, x->uto_send)), UTO_UPPER_S);
}

void tcp_uto_in(struct tcp_in *in, struct tcp_conn *c)
{
	if (!(in->o.has & TCP_HAS_UTO))
		return;
	tcp_uto_adopt(c->extra, in->o.uto * (in->o.uto_minutes ? 60u : 1u));
}

void tcp_uto_offer(const struct tcp_extra *x, struct tcp_opts *o)
{
	uint32_t v = x && x->uto_on ? x->uto_send : 0;

	if (v == 0 || tcp_opts_emit_len(o) + 4 > TCP_OPTS_MAX) /* a signature needs much of it */
		return;
	o->has |= TCP_HAS_UTO;
	o->uto_minutes = v > 0x7fff;
	o->uto = (uint16_t)(o->uto_minutes ? v / 60 : v);
	assert(o->uto <= 0x7fff);
}

void tcp_uto_out(const struct tcp_conn *c, struct tcp_opts *o)
{
	if (c->extra && (c->active->stats.data_segs_out == 0 || c->extra->uto_announce))
		tcp_uto_offer(c->extra, o);
}
