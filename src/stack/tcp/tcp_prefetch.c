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
	ACTIVE_LINES = (sizeof(struct tcp_active) + CACHE_LINE - 1) / CACHE_LINE,
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

static void fetch(const void *from, uint32_t lines)
{
	for (uint32_t i = 0; i < lines; i++)
		__builtin_prefetch((const char *)from + i * CACHE_LINE);
}

static const struct hash_node *first_of(const struct stack *s, const struct pkt *p)
{
	struct hash_node *const *bucket = p->hash ? hash_bucket(&s->tcp->table, p->hash) : NULL;

	return bucket ? *bucket : NULL;
}

static void fetch_active(const struct hash_node *n, uint32_t hash)
{
	const struct tcp_key *k;

	while (n && n->hash != hash)
		n = n->next;
	if (!n)
		return;
	k = container_of(n, struct tcp_key, node);
	if (k->kind == TCP_KIND_CONN)
		fetch(container_of(k, struct tcp_conn, key)->active, ACTIVE_LINES);
}

void tcp_prefetch(struct stack *s, struct pkt *p, uint32_t at, enum ip_prefetch stage)
{
	struct tcp_tuple t;

	switch (stage) {
	case IP_PREFETCH_BUCKET:
		p->hash = tuple_of(p, at, &t) ? tcp_tuple_hash(s, &t) : 0;
		if (p->hash)
			__builtin_prefetch(hash_bucket(&s->tcp->table, p->hash));
		return;
	case IP_PREFETCH_RECORD:
		if (first_of(s, p))
			fetch(first_of(s, p), CONN_LINES);
		return;
	case IP_PREFETCH_ACTIVE: fetch_active(first_of(s, p), p->hash); return;
	case IP_PREFETCHES: return;
	}
}
