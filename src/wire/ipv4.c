/* ipv4.c - parse, emit and print of the IPv4 header; see ipv4.h. */
#include "wire/ipv4.h"

#include "wire/text.h"

enum {
	FLAG_DF = 0x4000,
	FLAG_MF = 0x2000,
	OFFSET_MASK = 0x1fff,
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_RECORD_ROUTE = 7,
	OPT_TIMESTAMP = 68,
	OPT_LSRR = 131,
	OPT_SSRR = 137,
	OPT_ROUTER_ALERT = 148,
	OK = -1,
};

/* ---- options (RFC 791 section 3.1): what is wrong with the one at p, as Linux judges it ----
 *
 *     | kind | length | pointer, from 1 | ...        each gives the offset of the wrong byte, or OK
 */

static int route_wrong(const uint8_t *p)
{
	if (p[1] < 3)
		return 1;
	return p[2] < 4 ? 2 : OK;
}

static int record_wrong(const uint8_t *p)
{
	int wrong = route_wrong(p);

	if (wrong == OK && p[2] <= p[1] && p[2] + 3 > p[1])
		return 2; /* a free slot too small for an address */
	return wrong;
}

static int timestamp_wrong(const uint8_t *p)
{
	if (p[1] < 4)
		return 1;
	int flag = p[3] & 15, place = flag == IPV4_TS_ADDR || flag == IPV4_TS_NAMED ? 8 : 4;

	if (p[2] < 5 || (p[2] <= p[1] && p[2] + place - 1 > p[1]))
		return 2;
	return p[2] > p[1] && flag != IPV4_TS_NAMED && p[3] >> 4 == 15 ? 3 : OK;
}

static int alert_wrong(const uint8_t *p)
{
	return p[1] < 4 ? 1 : OK;
}

/* Records the offset of a kind that may occur once in a header. */
static int once(uint8_t *place, size_t at)
{
	if (*place != 0)
		return 0;
	*place = (uint8_t)(IPV4_HDR_MIN + at);
	return OK;
}

static int option_wrong(struct ipv4 *h, size_t at)
{
	const uint8_t *p = h->opt + at;
	int wrong = OK;

	switch (p[0]) {
	case OPT_RECORD_ROUTE:
		wrong = once(&h->record_route, at);
		return wrong == OK ? record_wrong(p) : wrong;
	case OPT_TIMESTAMP:
		wrong = once(&h->timestamp, at);
		return wrong == OK ? timestamp_wrong(p) : wrong;
	case OPT_LSRR:
	case OPT_SSRR:
		wrong = once(&h->source_route, at);
		return wrong == OK ? route_wrong(p) : wrong;
	case OPT_ROUTER_ALERT: return alert_wrong(p);
	}
	return OK;
}

bool ipv4_options(struct ipv4 *h)
{
	for (size_t i = 0; i < h->opt_len && h->opt[i] != OPT_END;) {
		const uint8_t *p = h->opt + i;
		int wrong = 0;

		if (p[0] == OPT_NOP) {
			i++;
			continue;
		}
		if (i + 2 <= h->opt_len && p[1] >= 2 && i + p[1] <= h->opt_len)
			wrong = option_wrong(h, i);
		if (wrong != OK) {
			h->opt_bad = (uint8_t)(IPV4_HDR_MIN + i + (size_t)wrong);
			return false;
		}
		i += p[1];
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
	return out->opt_len > 0 && !ipv4_options(out) ? DROP_OPTION : DROP_NONE;
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
