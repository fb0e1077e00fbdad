/*
 * tcp_ao_keys.c - TCP-AO keys: TCP_AO_ADD_KEY and related options with Linux's errors. A socket may
 * get its first key only while it has no connection; a listener's keys are copied to the
 * connections whose SYN was signed.
 */
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_conn.h"
#include "wire/icmp.h"

#include <errno.h>

enum {
	MACLEN_DEFAULT = 12,
	/* The other options of a SYN: MSS, timestamps with SACK-permitted, window scale. */
	SYN_OPTIONS = 4 + TCP_OPT_TS_ALIGNED + 4,
};

static bool overlaps(const struct tcp_ao_peer *a, const struct tcp_ao_peer *b)
{
	unsigned bits = a->prefix < b->prefix ? a->prefix : b->prefix;

	return ip_prefix_has(&a->addr, bits, &b->addr);
}

static struct tcp_ao_key *find(
	const struct tcp_ao *ao, const struct tcp_ao_peer *peer, int sndid, int rcvid)
{
	for (struct tcp_ao_key *k = ao ? ao->keys : NULL; k; k = k->next)
		if ((sndid < 0 || k->sndid == sndid) && (rcvid < 0 || k->rcvid == rcvid) &&
			(!peer || overlaps(&k->peer, peer)))
			return k;
	return NULL;
}

static struct tcp_ao_peer one(const struct ip_addr *a)
{
	return (struct tcp_ao_peer){*a, ip_addr_is_v4(a), (uint8_t)ip_addr_bits(a)};
}

struct tcp_ao_key *tcp_ao_find(
	const struct tcp_ao *ao, const struct ip_addr *peer, int sndid, int rcvid)
{
	struct tcp_ao_peer p = one(peer);

	return find(ao, &p, sndid, rcvid);
}

bool tcp_ao_wanted(const struct tcp_extra *x, const struct ip_addr *peer)
{
	return x && x->ao && (x->ao->required || tcp_ao_find(x->ao, peer, -1, -1));
}

/* --- memory --- */

static void key_free(struct stack *s, struct tcp_ao_key *k)
{
	memset(k, 0, sizeof(*k)); /* a secret */
	pool_put(&s->tcp->ao_keys, k);
}

void tcp_ao_put(struct stack *s, struct tcp_ao *ao)
{
	assert(!ao || ao->refs > 0);
	if (!ao || --ao->refs > 0)
		return;
	while (ao->keys) {
		struct tcp_ao_key *k = ao->keys;

		ao->keys = k->next;
		key_free(s, k);
	}
	pool_put(&s->tcp->aos, ao);
}

/* The TCP-AO state of a socket, allocated if needed. */
static struct tcp_ao *ao_of(struct stack *s, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra(s, c);

	if (x && !x->ao) {
		x->ao = pool_get(&s->tcp->aos);
		if (x->ao)
			*x->ao = (struct tcp_ao){.refs = 1};
	}
	return x ? x->ao : NULL;
}

static bool unconnected(const struct tcp_conn *c)
{
	return c->key.state == TCPS_CLOSED || c->key.state == TCPS_LISTEN;
}

/* The socket, active. NULL: *err is the reason. */
static struct tcp_conn *may_set(struct stack *s, struct tcp_conn *c, int *err)
{
	c = tcp_wake(s, c);
	*err = -ENOMEM;
	if (!c)
		return NULL;
	*err = -EISCONN;
	return unconnected(c) || (c->extra && c->extra->ao) ? c : NULL;
}

/* --- adding --- */

/* Sets the master key in the form required by the algorithm. */
static int set_master(struct tcp_ao_key *k, const struct tcp_ao_new *n)
{
	struct tcp_secret plain = {n->key, n->len};

	assert(n->len <= sizeof(k->key));
	k->len = (uint8_t)n->len;
	memcpy(k->key, n->key, n->len);
	if (k->alg != TCP_AO_CMAC_AES128 || n->len == TCP_AO_AES_KEY)
		return 0;
	if (strcmp(n->alg_name, tcp_ao_alg_name(TCP_AO_CMAC_AES128)) != 0)
		return -EINVAL; /* the plain cipher: no other length */
	tcp_ao_fold_key(k->key, &plain);
	k->len = TCP_AO_AES_KEY;
	return 0;
}

