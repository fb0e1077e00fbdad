/* dialogue.c - packets and calls of a host as lines of a packet script: dialogue.h. */
#include "lab/fuzz/dialogue.h"

#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/text.h"

#include <stdio.h>
#include <sys/uio.h>

/* Inserts a line at an offset of the text. */
static void put_text(struct dialogue_host *h, size_t at, const struct text *t)
{
	if (t->len >= t->size || h->len + t->len + 1 >= sizeof(h->text)) {
		h->cannot = "it is too long";
		return;
	}
	memmove(h->text + at + t->len + 1, h->text + at, h->len - at + 1);
	memcpy(h->text + at, t->out, t->len);
	h->text[at + t->len] = '\n';
	h->len += t->len + 1;
	h->events++;
}

/* "0.010007 ". An event of a script takes a microsecond, so each is shifted by that much more:
 * otherwise the effects of a timer would precede it. */
static void put_time(struct text *t, nsec_t at, nsec_t events)
{
	nsec_t us = at / NSEC_USEC + events;

	text_add(t, "%lld.%06lld ", (long long)(us / (NSEC_SEC / NSEC_USEC)),
		(long long)(us % (NSEC_SEC / NSEC_USEC)));
}

/* --- packets ---------------------------------------------------------------------------------- */

static struct dialogue_flow *flow_of(struct dialogue_host *h, uint16_t local, uint16_t peer)
{
	for (int i = 0; i < h->flows; i++)
		if (h->flow[i].local_port == local && h->flow[i].peer_port == peer)
			return &h->flow[i];
	if (h->flows == DIALOGUE_FLOWS)
		return NULL;
	h->flow[h->flows] = (struct dialogue_flow){.local_port = local, .peer_port = peer};
	return &h->flow[h->flows++];
}

static void put_flags(struct text *t, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} letters[] = {{SEG_SYN, 'S'}, {SEG_FIN, 'F'}, {SEG_RST, 'R'}, {SEG_PSH, 'P'},
		{SEG_URG, 'U'}, {SEG_ECE, 'E'}, {SEG_CWR, 'W'}, {SEG_AE, 'A'}, {SEG_ACK, '.'}};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (flags & letters[i].flag)
			text_add(t, "%c", letters[i].letter);
	if (!(flags & SEG_FLAGS))
		text_add(t, "-");
}

static void put_hex(struct text *t, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_add(t, "%02x", data[i]);
}

/* ack_isn: the base of the numbers in SACK blocks. */
static void put_option(struct text *t, const struct tcp_opt *o, uint32_t ack_isn)
{
	switch (o->kind) {
	case TCP_OPT_EOL: text_add(t, "eol"); return;
	case TCP_OPT_NOP: text_add(t, "nop"); return;
	case TCP_OPT_MSS: text_add(t, "mss %u", get_be16(o->data)); return;
	case TCP_OPT_WSCALE: text_add(t, "wscale %u", o->data[0]); return;
	case TCP_OPT_SACK_OK: text_add(t, "sackOK"); return;
	case TCP_OPT_TS:
		text_add(t, "TS val %u ecr %u", get_be32(o->data), get_be32(o->data + 4));
		return;
	case TCP_OPT_SACK:
		text_add(t, "sack");
		for (size_t i = 0; i + 8 <= o->len; i += 8)
			text_add(t, " %u:%u", get_be32(o->data + i) - ack_isn,
				get_be32(o->data + i + 4) - ack_isn);
		return;
	case TCP_OPT_FASTOPEN: text_add(t, "FO "); break;
	default: text_add(t, "kind %u ", o->kind); break;
	}
	put_hex(t, o->data, o->len);
}

static void put_options(struct text *t, const struct tcp_seg *s, uint32_t ack_isn)
{
	const uint8_t *at = s->opt;
	size_t left = s->opt_len;
	const char *before = " <";
	struct tcp_opt o;

	if (s->opt_len == 0)
		return;
	while (tcp_opt_next(&o, &at, &left)) {
		text_add(t, "%s", before);
		put_option(t, &o, ack_isn);
		before = ",";
		if (o.kind == TCP_OPT_EOL)
			break;
	}
	for (; left > 0; left--) /* padding after EOL */
		text_add(t, ",eol");
	text_add(t, ">");
}

