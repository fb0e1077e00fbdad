/*
 * ip_opts.c - IPv4 record route and timestamp options (RFC 791 section 3.1): filled in when a
 * packet is received or forwarded, and again in the reply, which returns both options (RFC 1122
 * section 3.2.2.6), as Linux does.
 *
 *     | 7  | length | pointer | address | address | ...
 *     | 68 | length | pointer | overflow, flag | [address] time | ...
 */
#include "stack/ip/ip_opts.h"

static void record_route(uint8_t *o, const struct ip_addr *us)
{
	assert(o[1] <= IPV4_OPT_MAX && o[2] >= 4);
	if (o[2] + 3 > o[1])
		return;
	memcpy(o + o[2] - 1, us->b + 12, 4);
	o[2] += 4;
}

/* A full option is left unchanged; the caller counts the overflow. */
static void record_time(const struct stack *s, uint8_t *o, const struct ip_addr *us)
{
	uint8_t flag = o[3] & 15, *at = o + o[2] - 1;

	assert(o[1] <= IPV4_OPT_MAX && o[2] >= 5);
	if (flag == IPV4_TS_ONLY && o[2] + 3 <= o[1]) {
		put_be32(at, ip_time_of_day(s));
		o[2] += 4;
	}
	if ((flag != IPV4_TS_ADDR && flag != IPV4_TS_NAMED) || o[2] + 7 > o[1])
		return;
	struct ip_addr named = ip_addr_from_v4(get_be32(at));

	if (flag == IPV4_TS_NAMED && !ip_is_local(s, &named))
		return;
	if (flag == IPV4_TS_ADDR)
		memcpy(at, us->b + 12, 4);
	put_be32(at + 4, ip_time_of_day(s));
	o[2] += 8;
}

/* RFC 791: the number of hosts that found no room. Cannot overflow: 15 is malformed. */
static void count_full(uint8_t *o)
{
	assert(o[2] <= o[1] || o[3] >> 4 < 15 || (o[3] & 15) == IPV4_TS_NAMED);
	if (o[2] > o[1] && (o[3] & 15) != IPV4_TS_NAMED)
		o[3] += 0x10;
}

void ip_opts_record(
	const struct stack *s, const struct ipv4 *h, uint8_t *head, const struct ip_addr *us)
{
	assert(h->record_route < ipv4_emit_len(h) && h->timestamp < ipv4_emit_len(h));
	if (h->record_route != 0)
		record_route(head + h->record_route, us);
	if (h->timestamp != 0) {
		count_full(head + h->timestamp);
		record_time(s, head + h->timestamp, us);
	}
	if (h->record_route != 0 || h->timestamp != 0)
		ipv4_emit(h, head);
}

uint32_t ip_opts_answer(
	const struct stack *s, const struct ip_bytes *head, const struct ip_addr *us, uint8_t *out)
{
	struct ipv4_view v;
	struct ipv4 h;
	uint32_t len = 0;

	if (!ipv4_view(&v, head->p, head->len) || ipv4_parse_quote(&h, v) != DROP_NONE ||
		!ipv4_options(&h))
		return 0;
	memset(out, 0, IPV4_OPT_MAX); /* end of options */
	if (h.record_route != 0) {
		assert(head->p[h.record_route + 1] <= IPV4_OPT_MAX);
		memcpy(out, head->p + h.record_route, head->p[h.record_route + 1]);
		record_route(out, us);
		len += out[1];
	}
	if (h.timestamp != 0) {
		assert(len + head->p[h.timestamp + 1] <= IPV4_OPT_MAX);
		memcpy(out + len, head->p + h.timestamp, head->p[h.timestamp + 1]);
		record_time(s, out + len, us);
		len += out[len + 1];
	}
	return (len + 3) & ~3u;
}
