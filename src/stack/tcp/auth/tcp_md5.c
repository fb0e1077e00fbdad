/*
 * tcp_md5.c - the keys of TCP_MD5SIG: a list per socket, short, searched for each segment as in
 * Linux. There is one key per peer or network of peers; setting it again replaces it.
 */
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_conn.h"

#include <errno.h>

const struct tcp_md5_key *tcp_md5_find(const struct tcp_extra *x, const struct ip_addr *peer)
{
	const struct tcp_md5_key *best = NULL;

	for (const struct tcp_md5_key *k = x ? x->md5 : NULL; k; k = k->next)
		if (ip_prefix_has(&k->addr, k->prefix, peer) && (!best || k->prefix > best->prefix))
			best = k;
	return best;
}

struct tcp_md5_key *tcp_md5_copy(
	struct stack *s, const struct tcp_md5_key *key, const struct ip_addr *peer)
{
	struct tcp_md5_key *k = pool_get(&s->tcp->md5_keys);

	if (!k)
		return NULL;
	assert(key->len <= sizeof(k->key));
	*k = *key;
	k->next = NULL;
	k->addr = *peer;
	k->prefix = (uint8_t)ip_addr_bits(peer);
	return k;
}

static void key_free(struct stack *s, struct tcp_md5_key *k)
{
	memset(k, 0, sizeof(*k)); /* a secret */
	pool_put(&s->tcp->md5_keys, k);
}

void tcp_md5_free(struct stack *s, struct tcp_md5_key *first)
{
	while (first) {
		struct tcp_md5_key *next = first->next;

		key_free(s, first);
		first = next;
	}
}

bool tcp_md5_inherit(struct stack *s, struct tcp_conn *c, const struct tcp_conn *l)
{
	const struct tcp_md5_key *k = tcp_md5_find(l->extra, &c->key.raddr);

	if (!k)
		return true;
	if (!tcp_extra(s, c))
		return false;
	c->extra->md5 = tcp_md5_copy(s, k, &c->key.raddr);
	return c->extra->md5 != NULL;
}

/* The link to the key of exactly this prefix, or the end of the list; *n: the number of keys before
 * it. */
static struct tcp_md5_key **place(struct tcp_extra *x, const struct tcp_md5_set *set, size_t *n)
{
	struct tcp_md5_key **at = &x->md5;

	for (*n = 0; *at; at = &(*at)->next, ++*n)
		if ((*at)->prefix == set->prefix && ip_addr_eq(&(*at)->addr, &set->addr))
			break;
	return at;
}

int tcp_set_md5(struct stack *s, struct tcp_conn *c, const struct tcp_md5_set *set)
{
	struct tcp_md5_key **at, *k;
	size_t n;

	assert(set->len <= TCP_MD5_KEY_MAX && set->prefix <= ip_addr_bits(&set->addr));
	c = tcp_wake(s, c);
	if (!c || !tcp_extra(s, c))
		return -ENOMEM;
	if (tcp_ao_wanted(c->extra, &set->addr))
		return -EKEYREJECTED;
	at = place(c->extra, set, &n);
	k = *at;
	if (set->len == 0) {
		if (!k)
			return -ENOENT;
		*at = k->next;
		key_free(s, k);
		return 0;
	}
	if (!k && n < TCP_MD5_KEYS)
		k = pool_get(&s->tcp->md5_keys);
	if (!k)
		return -ENOMEM;
	*k = (struct tcp_md5_key){.next = k->next,
		.addr = set->addr,
		.prefix = set->prefix,
		.len = (uint8_t)set->len};
	memcpy(k->key, set->key, set->len);
	if (!*at)
		k->next = NULL;
	*at = k;
	return 0;
}
