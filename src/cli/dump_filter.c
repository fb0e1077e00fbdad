/* dump_filter.c - filters by libpcap, loaded on demand: dump_filter.h. */
#include "cli/dump_filter.h"

#include <dlfcn.h>
#include <stdio.h>

#define LIBRARY "libpcap.so.0.8" /* Debian's name of every libpcap 1.x */

enum {
	PACKET_MAX = 65536,
};

/* The functions used to compile. */
struct compiler {
	pcap_t *(*open_dead)(int linktype, int snaplen);
	int (*compile)(pcap_t *p, struct bpf_program *out, const char *text, int optimize,
		bpf_u_int32 netmask);
	char *(*geterr)(pcap_t *p);
	void (*close)(pcap_t *p);
};

/* Function pointers are read as dlsym(3) shows. */
static bool find(struct dump_filter *f, void *function, const char *name)
{
	void *at = dlsym(f->library, name);

	memcpy(function, &at, sizeof(at));
	return at != NULL;
}

static bool load(struct dump_filter *f, struct compiler *c)
{
	f->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return f->library && find(f, &c->open_dead, "pcap_open_dead") &&
	       find(f, &c->compile, "pcap_compile") && find(f, &c->geterr, "pcap_geterr") &&
	       find(f, &c->close, "pcap_close") && find(f, &f->offline, "pcap_offline_filter") &&
	       find(f, &f->freecode, "pcap_freecode");
}

static bool compile(struct dump_filter *f, const struct compiler *c, enum dump_link link,
	const char *text, char *why)
{
	pcap_t *p = c->open_dead(link == DUMP_ETHERNET ? DLT_EN10MB : DLT_RAW, PACKET_MAX);
	bool good = p && c->compile(p, &f->program[link], text, 1, PCAP_NETMASK_UNKNOWN) == 0;

	if (!good)
		snprintf(why, DUMP_FILTER_WHY_MAX, "the filter is wrong: %s",
			p ? c->geterr(p) : "out of memory");
	if (p)
		c->close(p);
	return good;
}

enum dump_filter_status dump_filter_open(struct dump_filter *f, const char *text, char *why)
{
	struct compiler c;
	bool good = false;

	*f = (struct dump_filter){0};
	if (!*text)
		return DUMP_FILTER_OK;
	if (!load(f, &c)) {
		snprintf(why, DUMP_FILTER_WHY_MAX,
			"a filter needs libpcap: %s: 'apt-get install libpcap0.8' installs it",
			dlerror());
		return DUMP_FILTER_MISSING;
	}
	for (int link = 0; link < DUMP_LINKS; link++)
		good = compile(f, &c, (enum dump_link)link, text, why) || good;
	return good ? DUMP_FILTER_OK : DUMP_FILTER_WRONG;
}

bool dump_filter_match(const struct dump_filter *f, enum dump_link link, const uint8_t *bytes,
	uint32_t len, uint32_t wire_len)
{
	const struct bpf_program *program;
	struct pcap_pkthdr head = {.len = wire_len, .caplen = len};

	if (!f->library)
		return true;
	program = &f->program[link];
	return program->bf_insns && f->offline(program, &head, bytes) != 0;
}

void dump_filter_close(struct dump_filter *f)
{
	if (!f->library)
		return;
	for (int link = 0; f->freecode && link < DUMP_LINKS; link++)
		f->freecode(&f->program[link]);
	dlclose(f->library);
	f->library = NULL;
}
