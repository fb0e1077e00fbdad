/* conntrack.c - connection tracking for NATs and firewalls: conntrack.h. */
#include "lab/world/conntrack.h"

#include "lab/world/need.h"
#include "wire/tcp.h"

enum {
	ORIGINAL,
	REPLY,
};

struct conntrack_config conntrack_defaults(void)
{
	return (struct conntrack_config){.timeout = {[CT_SYN_SENT] = 120 * NSEC_SEC,
						 [CT_SYN_RECV] = 60 * NSEC_SEC,
						 [CT_ESTABLISHED] = 432000 * NSEC_SEC,
						 [CT_FIN_WAIT] = 120 * NSEC_SEC,
						 [CT_CLOSE_WAIT] = 60 * NSEC_SEC,
						 [CT_LAST_ACK] = 30 * NSEC_SEC,
						 [CT_TIME_WAIT] = 120 * NSEC_SEC,
						 [CT_CLOSE] = 10 * NSEC_SEC,
						 [CT_UDP] = 30 * NSEC_SEC,
						 [CT_UDP_STREAM] = 120 * NSEC_SEC},
		.timeout_max_retrans = 300 * NSEC_SEC,
		.max_retrans = 3,
		.loose = true,
		.max = CONNTRACK_MAX};
}

const char *conntrack_state_name(enum conntrack_state s)
{
	static const char *const names[CT_STATES] = {"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED",
		"FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "UNREPLIED", "ASSURED"};

	return names[s];
}

/* --- the table -------------------------------------------------------------------------------- */

static uint32_t hash_of(const struct tuple *t)
{
	uint64_t hosts = (uint64_t)ip_addr_hash(&t->src) << 32 | ip_addr_hash(&t->dst);
	uint64_t ports = (uint64_t)t->sport << 16 | t->dport;

	return hash_mix(ports << 32 | (hash_mix(hosts) + t->proto));
}

static bool same_tuple(const struct tuple *a, const struct tuple *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->proto == b->proto &&
	       ip_addr_eq(&a->src, &b->src) && ip_addr_eq(&a->dst, &b->dst);
}

static struct connection *of_original(const struct hash_node *n)
{
	return container_of(n, struct connection, original);
}

static struct connection *of_reply(const struct hash_node *n)
{
	return container_of(n, struct connection, reply);
}

static bool is_original(const struct hash_node *n, const void *tuple)
{
	return same_tuple(&of_original(n)->tuple[ORIGINAL], tuple);
}

static bool is_reply(const struct hash_node *n, const void *tuple)
{
	return same_tuple(&of_reply(n)->tuple[REPLY], tuple);
}

void conntrack_init(struct conntrack *ct, const struct conntrack_config *c)
{
	*ct = (struct conntrack){.config = *c};
	hash_init(&ct->table[ORIGINAL]);
	hash_init(&ct->table[REPLY]);
}

static void forget(struct conntrack *ct, struct connection *c)
{
	hash_remove(&ct->table[ORIGINAL], &c->original);
	hash_remove(&ct->table[REPLY], &c->reply);
	free(c);
}

/* Removes entries that have expired at `now`; NSEC_MAX: all. */
static void sweep(struct conntrack *ct, nsec_t now)
{
	struct connection *doomed = NULL, *next;
	struct hash_iter it = hash_walk(&ct->table[ORIGINAL]);
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		struct connection *c = of_original(n);

		if (c->expires > now && now < NSEC_MAX)
			continue;
		c->next = doomed;
		doomed = c;
	}
	for (; doomed; doomed = next) {
		next = doomed->next;
		forget(ct, doomed);
	}
}

void conntrack_free(struct conntrack *ct)
{
	sweep(ct, NSEC_MAX);
	hash_free(&ct->table[ORIGINAL]);
	hash_free(&ct->table[REPLY]);
}

struct connection *conntrack_find(struct conntrack *ct, const struct tuple *t, nsec_t now, int *dir)
{
	struct hash_node *n = hash_find(&ct->table[ORIGINAL], hash_of(t), is_original, t);
	struct connection *c = n ? of_original(n) : NULL;

