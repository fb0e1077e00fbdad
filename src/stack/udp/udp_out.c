/* udp_out.c - UDP output: datagrams are built by udp_send() and sent by udp_flush(). */
#include "stack/udp/udp_priv.h"

#include <errno.h>

static int64_t total_of(const struct iovec *iov, int count)
{
	int64_t n = 0;

	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > UDP_LEN_MAX)
			return -1;
		n += (int64_t)iov[i].iov_len;
	}
	return n <= UDP_LEN_MAX - UDP_HDR_LEN ? n : -1;
}

/* Determines the destination and checks that sending to it is allowed. */
static int address(const struct stack *s, const struct udp_sock *u, const struct udp_out *o,
	struct udp_draft *m)
{
	const struct ip_addr *src = ip_addr_is_any(&o->src) ? &u->local.addr : &o->src;

	if (o->to == NULL && !u->connected)
		return -EDESTADDRREQ;
	m->to = o->to != NULL ? *o->to : u->peer;
	if (m->to.port == 0)
		return -EINVAL;
	m->to.addr = ip_this_host(s, &m->to.addr, src);
	return 0;
}

static bool group(const struct udp_draft *m)
{
	return ip_addr_is_multicast(&m->to.addr);
}

static uint32_t interface(
	const struct udp_sock *u, const struct udp_out *o, const struct udp_draft *m)
{
	if (o->ifindex != 0)
		return o->ifindex;
	if (u->opts.bound_if != 0)
		return u->opts.bound_if;
	if (m->to.ifindex != 0)
		return m->to.ifindex;
	return group(m) ? udp_ip_opts(u, &m->to.addr)->group_if : 0;
}

/* Checks the interface and source address of IP_PKTINFO: Linux's errors. */
static int check_info(struct stack *s, const struct udp_sock *u, const struct udp_out *o)
{
	bool foreign = u->opts.freebind || s->sysctl.ip_nonlocal_bind;

	if (o->ifindex != 0 && (o->ifindex > NETDEV_MAX || !stack_netdev(s, o->ifindex)))
		return -ENODEV;
	if (ip_addr_is_any(&o->src) || ip_is_local(s, &o->src))
		return 0;
	if (ip_addr_is_v4(&o->src))
		return -ENETUNREACH;
	return foreign ? 0 : -EINVAL;
}

static uint16_t hops(const struct udp_ip_opts *own, const struct udp_out *o, bool group)
{
	if (o->ttl > 0)
		return (uint16_t)o->ttl;
	if (group)
		return own->group_ttl;
	return o->ttl == 0 ? IP_NO_HOPS : own->ttl;
}

/* Determines the route, the source, and the header fields set by the socket. */
static int route(struct stack *s, struct udp_sock *u, const struct udp_out *o, struct udp_draft *m)
{
	const struct udp_ip_opts *own = udp_ip_opts(u, &m->to.addr);
	struct ip_route_key key = {.dst = m->to.addr, .ifindex = interface(u, o, m)};
	struct ip_route path;
	const struct netdev *dev;

	assert(m->to.port != 0);
	key.src = ip_addr_is_any(&o->src) ? u->local.addr : o->src;
	if (group(m) && ip_addr_is_any(&key.src) && ip_addr_is_v4(&key.dst))
		key.src = u->opts.group_src;
	if (ip_addr_is_v4(&key.src) == ip_addr_is_v4(&key.dst) ? !ip_is_source(s, &key.src)
							       : ip_addr_is_v4(&key.dst))
		key.src = ip_addr_is_v4(&key.dst) ? IP_ADDR_ANY4 : IP_ADDR_ANY6;
	int err = check_info(s, u, o);

	if (err == 0)
		err = ip_route_query(s, &key, &path);
	if (err != 0)
		return err;
	if (path.broadcast && !u->opts.broadcast)
		return -EACCES;
	dev = stack_netdev(s, path.ifindex);
	m->mtu = own->pmtu >= UDP_PMTU_PROBE && dev ? dev->mtu : path.mtu;
	m->loop_if = group(m) && (u->v6 ? &u->opts.v6 : &u->opts.v4)->group_loop ? path.ifindex : 0;
	m->stays = group(m) && o->ttl <= 0 && own->group_ttl == 0;
	m->tx = (struct ip_tx){.addr = {path.src, m->to.addr},
		.ifindex = group(m) || path.broadcast ? path.ifindex : key.ifindex,
		.proto = IP_PROTO_UDP,
		.tos = o->tos >= 0 ? (uint8_t)o->tos : own->tos,
		.ttl = hops(own, o, group(m))};
	return 0;
}

