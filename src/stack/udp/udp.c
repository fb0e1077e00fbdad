/* udp.c - UDP sockets: creation and close, ports, bind and connect, status. */
#include "stack/udp/udp_priv.h"

#include <errno.h>
#include <stdlib.h>

static const struct ip_transport transport = {.input = udp_input, .error = udp_error};

struct udp_state *udp_state_new(struct stack *s)
{
	struct udp_state *st = calloc(1, sizeof(*st));

	if (st == NULL)
		return NULL;
	hash_init(&st->ports);
	pool_init(&st->sock_pool, sizeof(struct udp_sock), UDP_SOCKS_MAX);
	pool_init(&st->port_pool, sizeof(struct udp_port), 0);
	pool_init(&st->dgram_pool, sizeof(struct udp_dgram), 0);
	pool_init(&st->later_pool, sizeof(struct udp_tx), 0);
	pool_init(&st->draft_pool, sizeof(struct udp_draft), 0);
	pool_init(&st->member_pool, sizeof(struct udp_member), 0);
	list_init(&st->socks);
	st->out_end = &st->out;
	st->hash_key = stack_key(s);
	s->udp = st;
	ip_register(s, IP_PROTO_UDP, &transport);
	return st;
}

void udp_state_free(struct stack *s)
{
	struct udp_state *st = s->udp;

	while (!list_empty(&st->socks))
		udp_close(s, list_entry(st->socks.next, struct udp_sock, all));
	for (struct udp_tx *l = st->out; l != NULL; l = l->next)
		pkt_free(l->p);
	hash_free(&st->ports);
	pool_free(&st->sock_pool);
	pool_free(&st->port_pool);
	pool_free(&st->dgram_pool);
	pool_free(&st->later_pool);
	pool_free(&st->draft_pool);
	pool_free(&st->member_pool);
	free(st);
	s->udp = NULL;
}

void udp_set_events(struct stack *s, const struct udp_events *ev)
{
	s->udp->events = *ev;
}

void udp_notify(struct stack *s, const struct udp_sock *u, uint32_t events)
{
	const struct udp_events *ev = &s->udp->events;

	if (ev->notify != NULL)
		ev->notify(ev->ctx, u->owner, events);
}

/* ---- sockets ---- */

static struct ip_addr any_of(const struct udp_sock *u)
{
	return u->v6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4;
}

struct udp_sock *udp_new(struct stack *s, void *owner, bool v6)
{
	struct udp_state *st = s->udp;
	struct udp_sock *u = pool_get(&st->sock_pool);

	if (u == NULL)
		return NULL;
	u->owner = owner;
	u->v6 = v6;
	u->local.addr = u->peer.addr = any_of(u);
	u->opts.rcvbuf = (uint32_t)s->sysctl.rmem_default;
	u->opts.sndbuf = (uint32_t)s->sysctl.wmem_default;
	u->opts.v4 = u->opts.v6 = (struct udp_ip_opts){
		.group_ttl = 1, .group_loop = true, .group_all = true, .pmtu = UDP_PMTU_WANT};
	if (s->sysctl.ip_no_pmtu_disc != 0)
		u->opts.v4.pmtu = UDP_PMTU_DONT;
	u->opts.group_src = IP_ADDR_ANY4;
	u->opts.v6only = s->sysctl.ipv6_bindv6only != 0;
	list_init(&u->by_port);
	list_add_tail(&st->socks, &u->all);
	return u;
}

static void leave_port(struct udp_state *st, struct udp_sock *u)
{
	struct udp_port *port = u->port;

	if (port == NULL)
		return;
	assert(port->port == u->local.port && !list_empty(&port->socks));
	list_del(&u->by_port);
	u->port = NULL;
	u->local.port = 0;
	if (!list_empty(&port->socks))
		return;
	hash_remove(&st->ports, &port->node);
	pool_put(&st->port_pool, port);
}

void udp_close(struct stack *s, struct udp_sock *u)
{
	struct udp_state *st = s->udp;

	udp_uncork(s, u);
	udp_leave_all(s, u);
	leave_port(st, u);
	while (u->first != NULL) {
		struct udp_dgram *h = u->first;

		u->first = h->next;
		pkt_free(h->p);
		pool_put(&st->dgram_pool, h);
	}
	assert(st->memory >= u->held);
	st->memory -= u->held;
	for (struct udp_tx *l = st->out; l != NULL; l = l->next)
		if (l->from == u)
			l->from = NULL;
	list_del(&u->all);
	pool_put(&st->sock_pool, u);
}

