/*
 * twin - random socket calls and segments from a seed, to the kernel or to the stack; prints the
 * results. The same seed makes the same calls on both, whatever the results: a difference in output
 * is a difference between the stacks.
 *
 *     twin [-p MS] kernel|stack SEED STEPS [LEFT-OUT-STEP...]
 *
 * Each step draws from a generator of its own, so that one can be left out without changing the
 * others. It ends when nothing has been sent for MS milliseconds (2): a different pace moves timer
 * expiries to other steps.
 */
#include "base/prng.h"
#include "wire.h"
#include "wire/tcp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

enum {
	SLOTS = 6, /* sockets at a time; an empty slot yields EBADF */
	LETTER_MAX = 4000,
	PACE_MS = 2,
	SEED_MIX = 7919, /* the seed of a step depends on both */
};

struct run {
	const struct world *w;
	struct wire *wire;
	struct prng prng; /* of this step */
	int fd[SLOTS];
	int seen[SLOTS]; /* poll and state, as printed last */
};

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)prng_below(&r->prng, n);
}

static const char *answer(int v)
{
	static char text[16];
	if (v < 0)
		return strerrorname_np(-v);
	snprintf(text, sizeof(text), "%d", v);
	return text;
}

/* --- addresses -------------------------------------------------------------------------------- */

static const char *const addrs[] = {"127.0.0.1", "10.0.0.1", "10.0.0.9", "0.0.0.0", "::1",
	"fd00::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:10.0.0.9", "::ffff:0.0.0.0",
	"10.0.0.255", "224.0.0.1", "fe80::1"};

static socklen_t make_addr(struct sockaddr_storage *a, const char *text, unsigned port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)a;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)a;
	memset(a, 0, sizeof(*a));
	if (!strchr(text, ':')) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, text, &in->sin_addr);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	inet_pton(AF_INET6, text, &in6->sin6_addr);
	return sizeof(*in6);
}

/* Our ports for local destinations, the peer's for those on the wire. */
static socklen_t draw_addr(struct run *r, struct sockaddr_storage *a)
{
	const char *text = addrs[below(r, ARRAY_SIZE(addrs) * 3) % ARRAY_SIZE(addrs)];
	unsigned base = strstr(text, "10.0.0.9") ? FLOW_PEER : FLOW_PORT;
	unsigned port = base + below(r, FLOWS);
	printf(" %s#%u", text, port);
	return make_addr(a, text, port);
}

static void print_addr(const struct sockaddr_storage *a)
{
	char text[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in *in = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a;
	bool v6 = a->ss_family == AF_INET6;
	unsigned port = ntohs(v6 ? in6->sin6_port : in->sin_port);
	inet_ntop(a->ss_family, v6 ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr,
		text, sizeof(text));
	if (port >= EPHEMERAL)
		printf(" %s#eph", text);
	else
		printf(" %s#%u", text, port);
}

/* --- steps ------------------------------------------------------------------------------------ */

static int open_slot(struct run *r, unsigned slot)
{
	static const int domains[] = {AF_INET, AF_INET, AF_INET6};
	int domain = domains[below(r, 3)], type = below(r, 3) ? SOCK_STREAM : SOCK_DGRAM;
	printf(" socket %s %s", domain == AF_INET ? "v4" : "v6",
		type == SOCK_STREAM ? "tcp" : "udp");
	if (r->fd[slot] >= 0)
		r->w->close(r->fd[slot]);
	r->fd[slot] = r->w->socket(domain, type);
	return r->fd[slot] < 0 ? r->fd[slot] : 0;
}

static int step_bind(struct run *r, unsigned slot)
{
	struct sockaddr_storage a;
	printf(" bind");
	socklen_t len = draw_addr(r, &a);
	return r->w->bind(r->fd[slot], &a, len);
}

static int step_connect(struct run *r, unsigned slot)
{
	struct sockaddr_storage a;
	printf(" connect");
	socklen_t len = draw_addr(r, &a);
	if (below(r, 8) == 0) {
		printf(" unspec");
		a.ss_family = AF_UNSPEC;
	}
	return r->w->connect(r->fd[slot], &a, len);
}

static int step_listen(struct run *r, unsigned slot)
{
	int backlog = (int)below(r, 3);
	printf(" listen %d", backlog);
	return r->w->listen(r->fd[slot], backlog);
}

static int step_accept(struct run *r, unsigned slot)
{
	unsigned to = below(r, SLOTS);
	printf(" accept into %u", to);
	int fd = r->w->accept(r->fd[slot]);
	if (fd < 0)
		return fd;
	if (r->fd[to] >= 0)
		r->w->close(r->fd[to]);
	r->fd[to] = fd;
	return 0;
}

static int step_close(struct run *r, unsigned slot)
{
	printf(" close");
	int err = r->w->close(r->fd[slot]);
	r->fd[slot] = -1;
	return err;
}

static int step_shutdown(struct run *r, unsigned slot)
{
	int how = (int)below(r, 4);
	printf(" shutdown %d", how);
	return r->w->shutdown(r->fd[slot], how);
}

static const struct sockopt options[] = {{SOL_SOCKET, SO_REUSEADDR, 0},
	{SOL_SOCKET, SO_REUSEPORT, 0}, {SOL_SOCKET, SO_KEEPALIVE, 0}, {SOL_SOCKET, SO_OOBINLINE, 0},
	{SOL_SOCKET, SO_RCVLOWAT, 0}, {SOL_SOCKET, SO_BROADCAST, 0}, {SOL_SOCKET, SO_PRIORITY, 0},
	{SOL_SOCKET, SO_ERROR, 0}, {SOL_SOCKET, SO_TYPE, 0}, {SOL_SOCKET, SO_DOMAIN, 0},
	{SOL_SOCKET, SO_PROTOCOL, 0}, {SOL_SOCKET, SO_ACCEPTCONN, 0}, {SOL_SOCKET, SO_SNDBUF, 0},
	{SOL_SOCKET, SO_RCVBUF, 0}, {IPPROTO_TCP, TCP_NODELAY, 0}, {IPPROTO_TCP, TCP_CORK, 0},
	{IPPROTO_TCP, TCP_MAXSEG, 0}, {IPPROTO_TCP, TCP_KEEPIDLE, 0}, {IPPROTO_TCP, TCP_KEEPCNT, 0},
	{IPPROTO_TCP, TCP_SYNCNT, 0}, {IPPROTO_TCP, TCP_LINGER2, 0},
	{IPPROTO_TCP, TCP_DEFER_ACCEPT, 0}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 0},
	{IPPROTO_IP, IP_TTL, 0}, {IPPROTO_IP, IP_TOS, 0}, {IPPROTO_IP, IP_RECVERR, 0},
	{IPPROTO_IP, IP_MTU_DISCOVER, 0}, {IPPROTO_IP, IP_FREEBIND, 0},
	{IPPROTO_IPV6, IPV6_V6ONLY, 0}, {IPPROTO_IPV6, IPV6_TCLASS, 0},
	{IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0}, {IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0},
	{IPPROTO_IPV6, IPV6_RECVERR, 0}};

