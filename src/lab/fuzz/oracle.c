/* oracle.c - properties checked in every run: oracle.h. */
#include "lab/fuzz/oracle.h"

#include "lab/fuzz/allows.h"
#include "socket/instance.h"
#include "stack/pkt.h"
#include "stack/tcp/tcp.h"
#include "stack/udp/udp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

enum {
	BOUNDS_EVERY = 16, /* instants */
	MEM_LEAST = 256,   /* minimum charge of a queued packet, in bytes */
};

/* --- at every instant ------------------------------------------------------------------------- */

#define BIT(state) (1u << (state))

enum {
	CLOSING_STATES = BIT(TCPS_FIN_WAIT_1) | BIT(TCPS_FIN_WAIT_2) | BIT(TCPS_CLOSING) |
			 BIT(TCPS_TIME_WAIT) | BIT(TCPS_CLOSE_WAIT) | BIT(TCPS_LAST_ACK),
	OPEN_STATES = BIT(TCPS_ESTABLISHED) | CLOSING_STATES,
	/* transient states, in which a timer must be running */
	TIMED_STATES = BIT(TCPS_SYN_SENT) | BIT(TCPS_SYN_RCVD) | BIT(TCPS_FIN_WAIT_1) |
		       BIT(TCPS_CLOSING) | BIT(TCPS_LAST_ACK) | BIT(TCPS_TIME_WAIT),
};

/* RFC 9293 figure 5: all states that may be observed after one, including several steps later.
 * After TIME-WAIT a new connection may have started. */
static const uint32_t may_follow[TCPS_COUNT] = {
	[TCPS_SYN_SENT] = BIT(TCPS_SYN_RCVD) | OPEN_STATES,
	[TCPS_SYN_RCVD] = OPEN_STATES,
	[TCPS_ESTABLISHED] = CLOSING_STATES,
	[TCPS_FIN_WAIT_1] = BIT(TCPS_FIN_WAIT_2) | BIT(TCPS_CLOSING) | BIT(TCPS_TIME_WAIT),
	[TCPS_FIN_WAIT_2] = BIT(TCPS_TIME_WAIT),
	[TCPS_CLOSE_WAIT] = BIT(TCPS_LAST_ACK),
	[TCPS_CLOSING] = BIT(TCPS_TIME_WAIT),
	[TCPS_TIME_WAIT] = BIT(TCPS_SYN_SENT) | BIT(TCPS_SYN_RCVD) | OPEN_STATES,
};

static struct oracle_flow *find(struct oracle *o, const struct tcp_row *row)
{
	struct oracle_flow *flows = o->flow[o->host];
	int *n = &o->flows[o->host];

	for (int i = 0; i < *n; i++)
		if (flows[i].local_port == row->local.port &&
			flows[i].peer_port == row->peer.port &&
			ip_addr_eq(&flows[i].peer, &row->peer.addr))
			return &flows[i];
	if (*n == ORACLE_FLOWS)
		return NULL;
	flows[*n] = (struct oracle_flow){
		row->peer.addr, row->local.port, row->peer.port, row->state, false};
	return &flows[(*n)++];
}

static const char *state_name(uint8_t state)
{
	static const char *const names[TCPS_COUNT] = {"", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED",
		"FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK",
		"LISTEN", "CLOSING"};

	return names[state];
}

/* A duplicate of an ACK that completes a SYN cookie handshake recreates a connection at the instant
 * at which the old one ends. */
static bool cookies(const struct oracle *o)
{
	struct burble *b = host_instance(o->run->net.host[o->host]);

	return b && mib_get(stack_mib(burble_stack(b)), MIB_TcpExtSyncookiesRecv) > 1;
}

static void check_state(struct oracle *o, const struct tcp_row *row)
{
	struct oracle_flow *f = find(o, row);

	if (!f)
		return;
	if (row->state != f->state && !(may_follow[f->state] & BIT(row->state)) && !cookies(o))
		fuzz_fail(o->run, "states", "host %c, port %u: %s after %s", 'a' + o->host,
			row->local.port, state_name(row->state), state_name(f->state));
	f->state = row->state;
	f->seen = true;
}

/* With TCP_FASTOPEN_CONNECT the SYN waits for the program's first data. */
static bool is_deferred(const struct tcp_row *row)
{
	struct tcp_status f;

	if (row->state != TCPS_SYN_SENT)
		return false;
	tcp_get_status(row->conn, &f);
	return f.deferred;
}