/* ---- ports ---- */

static bool port_matches(const struct hash_node *node, const void *key)
{
	return container_of(node, const struct udp_port, node)->port == *(const uint16_t *)key;
}

/* There are at most 65,535 ports: a peer that chooses them cannot make a chain long. */
static uint32_t port_hash(uint16_t port)
{
	return port * 2654435761u;
}

struct udp_port *udp_port_find(const struct udp_state *st, uint16_t port)
{
	struct hash_node *n = hash_find(&st->ports, port_hash(port), port_matches, &port);

	return n == NULL ? NULL : container_of(n, struct udp_port, node);
}

static bool is_v4(const struct udp_end *e)
{
	return ip_addr_is_v4(&e->addr);
}

static struct ip_bind claim_of(const struct udp_sock *u, const struct udp_end *e)
{
	return (struct ip_bind){.addr = e->addr,
		.ifindex = u->opts.bound_if,
		.v6 = u->v6,
		.v6only = u->opts.v6only};
}

/* True if one datagram could match both. */
static bool overlap(const struct udp_sock *a, const struct udp_end *ea, const struct udp_sock *b)
{
	struct ip_bind asks = claim_of(a, ea), has = claim_of(b, &b->local);

	return ip_binds_conflict(&asks, &has);
}

static bool port_free(const struct udp_state *st, const struct udp_sock *u, const struct udp_end *e)
{
	struct udp_port *port = udp_port_find(st, e->port);
	struct list *at;

	if (port == NULL)
		return true;
	list_for_each(at, &port->socks) {
		const struct udp_sock *other = list_entry(at, struct udp_sock, by_port);

		if (other == u || !overlap(u, e, other) ||
			(u->opts.reuseaddr && other->opts.reuseaddr))
			continue;
		/* Linux: the newest socket decides for all */
		return u->opts.reuseport && other->opts.reuseport;
	}
	return true;
}

static int join_port(struct udp_state *st, struct udp_sock *u, uint16_t number)
{
	struct udp_port *port = udp_port_find(st, number);

	assert(u->port == NULL && number != 0);
	if (port == NULL) {
		port = pool_get(&st->port_pool);
		if (port == NULL)
			return -ENOMEM;
		port->port = number;
		list_init(&port->socks);
		if (!hash_insert(&st->ports, &port->node, port_hash(number))) {
			pool_put(&st->port_pool, port);
			return -ENOMEM;
		}
	}
	if (u->v6 && u->opts.reuseport) /* as in Linux: the order in which port_free() searches */
		list_add_tail(&port->socks, &u->by_port);
	else
		list_add(&port->socks, &u->by_port);
	u->port = port;
	u->local.port = number;
	return 0;
}

/* The first free port of ip_local_port_range from a random start, with wrap-around. 0: none. */
static uint16_t choose_port(struct stack *s, const struct udp_sock *u, struct udp_end e)
{
	uint32_t low = (uint32_t)s->sysctl.ip_local_port_range[0];
	uint32_t high = (uint32_t)s->sysctl.ip_local_port_range[1], own = u->opts.port_range;

	if (own != 0 && (own & 0xffff) >= low && (own & 0xffff) <= high)
		low = own & 0xffff;
	if (own != 0 && own >> 16 >= low && own >> 16 <= high)
		high = own >> 16;
	uint32_t count = high - low + 1;
	assert(low <= high && high <= UINT16_MAX);
	uint32_t from = (uint32_t)prng_below(&s->prng, count);

	for (uint32_t i = 0; i < count; i++) {
		e.port = (uint16_t)(low + (from + i) % count);
		if (!sysctl_port_reserved(&s->sysctl, e.port) && port_free(s->udp, u, &e))
			return e.port;
	}
	return 0;
}

int udp_autobind(struct stack *s, struct udp_sock *u)
{
	if (u->port != NULL)
		return 0;
	uint16_t port = choose_port(s, u, u->local);

	if (port == 0)
		return -EAGAIN;
	u->auto_port = true;
	return join_port(s->udp, u, port);
}