/* Decides DF, and whether the datagram fits (enum udp_pmtu). */
static int measure(const struct udp_sock *u, struct udp_draft *m)
{
	uint32_t head = UDP_HDR_LEN + (ip_addr_is_v4(&m->to.addr) ? IPV4_HDR_MIN : IPV6_HDR_LEN);
	uint8_t pmtu = udp_ip_opts(u, &m->to.addr)->pmtu;
	bool fits = m->len + head <= m->mtu;

	if (!fits && pmtu >= UDP_PMTU_DO && pmtu != UDP_PMTU_OMIT)
		return -EMSGSIZE;
	m->tx.may_fragment = !fits || pmtu == UDP_PMTU_DONT || pmtu >= UDP_PMTU_INTERFACE;
	return 0;
}

static void copy(uint8_t *to, const struct iovec *iov, int count)
{
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > 0)
			memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
}

/* Room for m->len + more bytes at m->p. */
static bool grow(struct stack *s, struct udp_draft *m, uint32_t more)
{
	uint32_t need = UDP_HDR_LEN + m->len + more;
	struct pkt *p;

	assert(m->p == NULL || m->p->len == UDP_HDR_LEN + m->len);
	if (m->p != NULL && need - m->p->len <= pkt_room(m->p))
		return true;
	p = pkt_new(&s->pkts,
		m->p == NULL ? need : need + m->len); /* after a second call, expect more */
	if (p == NULL)
		return false;
	p->len = UDP_HDR_LEN + m->len;
	if (m->p != NULL)
		memcpy(p->data, m->p->data, p->len);
	pkt_free(m->p);
	m->p = p;
	return true;
}

/* Adds the program's bytes. */
static int gather(struct stack *s, struct udp_draft *m, const struct udp_out *o, uint32_t len)
{
	if (!grow(s, m, len))
		return -ENOBUFS;
	assert(len <= m->p->cap - PKT_HEADROOM - UDP_HDR_LEN - m->len);
	copy(m->p->data + UDP_HDR_LEN + m->len, o->iov, o->iovcnt);
	m->len += len;
	m->p->len = UDP_HDR_LEN + m->len;
	return 0;
}

/* Adds the header and queues the datagram. Takes m->p. */
static int queue(struct stack *s, struct udp_sock *u, const struct udp_draft *m)
{
	struct udp_state *st = s->udp;
	struct udp_tx *l = pool_get(&st->later_pool);

	if (l == NULL) {
		pkt_free(m->p);
		return -ENOBUFS;
	}
	assert(m->p->len == UDP_HDR_LEN + m->len && m->p->len <= UDP_LEN_MAX);
	struct udp h = {.sport = u->local.port,
		.dport = m->to.port,
		.no_checksum = u->opts.no_check && ip_addr_is_v4(&m->to.addr),
		.len = (uint16_t)m->len,
		.data = m->p->data + UDP_HDR_LEN};

	udp_emit(&h, &m->tx.addr, m->p->data);
	l->from = u;
	l->p = m->p;
	l->tx = m->tx;
	l->cost = m->len + UDP_PKT_COST;
	l->loop_if = m->loop_if;
	l->stays = m->stays;
	l->next = NULL;
	assert(*st->out_end == NULL);
	*st->out_end = l;
	st->out_end = &l->next;
	u->unsent += l->cost;
	return 0;
}

/* ---- UDP_CORK, MSG_MORE ---- */

void udp_uncork(struct stack *s, struct udp_sock *u)
{
	if (u->corked == NULL)
		return;
	pkt_free(u->corked->p);
	pool_put(&s->udp->draft_pool, u->corked);
	u->corked = NULL;
}

int udp_push(struct stack *s, struct udp_sock *u)
{
	int err = u->corked == NULL ? 0 : queue(s, u, u->corked);

	if (u->corked != NULL)
		u->corked->p = NULL;
	udp_uncork(s, u);
	return err;
}

int udp_gathers(const struct udp_sock *u)
{
	if (u->corked == NULL)
		return 0;
	return ip_addr_is_v4(&u->corked->to.addr) ? 4 : 6;
}

/* Linux's checks when it allocates memory: a pending error, a shut-down side. */
static int may_take_memory(struct udp_sock *u)
{
	int err = -udp_take_error(u);

	return err == 0 && u->opts.shut_wr ? -EPIPE : err;
}