static void check_deadline(struct oracle *o, const struct tcp_row *row)
{
	bool work = row->wqueue > 0 || (BIT(row->state) & TIMED_STATES);

	if (work && !is_deferred(row) && row->timer == 0)
		fuzz_fail(o->run, "deadline",
			"host %c, port %u: %s with %u bytes to be acknowledged, and no timer",
			'a' + o->host, row->local.port, state_name(row->state), row->wqueue);
}

static void see(const struct tcp_row *row, void *arg)
{
	struct oracle *o = arg;

	if (row->state == TCPS_LISTEN)
		return;
	check_state(o, row);
	check_deadline(o, row);
}

/* Removes connections that no longer exist. */
static void forget(struct oracle *o)
{
	struct oracle_flow *f = o->flow[o->host];
	int kept = 0;

	for (int i = 0; i < o->flows[o->host]; i++)
		if (f[i].seen) {
			f[kept] = f[i];
			f[kept++].seen = false;
		}
	o->flows[o->host] = kept;
}

static struct burble *instance(const struct run *r, int host)
{
	return r->net.off[host] ? NULL : host_instance(r->net.host[host]);
}

/* An end's queues must stay within its buffers, except for the record or segment that exceeds them.
 * Data in flight does not count: after a record was cut to be sent, the remainder may be filled up
 * again. */
static void check_buffers(struct run *r, const struct end *e, struct burble *b)
{
	int in = 0, out = 0, rcvbuf = 0, sndbuf = 0;
	socklen_t len = sizeof(int);

	burble_ioctl(b, e->fd, SIOCINQ, &in);
	burble_ioctl(b, e->fd, SIOCOUTQNSD, &out);
	burble_getsockopt(b, e->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, &len);
	burble_getsockopt(b, e->fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, &len);
	if (in > rcvbuf + PACKET_MAX || out > sndbuf + PACKET_MAX)
		fuzz_fail(r, "bound",
			"connection %d, end %d: %d bytes to be read of SO_RCVBUF %d, %d to be sent "
			"of SO_SNDBUF %d",
			(int)e->id, e->side, in, rcvbuf, out, sndbuf);
}

/* Each packet and chunk held counts against tcp_mem or udp_mem: IP holds none, as fragments are
 * copied and the links of a plan need no neighbour resolution. */
static void check_kept(struct run *r, int host, struct burble *b)
{
	const struct pkt_pool *p = stack_pkts(burble_stack(b));
	size_t kept =
		p->small.live + p->large.live + p->run.live + p->chunk_little.live + p->chunk.live;
	uint64_t counted = udp_memory(burble_stack(b));
	struct tcp_memory m;

	tcp_memory(burble_stack(b), &m);
	counted += m.queued;
	if (kept > counted / MEM_LEAST)
		fuzz_fail(r, "bound", "host %c: %zu packets and chunks kept, %zu bytes counted",
			'a' + host, kept, (size_t)counted);
}

static void check_bounds(struct oracle *o, struct run *r)
{
	for (int i = 0; i < r->ends; i++) {
		struct burble *b = instance(r, r->end[i].host);

		if (b && r->end[i].fd >= 0)
			check_buffers(r, &r->end[i], b);
	}
	for (int host = 0; host < plan_hosts(r->net.plan); host++) {
		struct burble *b = instance(r, host);

		if (b)
			check_kept(r, host, b);
	}
}

void oracle_instant(struct oracle *o, struct run *r)
{
	o->run = r;
	if (++o->instants % BOUNDS_EVERY == 0)
		check_bounds(o, r);
	for (o->host = 0; o->host < plan_hosts(r->net.plan); o->host++) {
		struct burble *b = instance(r, o->host);

		if (b)
			tcp_each(burble_stack(b), see, o);
		forget(o);
	}
}

/* --- at every packet -------------------------------------------------------------------------- */

/* Counters incremented for every packet, whatever its fate. */
static const enum mib always[] = {MIB_IpInReceives, MIB_IpInDelivers, MIB_TcpInSegs,
	MIB_IpExtInOctets, MIB_IpExtInNoECTPkts, MIB_IpExtInECT0Pkts, MIB_IpExtInECT1Pkts,
	MIB_IpExtInCEPkts, MIB_Ip6InReceives, MIB_Ip6InDelivers, MIB_Ip6InOctets,
	MIB_Ip6InNoECTPkts, MIB_Ip6InECT0Pkts, MIB_Ip6InECT1Pkts, MIB_Ip6InCEPkts};

