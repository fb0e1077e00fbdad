/* ipv6.c - the fixed header and the walk over extension headers; see ipv6.h. */
#include "wire/ipv6.h"

#include "wire/icmp.h"
#include "wire/tcp.h"
#include "wire/text.h"
#include "wire/udp.h"

static enum drop read_fixed(struct ipv6 *out, struct ipv6_view v)
{
	uint32_t first = get_be32(v.p);

	if (first >> 28 != 6)
		return DROP_VERSION;
	*out = (struct ipv6){
		.addr = {ip_addr_from_v6(v.p + 8), ip_addr_from_v6(v.p + 24)},
		.tclass = (uint8_t)(first >> 20),
		.next = v.p[6],
		.hop_limit = v.p[7],
		.len = get_be16(v.p + 4),
		.flow = first & 0xfffff,
		.data = v.p + IPV6_HDR_LEN,
	};
	if (ip_addr_is_v4(&out->addr.src) || ip_addr_is_v4(&out->addr.dst))
		return DROP_ADDRESS;
	return DROP_NONE;
}

enum drop ipv6_parse(struct ipv6 *out, struct ipv6_view v)
{
	enum drop d = read_fixed(out, v);

	if (d != DROP_NONE)
		return d;
	return out->len > v.len - IPV6_HDR_LEN ? DROP_TRUNCATED : DROP_NONE;
}

enum drop ipv6_parse_quote(struct ipv6 *out, struct ipv6_view v)
{
	enum drop d = read_fixed(out, v);

	if (d == DROP_NONE)
		out->len = (uint16_t)size_min(out->len, v.len - IPV6_HDR_LEN);
	return d;
}

/* ---- the chain: a cursor over the payload ---- */

struct walk {
	const struct ipv6 *h;
	struct ipv6_chain *out;
	uint16_t named_at; /* offset, from the fixed header, of the byte that names the header at
			      out->off */
	bool rest;         /* a later fragment: no headers beyond */
	bool judge;        /* report errors; else only find the way through */
};

enum {
	OPT_PAD1 = 0,
	OPT_PADN = 1,
	OPT_ROUTER_ALERT = 5,
	CODE_FIELD = 0,
	CODE_NEXT_HEADER = 1,
	CODE_OPTION = 2,
	CODE_CHAIN = 3,      /* RFC 7112 */
	PAYLOAD_LEN_AT = 4,  /* in the fixed header */
	ROUTER_ALERT_LEN = 2 /* RFC 2711 */
};

/* pointer counts from the start of the fixed header. */
static void problem(struct walk *w, enum ext_act act, uint8_t code, size_t pointer)
{
	w->out->act = act;
	w->out->code = code;
	w->out->pointer = (uint32_t)pointer;
}

/* The chain ends early. RFC 7112 section 5: the first fragment must hold all of it, or filters
 * could be evaded. */
static enum drop cut_off(struct walk *w)
{
	const struct ipv6_chain *c = w->out;

	if (!w->judge || !c->fragmented || c->frag_off > 0 || !c->frag_mf)
		return DROP_TRUNCATED;
	problem(w, EXT_PROBLEM, CODE_CHAIN, 0);
	return DROP_NONE;
}

/* RFC 8200 section 4.2: 00 skip, 01 discard, 10 problem, 11 problem unless multicast. */
static void unknown_option(struct walk *w, uint8_t type, size_t at)
{
	static const enum ext_act act[] = {EXT_OK, EXT_DISCARD, EXT_PROBLEM, EXT_PROBLEM_UNICAST};

	if (act[type >> 6] != EXT_OK)
		problem(w, act[type >> 6], CODE_OPTION, IPV6_HDR_LEN + at);
}

/* The length of the option at p, of which left bytes are present; 0 if it does not fit. */
static size_t option_len(const uint8_t *p, size_t left)
{
	if (p[0] == OPT_PAD1)
		return 1;
	return left >= 2 && left >= 2u + p[1] ? 2u + p[1] : 0;
}