	*dir = ORIGINAL;
	if (!c) {
		*dir = REPLY;
		n = hash_find(&ct->table[REPLY], hash_of(t), is_reply, t);
		c = n ? of_reply(n) : NULL;
	}
	if (c && c->expires <= now) {
		forget(ct, c);
		return NULL;
	}
	return c;
}

struct connection *conntrack_add(
	struct conntrack *ct, const struct tuple *original, const struct tuple *reply, nsec_t now)
{
	struct connection *c;

	if (ct->table[ORIGINAL].count >= ct->config.max)
		sweep(ct, now);
	if (ct->table[ORIGINAL].count >= ct->config.max)
		return NULL;
	c = need(calloc(1, sizeof(*c)));
	c->tuple[ORIGINAL] = *original;
	c->tuple[REPLY] = *reply;
	c->expires = now + 1;
	if (!hash_insert(&ct->table[ORIGINAL], &c->original, hash_of(original)) ||
		!hash_insert(&ct->table[REPLY], &c->reply, hash_of(reply)))
		need(NULL);
	return c;
}

/* --- states ----------------------------------------------------------------------------------- */

bool conntrack_may_open(const struct conntrack *ct, uint16_t flags)
{
	if (flags & SEG_RST)
		return false;
	if (flags & SEG_SYN)
		return !(flags & SEG_ACK);
	return ct->config.loose && (flags & SEG_ACK);
}

static enum conntrack_state after_syn(enum conntrack_state s, int dir, bool ack)
{
	if (ack)
		return dir == REPLY && s == CT_SYN_SENT ? CT_SYN_RECV : s;
	switch (s) {
	case CT_NONE:
	case CT_LAST_ACK:
	case CT_TIME_WAIT:
	case CT_CLOSE: return dir == ORIGINAL ? CT_SYN_SENT : s;
	default: return s;
	}
}

static enum conntrack_state after_fin(enum conntrack_state s)
{
	switch (s) {
	case CT_SYN_RECV:
	case CT_ESTABLISHED: return CT_FIN_WAIT;
	case CT_FIN_WAIT:
	case CT_CLOSE_WAIT: return CT_LAST_ACK;
	default: return s;
	}
}

static enum conntrack_state after_ack(enum conntrack_state s, int dir)
{
	switch (s) {
	case CT_NONE: return CT_ESTABLISHED; /* in mid-stream: loose */
	case CT_SYN_RECV: return dir == ORIGINAL ? CT_ESTABLISHED : s;
	case CT_FIN_WAIT: return CT_CLOSE_WAIT;
	case CT_LAST_ACK: return CT_TIME_WAIT;
	default: return s;
	}
}

static enum conntrack_state after(enum conntrack_state s, int dir, uint16_t flags)
{
	if (flags & SEG_RST)
		return CT_CLOSE;
	if (flags & SEG_SYN)
		return after_syn(s, dir, flags & SEG_ACK);
	if (flags & SEG_FIN)
		return after_fin(s);
	return flags & SEG_ACK ? after_ack(s, dir) : s;
}

/* The number of consecutive repetitions of the same segment. */
static uint32_t count_retrans(struct connection *c, int dir, const struct ct_segment *s)
{
	bool same = c->last_dir == dir && c->last_seq == s->seq && c->last_ack == s->ack &&
		    c->last_end == s->end;

	c->retrans = same ? c->retrans + 1 : 0;
	c->last_dir = dir;
	c->last_seq = s->seq;
	c->last_ack = s->ack;
	c->last_end = s->end;
	return c->retrans;
}

void conntrack_tcp(
	struct conntrack *ct, struct connection *c, int dir, const struct ct_segment *s, nsec_t now)
{
	const struct conntrack_config *o = &ct->config;
	nsec_t life;

	c->state = after((enum conntrack_state)c->state, dir, s->flags);
	life = o->timeout[c->state];
	if (count_retrans(c, dir, s) >= o->max_retrans && life > o->timeout_max_retrans)
		life = o->timeout_max_retrans;
	c->expires = now + life;
}

void conntrack_udp(struct conntrack *ct, struct connection *c, int dir, nsec_t now)
{
	if (c->state != CT_UDP_STREAM)
		c->state = dir == REPLY ? CT_UDP_STREAM : CT_UDP;
	c->expires = now + ct->config.timeout[c->state];
}
