/* reasm.c - IP reassembly: datagrams by hash, pieces in a balanced tree, eviction by age. */
#include "stack/ip/reasm.h"

#include <stdlib.h>

enum {
	ECN_NOT = 1 << 0,
	ECN_ECT1 = 1 << 1,
	ECN_ECT0 = 1 << 2,
	ECN_CE = 1 << 3
};

struct reasm_datagram {
	struct hash_node node;
	struct list age;
	struct reasm_key key;
	struct tree pieces; /* by offset, never overlapping */
	nsec_t expires;
	uint32_t
		total; /* payload bytes of the packet, once ended; before that the highest offset */
	uint32_t have; /* payload bytes held */
	uint32_t frags; /* fragments taken */
	uint32_t ifindex;
	uint32_t rid;
	uint16_t head_len; /* 0: the first fragment is missing */
	uint16_t prev;
	uint16_t first_len; /* payload bytes of the first fragment */
	bool ended;         /* the last fragment has arrived */
	uint8_t ecn;        /* ECN_ bits of the fragments */
	uint8_t head[REASM_HEAD_MAX];
};

struct piece {
	struct tree_node node;
	uint32_t off, len;
	uint8_t data[REASM_PIECE];
};

static struct piece *piece_of(struct tree_node *n)
{
	return container_of(n, struct piece, node);
}

void reasm_init(struct reasm *r, const struct siphash_key *key)
{
	memset(r, 0, sizeof(*r));
	r->hash_key = *key;
	hash_init(&r->table);
	pool_init(&r->datagrams, sizeof(struct reasm_datagram), 0);
	pool_init(&r->pieces, sizeof(struct piece), 0);
	list_init(&r->by_age);
}

void reasm_free(struct reasm *r)
{
	hash_free(&r->table);
	pool_free(&r->datagrams);
	pool_free(&r->pieces);
	free(r->whole);
}

/* ---- datagrams ---- */

static uint32_t hash_of(const struct reasm *r, const struct reasm_key *k)
{
	uint64_t a = siphash(&k->addr, sizeof(k->addr), &r->hash_key);

	return (uint32_t)siphash_2u64(a, (uint64_t)k->proto << 32 | k->id, &r->hash_key);
}

static bool matches(const struct hash_node *node, const void *key)
{
	const struct reasm_datagram *d = container_of(node, const struct reasm_datagram, node);
	const struct reasm_key *k = key;

	return d->key.id == k->id && d->key.proto == k->proto && d->key.ifindex == k->ifindex &&
	       ip_addr_eq(&d->key.addr.src, &k->addr.src) &&
	       ip_addr_eq(&d->key.addr.dst, &k->addr.dst);
}

static struct reasm_datagram *find(struct reasm *r, const struct reasm_key *k)
{
	struct hash_node *n = hash_find(&r->table, hash_of(r, k), matches, k);

	return n == NULL ? NULL : container_of(n, struct reasm_datagram, node);
}

static struct reasm_datagram *start(struct reasm *r, const struct reasm_key *k, nsec_t expires)
{
	struct reasm_datagram *d = pool_get(&r->datagrams);

	if (d == NULL)
		return NULL;
	d->key = *k;
	d->expires = expires;
	tree_init(&d->pieces);
	if (!hash_insert(&r->table, &d->node, hash_of(r, k))) {
		pool_put(&r->datagrams, d);
		return NULL;
	}
	struct list *at = &r->by_age; /* nearly always the last: all have the same timeout */

	while (at->prev != &r->by_age &&
		list_entry(at->prev, struct reasm_datagram, age)->expires > expires)
		at = at->prev;
	list_add_tail(at, &d->age);
	r->used += sizeof(*d);
	return d;
}

static void empty(struct reasm *r, struct reasm_datagram *d)
{
	struct tree_node *n;

	while ((n = d->pieces.root) != NULL) {
		tree_remove(&d->pieces, n);
		assert(r->used >= sizeof(struct piece));
		pool_put(&r->pieces, piece_of(n));
		r->used -= sizeof(struct piece);
	}
}

