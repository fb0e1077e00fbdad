/*
 * udp_in.c - UDP input: socket lookup, receive queue, ICMP errors, udp_recv(). A datagram goes to
 * the socket that matches best, multicast and broadcast to all that match.
 */
#include "stack/udp/udp_priv.h"

#include <errno.h>

/* The counters of one IP version. */
struct counters {
	enum mib in, no_ports, in_errors, csum, rcvbuf, mem, ignored;
};

static const struct counters *counters_of(bool v6)
{
	static const struct counters four = {MIB_UdpInDatagrams, MIB_UdpNoPorts, MIB_UdpInErrors,
		MIB_UdpInCsumErrors, MIB_UdpRcvbufErrors, MIB_UdpMemErrors, MIB_UdpIgnoredMulti};
	static const struct counters six = {MIB_Udp6InDatagrams, MIB_Udp6NoPorts, MIB_Udp6InErrors,
		MIB_Udp6InCsumErrors, MIB_Udp6RcvbufErrors, MIB_Udp6MemErrors,
		MIB_Udp6IgnoredMulti};

	return v6 ? &six : &four;
}

/* ---- matching sockets ---- */

int udp_score(const struct udp_sock *u, const struct udp_end *to, const struct udp_end *from)
{
	bool v4 = ip_addr_is_v4(&to->addr);
	int score = 0;

	if (!ip_bind_accepts(&u->local.addr, u->opts.v6only, &to->addr))
		return -1;
	if (!ip_addr_is_any(&u->local.addr)) {
		if (!ip_addr_eq(&u->local.addr, &to->addr))
			return -1;
		score += 4;
	}
	if (u->connected) {
		if (u->peer.port != from->port || !ip_addr_eq(&u->peer.addr, &from->addr))
			return -1;
		score += 8;
	}
	if (u->opts.bound_if != 0) {
		if (u->opts.bound_if != to->ifindex)
			return -1;
		score += 2;
	}
	return score + (u->v6 != v4); /* a socket of the datagram's own version is preferred */
}

static uint32_t flow_hash(
	const struct udp_state *st, const struct udp_end *to, const struct udp_end *from)
{
	uint64_t ends = ip_addr_half(&from->addr, 0) ^ ip_addr_half(&from->addr, 1) * 31 ^
			ip_addr_half(&to->addr, 1);

	return (uint32_t)siphash_2u64(ends, (uint64_t)from->port << 16 | to->port, &st->hash_key);
}

/* The best match; among equals the newest, or with SO_REUSEPORT the one selected by the flow's
 * hash. */
static struct udp_sock *best_of(
	const struct udp_state *st, const struct udp_end *to, const struct udp_end *from)
{
	struct udp_port *port = udp_port_find(st, to->port);
	struct udp_sock *best = NULL;
	int top = -1;
	uint32_t equals = 0, pick = 0;
	struct list *at;

	if (port == NULL)
		return NULL;
	list_for_each(at, &port->socks) {
		struct udp_sock *u = list_entry(at, struct udp_sock, by_port);
		int score = udp_score(u, to, from);

		if (score > top) {
			top = score;
			best = u;
			equals = 1;
			pick = u->opts.reuseport ? flow_hash(st, to, from) : 0;
		} else if (score == top && score >= 0 && u->opts.reuseport &&
			   best->opts.reuseport) {
			equals++; /* each of n equals stays with probability 1 / n */
			pick = pick * 2654435761u + 12345;
			if ((uint64_t)pick * equals >> 32 == 0)
				best = u;
		}
	}
	return best;
}

/* ---- the receive queue ---- */

static void no_memory(struct stack *s, const struct counters *c)
{
	stack_count(s, c->mem);
	stack_count(s, c->in_errors);
}

static bool has_room(
	struct stack *s, const struct udp_sock *u, uint32_t cost, const struct counters *c)
{
	uint64_t most = (uint64_t)s->sysctl.udp_mem[2] * 4096;