/* RFC 4942 section 2.1.9.5, as in Linux: padding must carry nothing. */
static bool is_blank(const uint8_t *p, size_t len)
{
	for (size_t i = 2; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* One option other than padding. Only the router alert is known, and hosts ignore it. */
static enum drop step_option(struct walk *w, size_t at)
{
	const uint8_t *p = w->h->data + at;

	if (p[0] == OPT_ROUTER_ALERT && w->out->proto == IP_PROTO_HOPOPT)
		return p[1] == ROUTER_ALERT_LEN ? DROP_NONE : DROP_OPTION;
	unknown_option(w, p[0], at);
	return DROP_NONE;
}

/* The options of a hop-by-hop or destination header of len bytes at offset at. */
static enum drop walk_options(struct walk *w, size_t at, size_t len)
{
	size_t n, padding = 0, end = at + len;
	int others = 0;

	for (size_t i = at + 2; i < end && w->out->act == EXT_OK; i += n) {
		const uint8_t *p = w->h->data + i;

		n = option_len(p, end - i);
		if (n == 0)
			return DROP_OPTION;
		if (p[0] == OPT_PAD1 || p[0] == OPT_PADN) {
			padding += n;
			if (padding > EXT_PADDING_MAX || !is_blank(p, n))
				return DROP_OPTION;
			continue;
		}
		padding = 0;
		if (++others > EXT_OPTS_MAX || step_option(w, i) != DROP_NONE)
			return DROP_OPTION;
	}
	return DROP_NONE;
}

static enum drop step_options(struct walk *w, size_t len)
{
	if (w->out->proto == IP_PROTO_HOPOPT && w->out->off != 0) {
		problem(w, EXT_PROBLEM, CODE_NEXT_HEADER, w->named_at);
		return DROP_NONE;
	}
	return walk_options(w, w->out->off, len);
}

/* RFC 8200 section 4.4: with no segments left the header is ignored, else the packet is not for
 * us. */
static enum drop step_routing(struct walk *w, size_t len)
{
	if (w->h->data[w->out->off + 3] != 0)
		problem(w, EXT_PROBLEM, CODE_FIELD, IPV6_HDR_LEN + w->out->off + 2u);
	return DROP_NONE;
}

static enum drop step_ah(struct walk *w, size_t len)
{
	problem(w, EXT_DISCARD, CODE_FIELD, 0); /* no keys: nothing can be verified */
	return DROP_NONE;
}

/* RFC 8200 section 4.5. Nested fragment headers are refused: they are not sent in practice. */
static enum drop step_fragment(struct walk *w, size_t len)
{
	const uint8_t *p = w->h->data + w->out->off;
	size_t here = IPV6_HDR_LEN + w->out->off, body = w->h->len - w->out->off - len;

	if (w->out->fragmented) {
		problem(w, EXT_PROBLEM, CODE_FIELD, here);
		return DROP_NONE;
	}
	w->out->fragmented = true;
	w->out->frag_off = get_be16(p + 2) & 0xfff8;
	w->out->frag_mf = p[3] & 1;
	w->out->frag_id = get_be32(p + 4);
	w->out->frag_at = w->out->off;
	w->out->frag_prev = w->named_at;
	w->rest = w->out->frag_off > 0;
	if (w->out->frag_mf && body % 8 != 0)
		problem(w, EXT_PROBLEM, CODE_FIELD, PAYLOAD_LEN_AT);
	else if (w->out->frag_off + body > IPV6_PAYLOAD_MAX)
		problem(w, EXT_PROBLEM, CODE_FIELD, here + 2);
	return DROP_NONE;
}

static const struct ext {
	uint8_t proto, unit, extra; /* bytes: (length field + extra) * unit; unit 0: always 8 */
	enum drop (*step)(struct walk *w, size_t len);
} exts[] = {
	{IP_PROTO_HOPOPT, 8, 1, step_options},
	{IP_PROTO_DSTOPT, 8, 1, step_options},
	{IP_PROTO_ROUTING, 8, 1, step_routing},
	{IP_PROTO_FRAGMENT, 0, 0, step_fragment},
	{IP_PROTO_AH, 4, 2, step_ah},
};

static const struct ext *ext_of(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(exts); i++)
		if (exts[i].proto == proto)
			return &exts[i];
	return NULL;
}

static enum drop step(struct walk *w, const struct ext *e)
{
	const uint8_t *p = w->h->data + w->out->off;
	size_t left = (size_t)w->h->len - w->out->off;

	if (left < 8)
		return cut_off(w);
	size_t len = e->unit == 0 ? IPV6_FRAG_LEN : ((size_t)p[1] + e->extra) * e->unit;

	if (len > left)
		return cut_off(w);
	enum drop d = e->step(w, len);

	if (!w->judge) {
		w->out->act = EXT_OK;
		d = DROP_NONE;
	}
	if (d != DROP_NONE || w->out->act != EXT_OK)
		return d;
	w->named_at = (uint16_t)(IPV6_HDR_LEN + w->out->off);
	w->out->proto = p[0];
	w->out->off = (uint16_t)(w->out->off + len);
	return DROP_NONE;
}

/* The bytes of the upper layer that a first fragment must contain for its chain to be whole. */
static size_t upper_len(uint8_t proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return TCP_HDR_MIN;
	case IP_PROTO_UDP: return UDP_HDR_LEN;
	case IP_PROTO_ICMPV6: return ICMP_HDR_LEN;
	case IP_PROTO_NONE: return 0;
	}
	return 1;
}