static int step_set(struct run *r, unsigned slot)
{
	static const int values[] = {0, 1, 1, 1, -1, 2, 5, 255, 256, 1000, 70000};
	struct sockopt o = options[below(r, ARRAY_SIZE(options))];
	o.value = values[below(r, ARRAY_SIZE(values))];
	printf(" set %d/%d to %d", o.level, o.name, o.value);
	return r->w->set(r->fd[slot], &o);
}

static int step_get(struct run *r, unsigned slot)
{
	struct sockopt o = options[below(r, ARRAY_SIZE(options))];
	printf(" get %d/%d", o.level, o.name);
	int err = r->w->get(r->fd[slot], &o);
	if (err >= 0)
		printf(" is %d", o.value);
	return err;
}

static int step_name(struct run *r, unsigned slot)
{
	struct sockaddr_storage a;
	int peer = (int)below(r, 2);
	printf(peer ? " peer" : " name");
	int err = r->w->name(r->fd[slot], peer, &a);
	if (err >= 0)
		print_addr(&a);
	return err;
}

static int step_ioctl(struct run *r, unsigned slot)
{
	static const unsigned long requests[] = {SIOCINQ, SIOCOUTQ, SIOCATMARK};
	unsigned which = below(r, ARRAY_SIZE(requests));
	int v = 0;
	printf(" ioctl %u", which);
	int err = r->w->ioctl(r->fd[slot], requests[which], &v);
	if (err >= 0)
		printf(" is %d", v);
	return err;
}

static int step_send(struct run *r, unsigned slot)
{
	static const int flags[] = {0, 0, 0, 0, MSG_OOB, MSG_MORE, MSG_EOR, MSG_DONTWAIT};
	static char bytes[LETTER_MAX];
	struct letter l = {.bytes = bytes, .n = below(r, 4) ? below(r, 50) : below(r, LETTER_MAX)};
	l.flags = flags[below(r, ARRAY_SIZE(flags))];
	printf(" send %zu flags %x", l.n, l.flags);
	if (below(r, 3) == 0)
		l.len = draw_addr(r, &l.addr);
	return r->w->send(r->fd[slot], &l);
}

