/*
 * cell_flood.c - a listener under a flood of SYNs: each is answered with a cookie, no state is
 * kept. The answers are dropped at the link.
 */
#include "stack/cells.h"

#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <stdlib.h>

enum {
	HOSTS = 200, /* spoofed sources */
	SYNS = 1 << 16,
	SYN_OPTIONS = 20,
	SYN_BYTES = IPV4_HDR_MIN + TCP_HDR_MIN + SYN_OPTIONS,
};

/* The packets as they arrive, made before the measurement. */
struct flood {
	uint8_t syn[SYNS][SYN_BYTES];
};

/* A SYN with Linux's options; each has its own source. */
static void make_syn(uint32_t n, uint8_t *p)
{
	static const uint8_t opt[SYN_OPTIONS] = {
		2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7};
	struct ip_pair a = {ip_addr_from_v4(0x0a00000a + n % HOSTS), ip_addr_from_v4(0x0a000002)};
	struct tcp_seg g = {.sport = (uint16_t)(1024 + n / HOSTS),
		.dport = LINK_FIRST_PORT,
		.seq = seq_of(n * 40503u),
		.flags = SEG_SYN,
		.win = 64240,
		.opt = opt,
		.opt_len = sizeof(opt)};
	struct ipv4 h = {.addr = a, .ttl = 64, .proto = IP_PROTO_TCP, .df = true};

	h.len = (uint16_t)tcp_emit_len(&g);
	ipv4_emit(&h, p);
	tcp_emit(&g, &a, p + IPV4_HDR_MIN);
}

static struct flood *flood_new(void)
{
	struct flood *f = malloc(sizeof(*f));

	must(f != NULL, "out of memory");
	for (uint32_t n = 0; n < SYNS; n++)
		make_syn(n * 40503u % SYNS, f->syn[n]);
	return f;
}

static struct pkt *arrival(struct link *l, const uint8_t *syn)
{
	struct pkt *p = pkt_new(stack_pkts(l->side[SERVER].stack), SYN_BYTES);

	must(p != NULL, "out of memory for frames");
	memcpy(p->data, syn, SYN_BYTES);
	p->len = SYN_BYTES;
	return p;
}

/* Discards the answers. */
static long drop_answers(struct link *l)
{
	struct pkt *p;
	long n = 0;

	while ((p = pkt_queue_take(&l->side[CLIENT].in))) {
		pkt_free(p);
		n++;
	}
	return n;
}

static void flood(struct link *l, const struct flood *f, long syns)
{
	long answered = 0;

	for (long i = 0; i < syns;) {
		for (int k = 0; k < LINK_BATCH && i < syns; k++, i++)
			pkt_queue_add(&l->side[SERVER].in, arrival(l, f->syn[i % SYNS]));
		link_deliver(l, SERVER);
		link_flush(l, SERVER);
		answered += drop_answers(l);
		link_pass(l, 20 * NSEC_USEC);
	}
	must(answered == syns, "a SYN was not answered");
}

void cell_flood(const struct link_options *o, long syns)
{
	struct link *l = link_new(o);
	struct flood *f = flood_new();
	const char *why;
	double start;

	must(sysctl_set(stack_sysctl(l->side[SERVER].stack), "net.ipv4.tcp_syncookies", "2",
		     &why) == 0,
		"no cookies");
	link_listen(l, 0);
	flood(l, f, syns / 8);
	start = cpu_ns();
	flood(l, f, syns);
	report(cpu_ns() - start, (double)syns, (double)(syns / 8));
	free(f);
	link_free(l);
}
