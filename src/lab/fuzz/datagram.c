/* datagram.c - flows of UDP datagrams: datagram.h. */
#include "lab/fuzz/datagram.h"

#include "lab/fuzz/oracle.h"
#include "lab/fuzz/program.h"
#include "lab/fuzz/strand.h"
#include "socket/instance.h"
#include "stack/mib.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

#include <errno.h>

enum {
	FRAGMENT_HDR = 8, /* of IPv6 */
	FRAGMENT_OFFSET = 0xfff8,
	FRAGMENT_MORE = 1,
};

uint8_t datagram_byte(int64_t id, uint32_t number, uint32_t at)
{
	uint32_t v = (number * 251 + at + 1) * 2654435761u ^ (uint32_t)(id + 1) * 40503u;

	if (at < DATAGRAM_NUMBER)
		return (uint8_t)(at == 0 ? number >> 8 : number);
	return (uint8_t)(v >> 24);
}

/* The number of a datagram; 0 for one that is too short to say. */
static uint32_t number_of(const uint8_t *p, size_t n)
{
	return n < DATAGRAM_NUMBER ? 0 : (uint32_t)get_be16(p);
}

static uint32_t length_of(const struct flow *f)
{
	return (uint32_t)f->row->arg[UDP_BYTES];
}

static struct burble *instance_at(const struct run *r, int host)
{
	return r->net.off[host] || r->net.frozen[host] ? NULL : host_instance(r->net.host[host]);
}