/* For a new datagram: also room in the send buffer. */
static int room_for(struct udp_sock *u, const struct udp_draft *m)
{
	int err = may_take_memory(u);

	return err == 0 && u->unsent > 0 && u->unsent + m->len > u->opts.sndbuf ? -EAGAIN : err;
}

/* As in Linux, a datagram refused when memory is allocated for it is discarded by IP. */
static int count_refused(struct stack *s, const struct udp_draft *m, int err)
{
	if (err != 0)
		stack_count(s, ip_addr_is_v4(&m->to.addr) ? MIB_IpOutDiscards : MIB_Ip6OutDiscards);
	return err;
}

/* Adds to the gathered datagram; pushes it if no more follows. */
static int append(struct stack *s, struct udp_sock *u, const struct udp_out *o, int64_t len)
{
	struct udp_draft *m = u->corked;
	struct udp_draft whole = *m;
	int err = count_refused(s, m, may_take_memory(u));

	assert(m->p != NULL && m->p->len == UDP_HDR_LEN + m->len);
	if (err == 0 && (len < 0 || m->len + len > UDP_LEN_MAX - UDP_HDR_LEN))
		err = -EMSGSIZE;
	whole.len += (uint32_t)len;
	if (err == 0)
		err = measure(u, &whole);
	m->tx.may_fragment = whole.tx.may_fragment;
	if (err == 0)
		err = gather(s, m, o, (uint32_t)len);
	if (err != 0) {
		udp_uncork(s, u);
		return err;
	}
	return o->more || u->opts.cork ? 0 : udp_push(s, u);
}

/* The first call of a datagram. */
static int begin(struct stack *s, struct udp_sock *u, const struct udp_out *o, int64_t len)
{
	struct udp_draft m = {.len = (uint32_t)len};
	int err = address(s, u, o, &m);

	if (err == 0 && len < 0)
		err = -EMSGSIZE;
	if (err == 0)
		err = udp_autobind(s, u);
	if (err == 0)
		err = route(s, u, o, &m);
	if (err == 0)
		err = measure(u, &m);
	if (err == 0)
		err = count_refused(s, &m, room_for(u, &m));
	m.len = 0;
	if (err == 0)
		err = gather(s, &m, o, (uint32_t)len);
	if (err != 0)
		return err;
	if (!o->more && !u->opts.cork)
		return queue(s, u, &m);
	u->corked = pool_get(&s->udp->draft_pool);
	if (u->corked == NULL) {
		pkt_free(m.p);
		return -ENOBUFS;
	}
	*u->corked = m;
	return 0;
}

ssize_t udp_send(struct stack *s, struct udp_sock *u, const struct udp_out *o)
{
	int64_t len = total_of(o->iov, o->iovcnt);
	bool v4 = o->to != NULL ? ip_addr_is_v4(&o->to->addr) : !u->v6;
	int err = u->corked != NULL ? append(s, u, o, len) : begin(s, u, o, len);

	if (err == -ENOBUFS || err == -EAGAIN)
		stack_count(s, v4 ? MIB_UdpSndbufErrors : MIB_Udp6SndbufErrors);
	return err != 0 ? err : (ssize_t)len;
}

/* Releases its charge on sndbuf. */
static void left(struct stack *s, struct udp_sock *u, uint32_t cost)
{
	assert(u->unsent >= cost);
	u->unsent -= cost;
	if (u->want_write && u->unsent * 2 < u->opts.sndbuf) {
		u->want_write = false;
		udp_notify(s, u, UDP_EVENT_OUT);
	}
}

void udp_flush(struct stack *s)
{
	struct udp_state *st = s->udp;
	struct udp_tx *l;

	while ((l = st->out) != NULL) {
		bool v4 = ip_addr_is_v4(&l->tx.addr.dst);

		st->out = l->next;
		if (st->out == NULL)
			st->out_end = &st->out;
		if (l->loop_if != 0)
			udp_group_loop(s, l->p, &l->tx, l->loop_if);
		int err = 0;

		if (l->stays)
			pkt_free(l->p);
		else
			err = ip_out(s, l->p, &l->tx);
		if (err == 0)
			stack_count(s, v4 ? MIB_UdpOutDatagrams : MIB_Udp6OutDatagrams);
		else if (err == -ENOBUFS)
			stack_count(s, v4 ? MIB_UdpSndbufErrors : MIB_Udp6SndbufErrors);
		if (l->from != NULL)
			left(s, l->from, l->cost);
		pool_put(&st->later_pool, l);
	}
}

bool udp_dirty(const struct stack *s)
{
	return s->udp->out != NULL;
}
