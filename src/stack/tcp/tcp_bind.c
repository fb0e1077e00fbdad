/*
 * tcp_bind.c - local ports: sharing rules, bind(), and the choice of a port for connect().
 *
 * A record per port in use lists its connections, those in TIME-WAIT included; those that hibernate
 * are counted by claim. Two may share a port
 * if their addresses differ; if both set SO_REUSEADDR and neither listens; if both set
 * SO_REUSEPORT; or if both were chosen by connect() for different peers: a port taken with bind()
 * is not available to connect() until the last of them has released it. Ephemeral ports follow RFC
 * 6056 section 3.3.4 as Linux does: an offset from a keyed hash of the peer, a step of two (even
 * ports stay for bind()).
 */
#include "stack/tcp/tcp_bind.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_timewait.h"

#include <errno.h>

static bool port_match(const struct hash_node *n, const void *key)
{
	return container_of(n, struct tcp_port, node)->port == *(const uint16_t *)key;
}

static struct tcp_port *port_find(struct stack *s, uint16_t port)
{
	struct hash_node *n = hash_find(&s->tcp->ports, port * 2654435761u, port_match, &port);

	return n ? container_of(n, struct tcp_port, node) : NULL;
}

static struct tcp_port *port_make(struct stack *s, uint16_t port)
{
	struct tcp_port *p = port_find(s, port);

	if (p)
		return p;
	p = pool_get(&s->tcp->port_pool);
	if (!p)
		return NULL;
	p->port = port;
	list_init(&p->conns);
	list_init(&p->tws);
	if (!hash_insert(&s->tcp->ports, &p->node, port * 2654435761u)) {
		pool_put(&s->tcp->port_pool, p);
		return NULL;
	}
	return p;
}

static void port_drop(struct stack *s, struct tcp_port *p)
{
	if (!list_empty(&p->conns) || !list_empty(&p->tws) || p->idles)
		return;
	assert(p->bound == 0);
	hash_remove(&s->tcp->ports, &p->node);
	pool_put(&s->tcp->port_pool, p);
}

/* Chosen by connect(): it may be chosen again for others. */
static bool is_connect_port(const struct tcp_key *k)
{
	return (k->bits & TCPB_CONNECT_PORT) != 0;
}

static void port_join(struct tcp_conn *c, struct tcp_port *p)
{
	assert(!c->port && list_empty(&c->port_link));
	p->bound += !is_connect_port(&c->key);
	c->port = p;
	c->key.lport = p->port;
	list_add_tail(&p->conns, &c->port_link);
}

/* A user of a port, or a candidate. */
struct user {
	struct ip_bind claim;
	uint8_t flags; /* enum tcp_bind_flag */
	uint8_t state;
};

static struct user user_of(const struct tcp_key *k, uint8_t flags, uint32_t ifindex)
{
	return (struct user){.claim = {.addr = k->laddr,
				     .ifindex = ifindex,
				     .v6 = (k->bits & TCPB_V6) != 0,
				     .v6only = (flags & TCP_BIND_V6ONLY) != 0},
		.flags = flags,
		.state = k->state};
}

static struct user conn_user(const struct tcp_conn *c)
{
	return user_of(&c->key, c->bind_flags, c->extra ? c->extra->ifindex : 0);
}

/* An explicitly requested port may be shared; a chosen one must be free. */
enum port_wish {
	PORT_NAMED,
	PORT_CHOSEN,
};

static struct user idles_user(const struct tcp_idles *i)
{
	return (struct user){.claim = i->claim, .flags = i->flags, .state = TCPS_ESTABLISHED};
}

static bool conflict(const struct user *a, const struct user *b, enum port_wish wish)
{
	uint8_t both = a->flags & b->flags;

	if (!ip_binds_conflict(&a->claim, &b->claim))
		return false;
	if (wish == PORT_CHOSEN)
		return true;
	if ((both & TCP_BIND_REUSEADDR) && b->state != TCPS_LISTEN)
		return false;
	return !(both & TCP_BIND_REUSEPORT);
}