static void mix(uint64_t *hash, uint64_t v)
{
	*hash = (*hash ^ v) * 0x100000001b3u;
}

/* States in which Linux counts some segments only as drops of their socket: without SYN in
 * SYN-SENT, behind the FIN of the peer in the others. */
static const uint32_t counted_as_drops =
	BIT(TCPS_SYN_SENT) | BIT(TCPS_CLOSE_WAIT) | BIT(TCPS_CLOSING) | BIT(TCPS_LAST_ACK);

static void hash_row(const struct tcp_row *row, void *hash)
{
	struct tcp_status f;

	mix(hash, row->state | (uint64_t)row->local.port << 8 | (uint64_t)row->timer << 24);
	mix(hash, row->rqueue);
	mix(hash, row->wqueue);
	mix(hash, (uint64_t)row->expires);
	mix(hash, row->retrans);
	if (BIT(row->state) & counted_as_drops)
		mix(hash, row->drops);
	if (row->conn) { /* an urgent byte that replaces another */
		tcp_get_status(row->conn, &f);
		mix(hash, f.urgent | (uint64_t)f.urgent_byte << 8);
	}
}

static uint64_t hash_rows(struct stack *s)
{
	uint64_t hash = 0;

	tcp_each(s, hash_row, &hash);
	return hash;
}

/* True if p is a segment that occupies sequence space. Others may be ignored without being counted:
 * an old ACK, a RST for no connection. */
static bool has_text(const struct packet *p)
{
	bool v4 = p->bytes[0] >> 4 == 4;
	size_t ip = v4 ? (size_t)(p->bytes[0] & 15) * 4 : IPV6_HDR_LEN;
	const uint8_t *tcp = p->bytes + ip;
	size_t header;

	if (p->bytes[v4 ? 9 : 6] != IP_PROTO_TCP || p->len < ip + TCP_HDR_MIN)
		return false;
	header = (size_t)(tcp[12] >> 4) * 4;
	return !(tcp[13] & SEG_RST) &&
	       (p->len > ip + header || (tcp[13] & (SEG_SYN | SEG_FIN)) != 0);
}

