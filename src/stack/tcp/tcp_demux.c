/*
 * tcp_demux.c - demultiplexing: first the table of 4-tuples (connections, request sockets,
 * TIME-WAIT), then the listeners of the port. Both tables are hashed with a random key of the
 * instance, since peers choose the tuples.
 *
 *     listeners of a port, best first: bound to the address and the interface, bound to the
 *     address, bound to the interface, unbound; among equals with SO_REUSEPORT by the 4-tuple
 */
#include "stack/tcp/tcp_demux.h"
#include "stack/ip/ip_bind.h"
#include "stack/tcp/idle/tcp_idle.h"

/* Two multiplications with 128 bits of key, whose results are never visible (decision 0261). */
uint32_t tcp_tuple_hash(const struct stack *s, const struct tcp_tuple *t)
{
	const struct siphash_key *k = &s->tcp->hash_key;
	uint64_t ports = (uint64_t)t->lport << 16 | t->rport;
	uint64_t r = ip_addr_half(&t->raddr, 0), l = ip_addr_half(&t->laddr, 0);
	uint64_t h =
		hash_fold(ip_addr_half(&t->raddr, 1) ^ k->k0, ip_addr_half(&t->laddr, 1) ^ k->k1);

	h = hash_fold(h ^ r ^ (l << 1 | l >> 63) ^ ports, k->k0 | 1);
	return (uint32_t)(h ^ h >> 32);
}

static bool key_match(const struct hash_node *node, const void *key)
{
	const struct tcp_key *k = container_of(node, struct tcp_key, node);
	const struct tcp_tuple *t = key;

	if (k->rport != t->rport || k->lport != t->lport)
		return false;
	if (k->kind == TCP_KIND_IDLE) {
		struct ip_addr laddr, raddr;

		tcp_idle_addrs(container_of(node, struct tcp_idle, node), &laddr, &raddr);
		return ip_addr_eq(&raddr, &t->raddr) && ip_addr_eq(&laddr, &t->laddr);
	}
	return ip_addr_eq(&k->raddr, &t->raddr) && ip_addr_eq(&k->laddr, &t->laddr);
}

static struct tcp_key *find_hashed(struct stack *s, const struct tcp_tuple *t, uint32_t hash)
{
	struct hash_node *n = hash_find(&s->tcp->table, hash, key_match, t);

	return n ? container_of(n, struct tcp_key, node) : NULL;
}

struct tcp_key *tcp_find(struct stack *s, const struct tcp_tuple *t)
{
	return find_hashed(s, t, tcp_tuple_hash(s, t));
}

struct tcp_key *tcp_find_for(struct stack *s, struct pkt *p, const struct tcp_tuple *t)
{
	if (p->hash == 0)
		p->hash = tcp_tuple_hash(s, t);
	return find_hashed(s, t, p->hash);
}

void tcp_changed(struct stack *s, const struct tcp_key *k)
{
	struct tcp_watcher *w = &s->tcp->watcher;

	if (w->changed && k) {
		assert(k->kind != TCP_KIND_IDLE);
		w->changed(w->arg, &(struct tcp_end){k->laddr, k->lport, 0},
			&(struct tcp_end){k->raddr, k->rport, 0});
	} else if (w->changed) {
		w->changed(w->arg, NULL, NULL);
	}
}

bool tcp_hash_in(struct stack *s, struct tcp_key *k)
{
	struct tcp_tuple t = {k->laddr, k->raddr, k->lport, k->rport};

	assert(!(k->bits & TCPB_HASHED));
	if (!hash_insert(&s->tcp->table, &k->node, tcp_tuple_hash(s, &t)))
		return false;
	k->bits |= TCPB_HASHED;
	tcp_changed(s, k);
	return true;
}

bool tcp_hash_inherit(struct stack *s, struct tcp_key *k, struct tcp_key *old)
{
	assert(!(k->bits & TCPB_HASHED) && k->lport == old->lport && k->rport == old->rport);
	if (!(old->bits & TCPB_HASHED))
		return tcp_hash_in(s, k);
	hash_replace(&s->tcp->table, &old->node, &k->node);
	old->bits &= (uint16_t)~TCPB_HASHED;
	k->bits |= TCPB_HASHED;
	tcp_changed(s, k);
	return true;
}