static bool port_free_for(
	const struct tcp_port *p, const struct tcp_conn *asker, enum port_wish wish)
{
	struct user a = conn_user(asker), b;
	struct list *l;

	if (!p)
		return true;
	list_for_each(l, &p->conns) {
		const struct tcp_conn *c = list_entry(l, struct tcp_conn, port_link);

		b = conn_user(c);
		if (c != asker && conflict(&a, &b, wish))
			return false;
	}
	for (const struct tcp_idles *i = p->idles; i; i = i->next) {
		b = idles_user(i);
		if (conflict(&a, &b, wish))
			return false;
	}
	list_for_each(l, &p->tws) {
		const struct tcp_tw *tw = list_entry(l, struct tcp_tw, port_link);

		b = user_of(&tw->key, tw->bind_flags, tw->ifindex);
		if (conflict(&a, &b, wish))
			return false;
	}
	return true;
}

/* The candidate ports. */
struct range {
	uint32_t low, n;
	bool own; /* IP_LOCAL_PORT_RANGE: no preference for even or odd ports */
};

static struct range range_of(const struct stack *s, const struct tcp_conn *c)
{
	uint32_t low = (uint32_t)s->sysctl.ip_local_port_range[0];
	uint32_t high = (uint32_t)s->sysctl.ip_local_port_range[1];
	uint32_t own = c->extra ? c->extra->port_range : 0, from = own & 0xffff, to = own >> 16;
	struct range r = {.own = own != 0};

	if (own && from >= low && from <= high)
		low = from;
	if (own && to >= low && to <= high)
		high = to;
	assert(low <= high);
	r.low = low;
	r.n = high - low + 1;
	return r;
}

/* The first free port from the start-th of the range, at an odd or even distance from its lowest.
 * -EADDRINUSE: none. */
static int port_scan(
	struct stack *s, struct tcp_conn *c, const struct range *r, uint32_t start, bool odd)
{
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t distance = (start + i) % r->n;
		uint16_t port = (uint16_t)(r->low + distance);

		if ((distance & 1) == odd && !sysctl_port_reserved(&s->sysctl, port) &&
			port_free_for(port_find(s, port), c, PORT_CHOSEN))
			return port;
	}
	return -EADDRINUSE;
}

/* A port for bind() with 0: random start; connect() prefers the even ones. */
static int port_choose(struct stack *s, struct tcp_conn *c)
{
	struct range r = range_of(s, c);
	uint32_t start;
	int port;

	if (r.n > 1)
		r.n &= ~1u; /* Linux: pairs of ports */
	start = (uint32_t)prng_below(&s->prng, r.n);
	port = port_scan(s, c, &r, start, true);
	return port >= 0 ? port : port_scan(s, c, &r, start, false);
}

int tcp_port_take(struct stack *s, struct tcp_conn *c, uint16_t port)
{
	struct tcp_port *p;

	if (port == 0) {
		int chosen = port_choose(s, c);

		if (chosen < 0)
			return chosen;
		port = (uint16_t)chosen;
	}
	p = port_find(s, port);
	if (!port_free_for(p, c, PORT_NAMED))
		return -EADDRINUSE;
	p = port_make(s, port);
	if (!p)
		return -ENOBUFS;
	port_join(c, p);
	return 0;
}

int tcp_port_listen_ok(struct stack *s, struct tcp_conn *c)
{
	return port_free_for(c->port, c, PORT_NAMED) ? 0 : -EADDRINUSE;
}

void tcp_port_share(struct tcp_conn *c, struct tcp_conn *from)
{
	if (from->port)
		port_join(c, from->port);
}

void tcp_port_leave(struct stack *s, struct tcp_conn *c)
{
	struct tcp_port *p = c->port;

	if (!p)
		return;
	list_del(&c->port_link);
	c->port = NULL;
	assert(p->bound > 0 || is_connect_port(&c->key));
	p->bound -= !is_connect_port(&c->key);
	tcp_mark(c, TCPB_CONNECT_PORT, false);
	port_drop(s, p);
}

