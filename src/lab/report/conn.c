/* conn.c - the connections of a run: conn.h. */
#include "lab/report/conn.h"

#include "lab/world/need.h"

/* One direction of a connection, as in its packets. */
struct tuple {
	struct ip_addr src, dst;
	uint16_t sport, dport;
	bool tcp;
};

struct entry {
	struct hash_node node;
	struct tuple tuple;
	uint32_t conn; /* number */
	uint8_t side;
};

void conns_init(struct conns *c, struct arena *a)
{
	*c = (struct conns){.arena = a};
	hash_init(&c->by_tuple);
}

void conns_free(struct conns *c)
{
	hash_free(&c->by_tuple);
	free(c->conn);
}

/* --- tuples ----------------------------------------------------------------------------------- */

static struct tuple tuple_of(const struct decoded *d)
{
	return (struct tuple){d->addr.src, d->addr.dst, d->sport, d->dport, d->kind == DECODED_TCP};
}

static struct tuple reversed(const struct tuple *t)
{
	return (struct tuple){t->dst, t->src, t->dport, t->sport, t->tcp};
}

static bool same(const struct hash_node *n, const void *key)
{
	const struct tuple *a = &container_of(n, struct entry, node)->tuple, *b = key;

	return a->sport == b->sport && a->dport == b->dport && a->tcp == b->tcp &&
	       ip_addr_eq(&a->src, &b->src) && ip_addr_eq(&a->dst, &b->dst);
}

/* FNV-1a: these tuples are not chosen by an attacker. */
static uint32_t hash_bytes(uint32_t h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

static uint32_t hash_of(const struct tuple *t)
{
	const uint8_t ports[] = {t->sport >> 8, t->sport & 255, t->dport >> 8, t->dport & 255};
	uint32_t h = hash_bytes(2166136261U, ports, sizeof(ports));

	h = hash_bytes(h, t->src.b, sizeof(t->src.b));
	return hash_bytes(h, t->dst.b, sizeof(t->dst.b)) ^ t->tcp;
}

static struct entry *entry_find(const struct conns *c, const struct tuple *t)
{
	struct hash_node *n = hash_find(&c->by_tuple, hash_of(t), same, t);

	return n ? container_of(n, struct entry, node) : NULL;
}

static void entry_set(struct conns *c, const struct tuple *t, uint32_t conn, uint8_t side)
{
	struct entry *e = entry_find(c, t);

	if (!e) {
		e = need(arena_alloc(c->arena, sizeof(*e)));
		e->tuple = *t;
		if (!hash_insert(&c->by_tuple, &e->node, hash_of(t)))
			need(NULL);
	}
	e->conn = conn;
	e->side = side;
}

static void name_both(struct conns *c, const struct tuple *t, uint32_t conn, uint8_t side)
{
	struct tuple back = reversed(t);

	entry_set(c, t, conn, side);
	entry_set(c, &back, conn, 1 - side);
}

static struct conn *begin(struct conns *c, const struct tuple *t)
{
	struct conn *n;

	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : 16;
		c->conn = need(realloc(c->conn, c->room * sizeof(*c->conn)));
	}
	n = &c->conn[c->count++];
	*n = (struct conn){.tcp = t->tcp};
	n->side[0].addr = t->src;
	n->side[0].port = t->sport;
	n->side[1].addr = t->dst;
	n->side[1].port = t->dport;
	name_both(c, t, c->count, 0);
	return n;
}

/* --- segments --------------------------------------------------------------------------------- */

/* The window in bytes. */
static uint32_t window(const struct conn *n, int side, const struct tcp_seg *s)
{
	bool scaled = n->side[0].scaled && n->side[1].scaled && !(s->flags & SEG_SYN);

	return (uint32_t)s->win << (scaled ? n->side[side].wscale : 0);
}

static void learn_start(struct conn *n, int side, const struct decoded *d)
{
	struct conn_side *me = &n->side[side], *peer = &n->side[1 - side];
	const struct tcp_seg *s = &d->seg;

	if (s->flags & SEG_RST)
		return; /* its numbers are arbitrary */
	if (!me->known) {
		me->known = true;
		me->isn = s->flags & SEG_SYN ? s->seq : seq_sub(s->seq, 1);
		me->end = s->seq;
	}
	if (!peer->known && (s->flags & SEG_ACK)) {
		peer->known = true;
		peer->isn = seq_sub(s->ack, 1);
		peer->end = s->ack;
	}
	if ((s->flags & SEG_SYN) && (d->opts.has & TCP_HAS_WSCALE)) {
		me->scaled = true;
		me->wscale = d->opts.wscale;
	}
}

