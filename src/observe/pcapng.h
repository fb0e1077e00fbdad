/*
 * pcapng.h - pcapng capture files (draft-ietf-opsawg-pcapng), for Wireshark and tshark. Times are
 * in nanoseconds, and nothing depends on the machine: the same packets give the same bytes.
 *
 *     section header | interface description (one per link) | enhanced packet | enhanced packet |
 * ... each block:  type (4) | length (4) | body, padded to 4 | length (4)
 *
 * The writer passes bytes to a sink and opens no file. The reader takes a whole capture in memory,
 * of either byte order and any time resolution.
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
		65536 + 64,    /* bytes of a packet; longer ones are cut, wire_len is kept */
	PCAPNG_LINKS_MAX = 32, /* interfaces of a section when reading; more are an error */
};

/* Writes n bytes. Returns false on failure, after which it is not called again. */
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
	uint32_t wire_len;   /* original length; 0 when writing: len */
	const char *comment; /* NULL: none; ignored when reading */
};

/* Writes the section header. Returns false if the sink failed. */
bool pcapng_begin(struct pcapng_writer *w, pcapng_sink sink, void *user);

/* Adds an interface; name may be NULL. Returns its number, or UINT32_MAX if the sink
 * fails. */
uint32_t pcapng_add_link(struct pcapng_writer *w, enum pcapng_link type, const char *name);

/* Writes a packet of an interface that was added. Returns false if the sink failed. */
bool pcapng_write(struct pcapng_writer *w, const struct pcapng_packet *p);

/* Cursor over a capture. */
struct pcapng_reader {
	const uint8_t *p, *end;
	bool swapped, started;
	uint32_t links;
	struct {
		uint16_t type;    /* enum pcapng_link, or another LINKTYPE */
		uint64_t per_sec; /* time units in a second */
	} link[PCAPNG_LINKS_MAX];
	const char *error; /* why reading stopped early; NULL: it did not */
};

/* Starts reading the len bytes of a capture, which are borrowed. */
void pcapng_read(struct pcapng_reader *r, const uint8_t *bytes, size_t len);

/* Reads the next packet; its data is borrowed from the capture. Returns false at the end or on an
 * error. */
bool pcapng_next(struct pcapng_reader *r, struct pcapng_packet *p);

#endif
