/*
 * pcap.h - reader of capture files in either format: pcapng (pcapng.h), or the older pcap, of both
 * byte orders, in microseconds or nanoseconds:
 *
 *     magic 4 | version 2 2 | zone 4 | accuracy 4 | snap length 4 | link type 4
 *     seconds 4 | fraction 4 | length here 4 | length on the wire 4 | bytes      ... for each
 * packet
 */
#ifndef OBSERVE_PCAP_H
#define OBSERVE_PCAP_H

#include "observe/pcapng.h"

struct pcap_reader {
	struct pcapng_reader ng; /* also the cursor and the error of a pcap file */
	uint64_t per_sec;        /* of a pcap file's times; 0: it is pcapng */
	uint16_t link;           /* its link type */
};

/* Starts reading the len bytes of a capture, which are borrowed. */
void pcap_read(struct pcap_reader *r, const uint8_t *bytes, size_t len);

/* Reads the next packet; its data is borrowed from the capture. Returns false at the end, or on an
 * error, which r->ng.error says. */
bool pcap_next(struct pcap_reader *r, struct pcapng_packet *p);

/* The link type of a packet that was just read: enum pcapng_link, or another LINKTYPE. */
uint16_t pcap_link(const struct pcap_reader *r, const struct pcapng_packet *p);

#endif