	if (u->held > 0 && u->held + cost > u->opts.rcvbuf) {
		stack_count(s, c->rcvbuf);
		stack_count(s, c->in_errors);
		return false;
	}
	if (s->udp->memory + cost > most && u->held + cost > (uint32_t)s->sysctl.udp_rmem_min) {
		no_memory(s, c);
		return false;
	}
	return true;
}

/* Takes p, whose data is the payload. */
static void enqueue(
	struct stack *s, struct udp_sock *u, struct pkt *p, const struct udp_dgram *what)
{
	struct udp_state *st = s->udp;
	uint32_t cost = p->len + UDP_PKT_COST;
	const struct counters *c = counters_of(!ip_addr_is_v4(&what->to.addr));
	bool wanted = has_room(s, u, cost, c);
	struct udp_dgram *h = wanted ? pool_get(&st->dgram_pool) : NULL;

	if (h == NULL) {
		if (wanted)
			no_memory(s, c);
		pkt_free(p);
		return;
	}
	assert((u->first == NULL) == (u->held == 0));
	*h = *what;
	h->p = p;
	h->next = NULL;
	if (u->first == NULL)
		u->first = h;
	else
		u->last->next = h;
	u->last = h;
	u->held += cost;
	st->memory += cost;
	udp_notify(s, u, UDP_EVENT_IN);
}

/* To every matching socket; each but the last gets a copy. Takes p. */
static void enqueue_all(struct stack *s, struct pkt *p, const struct udp_dgram *what, bool v6)
{
	struct udp_port *port = udp_port_find(s->udp, what->to.port);
	struct udp_sock *last = NULL;
	struct list *at;

	if (port != NULL)
		list_for_each(at, &port->socks) {
			struct udp_sock *u = list_entry(at, struct udp_sock, by_port);

			if (udp_score(u, &what->to, &what->from) < 0 ||
				!udp_group_wanted(u, &what->to))
				continue;
			struct pkt *copy = last == NULL ? NULL : pkt_copy(p);

			if (copy != NULL)
				enqueue(s, last, copy, what);
			else if (last != NULL)
				no_memory(s, counters_of(v6));
			last = u;
		}
	if (last != NULL) {
		enqueue(s, last, p, what);
		return;
	}
	stack_drop(s, p, counters_of(v6)->ignored);
}

/* ---- input ---- */

/* Reads the header. False if p was dropped. */
static bool read_header(struct stack *s, struct pkt *p, const struct ip_rx *rx, struct udp *u)
{
	const struct counters *c = counters_of(rx->v6);
	enum drop why = DROP_TRUNCATED;
	struct udp_view v;

	if (udp_view(&v, p->data, p->len))
		why = udp_parse(u, v, &rx->addr);
	if (why == DROP_CHECKSUM && p->csum_ok)
		why = DROP_NONE; /* the device has verified the bytes as received */
	if (why == DROP_NONE)
		return true;
	if (why == DROP_CHECKSUM || why == DROP_NO_CHECKSUM)
		stack_count(s, c->csum);
	stack_drop(s, p, c->in_errors);
	return false;
}

void udp_set_service(struct stack *s, uint16_t port,
	bool (*input)(struct stack *s, const struct udp *u, const struct ip_rx *rx))
{
	assert(s->udp->service == NULL);
	s->udp->service_port = port;
	s->udp->service = input;
}

static bool serve(struct stack *s, const struct udp *u, const struct ip_rx *rx)
{
	const struct udp_state *st = s->udp;

	if (st->service == NULL || u->dport != st->service_port || rx->v6 || !st->service(s, u, rx))
		return false;
	stack_count(s, MIB_UdpInDatagrams);
	return true;
}