static uint8_t mark_of(const struct conn *n, int side, const struct tcp_seg *s, uint32_t win)
{
	const struct conn_side *me = &n->side[side], *peer = &n->side[1 - side];
	bool plain = !(s->flags & (SEG_SYN | SEG_FIN | SEG_RST));

	if (plain && s->len <= 1 && me->known && peer->acked && peer->win == 0 &&
		seq_eq(s->seq, s->len ? peer->ack : seq_sub(peer->ack, 1)))
		return MARK_PROBE;
	if (plain && s->len == 0 && me->known && seq_eq(s->seq, seq_sub(me->end, 1)))
		return MARK_KEEPALIVE;
	if (tcp_seg_space(s) > 0)
		return me->known && seq_lt(s->seq, me->end) ? MARK_AGAIN : MARK_NONE;
	if (plain && me->acked && peer->known && seq_eq(s->ack, me->ack) && win == me->win &&
		seq_gt(peer->end, s->ack))
		return MARK_DUP_ACK;
	return MARK_NONE;
}

static void learn(struct conn *n, int side, const struct tcp_seg *s, uint32_t win)
{
	struct conn_side *me = &n->side[side];
	struct seq end = seq_add(s->seq, tcp_seg_space(s));

	if (s->flags & SEG_RST) {
		n->over = true;
		return;
	}
	me->end = seq_max(me->end, end);
	me->fin |= (s->flags & SEG_FIN) != 0;
	n->over |= me->fin && n->side[1 - side].fin;
	if (s->flags & SEG_ACK) {
		me->acked = true;
		me->ack = s->ack;
		me->win = win;
	}
}

static struct conn_view see_segment(struct conns *c, const struct entry *e, const struct decoded *d)
{
	struct conn *n = &c->conn[e->conn - 1];
	const struct conn_side *me = &n->side[e->side];
	const struct tcp_seg *s = &d->seg;
	struct conn_view v = {.conn = e->conn, .side = e->side};
	struct conn_side before = *me;

	learn_start(n, e->side, d);
	v.win = window(n, e->side, s);
	v.mark = before.known ? mark_of(n, e->side, s, v.win) : MARK_NONE;
	v.show_win = !(s->flags & SEG_RST) &&
		     ((s->flags & SEG_SYN) || v.win == 0 || (before.acked && before.win == 0));
	learn(n, e->side, s, v.win);
	return v;
}

struct conn_view conns_send(struct conns *c, const struct decoded *d)
{
	struct tuple t = tuple_of(d);
	struct entry *e;
	bool syn = (d->seg.flags & (SEG_SYN | SEG_ACK)) == SEG_SYN;

	if (d->kind == DECODED_OTHER)
		return (struct conn_view){0};
	e = entry_find(c, &t);
	if (!e || (syn && c->conn[e->conn - 1].over)) {
		begin(c, &t);
		e = entry_find(c, &t);
	}
	if (d->kind == DECODED_UDP)
		return (struct conn_view){.conn = e->conn, .side = e->side};
	return see_segment(c, e, d);
}

struct conn_view conns_find(const struct conns *c, const struct decoded *d)
{
	struct tuple t = tuple_of(d);
	const struct entry *e = d->kind == DECODED_OTHER ? NULL : entry_find(c, &t);

	if (!e)
		return (struct conn_view){0};
	return (struct conn_view){.conn = e->conn,
		.side = e->side,
		.win = d->kind == DECODED_TCP ? window(&c->conn[e->conn - 1], e->side, &d->seg)
					      : 0};
}

void conns_translated(struct conns *c, struct conn_view v, const struct decoded *d)
{
	struct tuple t = tuple_of(d);

	if (v.conn == 0 || d->kind == DECODED_OTHER || d->damaged || entry_find(c, &t))
		return;
	name_both(c, &t, v.conn, v.side);
}
