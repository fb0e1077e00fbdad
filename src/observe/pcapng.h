/*
 * pcapng.h - capture files as Wireshark and tshark open them (draft-ietf-opsawg-pcapng), with
 * nanosecond times and nothing of the machine in them: the same packets give the same bytes.
 *
 *     section header | interface description (one a link) | enhanced packet | enhanced packet | ...
 *     each block:  type (4) | length (4) | body, padded to 4 | length (4)
 *
 * The writer gives bytes to a sink; it opens no file and keeps nothing but what a block needs. The
 * reader takes a whole capture in memory, of either byte order and any time resolution.
 */
#ifndef OBSERVE_PCAPNG_H
#define OBSERVE_PCAPNG_H

#include "base/base.h"

enum pcapng_link {
	PCAPNG_ETHERNET = 1,
	PCAPNG_RAW_IP = 101, /* IPv4 or IPv6 without a link header */
};

enum {
	PCAPNG_COMMENT_MAX = 256, /* bytes of a comment; longer ones are cut */
	PCAPNG_PACKET_MAX =
		65536 + 64,    /* bytes of a packet; longer ones are cut, the length says so */
	PCAPNG_LINKS_MAX = 32, /* interfaces of a section that the reader knows; more are refused */
};

/* Takes n bytes of the file. Returns false if they could not be kept: the writer then stays failed.
 */
typedef bool (*pcapng_sink)(void *user, const void *bytes, size_t n);

struct pcapng_writer {
	pcapng_sink sink;
	void *user;
	uint32_t links; /* interfaces described so far */
	bool failed;
};

/* One packet, in or out. */
struct pcapng_packet {
	uint32_t link; /* number of its interface, from 0 */
	nsec_t at;
	const uint8_t *data;
	uint32_t len;        /* bytes at data */
	uint32_t wire_len;   /* bytes it had on the wire; 0 on writing: len */
	const char *comment; /* NULL: none; the reader never gives one */
};

/* Writes the section header. Returns false if the sink does. */
bool pcapng_begin(struct pcapng_writer *w, pcapng_sink sink, void *user);

/* Describes one more interface; name may be NULL. Returns its number, or UINT32_MAX if the sink
 * fails. */
uint32_t pcapng_add_link(struct pcapng_writer *w, enum pcapng_link type, const char *name);

/* Writes one packet of a described interface. Returns false if the sink does. */
bool pcapng_write(struct pcapng_writer *w, const struct pcapng_packet *p);

/* Reading: a cursor over the len bytes of a capture. */
struct pcapng_reader {
	const uint8_t *p, *end;
	bool swapped, started;
	uint32_t links;
	struct {
		uint16_t type;    /* enum pcapng_link, or another of tcpdump's LINKTYPEs */
		uint64_t per_sec; /* time units in a second */
	} link[PCAPNG_LINKS_MAX];
	const char *error; /* why reading ended before the end; NULL if it did not */
};

/* Starts at the first block. The bytes are borrowed. */
void pcapng_read(struct pcapng_reader *r, const uint8_t *bytes, size_t len);

/* Gives the next packet, borrowed from the capture. Returns false at the end or at an error. */
bool pcapng_next(struct pcapng_reader *r, struct pcapng_packet *p);

#endif