static int fill(struct tcp_ao_key *k, const struct tcp_ao_new *n)
{
	int err;

	*k = (struct tcp_ao_key){.peer = n->peer,
		.alg = tcp_ao_alg_find(n->alg_name),
		.sndid = n->sndid,
		.rcvid = n->rcvid,
		.maclen = n->maclen ? n->maclen : MACLEN_DEFAULT,
		.keyflags = n->keyflags};
	if (k->alg == TCP_AO_ALGS)
		return -ENOENT;
	if (((k->maclen + 4u + 3u) & ~3u) + SYN_OPTIONS > TCP_OPTS_MAX)
		return -EMSGSIZE;
	err = set_master(k, n);
	if (err)
		return err;
	return k->maclen > tcp_ao_digest_len(k->alg) ? -EINVAL : 0;
}

static bool has_md5_key(const struct tcp_conn *c, const struct tcp_ao_peer *peer)
{
	return c->extra && tcp_md5_find(c->extra, &peer->addr) != NULL;
}

static size_t count_keys(const struct tcp_ao *ao)
{
	size_t n = 0;

	for (const struct tcp_ao_key *k = ao->keys; k; k = k->next)
		n++;
	return n;
}

static int may_add(const struct tcp_conn *c, const struct tcp_ao_new *n)
{
	const struct tcp_ao *ao = c->extra ? c->extra->ao : NULL;
	struct tcp_ao_peer peer = n->peer, far = one(&c->key.raddr);

	if (!unconnected(c) && !overlaps(&peer, &far))
		return -EINVAL;
	if ((n->set_current || n->set_rnext) && c->key.state == TCPS_LISTEN)
		return -EINVAL;
	if (has_md5_key(c, &n->peer))
		return -EKEYREJECTED;
	if (find(ao, &peer, -1, n->rcvid) || find(ao, &peer, n->sndid, -1))
		return -EEXIST;
	return ao && count_keys(ao) >= TCP_AO_KEYS ? -ENOMEM : 0;
}

int tcp_ao_add(struct stack *s, struct tcp_conn *c, const struct tcp_ao_new *n)
{
	struct tcp_ao_key new, *k;
	struct tcp_ao *ao;
	int err;

	assert(n->len <= TCP_MD5_KEY_MAX);
	c = may_set(s, c, &err);
	if (!c)
		return err;
	err = may_add(c, n);
	if (!err)
		err = fill(&new, n);
	if (err)
		return err;
	ao = ao_of(s, c);
	k = ao ? pool_get(&s->tcp->ao_keys) : NULL;
	if (!k)
		return -ENOMEM;
	*k = new;
	k->next = ao->keys;
	ao->keys = k;
	if (n->set_current)
		ao->current = k;
	if (n->set_rnext)
		ao->rnext = k;
	return 0;
}

/* --- deleting, choosing --- */

/* The keys to switch to; NULL if not given. */
static int chosen(const struct tcp_conn *c, const struct tcp_ao_status *i, struct tcp_ao_key **cur,
	struct tcp_ao_key **rnext)
{
	const struct tcp_ao *ao = c->extra ? c->extra->ao : NULL;

	*cur = i->set_current ? find(ao, NULL, i->current, -1) : NULL;
	*rnext = i->set_rnext ? find(ao, NULL, -1, i->rnext) : NULL;
	return (i->set_current && !*cur) || (i->set_rnext && !*rnext) ? -ENOENT : 0;
}

static int unlink_key(struct tcp_ao *ao, struct tcp_ao_key **at, const struct tcp_ao_gone *g,
	struct tcp_ao_key *cur, struct tcp_ao_key *rnext)
{
	struct tcp_ao_key *k = *at;

