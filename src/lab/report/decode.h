/* decode.h - packet parser for reports. Any bytes yield a result that can be displayed. */
#ifndef LAB_REPORT_DECODE_H
#define LAB_REPORT_DECODE_H

#include "wire/tcp.h"

enum {
	DECODED_TEXT_MAX = 160,
};

struct decoded {
	enum {
		DECODED_OTHER, /* only text is valid */
		DECODED_UDP,
		DECODED_TCP,
	} kind;
	bool has_addr;
	bool damaged; /* a checksum is wrong */
	struct ip_pair addr;
	uint16_t sport, dport;
	uint32_t len;                /* bytes of payload */
	struct tcp_seg seg;          /* of TCP; borrows the packet */
	struct tcp_opts opts;        /* likewise */
	char text[DECODED_TEXT_MAX]; /* of anything else, in tcpdump's notation */
};

/* Decodes the IP packet of len bytes at p. */
void decode(struct decoded *d, const uint8_t *p, size_t len);

#endif