static bool may_bind(const struct stack *s, const struct udp_sock *u, const struct udp_end *e)
{
	return ip_may_bind(s, &e->addr) || ip_addr_is_multicast(&e->addr) || u->opts.freebind ||
	       s->sysctl.ip_nonlocal_bind != 0;
}

int udp_bind(struct stack *s, struct udp_sock *u, const struct udp_end *e)
{
	struct udp_end to = *e;

	if (u->port != NULL && u->v6)
		return -EINVAL;
	if (!may_bind(s, u, e))
		return -EADDRNOTAVAIL;
	if (u->port != NULL) /* IPv4 checks the address first */
		return -EINVAL;
	if (to.port == 0 && u->opts.no_port) {
		u->local.addr = to.addr;
		u->auto_addr = false;
		return 0;
	}
	if (to.port == 0)
		to.port = choose_port(s, u, to);
	if (to.port == 0 || !port_free(s->udp, u, &to))
		return -EADDRINUSE;
	int err = join_port(s->udp, u, to.port);

	if (err != 0)
		return err;
	u->local = to;
	u->auto_addr = u->auto_port = false;
	return 0;
}

/* ---- peers ---- */

int udp_connect(struct stack *s, struct udp_sock *u, const struct udp_end *to)
{
	struct ip_route_key key = {.dst = to->addr,
		.src = u->local.addr,
		.ifindex = to->ifindex ? to->ifindex : u->opts.bound_if};
	struct ip_route path;

	key.dst = ip_this_host(s, &to->addr, &u->local.addr);
	if (is_v4(&u->local) && !ip_addr_is_v4(&key.dst)) /* a mapped address is IPv4's */
		return -EAFNOSUPPORT;
	if (!ip_is_source(s, &key.src) || is_v4(&u->local) != ip_addr_is_v4(&key.dst))
		key.src = ip_addr_is_v4(&key.dst) ? IP_ADDR_ANY4 : IP_ADDR_ANY6;
	int err = ip_route_query(s, &key, &path);

	if (err == 0 && path.broadcast && !u->opts.broadcast)
		err = -EACCES;
	if (err == 0)
		err = udp_autobind(s, u);
	if (err != 0)
		return err;
	if (ip_addr_is_any(&u->local.addr)) { /* and stays, until disconnected */
		u->local.addr = path.src;
		u->auto_addr = true;
	}
	assert(u->port != NULL && u->local.port != 0);
	u->peer = *to;
	u->peer.addr = key.dst;
	u->connected = true;
	return 0;
}

void udp_disconnect(struct stack *s, struct udp_sock *u)
{
	u->connected = false;
	u->peer = (struct udp_end){.addr = any_of(u)};
	if (u->auto_addr)
		u->local.addr = any_of(u);
	if (u->auto_port)
		leave_port(s->udp, u);
	u->auto_addr = u->auto_port = false;
}

/* ---- status ---- */

struct udp_opts *udp_opts(struct udp_sock *u)
{
	return &u->opts;
}

int udp_take_error(struct udp_sock *u)
{
	int err = u->err;

	u->err = 0;
	return err;
}

void udp_set_error(struct udp_sock *u, int err)
{
	u->err = err;
}

void udp_status(const struct udp_sock *u, struct udp_status *f)
{
	assert((u->first == NULL) == (u->held == 0));
	*f = (struct udp_status){
		.connected = u->connected,
		.readable = u->first != NULL || u->opts.shut_rd,
		.writable = u->unsent * 2 < u->opts.sndbuf, /* Linux sock_writeable() */
		.err = u->err,
		.next_len = u->first == NULL ? 0 : u->first->p->len,
		.unsent = u->unsent + (u->corked == NULL ? 0 : u->corked->len + UDP_PKT_COST),
	};
}

void udp_local(const struct udp_sock *u, struct udp_end *e)
{
	*e = u->local;
}

void udp_peer(const struct udp_sock *u, struct udp_end *e)
{
	*e = u->peer;
}

void udp_want_write(struct udp_sock *u)
{
	u->want_write = true;
}

uint32_t udp_sockets(const struct stack *s)
{
	return (uint32_t)s->udp->sock_pool.live;
}

uint64_t udp_memory(const struct stack *s)
{
	return s->udp->memory;
}
