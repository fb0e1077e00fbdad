/* pcap.c - reader of capture files in either format, see pcap.h. */
#include "observe/pcap.h"

enum {
	HEADER = 24,
	RECORD = 16,
	LINK_AT = 20,
	LINK_BITS = 0xffff, /* above: the length of a frame check sequence */
};

#define MAGIC_USEC 0xa1b2c3d4
#define MAGIC_NSEC 0xa1b23c4d

static uint32_t get32(const struct pcap_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->ng.swapped ? __builtin_bswap32(v) : v;
}

/* Takes the header of a pcap file. False: it is not one. */
static bool take_header(struct pcap_reader *r, const uint8_t *bytes, size_t len)
{
	uint32_t magic;

	if (len < HEADER)
		return false;
	for (int i = 0; i < 2; i++) {
		r->ng.swapped = i > 0;
		magic = get32(r, bytes);
		if (magic == MAGIC_USEC || magic == MAGIC_NSEC)
			break;
	}
	if (magic != MAGIC_USEC && magic != MAGIC_NSEC)
		return false;
	r->per_sec = magic == MAGIC_NSEC ? NSEC_SEC : NSEC_SEC / 1000;
	r->link = (uint16_t)(get32(r, bytes + LINK_AT) & LINK_BITS);
	r->ng.p = bytes + HEADER;
	r->ng.end = bytes + len;
	return true;
}

void pcap_read(struct pcap_reader *r, const uint8_t *bytes, size_t len)
{
	*r = (struct pcap_reader){0};
	if (!take_header(r, bytes, len))
		pcapng_read(&r->ng, bytes, len);
}

static bool fail(struct pcap_reader *r, const char *why)
{
	r->ng.error = why;
	r->ng.p = r->ng.end;
	return false;
}

bool pcap_next(struct pcap_reader *r, struct pcapng_packet *p)
{
	size_t left = (size_t)(r->ng.end - r->ng.p);
	const uint8_t *h = r->ng.p;

	if (r->per_sec == 0)
		return pcapng_next(&r->ng, p);
	if (left == 0)
		return false;
	if (left < RECORD)
		return fail(r, "truncated record");
	*p = (struct pcapng_packet){.at = (nsec_t)get32(r, h) * NSEC_SEC +
					  (nsec_t)get32(r, h + 4) * (NSEC_SEC / (nsec_t)r->per_sec),
		.data = h + RECORD,
		.len = get32(r, h + 8),
		.wire_len = get32(r, h + 12)};
	if (p->len > left - RECORD)
		return fail(r, "a packet is longer than the file");
	r->ng.p += RECORD + p->len;
	return true;
}

uint16_t pcap_link(const struct pcap_reader *r, const struct pcapng_packet *p)
{
	return r->per_sec > 0 ? r->link : r->ng.link[p->link].type;
}