void oracle_arrives(void *run, int host, const struct packet *p)
{
	struct run *r = run;
	struct oracle *o = r->oracle;
	struct burble *b = r->net.off[host] ? NULL : host_instance(r->net.host[host]);
	const uint64_t *now = b ? stack_mib(burble_stack(b))->count : NULL;

	if (!b)
		return;
	if (p) {
		o->text = has_text(p);
		memcpy(o->count, now, sizeof(o->count));
		o->rows = hash_rows(burble_stack(b));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		o->count[always[i]] = now[always[i]];
	if (o->text && memcmp(o->count, now, sizeof(o->count)) == 0 &&
		o->rows == hash_rows(burble_stack(b)))
		fuzz_fail(r, "counters",
			"host %c: a segment came to nothing at %.9f s, and nothing counts it",
			'a' + host, (double)(r->net.world.now - WORLD_START) / NSEC_SEC);
}

/* --- progress --------------------------------------------------------------------------------- */

static void see_work(const struct tcp_row *row, void *arg)
{
	struct oracle *o = arg;

	if (allows_a_shut_window_elsewhere(o->run->net.plan, o->host))
		return;
	if (row->state != TCPS_LISTEN && row->state != TCPS_TIME_WAIT && row->wqueue > 0)
		fuzz_fail(o->run, "progress",
			"host %c, port %u: %s with %u bytes not acknowledged an hour after the "
			"network healed",
			'a' + o->host, row->local.port, state_name(row->state), row->wqueue);
}

void oracle_work(struct oracle *o, struct run *r)
{
	o->run = r;
	if (program_over(r))
		return;
	for (o->host = 0; o->host < plan_hosts(r->net.plan); o->host++) {
		struct burble *b = instance(r, o->host);

		if (b)
			tcp_each(burble_stack(b), see_work, o);
	}
}

/* --- results of the programs ------------------------------------------------------------------ */

/* The first non-urgent position from `at`, up to what was sent. */
static uint64_t behind_urgent(const struct end *from, uint64_t at)
{
	for (int i = 0; i < from->urgents; i++)
		if (from->urgent[i] == at) {
			at++;
			i = -1;
		}
	return at;
}

static void check_short(struct run *r, const struct end *e)
{
	const struct end *from = program_peer(e);
	uint64_t got = behind_urgent(from, e->received);

	if (!e->eof || e->error || e->twin || from->twin)
		return;
	if (got < from->sent)
		fuzz_fail(r, "short",
			"connection %d, end %d: the end of file came after %llu of %llu bytes, "
			"without an error",
			(int)e->id, e->side, (unsigned long long)e->received,
			(unsigned long long)from->sent);
	else if (!from->shut && !from->quit && !from->killed && !from->error)
		fuzz_fail(r, "short", "connection %d, end %d: an end of file that nobody sent",
			(int)e->id, e->side);
}

/* True if the reader of e keeps its peer waiting. A closed peer gives up on a zero window after
 * tcp_orphan_retries, silently; later segments are answered with RST. */
static bool is_slow(const struct run *r, const struct end *e)
{
	for (uint32_t i = 0; i < r->net.plan->rows; i++) {
		const struct row *row = &r->net.plan->row[i];

		if (row->kind == ROW_READ && row->arg[ACT_ID] == e->id &&
			row->arg[ACT_END] == e->side && row->arg[ACT_DO] == ACT_PAUSE)
			return true;
		if (row->kind == ROW_FREEZE && row->arg[FAULT_WHERE] == e->host)
			return true;
	}
	return false;
}

/* True if the host of e has given up a connection whose program had ended: one that loses what it
 * repeats tcp_orphan_retries times, by a storm and by drops together, is forgotten, and nothing is
 * sent to its peer but a RST if that sends something. */
static bool lost_an_orphan(const struct run *r, const struct end *e)
{
	struct burble *b = instance(r, e->host);

	return e->state == END_OVER && !e->error && b &&
	       stack_mib(burble_stack(b))->count[MIB_TcpExtTCPAbortOnTimeout] > 0;
}

/* IPv6 has no checksum of the header: of a SYN whose hop limit a link has corrupted the router says
 * that its time is exceeded, which ends connect(). */
static bool met_a_corrupt_header(const struct run *r, const struct end *client)
{
	const struct plan *p = r->net.plan;

	return client->error == EHOSTUNREACH && plan_net(p, NET_V6) &&
	       plan_net(p, NET_SHAPE) == NET_ROUTER && plan_find(p, ROW_CORRUPT);
}

static void check_reason(struct run *r, const struct end *e, bool dies)
{
	const struct end *peer = program_peer(e);

	if (!e->error || dies || peer->quit || e->quit)
		return;
	if (met_a_corrupt_header(r, e->side == 0 ? e : peer))
		return;
	if (plan_find(r->net.plan, ROW_ADDRESS) && /* ECONNRESET: its SYN-ACK had no address */
		(e->error == EADDRNOTAVAIL || (e->error == ECONNRESET && peer->state == END_IDLE)))
		return;
	if (peer->state == END_OVER && !peer->error && is_slow(r, e))
		return;
	if (lost_an_orphan(r, peer))
		return;
	fuzz_fail(r, "reason", "connection %d, end %d: %s, though nothing in the plan ends it",
		(int)e->id, e->side, strerrorname_np(e->error));
}

/* A reader with nothing to send waits for ever for a peer that is gone, if its RST was lost or
 * nothing was ever sent. */
static void check_over(struct run *r, const struct end *e, bool dies)
{
	const struct end *peer = program_peer(e);
	bool begun = e->side == 0 || e->state != END_IDLE;

	if (e->state == END_OVER || !begun)
		return;
	if (peer->state == END_OVER && (dies || peer->quit || is_slow(r, e)))
		return;
	if (lost_an_orphan(r, peer))
		return;
	if (peer->state == END_IDLE && dies)
		return;
	if (allows_a_shut_window(r->net.plan, e->host) ||
		allows_a_shut_window(r->net.plan, peer->host))
		return;
	fuzz_fail(r, "progress", "connection %d, end %d: its program is not over", (int)e->id,
		e->side);
}

void oracle_end(struct oracle *o, struct run *r)
{
	bool dies = allows_death(r->net.plan);

	o->run = r;
	for (int i = 0; i < r->ends; i++) {
		check_short(r, &r->end[i]);
		check_reason(r, &r->end[i], dies);
		check_over(r, &r->end[i], dies);
	}
}

/* A search among the connections of a host for the one of e, while its FIN is not acknowledged. */
struct unfinished {
	const struct end *e;
	bool found;
};

static void see_unfinished(const struct tcp_row *row, void *arg)
{
	struct unfinished *u = arg;
	uint16_t client = row->peer.port;

	if (u->e->side == 0)
		client = row->local.port;
	if (client == PLAN_CLIENT_PORT + u->e->id &&
		(BIT(row->state) & (BIT(TCPS_FIN_WAIT_1) | BIT(TCPS_CLOSING) | BIT(TCPS_LAST_ACK))))
		u->found = true;
}

void oracle_lingered(const struct end *e)
{
	struct run *r = e->run;
	nsec_t waited = r->net.world.now - e->closing;
	struct burble *b = instance(r, e->host);
	struct unfinished u = {.e = e};

	if (waited > e->lingers && !plan_find(r->net.plan, ROW_FREEZE))
		fuzz_fail(r, "linger", "connection %d, end %d: close() took %.3f s of %.0f",
			(int)e->id, e->side, (double)waited / NSEC_SEC,
			(double)e->lingers / NSEC_SEC);
	if (waited < e->lingers && b)
		tcp_each(burble_stack(b), see_unfinished, &u);
	if (u.found)
		fuzz_fail(r, "linger",
			"connection %d, end %d: close() returned after %.3f s of %.0f, and its FIN "
			"is "
			"not acknowledged",
			(int)e->id, e->side, (double)waited / NSEC_SEC,
			(double)e->lingers / NSEC_SEC);
}

/* --- leftovers -------------------------------------------------------------------------------- */

static void check_left(struct run *r, int host, size_t n, const char *what)
{
	if (n > 0)
		fuzz_fail(r, "memory", "host %c: %zu %s in use when all is closed", 'a' + host, n,
			what);
}

static void check_memory(struct run *r, int host, struct burble *b)
{
	struct stack *s = burble_stack(b);
	const struct pkt_pool *p = stack_pkts(s);
	struct tcp_memory m;
	struct burble_memory sockets;

	tcp_memory(s, &m);
	burble_memory(b, &sockets);
	check_left(r, host, m.records, "records of TCP");
	check_left(r, host, (size_t)m.queued, "bytes of TCP's queues");
	check_left(r, host, (size_t)udp_memory(s), "bytes of UDP's receive queues");
	check_left(r, host, p->small.live + p->large.live + p->run.live, "packets");
	check_left(r, host, p->chunk.live + p->chunk_little.live, "chunks of data");
	check_left(r, host, p->huge, "bytes of large packets");
	check_left(r, host, sockets.socks, "bytes of sockets");
	check_left(r, host, sockets.epoll_items, "bytes of epoll items");
	check_left(r, host, mib_get(stack_mib(s), MIB_TcpCurrEstab), "connections (TcpCurrEstab)");
}

static bool has_power(const struct plan *p)
{
	return plan_find(p, ROW_POWER) != NULL;
}

static void check_counters(struct run *r)
{
	const struct world *w = &r->net.world;
	uint64_t in = 0;

	if (w->packets != w->received + w->dropped)
		fuzz_fail(r, "counters", "%llu packets sent, %llu received and %llu dropped",
			(unsigned long long)w->packets, (unsigned long long)w->received,
			(unsigned long long)w->dropped);
	for (int i = 0; i < plan_hosts(r->net.plan); i++) {
		struct burble *b = instance(r, i);
		const struct mib_table *m = b ? stack_mib(burble_stack(b)) : NULL;

		if (m)
			in += mib_get(m, MIB_IpInReceives) + mib_get(m, MIB_Ip6InReceives);
	}
	if (in != w->received && !has_power(r->net.plan))
		fuzz_fail(r, "counters", "%llu packets received, InReceives has %llu",
			(unsigned long long)w->received, (unsigned long long)in);
}

void oracle_closed(struct oracle *o, struct run *r)
{
	o->run = r;
	datagram_check(r);
	for (int i = 0; i < plan_hosts(r->net.plan); i++) {
		struct burble *b = instance(r, i);

		if (b)
			check_memory(r, i, b);
	}
	check_counters(r);
}
