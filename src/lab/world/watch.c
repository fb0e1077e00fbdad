/* watch.c - recording of a host's stack: watch.h. */
#include "lab/world/watch.h"

#include "lab/world/need.h"
#include "socket/instance.h"
#include "stack/tcp/tcp_watch.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>

/* Reasons for discarding a packet, the most specific first: several may change for one packet. */
static const enum mib reasons[] = {MIB_TcpExtListenOverflows, MIB_TcpExtTCPReqQFullDrop,
	MIB_TcpExtTCPDeferAcceptDrop, MIB_TcpExtSyncookiesFailed, MIB_TcpExtPAWSEstab,
	MIB_TcpExtPAWSActive, MIB_TcpExtPAWSOldAck, MIB_TcpExtPAWSTimewait, MIB_TcpExtTSEcrRejected,
	MIB_TcpExtTCPChallengeACK, MIB_TcpExtTCPSYNChallenge, MIB_TcpExtTCPACKSkippedSynRecv,
	MIB_TcpExtTCPACKSkippedPAWS, MIB_TcpExtTCPACKSkippedSeq, MIB_TcpExtTCPACKSkippedFinWait2,
	MIB_TcpExtTCPACKSkippedTimeWait, MIB_TcpExtTCPACKSkippedChallenge,
	MIB_TcpExtTCPZeroWindowDrop, MIB_TcpExtTCPRcvQDrop, MIB_TcpExtTCPOFODrop,
	MIB_TcpExtOfoPruned, MIB_TcpExtBeyondWindow, MIB_TcpExtTCPMinTTLDrop,
	MIB_TcpExtTCPMD5NotFound, MIB_TcpExtTCPMD5Unexpected, MIB_TcpExtTCPMD5Failure,
	MIB_TcpExtTCPAbortOnData, MIB_TcpExtOutOfWindowIcmps, MIB_TcpExtListenDrops,
	MIB_TcpInCsumErrors, MIB_TcpInErrs, MIB_UdpNoPorts, MIB_UdpRcvbufErrors,
	MIB_UdpInCsumErrors, MIB_UdpInErrors, MIB_IpInHdrErrors, MIB_IpInAddrErrors,
	MIB_IpReasmFails, MIB_IpInDiscards, MIB_Ip6InHdrErrors, MIB_Ip6InAddrErrors,
	MIB_Ip6InDiscards};

static const uint64_t *counters(struct burble *b)
{
	return stack_mib(burble_stack(b))->count;
}

/* --- states ----------------------------------------------------------------------------------- */

/* The last known state of a connection. */
struct watched {
	struct hash_node node;
	struct watched *next; /* of those to remove */
	struct trace_flow flow;
	uint32_t round; /* when it was last seen */
	uint8_t state;  /* enum tcp_state_name */
};

static void record_state(struct node *n, const struct trace_flow *f, uint8_t state)
{
	node_record(n, (struct trace_event){.kind = TRACE_STATE, .flow = *f, .value = state});
}

static uint32_t hash_of(const struct trace_flow *f)
{
	uint64_t ports = (uint64_t)f->local_port << 16 | f->peer_port;

	return hash_mix(ports << 32 | ip_addr_hash(&f->peer));
}

static bool same_flow(const struct trace_flow *a, const struct trace_flow *b)
{
	return a->local_port == b->local_port && a->peer_port == b->peer_port &&
	       ip_addr_eq(&a->local, &b->local) && ip_addr_eq(&a->peer, &b->peer);
}

static bool is_flow(const struct hash_node *n, const void *flow)
{
	return same_flow(&container_of(n, struct watched, node)->flow, flow);
}

/* NULL: it was not seen before. */
static struct watched *known(const struct watch *w, const struct trace_flow *f)
{
	struct hash_node *n = hash_find(&w->conns, hash_of(f), is_flow, f);

	return n ? container_of(n, struct watched, node) : NULL;
}

static struct watched *find(struct watch *w, const struct trace_flow *f)
{
	struct watched *c = known(w, f);

	if (c)
		return c;
	c = need(calloc(1, sizeof(*c)));
	c->flow = *f;
	if (!hash_insert(&w->conns, &c->node, hash_of(f)))
		need(NULL);
	return c;
}

