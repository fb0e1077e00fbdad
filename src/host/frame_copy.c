/* frame_copy.c - a packet as the bytes that are on the wire. */
#include "host/frame_copy.h"
#include "wire/checksum.h"

static void complete(uint8_t *bytes, uint32_t len, const struct pkt *p)
{
	uint32_t start = pkt_csum_start(p), field = start + p->csum_offset;
	uint16_t sum;

	if (start >= len || field + sizeof(sum) > len)
		return; /* the kernel's mistake: the stack drops the packet */
	sum = csum_fold(csum_add(0, bytes + start, len - start));
	memcpy(bytes + field, &sum, sizeof(sum));
}

void frame_copy(uint8_t *to, const struct pkt *p)
{
	pkt_bytes(p, to);
	if (p->csum_partial)
		complete(to, pkt_total(p), p);
}
