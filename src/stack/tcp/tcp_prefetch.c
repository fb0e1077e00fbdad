/*
 * tcp_prefetch.c - prefetching for a batch of segments. With 10,000 connections the data of each
 * segment's connection is in memory, not in the cache: the bucket, the record, the memory that it
 * points to, one after the other. A batch fetches them for many segments in parallel.
 */
#include "stack/tcp/tcp_prefetch.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
	CACHE_LINE = 64,
	CONN_LINES = (sizeof(struct tcp_conn) + CACHE_LINE - 1) / CACHE_LINE,
	/* what an algorithm keeps for itself, losses and the handshake are not worth it */
	ACTIVE_LINES = offsetof(struct tcp_active, loss.cc.priv) / CACHE_LINE + 1,
};

/* Only for headers without options; others are rare. */
static bool tuple_of(const struct pkt *p, uint32_t at, struct tcp_tuple *t)
{
	const uint8_t *h = p->data + at, *ports;

	if (p->len >= at + IPV4_HDR_MIN + TCP_HDR_MIN && h[0] == 0x45 && h[9] == IP_PROTO_TCP) {
		t->raddr = ip_addr_from_v4(get_be32(h + 12));
		t->laddr = ip_addr_from_v4(get_be32(h + 16));
		ports = h + IPV4_HDR_MIN;
	} else if (p->len >= at + IPV6_HDR_LEN + TCP_HDR_MIN && h[0] >> 4 == 6 &&
		   h[6] == IP_PROTO_TCP) {
		t->raddr = ip_addr_from_v6(h + 8);
		t->laddr = ip_addr_from_v6(h + 24);
		ports = h + IPV6_HDR_LEN;
	} else {
		return false;
	}
	t->rport = get_be16(ports);
	t->lport = get_be16(ports + 2);
	return true;
}

static inline void fetch(const void *from, uint32_t lines)
{
#pragma GCC unroll 32
	for (uint32_t i = 0; i < lines; i++)
		__builtin_prefetch((const char *)from + i * CACHE_LINE);
}

static void fetch_bucket(struct stack *s, struct pkt *p, uint32_t at)
{
	struct tcp_tuple t;

	p->hash = tuple_of(p, at, &t) ? tcp_tuple_hash(s, &t) : 0;
	if (p->hash)
		__builtin_prefetch(hash_bucket(&s->tcp->table, p->hash));
}

static const struct hash_node *first_of(const struct stack *s, const struct pkt *p)
{
	struct hash_node *const *bucket = p->hash ? hash_bucket(&s->tcp->table, p->hash) : NULL;

	return bucket ? *bucket : NULL;
}

static void fetch_record(const struct stack *s, const struct pkt *p)
{
	const struct hash_node *n = first_of(s, p);

	if (n)
		fetch(n, CONN_LINES);
}

static void fetch_active(const struct stack *s, const struct pkt *p)
{
	const struct hash_node *n = first_of(s, p);
	const struct tcp_key *k;

	while (n && n->hash != p->hash)
		n = n->next;
	if (!n)
		return;
	k = container_of(n, struct tcp_key, node);
	if (k->kind == TCP_KIND_CONN)
		fetch(container_of(k, struct tcp_conn, key)->active, ACTIVE_LINES);
}

bool tcp_prefetch(struct stack *s, struct pkt *const *p, struct ip_span span, uint32_t at,
	enum ip_prefetch stage)
{
	if (s->tcp->table.count < TCP_PREFETCH_LEAST)
		return false;
	for (uint32_t i = span.from; i < span.to; i++) {
		if (stage == IP_PREFETCH_BUCKET)
			fetch_bucket(s, p[i], at);
		else if (i > 0 && p[i]->hash == p[i - 1]->hash)
			continue; /* of the same connection */
		else if (stage == IP_PREFETCH_RECORD)
			fetch_record(s, p[i]);
		else
			fetch_active(s, p[i]);
	}
	return true;
}