static void forget(struct watch *w, struct node *n, struct watched *c)
{
	if (n && c->state != TCPS_CLOSED)
		record_state(n, &c->flow, TCPS_CLOSED);
	hash_remove(&w->conns, &c->node);
	free(c);
}

/* Removes the connections not seen in this round, recording them as closed if n is not NULL. */
static void forget_unseen(struct watch *w, struct node *n)
{
	struct hash_iter it = hash_walk(&w->conns);
	struct watched *gone = NULL, *next;
	struct hash_node *at;

	while ((at = hash_next(&it))) {
		struct watched *c = container_of(at, struct watched, node);

		if (n && c->round == w->round)
			continue;
		c->next = gone;
		gone = c;
	}
	for (; gone; gone = next) {
		next = gone->next;
		forget(w, n, gone);
	}
}

/* --- the queues of listeners ------------------------------------------------------------------ */

/* The row of a port among those seen; NULL: there are already HOST_LISTENERS. */
static struct watched_port *port_of_row(struct watch *w, const struct tcp_row *row)
{
	struct watched_port *p = w->now;

	for (uint32_t i = 0; i < w->ports; i++, p++)
		if (p->port == row->local.port)
			return p;
	if (w->ports == HOST_LISTENERS)
		return NULL;
	w->ports++;
	*p = (struct watched_port){.port = row->local.port};
	return p;
}

static void see_port(struct watch *w, const struct tcp_row *row)
{
	bool listens = row->state == TCPS_LISTEN;
	struct watched_port *p =
		listens || row->state == TCPS_SYN_RCVD ? port_of_row(w, row) : NULL;

	if (!p)
		return;
	if (!listens) {
		p->embryos++;
		return;
	}
	p->listens = true;
	p->addr = row->local.addr;
	p->accepts += row->rqueue;
	p->limit = row->wqueue;
}

static bool same_queues(const struct watched_port *a, const struct watched_port *b)
{
	return a->port == b->port && a->listens == b->listens && a->embryos == b->embryos &&
	       a->accepts == b->accepts && a->limit == b->limit;
}

static void record_queues(struct watch *w, struct node *n)
{
	for (uint32_t i = 0; i < w->ports; i++) {
		const struct watched_port *p = &w->now[i];

		if (!p->listens || same_queues(p, &w->port[i]))
			continue;
		node_record(n, (struct trace_event){.kind = TRACE_LISTEN,
				       .flow = {.local = p->addr, .local_port = p->port},
				       .id = p->limit,
				       .value = p->embryos,
				       .value2 = p->accepts});
	}
	memcpy(w->port, w->now, sizeof(w->port));
}

/* --- all connections -------------------------------------------------------------------------- */

struct see {
	struct watch *w;
	struct node *n;
	uint32_t seen;
};

static void see(const struct tcp_row *row, void *arg)
{
	struct see *s = arg;
	struct trace_flow f = {row->local.addr, row->peer.addr, row->local.port, row->peer.port};
	struct watched *c = find(s->w, &f);

	see_port(s->w, row);
	s->seen++;
	c->round = s->w->round;
	if (c->state == row->state)
		return;
	c->state = row->state;
	record_state(s->n, &f, c->state);
}

uint32_t watch_all(struct watch *w, struct machine *m)
{
	struct node *n = host_node(m->host);
	struct see s = {w, n, 0};

	if (!w)
		return 0;
	w->round++;
	w->ports = 0;
	memset(w->now, 0, sizeof(w->now));
	m->ops->each(m, see, &s);
	if (s.seen < w->conns.count)
		forget_unseen(w, n);
	record_queues(w, n);
	return s.seen;
}

/* --- connections that changed ----------------------------------------------------------------- */

static void changed(void *arg, const struct tcp_end *local, const struct tcp_end *peer)
{
	struct watch *w = arg;
	struct trace_flow f;

	w->all |= !local;
	if (w->all)
		return;
	f = (struct trace_flow){local->addr, peer->addr, local->port, peer->port};
	for (uint32_t i = 0; i < w->changes; i++)
		if (same_flow(&w->changed[i], &f))
			return;
	w->all = w->changes == WATCH_CHANGED;
	if (!w->all)
		w->changed[w->changes++] = f;
}

