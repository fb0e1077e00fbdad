/* ipv4.c - parse, emit and print of the IPv4 header; see ipv4.h. */
#include "wire/ipv4.h"

#include "wire/text.h"

enum {
	FLAG_DF = 0x4000,
	FLAG_MF = 0x2000,
	OFFSET_MASK = 0x1fff,
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_LSRR = 131,
	OPT_SSRR = 137,
};

/* Walks the options once: false if a length is wrong. Marks a source route (RFC 791 section 3.1).
 */
static bool options_ok(struct ipv4 *h)
{
	for (size_t i = 0; i < h->opt_len && h->opt[i] != OPT_END;) {
		uint8_t kind = h->opt[i];

		if (kind == OPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 > h->opt_len || h->opt[i + 1] < 2 || i + h->opt[i + 1] > h->opt_len)
			return false;
		h->source_route |= kind == OPT_LSRR || kind == OPT_SSRR;
		i += h->opt[i + 1];
	}
	return true;
}

static void read_fields(struct ipv4 *out, struct ipv4_view v)
{
	const uint8_t *p = v.p;
	uint16_t frag = get_be16(p + 6);

	*out = (struct ipv4){
		.addr = {ip_addr_from_v4(get_be32(p + 12)), ip_addr_from_v4(get_be32(p + 16))},
		.id = get_be16(p + 4),
		.frag_off = (uint16_t)((frag & OFFSET_MASK) * 8),
		.df = (frag & FLAG_DF) != 0,
		.mf = (frag & FLAG_MF) != 0,
		.tos = p[1],
		.ttl = p[8],
		.proto = p[9],
		.opt_len = (uint8_t)(v.hdr_len - IPV4_HDR_MIN),
		.opt = p + IPV4_HDR_MIN,
		.data = p + v.hdr_len,
	};
}

enum drop ipv4_parse(struct ipv4 *out, struct ipv4_view v)
{
	uint16_t total = get_be16(v.p + 2);

	if (v.p[0] >> 4 != 4)
		return DROP_VERSION;
	if (csum_fold(csum_add(0, v.p, v.hdr_len)) != 0)
		return DROP_CHECKSUM;
	if (total > v.len)
		return DROP_TRUNCATED;
	if (total < v.hdr_len)
		return DROP_TOTAL_LEN;
	read_fields(out, v);
	out->len = (uint16_t)(total - v.hdr_len);
	return out->opt_len > 0 && !options_ok(out) ? DROP_OPTION : DROP_NONE;
}

enum drop ipv4_parse_quote(struct ipv4 *out, struct ipv4_view v)
{
	if (v.p[0] >> 4 != 4)
		return DROP_VERSION;
	read_fields(out, v);
	out->len = (uint16_t)size_min(v.len - v.hdr_len, IPV4_TOTAL_MAX);
	return DROP_NONE;
}

void ipv4_emit(const struct ipv4 *h, uint8_t *p)
{
	size_t head = ipv4_emit_len(h);

	assert(h->opt_len % 4 == 0 && head <= IPV4_HDR_MAX && head + h->len <= IPV4_TOTAL_MAX);
	assert(h->frag_off % 8 == 0);
	p[0] = (uint8_t)(0x40 | head / 4);
	p[1] = h->tos;
	put_be16(p + 2, (uint16_t)(head + h->len));
	put_be16(p + 4, h->id);
	put_be16(
		p + 6, (uint16_t)(h->frag_off / 8 | (h->df ? FLAG_DF : 0) | (h->mf ? FLAG_MF : 0)));
	p[8] = h->ttl;
	p[9] = h->proto;
	put_be16(p + 10, 0);
	memcpy(p + 12, h->addr.src.b + 12, 4);
	memcpy(p + 16, h->addr.dst.b + 12, 4);
	if (h->opt_len > 0 && h->opt == NULL)
		memset(p + IPV4_HDR_MIN, OPT_END, h->opt_len);
	else if (h->opt_len > 0 && h->opt != p + IPV4_HDR_MIN)
		memcpy(p + IPV4_HDR_MIN, h->opt, h->opt_len);
	uint16_t field = csum_fold(csum_add(0, p, head));

	memcpy(p + 10, &field, sizeof(field));
}

const char *ip_proto_text(uint8_t proto)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} row[] = {
		{0, "Options"},
		{1, "ICMP"},
		{2, "IGMP"},
		{6, "TCP"},
		{17, "UDP"},
		{41, "IPv6"},
		{43, "Routing"},
		{44, "Fragment"},
		{47, "GRE"},
		{50, "ESP"},
		{51, "AH"},
		{58, "ICMPv6"},
		{59, "none"},
		{60, "DSTOPT"},
		{132, "SCTP"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (row[i].proto == proto)
			return row[i].name;
	return "unknown";
}

int ipv4_print(char *out, size_t n, const struct ipv4 *h)
{
	struct text t = text_in(out, n);

	text_add(&t,
		"tos 0x%x, ttl %u, id %u, offset %u, flags [%s%s%s], proto %s (%u), length %zu",
		h->tos, h->ttl, h->id, h->frag_off, h->mf ? "+" : "", h->mf && h->df ? ", " : "",
		h->df   ? "DF"
		: h->mf ? ""
			: "none",
		ip_proto_text(h->proto), h->proto, ipv4_emit_len(h) + h->len);
	return (int)t.len;
}