static int open_at(struct flow *f, struct burble *b, int host, int64_t port)
{
	struct net *n = &f->run->net;
	struct sockaddr_storage a;
	socklen_t len = net_address(n, host, (uint16_t)port, &a);
	int fd = burble_socket(b, a.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	fuzz_note(f->run, burble_bind(b, fd, (struct sockaddr *)&a, len));
	return fd;
}

/* --- the sender ------------------------------------------------------------------------------- */

static void open_sender(struct flow *f, struct burble *b)
{
	const int64_t *arg = f->row->arg;
	struct sockaddr_storage to;
	socklen_t len = net_address(
		&f->run->net, (int)arg[UDP_TO], (uint16_t)(DATAGRAM_PORT + arg[UDP_ID]), &to);

	f->sender = open_at(f, b, (int)arg[UDP_FROM], DATAGRAM_SENDER_PORT + arg[UDP_ID]);
	if (arg[UDP_FLAGS] & DATAGRAM_CONNECTED)
		fuzz_note(f->run, burble_connect(b, f->sender, (struct sockaddr *)&to, len));
}

/* A datagram that cannot be sent is lost: UDP promises no more. */
static void send_one(struct flow *f, struct burble *b)
{
	const int64_t *arg = f->row->arg;
	uint32_t n = length_of(f);
	uint8_t *p = f->run->scratch;
	struct sockaddr_storage to;
	socklen_t len = net_address(
		&f->run->net, (int)arg[UDP_TO], (uint16_t)(DATAGRAM_PORT + arg[UDP_ID]), &to);
	ssize_t sent;

	for (uint32_t i = 0; i < n; i++)
		p[i] = datagram_byte(arg[UDP_ID], f->sent, i);
	sent = arg[UDP_FLAGS] & DATAGRAM_CONNECTED
		       ? burble_send(b, f->sender, p, n, 0)
		       : burble_sendto(b, f->sender, p, n, 0, (struct sockaddr *)&to, len);
	fuzz_note(f->run, sent);
	if (sent >= 0 && sent != (ssize_t)n)
		fuzz_fail(f->run, "send", "send() of a datagram of %u bytes returned %zd", n, sent);
	f->sent++;
}

static void run_sender(struct flow *f, nsec_t now)
{
	int host = (int)f->row->arg[UDP_FROM];
	struct burble *b = instance_at(f->run, host);

	f->send_at =
		NSEC_MAX; /* one that is frozen or off goes on when datagram_thawed() says so */
	if (!b || f->over)
		return;
	if (f->sender < 0)
		open_sender(f, b);
	if (f->sent < f->row->arg[UDP_COUNT]) {
		send_one(f, b);
		f->send_at = now + (f->sent < f->row->arg[UDP_COUNT] ? f->row->arg[UDP_GAP]
								     : DATAGRAM_SETTLE);
	} else {
		fuzz_note(f->run, burble_close(b, f->sender));
		f->sender = -1;
		f->over = true;
	}
	host_wake(f->run->net.host[host]);
}

/* --- the receiver ----------------------------------------------------------------------------- */

static void woken(struct burble_call *call)
{
	struct flow *f = call->ctx;

	f->read_at = f->run->net.world.now;
	net_due(&f->run->net, f->read_at);
}

static void open_receiver(struct flow *f)
{
	int host = (int)f->row->arg[UDP_TO], least = 0;
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct burble *b = host_instance(f->run->net.host[host]);

	f->receiver = open_at(f, b, host, DATAGRAM_PORT + f->row->arg[UDP_ID]);
	if (f->row->arg[UDP_FLAGS] & DATAGRAM_LITTLE)
		burble_setsockopt(b, f->receiver, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	f->epoll = burble_epoll_create1(b, 0);
	burble_epoll_ctl(b, f->epoll, EPOLL_CTL_ADD, f->receiver, &event);
	f->read_at = f->run->net.world.now;
	net_due(&f->run->net, f->read_at);
}

static void take(struct flow *f, const uint8_t *p, size_t n)
{
	uint32_t number = number_of(p, n), at = 0;

	if (number < f->sent && n == length_of(f))
		while (at < n && p[at] == datagram_byte(f->row->arg[UDP_ID], number, at))
			at++;
	if (at == n && number < f->sent && n == length_of(f))
		f->read[number]++;
	else
		fuzz_fail(f->run, "intact",
			"flow %d: byte %u of datagram %u of %zu bytes is not the one that was sent",
			(int)f->row->arg[UDP_ID], at, number, n);
}

static void read_all(struct flow *f, struct burble *b)
{
	ssize_t got;

	while ((got = burble_recv(b, f->receiver, f->run->scratch, SEND_MAX, MSG_DONTWAIT)) >= 0 ||
		got == -ECONNREFUSED) {
		fuzz_note(f->run, got);
		if (got >= 0)
			take(f, f->run->scratch, (size_t)got);
	}
	if (got != -EAGAIN)
		fuzz_fail(f->run, "reason", "flow %d: recv() of datagrams: %s",
			(int)f->row->arg[UDP_ID], strerrorname_np((int)-got));
}

/* An edge wakes it; a program that reads on readiness alone misses nothing. */
static void run_receiver(struct flow *f)
{
	struct burble *b = instance_at(f->run, (int)f->row->arg[UDP_TO]);

	f->read_at = NSEC_MAX;
	if (!b || f->receiver < 0)
		return;
	if (f->waits)
		burble_interrupt(&f->call);
	do {
		f->call = burble_call_start();
		f->call.wake = woken;
		f->call.ctx = f;
		f->waits = burble_epoll_wait_call(b, f->epoll, &f->event, 1, &f->call) ==
			   -BURBLE_BLOCKED;
		if (!f->waits)
			read_all(f, b);
	} while (!f->waits);
	host_wake(f->run->net.host[f->row->arg[UDP_TO]]);
}

/* --- all of them ------------------------------------------------------------------------------ */

void datagram_init(struct run *r)
{
	const struct plan *p = r->net.plan;

	for (uint32_t i = 0; i < p->rows && r->flows < PLAN_FLOWS; i++) {
		struct flow *f = &r->flow[r->flows];

		if (p->row[i].kind != ROW_UDP)
			continue;
		r->flows++;
		*f = (struct flow){.run = r,
			.row = &p->row[i],
			.sender = -1,
			.receiver = -1,
			.send_at = WORLD_START + p->row[i].arg[UDP_AT]};
		open_receiver(f);
		net_due(&r->net, f->send_at);
	}
}

nsec_t datagram_run(struct run *r)
{
	nsec_t next = NSEC_MAX, now = r->net.world.now;

	for (int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		if (f->send_at <= now)
			run_sender(f, now);
		if (f->read_at <= now)
			run_receiver(f);
		next = f->send_at < next ? f->send_at : next;
	}
	return next;
}

static void stop_receiver(struct flow *f)
{
	if (f->waits)
		burble_interrupt(&f->call);
	f->waits = false;
	f->receiver = -1;
	f->read_at = NSEC_MAX;
}

void datagram_down(struct run *r, int host)
{
	for (int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		if (f->row->arg[UDP_FROM] == host) {
			f->over = true;
			f->sender = -1;
			f->send_at = NSEC_MAX;
		}
		if (f->row->arg[UDP_TO] == host && f->receiver >= 0) {
			stop_receiver(f);
			f->crashed = true;
		}
	}
}

void datagram_up(struct run *r, int host)
{
	for (int i = 0; i < r->flows && !r->ended; i++)
		if (r->flow[i].row->arg[UDP_TO] == host)
			open_receiver(&r->flow[i]);
}

void datagram_thawed(struct run *r, int host)
{
	nsec_t now = r->net.world.now;

	for (int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		if (f->row->arg[UDP_TO] == host)
			f->read_at = now;
		if (f->row->arg[UDP_FROM] == host && !f->over && f->send_at == NSEC_MAX)
			f->send_at = now;
	}
	net_due(&r->net, now);
}

void datagram_end(struct run *r)
{
	for (int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];
		struct burble *from = host_instance(r->net.host[f->row->arg[UDP_FROM]]);
		struct burble *to = host_instance(r->net.host[f->row->arg[UDP_TO]]);
		int receiver = f->receiver;

		if (from && f->sender >= 0)
			burble_close(from, f->sender);
		f->sender = -1;
		f->over = true;
		f->send_at = NSEC_MAX;
		stop_receiver(f);
		if (!to || receiver < 0)
			continue;
		f->receiver = receiver;
		read_all(f, to);
		burble_close(to, f->epoll);
		burble_close(to, receiver);
		f->receiver = -1;
	}
}

bool datagram_over(const struct run *r)
{
	for (int i = 0; i < r->flows; i++)
		if (!r->flow[i].over)
			return false;
	return true;
}

/* --- what came -------------------------------------------------------------------------------- */

/* The UDP header of a packet that is whole, or is the first fragment; NULL: it is neither. */
static const uint8_t *udp_of(const struct packet *p, size_t *len, bool *whole)
{
	struct ipv4_view v4;
	struct ipv4 h4;
	struct ipv6_view v6;
	struct ipv6 h6;

	*whole = true;
	if (p->len > 0 && p->bytes[0] >> 4 == 4) {
		if (!ipv4_view(&v4, p->bytes, p->len) || ipv4_parse(&h4, v4) != DROP_NONE)
			return NULL;
		*len = h4.len;
		*whole = !h4.mf;
		return h4.proto == IP_PROTO_UDP && h4.frag_off == 0 ? h4.data : NULL;
	}
	if (!ipv6_view(&v6, p->bytes, p->len) || ipv6_parse(&h6, v6) != DROP_NONE)
		return NULL;
	*len = h6.len;
	if (h6.next == IP_PROTO_FRAGMENT && h6.len > FRAGMENT_HDR &&
		!(get_be16(h6.data + 2) & FRAGMENT_OFFSET)) {
		*whole = !(get_be16(h6.data + 2) & FRAGMENT_MORE);
		*len -= FRAGMENT_HDR;
		return h6.data[0] == IP_PROTO_UDP ? h6.data + FRAGMENT_HDR : NULL;
	}
	return h6.next == IP_PROTO_UDP ? h6.data : NULL;
}

void datagram_arrives(struct run *r, int host, const struct packet *p)
{
	size_t len;
	bool whole;
	const uint8_t *udp = r->flows > 0 ? udp_of(p, &len, &whole) : NULL;
	uint32_t number;

	if (!udp || len < UDP_HDR_LEN)
		return;
	for (int i = 0; i < r->flows; i++) {
		struct flow *f = &r->flow[i];

		if (f->row->arg[UDP_TO] != host ||
			get_be16(udp + 2) != DATAGRAM_PORT + f->row->arg[UDP_ID])
			continue;
		number = number_of(udp + UDP_HDR_LEN, len - UDP_HDR_LEN);
		if (number < PLAN_DATAGRAMS)
			f->came[number]++;
		r->datagrams[host] += whole;
		r->fragmented[host] += !whole;
	}
}

/* --- what must come of it --------------------------------------------------------------------- */

static uint64_t sum(const struct mib_table *m, const enum mib *which, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += mib_get(m, which[i]);
	return all;
}

/* Rows that take a socket, an address or a packet away before UDP sees it. */
static bool loses_some(const struct plan *p, int host)
{
	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *row = &p->row[i];

		if (row->kind == ROW_CORRUPT)
			return true;
		if ((row->kind == ROW_POWER || row->kind == ROW_CRASH ||
			    row->kind == ROW_ADDRESS) &&
			row->arg[FAULT_WHERE] == host)
			return true;
	}
	return false;
}