void tcp_hash_out(struct stack *s, struct tcp_key *k)
{
	if (!(k->bits & TCPB_HASHED))
		return;
	hash_remove(&s->tcp->table, &k->node);
	k->bits &= (uint16_t)~TCPB_HASHED;
	tcp_changed(s, k);
}

/* --- listeners: one chain per port, under the hash of the port --- */

static uint32_t port_hash(uint16_t port)
{
	return port * 2654435761u; /* local ports are not chosen by an attacker: no key */
}

static bool listener_match(const struct hash_node *node, const void *key)
{
	return container_of(node, struct tcp_key, node)->lport == *(const uint16_t *)key;
}

struct tcp_conn *tcp_port_chain(struct stack *s, uint16_t port)
{
	struct hash_node *n = hash_find(&s->tcp->listeners, port_hash(port), listener_match, &port);

	return n ? container_of(n, struct tcp_conn, key.node) : NULL;
}

bool tcp_listener_in(struct stack *s, struct tcp_conn *c)
{
	struct tcp_conn *head = tcp_port_chain(s, c->key.lport);

	assert(c->listen && !c->listen->next);
	tcp_changed(s, NULL);
	if (!head)
		return hash_insert(&s->tcp->listeners, &c->key.node, port_hash(c->key.lport));
	while (head->listen->next)
		head = head->listen->next;
	head->listen->next = c;
	return true;
}

void tcp_listener_out(struct stack *s, struct tcp_conn *c)
{
	struct tcp_conn *head = tcp_port_chain(s, c->key.lport);
	struct tcp_conn *next = c->listen->next;

	c->listen->next = NULL;
	tcp_changed(s, NULL);
	if (head == c) {
		hash_remove(&s->tcp->listeners, &c->key.node);
		if (next && !hash_insert(&s->tcp->listeners, &next->key.node,
				    port_hash(next->key.lport)))
			assert(!"a node was just taken out");
		return;
	}
	while (head && head->listen->next != c)
		head = head->listen->next;
	assert(head);
	head->listen->next = next;
}

/* How well a listener matches; negative: not at all. */
static int listener_score(const struct tcp_conn *l, const struct tcp_tuple *t, uint32_t ifindex)
{
	bool v4 = ip_addr_is_v4(&t->laddr);
	int score = v4 == !tcp_is(l, TCPB_V6); /* of the same family: Linux's tie-break */

	if (!ip_bind_accepts(&l->key.laddr, l->bind_flags & TCP_BIND_V6ONLY, &t->laddr))
		return -1;
	if (!ip_addr_is_any(&l->key.laddr)) {
		if (!ip_addr_eq(&l->key.laddr, &t->laddr))
			return -1;
		score += 4;
	}
	if (l->extra && l->extra->ifindex) {
		if (l->extra->ifindex != ifindex)
			return -1;
		score += 2;
	}
	return score;
}

struct tcp_conn *tcp_find_listener(struct stack *s, const struct tcp_tuple *t, uint32_t ifindex)
{
	struct tcp_conn *best = NULL, *l;
	int high = -1;
	uint32_t equals = 0, pick;

	for (l = tcp_port_chain(s, t->lport); l; l = l->listen->next) {
		int score = listener_score(l, t, ifindex);

		if (score > high) {
			best = l;
			high = score;
			equals = 1;
		} else if (score == high && score >= 0) {
			equals++;
		}
	}
	if (equals < 2 || !(best->bind_flags & TCP_BIND_REUSEPORT))
		return best;
	assert(best->listen && equals > 1);
	pick = (uint32_t)(((uint64_t)tcp_tuple_hash(s, t) * equals) >> 32);
	for (l = tcp_port_chain(s, t->lport); l; l = l->listen->next)
		if (listener_score(l, t, ifindex) == high && pick-- == 0)
			return l;
	return best;
}