/* Where the counter of those with the claim of u is linked, or would be. */
static struct tcp_idles **idles_of(struct tcp_port *p, const struct user *u)
{
	struct tcp_idles **at = &p->idles;

	while (*at && !((*at)->flags == u->flags && ip_bind_eq(&(*at)->claim, &u->claim)))
		at = &(*at)->next;
	return at;
}

bool tcp_port_hibernate(struct stack *s, struct tcp_conn *c)
{
	struct user u = conn_user(c);
	struct tcp_idles **at;

	if (!c->port)
		return true;
	at = idles_of(c->port, &u);
	if (!*at) {
		*at = pool_get(&s->tcp->port_idles);
		if (!*at)
			return false;
		(*at)->claim = u.claim;
		(*at)->flags = u.flags;
	}
	(*at)->count++;
	list_del(&c->port_link);
	return true;
}

/* i, which has a port, is not idle any more. */
static struct tcp_port *idles_leave(struct stack *s, const struct tcp_idle *i)
{
	struct tcp_port *p = port_find(s, i->lport);
	struct tcp_conn view = {0};
	struct tcp_idles **at, *gone;
	struct user u;

	tcp_idle_view(i, &view);
	u = conn_user(&view);
	assert(p);
	at = idles_of(p, &u);
	assert(*at && (*at)->count > 0);
	if (--(*at)->count == 0) {
		gone = *at;
		*at = gone->next;
		pool_put(&s->tcp->port_idles, gone);
	}
	return p;
}

void tcp_port_wake(struct stack *s, struct tcp_conn *c, struct tcp_idle *i)
{
	c->port = idles_leave(s, i);
	assert(c->port->port == c->key.lport);
	list_add_tail(&c->port->conns, &c->port_link);
}

void tcp_port_idle_leave(struct stack *s, struct tcp_idle *i)
{
	struct tcp_port *p;

	if (!(i->flags & IDLE_PORT))
		return;
	p = idles_leave(s, i);
	assert(p->bound > 0 || (i->bits & TCPB_CONNECT_PORT));
	p->bound -= !(i->bits & TCPB_CONNECT_PORT);
	port_drop(s, p);
}

void tcp_port_tw(struct tcp_conn *c, struct tcp_tw *tw)
{
	tw->bind_flags = c->bind_flags;
	tw->port = c->port;
	if (!c->port)
		return;
	c->port->bound += !is_connect_port(&tw->key);
	list_add_tail(&c->port->tws, &tw->port_link);
}

void tcp_port_leave_tw(struct stack *s, struct tcp_tw *tw)
{
	if (!tw->port)
		return;
	list_del(&tw->port_link);
	assert(tw->port->bound > 0 || is_connect_port(&tw->key));
	tw->port->bound -= !is_connect_port(&tw->key);
	port_drop(s, tw->port);
	tw->port = NULL;
}

/* True if the 4-tuple is free, or held by a TIME-WAIT record that may be reused now. */
static bool tuple_free(struct stack *s, struct tcp_conn *c, uint16_t port)
{
	struct tcp_tuple t = {c->key.laddr, c->key.raddr, port, c->key.rport};
	struct tcp_key *k = tcp_find(s, &t);
	struct tcp_tw *tw;

	if (!k)
		return true;
	if (k->kind != TCP_KIND_TW)
		return false;
	tw = container_of(k, struct tcp_tw, key);
	if (!tcp_tw_reusable(s, tw, ip_addr_is_loopback(&c->key.raddr), tcp_is(c, TCPB_BOUND_PORT)))
		return false;
	/* continue above any number that the old connection may still have in the network (RFC
	 * 6191) */
	c->write_seq = seq_add(tw->snd_nxt, 65535 + 2);
	if (c->write_seq.v == 0)
		c->write_seq.v = 1;
	c->ts_recent = tw->ts_recent;
	c->ts_recent_s = tw->ts_recent_s;
	tcp_mark(c, TCPB_RFC6191, true);
	stack_count(s, MIB_TcpExtTWRecycled);
	tcp_tw_kill(s, tw);
	return true;
}