static int step_recv(struct run *r, unsigned slot)
{
	static const int flags[] = {
		0, 0, 0, 0, MSG_PEEK, MSG_OOB, MSG_TRUNC, MSG_WAITALL, MSG_ERRQUEUE};
	static char bytes[LETTER_MAX];
	struct letter l = {.bytes = bytes, .n = below(r, 3) ? LETTER_MAX : below(r, 100)};
	l.flags = flags[below(r, ARRAY_SIZE(flags))];
	printf(" recv %zu flags %x", l.n, l.flags);
	int n = r->w->recv(r->fd[slot], &l);
	if (n >= 0 && l.len > 0)
		print_addr(&l.addr);
	return n;
}

static int step_segment(struct run *r, unsigned slot)
{
	static const int flags[] = {SEG_ACK, SEG_ACK, SEG_ACK | SEG_PSH, SEG_SYN, SEG_SYN,
		SEG_SYN | SEG_ACK, SEG_SYN | SEG_ACK, SEG_FIN | SEG_ACK, SEG_RST, SEG_RST | SEG_ACK,
		SEG_FIN, 0, SEG_SYN | SEG_FIN, SEG_ACK | SEG_URG};
	static const int beside[] = {0, 0, 0, 0, 0, 0, -1, 1, 10, -1000, 100000};
	static const unsigned windows[] = {65535, 65535, 65535, 1000, 0};
	struct segment s = {.flow = below(r, FLOWS),
		.flags = flags[below(r, ARRAY_SIZE(flags))],
		.seq = beside[below(r, ARRAY_SIZE(beside))],
		.ack = beside[below(r, ARRAY_SIZE(beside))]};
	char text[12];
	(void)slot;
	s.len = below(r, 2) && !(s.flags & SEG_SYN) ? below(r, 100) : 0;
	s.win = windows[below(r, ARRAY_SIZE(windows))];
	printf(" segment of %u: %s seq %+d ack %+d win %u len %u", s.flow,
		tcp_flags_text(text, (uint16_t)s.flags), s.seq, s.ack, s.win, s.len);
	wire_segment(r->wire, &s);
	return 0;
}

static int step_datagram(struct run *r, unsigned slot)
{
	unsigned flow = below(r, FLOWS), len = below(r, 100);
	(void)slot;
	printf(" datagram of %u: len %u", flow, len);
	wire_datagram(r->wire, flow, len);
	return 0;
}

/* Weighted: an entry's number of rows is its frequency. */
static int (*const steps[])(struct run *r, unsigned slot) = {open_slot, open_slot, step_bind,
	step_bind, step_bind, step_connect, step_connect, step_connect, step_listen, step_listen,
	step_accept, step_accept, step_close, step_shutdown, step_set, step_set, step_get,
	step_name, step_ioctl, step_send, step_send, step_send, step_recv, step_recv, step_recv,
	step_segment, step_segment, step_segment, step_segment, step_segment, step_datagram};

/* --- the run ---------------------------------------------------------------------------------- */

/* Prints the sockets whose state changed. */
static void print_news(struct run *r)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		int ready = r->fd[i] < 0 ? 0 : r->w->poll(r->fd[i]);
		int state = r->fd[i] < 0 ? 0 : r->w->state(r->fd[i]);
		int now = ready << 8 | (state < 0 ? 255 : state);
		if (now != r->seen[i])
			printf("  %u: poll %x state %d\n", i, (unsigned)ready,
				state < 0 ? -1 : state);
		r->seen[i] = now;
	}
}

static void step(struct run *r, uint64_t seed, unsigned n)
{
	prng_seed(&r->prng, seed * SEED_MIX + n);
	unsigned slot = below(r, SLOTS), kind = below(r, ARRAY_SIZE(steps));
	printf("%u: s%u", n, slot);
	if (n < SLOTS) {
		slot = n;
		kind = 0;
	}
	int v = steps[kind](r, slot);
	printf(" = %s\n", answer(v));
	wire_print(r->wire);
	print_news(r);
}

static bool left_out(unsigned n, char **list)
{
	for (; *list; list++)
		if (strtoul(*list, NULL, 10) == n)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	int pace_ms = PACE_MS;
	if (argc > 2 && strcmp(argv[1], "-p") == 0) {
		pace_ms = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 4 || pace_ms <= 0) {
		fprintf(stderr, "usage: twin [-p MS] kernel|stack SEED STEPS [LEFT-OUT-STEP...]\n");
		return 2;
	}
	bool kernel = strcmp(argv[1], "kernel") == 0;
	struct run r = {.w = kernel ? world_kernel(pace_ms) : world_stack(pace_ms)};
	uint64_t seed = strtoull(argv[2], NULL, 10);
	unsigned n = (unsigned)strtoul(argv[3], NULL, 10);
	if (!r.w)
		return 1;
	r.wire = wire_new(r.w);
	memset(r.fd, -1, sizeof(r.fd));
	for (unsigned i = 0; i < n; i++)
		if (!left_out(i, argv + 4))
			step(&r, seed, i);
	wire_free(r.wire);
	return 0;
}
