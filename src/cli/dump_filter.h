/*
 * dump_filter.h - filters in the language of pcap-filter(7), compiled and run by libpcap. It is
 * loaded when there is a filter: linked, it and what it needs in turn (libdbus, libsystemd) would
 * be in the memory of every process of burble.
 */
#ifndef CLI_DUMP_FILTER_H
#define CLI_DUMP_FILTER_H

#include "base/base.h"

#include <pcap/pcap.h>

enum {
	DUMP_FILTER_WHY_MAX = 512,
};

/* The outcome of dump_filter_open(). */
enum dump_filter_status {
	DUMP_FILTER_OK,
	DUMP_FILTER_WRONG,   /* the text */
	DUMP_FILTER_MISSING, /* libpcap, or memory */
};

/* The kind of a device: what its packets begin with. */
enum dump_link {
	DUMP_IP,
	DUMP_ETHERNET,
	DUMP_LINKS,
};

struct dump_filter {
	void *library; /* NULL: every packet matches */
	/* Without instructions: no packet of such a link matches. */
	struct bpf_program program[DUMP_LINKS];
	int (*offline)(
		const struct bpf_program *p, const struct pcap_pkthdr *h, const u_char *bytes);
	void (*freecode)(struct bpf_program *p);
};

/* Compiles text, "" for all packets. It may be of use for one kind of link only, as "arp" is. On
 * failure writes the reason to why, which has
 * DUMP_FILTER_WHY_MAX bytes. */
enum dump_filter_status dump_filter_open(struct dump_filter *f, const char *text, char *why);

/* Whether the packet of such a link matches: len bytes of wire_len. */
bool dump_filter_match(const struct dump_filter *f, enum dump_link link, const uint8_t *bytes,
	uint32_t len, uint32_t wire_len);

/* Frees the programs and unloads libpcap. */
void dump_filter_close(struct dump_filter *f);

#endif