/* The state of a connection that changed: the current one and the last known; 0: none. */
static void states_of(const struct watch *w, struct stack *s, const struct trace_flow *f,
	uint8_t *is, uint8_t *was)
{
	struct tcp_end local = {f->local, f->local_port, 0}, peer = {f->peer, f->peer_port, 0};
	const struct watched *c = known(w, f);
	struct tcp_row row;

	*is = tcp_row_of(s, &local, &peer, &row) ? row.state : 0;
	*was = c ? c->state : 0;
}

static struct watched_port *listening(struct watch *w, uint16_t port)
{
	for (uint32_t i = 0; i < w->ports; i++)
		if (w->now[i].port == port && w->now[i].listens)
			return &w->now[i];
	return NULL;
}

/* Whether the changes can be recorded without examining the other connections: at most one
 * connection, so that no order has to be found, on ports whose listener is known. */
static bool is_simple(struct watch *w, struct stack *s)
{
	int moved = 0;

	for (uint32_t i = 0; i < w->changes; i++) {
		const struct trace_flow *f = &w->changed[i];
		uint8_t is = 0, was = 0;

		if (f->peer_port)
			states_of(w, s, f, &is, &was);
		moved += is != was;
		if ((f->peer_port == 0 || is == TCPS_SYN_RCVD || was == TCPS_SYN_RCVD) &&
			!listening(w, f->local_port))
			return false;
	}
	return moved <= 1;
}

static void see_queue(const struct tcp_row *row, void *arg)
{
	struct watched_port *p = arg;

	p->addr = row->local.addr;
	p->accepts += row->rqueue;
	p->limit = row->wqueue;
}

static void record_one(struct watch *w, struct node *n, struct stack *s, const struct trace_flow *f)
{
	struct watched_port *p = listening(w, f->local_port);
	uint8_t is = 0, was = 0;

	if (f->peer_port)
		states_of(w, s, f, &is, &was);
	if (p && f->peer_port == 0) {
		p->accepts = 0;
		tcp_each_listener(s, f->local_port, see_queue, p);
	}
	if (p)
		p->embryos += (uint32_t)(is == TCPS_SYN_RCVD) - (uint32_t)(was == TCPS_SYN_RCVD);
	if (is == was)
		return;
	if (is == 0) {
		forget(w, n, known(w, f));
		return;
	}
	find(w, f)->state = is;
	record_state(n, f, is);
}

static void record_states(struct watch *w, struct machine *m, struct burble *b)
{
	struct node *n = host_node(m->host);
	struct stack *s = burble_stack(b);

	if (!w->all && w->changes == 0)
		return;
	if (w->all || !is_simple(w, s)) {
		watch_all(w, m);
	} else {
		for (uint32_t i = 0; i < w->changes; i++)
			record_one(w, n, s, &w->changed[i]);
		record_queues(w, n);
	}
	w->all = false;
	w->changes = 0;
}

/* --- begin and end ---------------------------------------------------------------------------- */

struct watch *watch_new(void)
{
	struct watch *w = need(calloc(1, sizeof(*w)));

	hash_init(&w->conns);
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	forget_unseen(w, NULL);
	hash_free(&w->conns);
	free(w);
}

void watch_reset(struct watch *w, struct burble *b)
{
	if (!w)
		return;
	w->round++;
	forget_unseen(w, NULL);
	w->all = true;
	if (b)
		tcp_watch_changes(burble_stack(b), (struct tcp_watcher){changed, w});
	w->fds = 0;
	memset(w->ready, 0, sizeof(w->ready));
	memset(w->port, 0, sizeof(w->port));
}

void watch_before(struct watch *w, struct burble *b)
{
	if (w)
		memcpy(w->before, counters(b), sizeof(w->before));
}

const char *watch_reason(struct watch *w, struct burble *b)
{
	if (!w)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (counters(b)[reasons[i]] != w->before[reasons[i]])
			return mib_name(reasons[i]);
	return NULL;
}

