/* ndp.c - parse, emit and print of neighbour discovery; see ndp.h. */
#include "wire/ndp.h"

#include "wire/text.h"

enum {
	OPT_SOURCE_HW = 1,
	OPT_TARGET_HW = 2,
	OPT_PREFIX = 3,
	OPT_MTU = 5,
	UNIT = 8, /* the unit of option lengths */
	PREFIX_LEN = 32,
};

enum { /* flag bits, at their position in the message */
	FLAG_ROUTER = 0x80,
	FLAG_SOLICITED = 0x40,
	FLAG_OVERRIDE = 0x20,
	FLAG_MANAGED = 0x80,
	FLAG_OTHER = 0x40,
	PREFERENCE = 3, /* shift of the two bits (RFC 4191 section 2.2) */
	PREFERENCE_HIGH = 1,
	PREFERENCE_LOW = 3,
	FLAG_ON_LINK = 0x80,
	FLAG_AUTONOMOUS = 0x40,
};

/* Bytes of fixed body after the 8 bytes of ICMP header, by type, from NDP_ROUTER_SOLICIT. */
static const uint8_t body_len[] = {0, 8, 16, 16, 32};

static size_t fixed_len(uint8_t type)
{
	assert(ndp_is(type));
	return body_len[type - NDP_ROUTER_SOLICIT];
}

/* The option that carries the hardware address in a message of this type. */
static uint8_t hw_option(uint8_t type)
{
	return type == NDP_NEIGHBOUR_ADVERT || type == NDP_REDIRECT ? OPT_TARGET_HW : OPT_SOURCE_HW;
}

bool ndp_view(struct ndp_view *v, const struct icmp *m, const struct ipv6 *ip)
{
	*v = (struct ndp_view){m, ip};
	return ndp_is(m->type) && m->len >= fixed_len(m->type);
}

/* ---- reading ---- */

/* The reserved value counts as medium. */
static int8_t read_preference(uint32_t bits)
{
	return bits == PREFERENCE_HIGH ? 1 : bits == PREFERENCE_LOW ? -1 : 0;
}

static void read_advert(struct ndp *out, const struct icmp *m)
{
	out->hop_limit = (uint8_t)(m->rest >> 24);
	out->managed = (m->rest >> 16 & FLAG_MANAGED) != 0;
	out->other = (m->rest >> 16 & FLAG_OTHER) != 0;
	out->preference = read_preference(m->rest >> 16 >> PREFERENCE & 3);
	out->lifetime_s = (uint16_t)m->rest;
	out->reachable_ms = get_be32(m->data);
	out->retrans_ms = get_be32(m->data + 4);
}

static void read_body(struct ndp *out, const struct icmp *m)
{
	if (m->type == NDP_ROUTER_SOLICIT)
		return;
	if (m->type == NDP_ROUTER_ADVERT) {
		read_advert(out, m);
		return;
	}
	out->target = ip_addr_from_v6(m->data);
	if (m->type == NDP_REDIRECT)
		out->dst = ip_addr_from_v6(m->data + 16);
	if (m->type == NDP_NEIGHBOUR_ADVERT) {
		out->router = (m->rest >> 24 & FLAG_ROUTER) != 0;
		out->solicited = (m->rest >> 24 & FLAG_SOLICITED) != 0;
		out->override = (m->rest >> 24 & FLAG_OVERRIDE) != 0;
	}
}

static void read_prefix(struct ndp *out, const uint8_t *p)
{
	if (p[2] > 128 || out->prefix_count == NDP_PREFIX_MAX)
		return;
	out->prefix[out->prefix_count++] = (struct ndp_prefix){
		.prefix = ip_addr_from_v6(p + 16),
		.bits = p[2],
		.on_link = (p[3] & FLAG_ON_LINK) != 0,
		.autonomous = (p[3] & FLAG_AUTONOMOUS) != 0,
		.valid_s = get_be32(p + 4),
		.preferred_s = get_be32(p + 8),
	};
}

/* One option of len bytes at p. Options not defined for the type are skipped (section 4.6). */
static void read_option(struct ndp *out, const uint8_t *p, size_t len)
{
	if (p[0] == hw_option(out->type) && len == UNIT) {
		memcpy(out->hw.b, p + 2, ETH_ADDR_LEN);
		out->has_hw = true;
	} else if (p[0] == OPT_MTU && len == UNIT && out->type == NDP_ROUTER_ADVERT) {
		out->mtu = get_be32(p + 4);
	} else if (p[0] == OPT_PREFIX && len == PREFIX_LEN && out->type == NDP_ROUTER_ADVERT) {
		read_prefix(out, p);
	}
}

static enum drop read_options(struct ndp *out, const uint8_t *p, size_t len)
{
	while (len > 0) {
		size_t take = len < 2 ? 0 : (size_t)p[1] * UNIT;

		if (take == 0 || take > len)
			return DROP_OPTION;
		read_option(out, p, take);
		p += take;
		len -= take;
	}
	return DROP_NONE;
}