	if (g->async) {
		ao->current = ao->current == k ? NULL : ao->current;
		ao->rnext = ao->rnext == k ? NULL : ao->rnext;
	} else {
		ao->current = cur ? cur : ao->current;
		ao->rnext = rnext ? rnext : ao->rnext;
		if (ao->current == k || ao->rnext == k)
			return -EBUSY;
	}
	assert(ao->current != k && ao->rnext != k);
	*at = k->next;
	return 0;
}

static bool is_that(const struct tcp_ao_key *k, const struct tcp_ao_gone *g)
{
	return k->sndid == g->sndid && k->rcvid == g->rcvid && k->peer.prefix == g->peer.prefix &&
	       ip_addr_eq(&k->peer.addr, &g->peer.addr) &&
	       !((k->keyflags ^ g->keyflags) & TCP_AO_KEY_IFINDEX);
}

int tcp_ao_del(struct stack *s, struct tcp_conn *c, const struct tcp_ao_gone *g)
{
	struct tcp_ao_status take = {.set_current = g->set_current,
		.set_rnext = g->set_rnext,
		.current = g->current,
		.rnext = g->rnext};
	struct tcp_ao_key *cur, *rnext, **at, *k;
	int err;

	c = may_set(s, c, &err);
	if (!c)
		return err;
	if ((g->set_current || g->set_rnext) && c->key.state == TCPS_LISTEN)
		return -EINVAL;
	if (!c->extra || !c->extra->ao || chosen(c, &take, &cur, &rnext) != 0)
		return -ENOENT;
	if (g->async && c->key.state != TCPS_LISTEN)
		return -EINVAL;
	for (at = &c->extra->ao->keys; (k = *at) != NULL; at = &k->next)
		if (is_that(k, g) && k != cur && k != rnext)
			break;
	if (!k)
		return -ENOENT;
	err = unlink_key(c->extra->ao, at, g, cur, rnext);
	if (!err)
		key_free(s, k);
	return err;
}

int tcp_ao_set(struct stack *s, struct tcp_conn *c, const struct tcp_ao_status *i)
{
	struct tcp_ao_key *cur, *rnext;
	struct tcp_ao *ao;
	int err;

	c = may_set(s, c, &err);
	if (!c)
		return err;
	if ((i->set_current || i->set_rnext) && c->key.state == TCPS_LISTEN)
		return -EINVAL;
	if (i->required && c->extra && c->extra->md5)
		return -EKEYREJECTED;
	err = chosen(c, i, &cur, &rnext);
	if (err)
		return err;
	ao = ao_of(s, c);
	if (!ao)
		return -ENOMEM;
	if (i->set_counts)
		memcpy(ao->count, i->count, sizeof(ao->count));
	ao->required = i->required;
	ao->accept_icmps = i->accept_icmps;
	ao->current = cur ? cur : ao->current;
	ao->rnext = rnext ? rnext : ao->rnext;
	return 0;
}

/* --- reading --- */

int tcp_ao_get(struct stack *s, struct tcp_conn *c, struct tcp_ao_status *i)
{
	const struct tcp_ao *ao;

	c = tcp_wake(s, c);
	ao = c && c->extra ? c->extra->ao : NULL;
	if (!ao)
		return -ENOENT;
	*i = (struct tcp_ao_status){.set_current = ao->current != NULL,
		.set_rnext = ao->rnext != NULL,
		.current = ao->current ? ao->current->sndid : 0,
		.rnext = ao->rnext ? ao->rnext->rcvid : 0,
		.required = ao->required,
		.accept_icmps = ao->accept_icmps};
	memcpy(i->count, ao->count, sizeof(i->count));
	return 0;
}

