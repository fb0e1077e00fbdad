/* group.c - parse, emit and print of IGMP and MLD; see group.h. */
#include "wire/group.h"

#include "wire/text.h"

enum {
	IGMP_LEN = 8,    /* of versions 1 and 2 */
	IGMP3_LEN = 12,  /* of a query of version 3 without sources, at least */
	MLD_LEN = 16,    /* after the ICMPv6 header: the group */
	MLD2_LEN = 20,   /* of a query of version 2 */
	RECORD4_LEN = 8, /* without sources */
	RECORD6_LEN = 20,
	V1_MAX_MS = 10000, /* RFC 2236 section 4: of a query of version 1 */
};

/* A byte that is a small number, or a mantissa of 4 bits and an exponent of 3 (RFC 3376 section
 * 4.1.1). */
static uint32_t decode8(uint8_t code)
{
	return code < 0x80 ? code : ((code & 15u) | 16) << ((code >> 4 & 7) + 3);
}

/* The same with 12 and 3 bits (RFC 3810 section 5.1.3). */
static uint32_t decode16(uint16_t code)
{
	return code < 0x8000 ? code : ((code & 0xfffu) | 0x1000) << ((code >> 12 & 7) + 3);
}

static bool group_ok(const struct group_msg *m)
{
	return ip_addr_is_multicast(&m->group) ||
	       (m->type == GROUP_QUERY && ip_addr_is_any(&m->group));
}

/* Robustness and interval, at p of a query of version 3. */
static void read_querier(struct group_msg *out, const uint8_t *p)
{
	out->robustness = p[0] & 7;
	out->interval_s = decode8(p[1]);
}

static void read_igmp_query(struct group_msg *out, const uint8_t *p, size_t len)
{
	out->type = GROUP_QUERY;
	if (len >= IGMP3_LEN) {
		out->version = 3;
		out->max_ms = decode8(p[1]) * 100;
		read_querier(out, p + 8);
		return;
	}
	out->version = p[1] == 0 ? 1 : 2;
	out->max_ms = p[1] == 0 ? V1_MAX_MS : p[1] * 100u;
}

enum drop group_parse_igmp(struct group_msg *out, const uint8_t *p, size_t len)
{
	if (len < IGMP_LEN || (p[0] == IGMP_QUERY && len > IGMP_LEN && len < IGMP3_LEN))
		return DROP_TRUNCATED;
	if (csum_fold(csum_add(0, p, len)) != 0)
		return DROP_CHECKSUM;
	*out = (struct group_msg){.group = ip_addr_from_v4(get_be32(p + 4))};
	switch (p[0]) {
	case IGMP_QUERY: read_igmp_query(out, p, len); break;
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		out->type = GROUP_REPORT;
		out->version = p[0] == IGMP_REPORT_V1 ? 1 : 2;
		break;
	case IGMP_LEAVE:
		out->type = GROUP_LEAVE;
		out->version = 2;
		break;
	case IGMP_REPORT_V3:
		*out = (struct group_msg){.type = GROUP_REPORT_V3, .version = 3};
		return DROP_NONE;
	default: return DROP_TYPE;
	}
	return group_ok(out) ? DROP_NONE : DROP_ADDRESS;
}

enum drop group_parse_mld(struct group_msg *out, const struct icmp *m)
{
	bool query = m->type == ICMP6_MLD_QUERY;
	uint16_t code = (uint16_t)(m->rest >> 16);

	if (m->type == ICMP6_MLD2_REPORT) {
		*out = (struct group_msg){.type = GROUP_REPORT_V3, .version = 3};
		return DROP_NONE;
	}
	if (!query && m->type != ICMP6_MLD_REPORT && m->type != ICMP6_MLD_DONE)
		return DROP_TYPE;
	if (m->len < MLD_LEN || (query && m->len > MLD_LEN && m->len < MLD2_LEN))
		return DROP_TRUNCATED;
	*out = (struct group_msg){.type = query                         ? GROUP_QUERY
					  : m->type == ICMP6_MLD_REPORT ? GROUP_REPORT
									: GROUP_LEAVE,
		.version = query && m->len >= MLD2_LEN ? 3 : 2,
		.group = ip_addr_from_v6(m->data)};
	if (query)
		out->max_ms = out->version == 3 ? decode16(code) : code;
	if (out->version == 3)
		read_querier(out, m->data + MLD_LEN);
	if (ip_addr_is_v4(&out->group)) /* a mapped one */
		return DROP_ADDRESS;
	return group_ok(out) ? DROP_NONE : DROP_ADDRESS;
}

/* ---- writing ---- */

size_t group_emit_len(bool v6, uint8_t version, uint32_t n)
{
	if (version < 3)
		return v6 ? ICMP_HDR_LEN + MLD_LEN : IGMP_LEN;
	return ICMP_HDR_LEN + (size_t)n * (v6 ? RECORD6_LEN : RECORD4_LEN);
}

static size_t put_group(uint8_t *p, const struct ip_addr *group)
{
	bool v4 = ip_addr_is_v4(group);
	size_t len = v4 ? 4 : 16;

	memcpy(p, group->b + sizeof(group->b) - len, len);
	return len;
}

static void put_records(const struct group_record *r, uint32_t n, uint8_t *p)
{
	for (uint32_t i = 0; i < n; i++) {
		put_be32(p, (uint32_t)r[i].type << 24);
		p += 4;
		p += put_group(p, &r[i].group);
	}
}

static uint8_t type_of(bool v6, uint8_t version, const struct group_record *r)
{
	bool left = r->type == GROUP_TO_INCLUDE;

	if (version == 3)
		return v6 ? ICMP6_MLD2_REPORT : IGMP_REPORT_V3;
	if (v6)
		return left ? ICMP6_MLD_DONE : ICMP6_MLD_REPORT;
	return left ? IGMP_LEAVE : version == 1 ? IGMP_REPORT_V1 : IGMP_REPORT_V2;
}

/* Both begin like an ICMP message; only MLD's checksum covers the addresses. */
void group_emit(uint8_t version, const struct group_record *r, uint32_t n, const struct ip_pair *a,
	uint8_t *p)
{
	bool v6 = !ip_addr_is_v4(&r->group);
	struct icmp m = {.type = type_of(v6, version, r),
		.rest = version == 3 ? n
			: v6         ? 0
				     : ip_addr_v4(&r->group),
		.len = (uint32_t)(group_emit_len(v6, version, n) - ICMP_HDR_LEN),
		.data = p + ICMP_HDR_LEN};

	assert(n > 0 && n <= UINT16_MAX && (version == 3 || n == 1));
	if (version == 3)
		put_records(r, n, p + ICMP_HDR_LEN);
	else if (v6)
		put_group(p + ICMP_HDR_LEN, &r->group);
	icmp_emit(&m, v6 ? a : NULL, p);
}

int group_print(char *out, size_t n, const struct group_msg *m)
{
	struct text t = text_in(out, n);
	char group[IP_ADDR_TEXT_MAX];

	ip_addr_text(group, &m->group);
	switch (m->type) {
	case GROUP_QUERY:
		text_add(&t, "igmp query v%u", m->version);
		if (!ip_addr_is_any(&m->group))
			text_add(&t, " [gaddr %s]", group);
		break;
	case GROUP_REPORT: text_add(&t, "igmp v%u report %s", m->version, group); break;
	case GROUP_LEAVE: text_add(&t, "igmp leave %s", group); break;
	case GROUP_REPORT_V3: text_add(&t, "igmp v3 report"); break;
	}
	return (int)t.len;
}