static void put_segment(struct text *t, const struct tcp_seg *s, uint32_t isn, uint32_t ack_isn)
{
	uint32_t seq = s->seq.v - isn;

	text_add(t, "%u > %u ", s->sport, s->dport);
	put_flags(t, s->flags);
	text_add(t, " %u:%u(%u)", seq, seq + s->len, s->len);
	if (s->flags & SEG_ACK)
		text_add(t, " ack %u", s->ack.v - ack_isn);
	text_add(t, " win %u", s->win);
	if (s->flags & SEG_URG)
		text_add(t, " urg %u", s->urg);
	put_options(t, s, ack_isn);
}

static void put_tos(struct text *t, uint8_t tos)
{
	static const char *const ecn[] = {"", "[ect1] ", "[ect0] ", "[ce] "};

	if (tos & ~3)
		text_add(t, "[tos 0x%02x] ", tos);
	else
		text_add(t, "%s", ecn[tos & 3]);
}

static void add_segment(
	struct dialogue_host *h, nsec_t at, bool inbound, uint8_t tos, const struct tcp_seg *s)
{
	struct dialogue_flow *f =
		inbound ? flow_of(h, s->dport, s->sport) : flow_of(h, s->sport, s->dport);
	char line[512];
	struct text t = text_in(line, sizeof(line));

	if (!f) {
		h->cannot = "it has too many connections";
		return;
	}
	if (s->flags & SEG_SYN)
		*(inbound ? &f->peer_isn : &f->local_isn) = s->seq.v;
	h->last = at;
	put_time(&t, at, h->events);
	text_add(&t, "%c ", inbound ? '<' : '>');
	put_tos(&t, tos);
	if (inbound)
		put_segment(&t, s, f->peer_isn, f->local_isn);
	else
		put_segment(&t, s, f->local_isn, f->peer_isn);
	put_text(h, h->len, &t);
}

/* An IP packet with a whole TCP segment. */
struct opened {
	struct ip_pair addr;
	uint8_t tos, proto;
	bool fragment;
	struct tcp_seg seg;
};

static bool open_ip(struct opened *o, const uint8_t *bytes, size_t len, struct iovec *body)
{
	struct ipv4_view v4;
	struct ipv4 h4;
	struct ipv6_view v6;
	struct ipv6 h6;

	if (len > 0 && bytes[0] >> 4 == 4) {
		if (!ipv4_view(&v4, bytes, len) || ipv4_parse(&h4, v4) != DROP_NONE)
			return false;
		*body = (struct iovec){(void *)(uintptr_t)h4.data, h4.len};
		*o = (struct opened){.addr = h4.addr, .tos = h4.tos, .proto = h4.proto};
		o->fragment = h4.mf || h4.frag_off > 0;
		return true;
	}
	if (!ipv6_view(&v6, bytes, len) || ipv6_parse(&h6, v6) != DROP_NONE)
		return false;
	*body = (struct iovec){(void *)(uintptr_t)h6.data, h6.len};
	*o = (struct opened){.addr = h6.addr, .tos = h6.tclass, .proto = h6.next};
	return true;
}

void dialogue_packet(
	struct dialogue_host *h, nsec_t at, bool inbound, const uint8_t *bytes, size_t len)
{
	struct opened o;
	const struct ip_addr *peer;
	struct iovec body;
	struct tcp_view v;

	h->sent += !inbound;
	if (h->cannot)
		return;
	if (!open_ip(&o, bytes, len, &body))
		return; /* corrupted: the host discards it, too */
	if (o.proto != IP_PROTO_TCP || o.fragment) {
		h->cannot = inbound ? "an ICMP message, a datagram or a fragment arrives"
				    : "it sends an ICMP message, a datagram or a fragment";
		return;
	}
	if (!tcp_view(&v, body.iov_base, body.iov_len) ||
		tcp_parse(&o.seg, v, &o.addr) != DROP_NONE)
		return;
	peer = inbound ? &o.addr.src : &o.addr.dst;
	if (h->has_peer && !ip_addr_eq(&h->peer, peer)) {
		h->cannot = "it speaks with more than one host";
		return;
	}
	h->peer = *peer;
	h->has_peer = true;
	add_segment(h, at, inbound, o.tos, &o.seg);
}

/* --- calls ------------------------------------------------------------------------------------ */

void dialogue_begin(struct dialogue_host *h)
{
	h->begun = h->events;
	h->mark = h->len;
}

void dialogue_call(struct dialogue_host *h, nsec_t at, const char *format, va_list args)
{
	char line[512], call[400];
	struct text t = text_in(line, sizeof(line));

	if (h->cannot)
		return;
	h->calls++;
	vsnprintf(call, sizeof(call), format, args);
	h->last = at;
	put_time(&t, at, h->begun);
	text_add(&t, "%s", call);
	put_text(h, h->mark, &t);
}