static void drop(struct reasm *r, struct reasm_datagram *d)
{
	empty(r, d);
	hash_remove(&r->table, &d->node);
	list_del(&d->age);
	assert(r->used >= sizeof(*d));
	r->used -= sizeof(*d);
	pool_put(&r->datagrams, d);
}

/* ---- pieces ---- */

/* How much of [off, end) is already held: nothing, all, or a part. */
enum held {
	HELD_NONE,
	HELD_ALL,
	HELD_PART
};

/* The piece that contains byte off, or else the first one after it. NULL if neither exists. */
static struct piece *piece_from(const struct reasm_datagram *d, uint32_t off)
{
	struct tree_node *n = d->pieces.root;
	struct piece *best = NULL;

	while (n != NULL) {
		struct piece *p = piece_of(n);

		if (p->off + p->len > off) {
			best = p;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

static enum held held_of(const struct reasm_datagram *d, uint32_t off, uint32_t end)
{
	struct piece *p = piece_from(d, off);

	assert(off < end && end <= REASM_PAYLOAD_MAX);
	if (p == NULL || p->off >= end)
		return HELD_NONE;
	while (p != NULL && p->off <= off) { /* follow the run that starts at or before off */
		struct tree_node *next = tree_next(&p->node);

		off = p->off + p->len;
		if (off >= end)
			return HELD_ALL;
		p = next == NULL ? NULL : piece_of(next);
	}
	return HELD_PART;
}

static bool put_piece(
	struct reasm *r, struct reasm_datagram *d, const struct reasm_frag *f, uint32_t at)
{
	struct tree_node **place = &d->pieces.root, *parent = NULL;
	struct piece *p = pool_get(&r->pieces);

	assert(at < f->len);
	if (p == NULL)
		return false;
	p->off = f->off + at;
	p->len = u32_min(f->len - at, REASM_PIECE);
	memcpy(p->data, f->data + at, p->len);
	while (*place != NULL) {
		parent = *place;
		place = p->off < piece_of(parent)->off ? &parent->left : &parent->right;
	}
	tree_insert(&d->pieces, &p->node, parent, place);
	r->used += sizeof(*p);
	d->have += p->len;
	return true;
}

static bool put_pieces(struct reasm *r, struct reasm_datagram *d, const struct reasm_frag *f)
{
	for (uint32_t at = 0; at < f->len; at += REASM_PIECE)
		if (!put_piece(r, d, f, at))
			return false;
	return true;
}

/* ---- taking a fragment in ---- */

/* False if f ends the packet elsewhere than known (RFC 8200 section 4.5). */
static bool end_agrees(const struct reasm_datagram *d, const struct reasm_frag *f)
{
	uint32_t end = (uint32_t)f->off + f->len;

	if (f->more)
		return !d->ended || end <= d->total;
	return end >= d->total && (!d->ended || end == d->total);
}

static void note(struct reasm_datagram *d, const struct reasm_frag *f)
{
	uint32_t end = (uint32_t)f->off + f->len;

	d->total = u32_max(d->total, end);
	d->ended |= !f->more;
	d->frags++;
	d->ifindex = f->ifindex;
	d->ecn |= (uint8_t)(1 << f->ecn);
	if (f->off == 0) {
		assert(f->head_len <= REASM_HEAD_MAX);
		memcpy(d->head, f->head, f->head_len);
		d->head_len = f->head_len;
		d->prev = f->prev;
		d->first_len = f->len;
	}
	assert(d->have <= d->total);
}

/* Too many other fragments since the last one: the id has wrapped, the old pieces are stale. */
static bool too_far(const struct reasm_datagram *d, const struct reasm_frag *f, uint32_t max_dist)
{
	return max_dist != 0 && d->frags > 0 && f->rid - d->rid > max_dist;
}

static struct reasm_result_of killed(
	struct reasm *r, struct reasm_datagram *d, enum reasm_result why)
{
	struct reasm_result_of out = {.result = why};

	if (d != NULL) {
		out.dropped = d->frags;
		drop(r, d);
	}
	return out;
}

static struct reasm_result_of add_to(
	struct reasm *r, struct reasm_datagram *d, const struct reasm_frag *f)
{
	struct reasm_result_of out = {.result = REASM_WAIT};
	enum held held = held_of(d, f->off, (uint32_t)f->off + f->len);

	if (!end_agrees(d, f))
		return killed(r, d, REASM_BAD);
	if (held == HELD_PART)
		return killed(r, d, REASM_OVERLAP);
	if (held == HELD_NONE && !put_pieces(r, d, f))
		return killed(r, d, REASM_FULL);
	if (held == HELD_ALL) {
		out.result = REASM_DUP;
	} else {
		note(d, f);
		d->rid = f->rid;
		if (d->ended && d->have == d->total && d->head_len > 0) {
			out.result = REASM_DONE;
			out.whole = d;
		}
	}
	return out;
}

struct reasm_result_of reasm_add(
	struct reasm *r, const struct reasm_frag *f, const struct reasm_limits *l, nsec_t now)
{
	struct reasm_datagram *d = find(r, &f->key);
	uint32_t stale = 0;

	assert(f->ecn < 4);
	if (f->len == 0 || f->head_len > REASM_HEAD_MAX ||
		(uint32_t)f->off + f->len > REASM_PAYLOAD_MAX)
		return killed(r, d, REASM_BAD);
	if (d != NULL && too_far(d, f, l->max_dist)) {
		stale = d->frags;
		drop(r, d);
		d = NULL;
	}
	if (r->whole == NULL)
		r->whole = malloc(REASM_PACKET_MAX);
	if (r->used >= l->high || r->whole == NULL)
		return (struct reasm_result_of){.result = REASM_FULL, .dropped = stale};
	if (d == NULL)
		d = start(r, &f->key, now + l->time);
	if (d == NULL)
		return (struct reasm_result_of){.result = REASM_FULL, .dropped = stale};
	struct reasm_result_of out = add_to(r, d, f);

	out.dropped += stale;
	return out;
}

/* ---- results ---- */

/* RFC 3168 section 5.3: CE wins over ECT; CE together with not-ECT is invalid. */
static void combine_ecn(const struct reasm_datagram *d, struct reasm_packet *p)
{
	p->ecn_bad = d->ecn & ECN_NOT && d->ecn & ~ECN_NOT;
	if (d->ecn & ECN_CE)
		p->ecn = 3;
	else if (d->ecn & ECN_ECT0)
		p->ecn = 2;
	else if (d->ecn & ECN_ECT1)
		p->ecn = 1;
}

/* Copies the head and the first len bytes of payload, which must be present. */
static struct reasm_packet gathered(struct reasm *r, const struct reasm_datagram *d, uint32_t len)
{
	struct reasm_packet p = {
		.head = r->whole, .head_len = d->head_len, .prev = d->prev, .ifindex = d->ifindex};
	struct tree_node *n = tree_first(&d->pieces);

	combine_ecn(d, &p);
	memcpy(r->whole, d->head, d->head_len);
	for (; p.len < len; n = tree_next(n)) {
		assert(n != NULL && piece_of(n)->off == p.len);
		assert(p.len + piece_of(n)->len <= REASM_PAYLOAD_MAX);
		memcpy(r->whole + d->head_len + p.len, piece_of(n)->data, piece_of(n)->len);
		p.len += piece_of(n)->len;
	}
	return p;
}

struct reasm_packet reasm_take(struct reasm *r, struct reasm_datagram *d)
{
	struct reasm_packet p = gathered(r, d, d->total);

	assert(p.len == d->total);
	assert(d->ended && d->have == d->total);
	drop(r, d);
	return p;
}

bool reasm_expire(struct reasm *r, nsec_t now, struct reasm_packet *out, uint32_t *dropped)
{
	if (reasm_next(r) > now)
		return false;
	struct reasm_datagram *d = list_entry(r->by_age.next, struct reasm_datagram, age);

	*out = (struct reasm_packet){.ifindex = d->ifindex};
	if (d->head_len > 0)
		*out = gathered(r, d, d->first_len);
	*dropped = d->frags;
	drop(r, d);
	return true;
}

nsec_t reasm_next(const struct reasm *r)
{
	if (list_empty(&r->by_age))
		return NSEC_MAX;
	return list_entry(r->by_age.next, struct reasm_datagram, age)->expires;
}