void udp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct udp_dgram what = {.tos = rx->tos, .ttl = rx->ttl};
	struct udp_sock *to;
	struct udp u;

	assert(p->ext_len == 0);
	if (!read_header(s, p, rx, &u))
		return;
	if (serve(s, &u, rx)) {
		pkt_free(p);
		return;
	}
	what.from = (struct udp_end){rx->addr.src, u.sport, rx->dev->ifindex};
	what.to = (struct udp_end){rx->addr.dst, u.dport, rx->dev->ifindex};
	to = rx->local ? best_of(s->udp, &what.to, &what.from) : NULL;
	if (rx->local && to == NULL) {
		stack_count(s, counters_of(rx->v6)->no_ports);
		ip_port_unreachable(s, p, rx);
		pkt_free(p);
		return;
	}
	pkt_pull(p, UDP_HDR_LEN);
	assert(u.len <= p->len);
	p->len = u.len;
	if (to != NULL)
		enqueue(s, to, p, &what);
	else
		enqueue_all(s, p, &what, rx->v6);
}

/* Removes a datagram from the queue and uncharges it. */
static void release(struct stack *s, struct udp_sock *u)
{
	struct udp_dgram *h = u->first;
	uint32_t cost = h->p->len + UDP_PKT_COST;

	assert(u->held >= cost && s->udp->memory >= cost);
	u->first = h->next;
	u->held -= cost;
	s->udp->memory -= cost;
	pkt_free(h->p);
	pool_put(&s->udp->dgram_pool, h);
}

static size_t scatter(const struct udp_in *in, const uint8_t *data, size_t len)
{
	size_t done = 0;

	for (int i = 0; i < in->iovcnt && done < len; i++) {
		size_t n = size_min(in->iov[i].iov_len, len - done);

		if (n > 0)
			memcpy(in->iov[i].iov_base, data + done, n);
		done += n;
	}
	return done;
}

ssize_t udp_recv(struct stack *s, struct udp_sock *u, struct udp_in *in)
{
	const struct udp_dgram *h = u->first;

	if (h == NULL)
		return -EAGAIN;
	in->from = h->from;
	in->to = h->to;
	in->len = h->p->len;
	in->tos = h->tos;
	in->ttl = h->ttl;
	in->stamp = h->p->stamp;
	size_t n = scatter(in, h->p->data, h->p->len);

	if (!in->peek) {
		stack_count(s, counters_of(!ip_addr_is_v4(&h->to.addr))->in);
		release(s, u);
	}
	return (ssize_t)n;
}

/* ---- errors ---- */

/* Frag-needed and packet-too-big change the path MTU; whether the socket gets an error depends on
 * its mode. */
static bool pmtu_error(struct stack *s, const struct udp_sock *u, const struct icmp_quote *q,
	const struct ip_error *e)
{
	bool big = e->v6 ? e->type == ICMP6_PACKET_TOO_BIG
			 : e->type == ICMP4_UNREACHABLE && e->code == ICMP4_FRAG_NEEDED;

	if (big && udp_ip_opts(u, &q->addr.dst)->pmtu < UDP_PMTU_INTERFACE)
		ip_pmtu_update(s, &q->addr.dst, e->mtu);
	return big;
}

void udp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	struct udp_end local = {q->addr.src, q->sport, 0}, peer = {q->addr.dst, q->dport, 0};
	struct udp_sock *u = best_of(s->udp, &local, &peer);
	const struct udp_events *ev = &s->udp->events;
	const struct udp_ip_opts *own;
	bool hard;
	int err = ip_error_errno(e, &hard);
	bool wanted;

	if (u == NULL) {
		stack_count(s, e->v6 ? MIB_Icmp6InErrors : MIB_IcmpInErrors);
		return;
	}
	own = udp_ip_opts(u, &q->addr.dst);
	if (pmtu_error(s, u, q, e)) {
		if (e->v6 ? own->pmtu >= UDP_PMTU_INTERFACE : own->pmtu == UDP_PMTU_DONT)
			return; /* as in Linux: each IP version ignores it in other modes */
		hard = own->pmtu != UDP_PMTU_DONT;
	}
	wanted = own->recverr;
	if (err == 0 || (!wanted && (!hard || !u->connected)))
		return;
	if (wanted && ev->icmp != NULL)
		ev->icmp(ev->ctx, u->owner, q, e, err);
	u->err = err;
	udp_notify(s, u, UDP_EVENT_ERR);
}