/* --- TCP_INFO --------------------------------------------------------------------------------- */

static uint32_t queued(struct burble *b, int fd, unsigned long request)
{
	int n = 0;

	return burble_ioctl(b, fd, request, &n) == 0 ? (uint32_t)n : 0;
}

static bool sample(struct burble *b, int fd, struct trace_sample *s)
{
	struct tcp_info i = {0};
	socklen_t len = sizeof(i);

	if (burble_getsockopt(b, fd, IPPROTO_TCP, TCP_INFO, &i, &len) != 0)
		return false;
	*s = (struct trace_sample){.cwnd = i.tcpi_snd_cwnd,
		.ssthresh = i.tcpi_snd_ssthresh,
		.srtt_us = i.tcpi_rtt,
		.rto_us = i.tcpi_rto,
		.in_flight = i.tcpi_unacked,
		.snd_wnd = i.tcpi_snd_wnd,
		.unacked = queued(b, fd, SIOCOUTQ),
		.unsent = queued(b, fd, SIOCOUTQNSD),
		.unread = queued(b, fd, SIOCINQ),
		.ca_state = i.tcpi_ca_state,
		.retransmits = i.tcpi_retransmits,
		.probes = i.tcpi_probes,
		.backoff = i.tcpi_backoff};
	return true;
}

static uint16_t port_of(const struct sockaddr_storage *a, struct ip_addr *addr)
{
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a;

		*addr = ip_addr_from_v4(ntohl(in->sin_addr.s_addr));
		return ntohs(in->sin_port);
	}
	*addr = ip_addr_from_v6(((const struct sockaddr_in6 *)a)->sin6_addr.s6_addr);
	return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
}

static bool flow_of(struct burble *b, int fd, struct trace_flow *f)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (burble_getsockname(b, fd, (struct sockaddr *)&a, &len) != 0)
		return false;
	f->local_port = port_of(&a, &f->local);
	len = sizeof(a);
	if (burble_getpeername(b, fd, (struct sockaddr *)&a, &len) != 0)
		return false;
	f->peer_port = port_of(&a, &f->peer);
	return true;
}

static void record_samples(struct watch *w, struct node *n, struct burble *b)
{
	for (int i = 0; i < w->fds; i++) {
		struct trace_event e = {.kind = TRACE_SAMPLE};
		struct trace_sample s;

		if (!sample(b, w->fd[i], &s) || memcmp(&s, &w->last[i], sizeof(s)) == 0 ||
			!flow_of(b, w->fd[i], &e.flow))
			continue;
		w->last[i] = s;
		e.sample = &s;
		node_record(n, e);
	}
}

/* --- readiness -------------------------------------------------------------------------------- */

static void record_ready(struct watch *w, struct node *n, struct burble *b)
{
	for (int fd = 0; fd < HOST_READY; fd++) {
		struct watched_fd *f = &w->ready[fd];
		uint32_t now = burble_ready(b, fd);
		struct trace_flow flow = {0};

		now = now & POLLNVAL ? 0 : now;
		if (now == f->ready)
			continue;
		f->ready = now;
		if (flow_of(b, fd, &flow))
			f->flow = flow;
		else if (flow.local_port != f->flow.local_port)
			f->flow = (struct trace_flow){0};
		node_record(n, (struct trace_event){.kind = TRACE_READY,
				       .id = (uint64_t)fd,
				       .value = now,
				       .flow = f->flow});
	}
}

bool watch_fd(struct watch *w, int fd)
{
	for (int i = 0; w && i < w->fds; i++)
		if (w->fd[i] == fd)
			return true;
	if (!w)
		return true;
	if (w->fds == HOST_WATCHES)
		return false;
	w->last[w->fds] = (struct trace_sample){0};
	w->fd[w->fds++] = fd;
	return true;
}

void watch_changes(struct watch *w, struct machine *m, struct burble *b)
{
	struct node *n = host_node(m->host);

	if (!w)
		return;
	record_states(w, m, b);
	record_ready(w, n, b);
	record_samples(w, n, b);
}

void watch_forget_fds(struct watch *w)
{
	if (w)
		w->fds = 0;
}