/* Whole datagrams are read, or counted by the reason; of those in fragments some may be. */
static void check_counted(struct run *r, int host)
{
	static const enum mib fates[] = {MIB_UdpInDatagrams, MIB_UdpNoPorts, MIB_UdpInErrors,
		MIB_Udp6InDatagrams, MIB_Udp6NoPorts, MIB_Udp6InErrors};
	struct burble *b = r->net.off[host] ? NULL : host_instance(r->net.host[host]);
	uint64_t counted;

	if (!b || loses_some(r->net.plan, host))
		return;
	counted = sum(stack_mib(burble_stack(b)), fates, ARRAY_SIZE(fates));
	if (counted < r->datagrams[host] || counted > r->datagrams[host] + r->fragmented[host])
		fuzz_fail(r, "copies",
			"host %c: %llu datagrams came, %llu in fragments; %llu are counted",
			'a' + host, (unsigned long long)r->datagrams[host],
			(unsigned long long)r->fragmented[host], (unsigned long long)counted);
}

void datagram_check(struct run *r)
{
	for (int i = 0; i < r->flows; i++)
		for (uint32_t k = 0; k < r->flow[i].sent && k < PLAN_DATAGRAMS; k++)
			if (r->flow[i].read[k] > r->flow[i].came[k])
				fuzz_fail(r, "copies",
					"flow %d: datagram %u came %u times, and was read %u times",
					(int)r->flow[i].row->arg[UDP_ID], k, r->flow[i].came[k],
					r->flow[i].read[k]);
	for (int host = 0; host < plan_hosts(r->net.plan) && r->flows > 0; host++)
		check_counted(r, host);
}