static bool addresses_ok(const struct ndp *n, const struct ip_pair *a)
{
	struct ip_addr group = ip_addr_solicited_node(&n->target);
	bool from_any = ip_addr_is_any(&a->src);

	switch (n->type) {
	case NDP_ROUTER_SOLICIT: return !(from_any && n->has_hw);
	case NDP_ROUTER_ADVERT: return ip_addr_is_link_local(&a->src);
	case NDP_NEIGHBOUR_SOLICIT:
		if (from_any && (n->has_hw || !ip_addr_eq(&a->dst, &group)))
			return false;
		return !ip_addr_is_multicast(&n->target);
	case NDP_NEIGHBOUR_ADVERT:
		return !ip_addr_is_multicast(&n->target) &&
		       !(n->solicited && ip_addr_is_multicast(&a->dst));
	}
	return ip_addr_is_link_local(&a->src) && !ip_addr_is_multicast(&n->dst);
}

enum drop ndp_parse(struct ndp *out, struct ndp_view v)
{
	size_t fixed = fixed_len(v.m->type);

	if (v.ip->hop_limit != NDP_HOP_LIMIT)
		return DROP_HOP_LIMIT;
	if (v.m->code != 0)
		return DROP_TYPE;
	memset(out, 0, sizeof(*out));
	out->type = v.m->type;
	read_body(out, v.m);
	enum drop d = read_options(out, v.m->data + fixed, v.m->len - fixed);

	if (d != DROP_NONE)
		return d;
	return addresses_ok(out, &v.ip->addr) ? DROP_NONE : DROP_ADDRESS;
}

/* ---- writing ---- */

size_t ndp_emit_len(const struct ndp *n)
{
	return ICMP_HDR_LEN + fixed_len(n->type) + (n->has_hw ? UNIT : 0) +
	       (n->mtu > 0 ? UNIT : 0) + (size_t)n->prefix_count * PREFIX_LEN;
}

static uint32_t rest_of(const struct ndp *n)
{
	uint32_t bits;

	if (n->type == NDP_ROUTER_ADVERT) {
		bits = (n->managed ? FLAG_MANAGED : 0u) | (n->other ? FLAG_OTHER : 0u) |
		       (uint32_t)(n->preference & 3) << PREFERENCE;
		return (uint32_t)n->hop_limit << 24 | bits << 16 | n->lifetime_s;
	}
	bits = (n->router ? FLAG_ROUTER : 0u) | (n->solicited ? FLAG_SOLICITED : 0u) |
	       (n->override ? FLAG_OVERRIDE : 0u);
	return bits << 24;
}

static void emit_body(const struct ndp *n, uint8_t *p)
{
	if (n->type == NDP_ROUTER_ADVERT) {
		put_be32(p, n->reachable_ms);
		put_be32(p + 4, n->retrans_ms);
	}
	if (n->type >= NDP_NEIGHBOUR_SOLICIT)
		memcpy(p, n->target.b, 16);
	if (n->type == NDP_REDIRECT)
		memcpy(p + 16, n->dst.b, 16);
}

static void emit_prefix(const struct ndp_prefix *x, uint8_t *p)
{
	memset(p, 0, PREFIX_LEN);
	p[0] = OPT_PREFIX;
	p[1] = PREFIX_LEN / UNIT;
	p[2] = x->bits;
	p[3] = (uint8_t)((x->on_link ? FLAG_ON_LINK : 0) | (x->autonomous ? FLAG_AUTONOMOUS : 0));
	put_be32(p + 4, x->valid_s);
	put_be32(p + 8, x->preferred_s);
	memcpy(p + 16, x->prefix.b, 16);
}

void ndp_emit(const struct ndp *n, const struct ip_pair *a, uint8_t *p)
{
	uint8_t *at = p + ICMP_HDR_LEN;
	struct icmp m = {.type = n->type,
		.rest = rest_of(n),
		.len = (uint32_t)(ndp_emit_len(n) - ICMP_HDR_LEN),
		.data = at};

	assert(n->prefix_count <= NDP_PREFIX_MAX);
	emit_body(n, at);
	at += fixed_len(n->type);
	if (n->has_hw) {
		at[0] = hw_option(n->type);
		at[1] = 1;
		memcpy(at + 2, n->hw.b, ETH_ADDR_LEN);
		at += UNIT;
	}
	if (n->mtu > 0) {
		put_be32(at, (uint32_t)OPT_MTU << 24 | 1u << 16);
		put_be32(at + 4, n->mtu);
		at += UNIT;
	}
	for (int i = 0; i < n->prefix_count; i++, at += PREFIX_LEN)
		emit_prefix(&n->prefix[i], at);
	icmp_emit(&m, a, p);
}

int ndp_print(char *out, size_t size, const struct ndp *n)
{
	static const char *const names[] = {"router solicitation", "router advertisement",
		"neighbor solicitation", "neighbor advertisement", "redirect"};
	struct text t = text_in(out, size);
	char target[IP_ADDR_TEXT_MAX], dst[IP_ADDR_TEXT_MAX];

	_Static_assert(ARRAY_SIZE(names) == ARRAY_SIZE(body_len), "every message has a name");
	text_add(&t, "ICMP6, %s", names[n->type - NDP_ROUTER_SOLICIT]);
	ip_addr_text(target, &n->target);
	if (n->type == NDP_NEIGHBOUR_SOLICIT)
		text_add(&t, ", who has %s", target);
	if (n->type == NDP_NEIGHBOUR_ADVERT)
		text_add(&t, ", tgt is %s", target);
	if (n->type == NDP_REDIRECT)
		text_add(&t, ", %s to %s", ip_addr_text(dst, &n->dst), target);
	text_add(&t, ", length %zu", ndp_emit_len(n));
	return (int)t.len;
}
