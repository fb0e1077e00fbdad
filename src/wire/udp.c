/* udp.c - parse, emit and print of UDP; see udp.h. */
#include "wire/udp.h"

#include "wire/text.h"

static enum drop checksum(const uint8_t *p, uint16_t len, const struct ip_pair *a)
{
	if (get_be16(p + 6) == 0)
		return ip_addr_is_v4(&a->dst) ? DROP_NONE : DROP_NO_CHECKSUM;
	uint64_t sum = csum_add(csum_pseudo(a, IP_PROTO_UDP, len), p, len);

	return csum_fold(sum) == 0 ? DROP_NONE : DROP_CHECKSUM;
}

enum drop udp_parse(struct udp *out, struct udp_view v, const struct ip_pair *a)
{
	uint16_t len = get_be16(v.p + 4);

	if (a == NULL) /* a quote may be cut short */
		len = (uint16_t)size_max(size_min(len, v.len), UDP_HDR_LEN);
	if (len < UDP_HDR_LEN || len > v.len)
		return DROP_TOTAL_LEN;
	*out = (struct udp){
		.sport = get_be16(v.p),
		.dport = get_be16(v.p + 2),
		.no_checksum = get_be16(v.p + 6) == 0,
		.len = (uint16_t)(len - UDP_HDR_LEN),
		.data = v.p + UDP_HDR_LEN,
	};
	return a == NULL ? DROP_NONE : checksum(v.p, len, a);
}

void udp_emit(const struct udp *u, const struct ip_pair *a, uint8_t *p)
{
	uint32_t len = UDP_HDR_LEN + (uint32_t)u->len;
	uint64_t sum = csum_pseudo(a, IP_PROTO_UDP, len);

	assert(len <= UDP_LEN_MAX);
	put_be16(p, u->sport);
	put_be16(p + 2, u->dport);
	put_be16(p + 4, (uint16_t)len);
	put_be16(p + 6, 0);
	sum = csum_add(sum, p, UDP_HDR_LEN);
	if (u->len > 0 && u->data != p + UDP_HDR_LEN)
		sum = csum_copy(sum, p + UDP_HDR_LEN, u->data, u->len);
	else
		sum = csum_add(sum, p + UDP_HDR_LEN, u->len);
	uint16_t field = csum_fold(sum);

	if (field == 0)
		field = 0xffff;
	if (u->no_checksum)
		field = 0;
	memcpy(p + 6, &field, sizeof(field));
}

int udp_print(char *out, size_t n, const struct udp *u)
{
	struct text t = text_in(out, n);

	text_add(&t, "UDP, length %u", u->len);
	return (int)t.len;
}