int tcp_ao_each(struct stack *s, struct tcp_conn *c,
	void (*see)(const struct tcp_ao_shown *k, void *arg), void *arg)
{
	const struct tcp_ao *ao;

	c = tcp_wake(s, c);
	ao = c && c->extra ? c->extra->ao : NULL;
	if (!ao)
		return -ENOENT;
	for (const struct tcp_ao_key *k = ao->keys; k; k = k->next) {
		struct tcp_ao_shown shown = {.peer = k->peer,
			.alg = k->alg,
			.sndid = k->sndid,
			.rcvid = k->rcvid,
			.maclen = k->maclen,
			.keyflags = k->keyflags,
			.keylen = k->len,
			.key = k->key,
			.current = k == ao->current,
			.rnext = k == ao->rnext,
			.good = k->good,
			.bad = k->bad};

		see(&shown, arg);
	}
	return 0;
}

/* --- connections --- */

int tcp_ao_connect(struct stack *s, struct tcp_conn *c)
{
	struct tcp_ao *ao = c->extra ? c->extra->ao : NULL;
	struct tcp_ao_peer far = one(&c->key.raddr);
	struct tcp_ao_key **at;

	if (!ao)
		return 0;
	if (!find(ao, &far, -1, -1) || tcp_md5_find(c->extra, &c->key.raddr))
		return -EKEYREJECTED;
	tcp_md5_free(s, c->extra->md5);
	c->extra->md5 = NULL;
	for (at = &ao->keys; *at;) {
		struct tcp_ao_key *k = *at;

		if (overlaps(&k->peer, &far)) {
			at = &k->next;
			continue;
		}
		ao->current = ao->current == k ? NULL : ao->current;
		ao->rnext = ao->rnext == k ? NULL : ao->rnext;
		*at = k->next;
		key_free(s, k);
	}
	assert(ao->keys);
	ao->current = ao->current ? ao->current : ao->keys;
	ao->rnext = ao->rnext ? ao->rnext : ao->keys;
	return 0;
}

/* Copies the matching keys, in the original order. */
static bool copy_matching(struct stack *s, struct tcp_ao *to, const struct tcp_ao *from,
	const struct tcp_ao_peer *far)
{
	struct tcp_ao_key **at = &to->keys;

	for (const struct tcp_ao_key *k = from->keys; k; k = k->next) {
		if (!overlaps(&k->peer, far))
			continue;
		*at = pool_get(&s->tcp->ao_keys);
		if (!*at)
			return false;
		**at = *k;
		(*at)->next = NULL;
		(*at)->good = (*at)->bad = 0;
		(*at)->derived = false;
		at = &(*at)->next;
	}
	return to->keys != NULL;
}

bool tcp_ao_inherit(struct stack *s, struct tcp_conn *c, const struct tcp_req *r)
{
	const struct tcp_extra *from = r->listener->extra;
	struct tcp_ao_peer far = one(&c->key.raddr);
	struct tcp_ao *ao;
	struct tcp_ao_key *k;

	assert(!c->extra || !c->extra->ao);
	if (!r->ao)
		return true;
	ao = from && from->ao ? ao_of(s, c) : NULL;
	if (!ao || !copy_matching(s, ao, from->ao, &far))
		return false;
	ao->required = from->ao->required;
	ao->accept_icmps = from->ao->accept_icmps;
	k = find(ao, NULL, r->ao_keyid, -1);
	ao->current = k ? k : ao->keys;
	k = find(ao, NULL, -1, r->ao_rnext);
	ao->rnext = k ? k : ao->keys;
	return true;
}

static bool ends_connections(const struct ip_error *e)
{
	if (e->v6)
		return e->type == ICMP6_UNREACHABLE && (e->code == 1 || e->code == 4);
	return e->type == ICMP4_UNREACHABLE && e->code >= 2 && e->code <= ICMP4_FRAG_NEEDED;
}

bool tcp_ao_ignores(struct stack *s, const struct tcp_conn *c, const struct ip_error *e)
{
	struct tcp_ao *ao = c->extra ? c->extra->ao : NULL;

	if (!ao || ao->accept_icmps || !ends_connections(e) ||
		tcp_in_state(c, TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD)))
		return false;
	ao->count[TCP_AO_DROPPED_ICMP]++;
	stack_count(s, MIB_TcpExtTCPAODroppedIcmps);
	return true;
}