static bool port_usable(struct stack *s, struct tcp_conn *c, uint16_t port)
{
	const struct tcp_port *p = port_find(s, port);

	return !sysctl_port_reserved(&s->sysctl, port) && (!p || p->bound == 0) &&
	       tuple_free(s, c, port);
}

/* Searches from `start` in steps; returns the distance to the first usable port, or -1. */
static int64_t look(struct stack *s, struct tcp_conn *c, const struct range *r, uint32_t start)
{
	for (uint32_t i = 0; i < r->n; i += r->own ? 1 : 2)
		if (port_usable(s, c, (uint16_t)(r->low + (start + i) % r->n)))
			return i;
	return -1;
}

static int use(struct stack *s, struct tcp_conn *c, uint16_t port)
{
	struct tcp_port *p = port_make(s, port);

	if (!p)
		return -ENOBUFS;
	assert(!c->port);
	tcp_mark(c, TCPB_CONNECT_PORT, true);
	port_join(c, p);
	return 0;
}

int tcp_port_connect(struct stack *s, struct tcp_conn *c)
{
	struct tcp_ephemeral *e = &s->tcp->ephemeral;
	struct range r = range_of(s, c);
	uint64_t h = siphash_2u64(ip_addr_half(&c->key.raddr, 1) ^ c->key.rport,
		ip_addr_half(&c->key.raddr, 0) ^ ip_addr_half(&c->key.laddr, 1), &s->tcp->port_key);
	uint32_t *perturb = &e->perturb[h % PORT_CLASSES], step = r.own ? 1 : 2;
	uint32_t start = (uint32_t)(*perturb + (h >> 32)) % r.n;
	uint32_t fulls = (uint32_t)(h >> 8) % PORT_FULLS, parities = r.own || r.n < 2 ? 1 : 2;
	bool full = !r.own && e->full[fulls].to == h && s->now < e->full[fulls].until;

	if (c->port)
		return tuple_free(s, c, c->key.lport) ? 0 : -EADDRNOTAVAIL;
	if (!r.own)
		start &= ~1u;
	for (uint32_t k = 0; k < parities; k++) {
		uint32_t from = start + (parities == 2 && full ? 1 - k : k);
		int64_t i = look(s, c, &r, from);

		if (i >= 0) { /* far from numbers that an observer has seen, if there is room */
			uint32_t far = (uint32_t)prng_below(&s->prng, 8) * step;

			*perturb += u32_max((uint32_t)i, far) + step;
			return use(s, c, (uint16_t)(r.low + (from + (uint32_t)i) % r.n));
		}
		if (k == 0 && !full && parities == 2) {
			e->full[fulls].to = h;
			e->full[fulls].until = s->now + PORT_FULL_FOR;
		}
	}
	return -EADDRNOTAVAIL;
}

int tcp_bind(struct stack *s, struct tcp_conn *c, const struct tcp_end *e)
{
	struct ip_addr old = c->key.laddr;
	bool taken = c->key.state != TCPS_CLOSED || c->port;
	int err;

	if (taken && tcp_is(c, TCPB_V6))
		return -EINVAL;
	if (!ip_may_bind(s, &e->addr) && !(c->bind_flags & TCP_BIND_FREE) &&
		!s->sysctl.ip_nonlocal_bind)
		return -EADDRNOTAVAIL;
	if (taken) /* IPv4 checks the address first */
		return -EINVAL;
	c->key.laddr = e->addr;
	err = e->port == 0 && (c->bind_flags & TCP_BIND_NO_PORT) ? 0 : tcp_port_take(s, c, e->port);
	if (err) {
		c->key.laddr = old;
		return err;
	}
	tcp_mark(c, TCPB_BOUND_ADDR, !ip_addr_is_any(&e->addr));
	tcp_mark(c, TCPB_BOUND_PORT, e->port != 0);
	return 0;
}

int tcp_set_bind_flags(struct stack *s, struct tcp_conn *handle, uint8_t flags)
{
	struct tcp_conn *c = tcp_wake(s, handle); /* an idle one is counted by its flags */

	if (!c)
		return -ENOBUFS;
	c->bind_flags = flags;
	return 0;
}