static enum drop walk(struct walk *w)
{
	struct ipv6_chain *out = w->out;

	*out = (struct ipv6_chain){.proto = w->h->next};
	for (int n = 0; !w->rest && out->act == EXT_OK; n++) {
		const struct ext *e = ext_of(out->proto);

		if (e == NULL)
			break;
		if (n == EXT_HDR_MAX)
			return DROP_EXT_ORDER;
		enum drop d = step(w, e);

		if (d != DROP_NONE)
			return d;
	}
	out->named_at = w->named_at;
	if (out->act == EXT_OK && (size_t)w->h->len - out->off < upper_len(out->proto))
		cut_off(w); /* in a whole packet, the upper layer checks its own length */
	return DROP_NONE;
}

enum drop ipv6_chain(struct ipv6_chain *out, const struct ipv6 *h)
{
	struct walk w = {.h = h, .out = out, .named_at = 6, .judge = true};

	return walk(&w);
}

enum drop ipv6_upper(struct ipv6_chain *out, const struct ipv6 *h)
{
	struct walk w = {.h = h, .out = out, .named_at = 6};

	return walk(&w);
}

void ipv6_emit(const struct ipv6 *h, uint8_t *p)
{
	put_be32(p, 6u << 28 | (uint32_t)h->tclass << 20 | (h->flow & 0xfffff));
	put_be16(p + 4, h->len);
	p[6] = h->next;
	p[7] = h->hop_limit;
	memcpy(p + 8, h->addr.src.b, 16);
	memcpy(p + 24, h->addr.dst.b, 16);
}

void ipv6_frag_emit(const struct ipv6_frag *f, uint8_t *p)
{
	assert(f->off % 8 == 0);
	p[0] = f->next;
	p[1] = 0;
	put_be16(p + 2, (uint16_t)(f->off | f->mf));
	put_be32(p + 4, f->id);
}

int ipv6_print(char *out, size_t n, const struct ipv6 *h)
{
	struct text t = text_in(out, n);

	text_add(&t,
		"class 0x%02x, flowlabel 0x%05x, hlim %u, next-header %s (%u), payload length %u",
		h->tclass, h->flow, h->hop_limit, ip_proto_text(h->next), h->next, h->len);
	return (int)t.len;
}
