/*
 * opt_ao.c - TCP_AO_ADD_KEY, TCP_AO_DEL_KEY, TCP_AO_INFO and TCP_AO_GET_KEYS: conversion between
 * Linux's structures, checked as Linux checks them, and the stack's. A structure longer than ours
 * must end in zeros (-E2BIG).
 */
#include "socket/addr.h"
#include "socket/ao_api.h"
#include "socket/opt_row.h"
#include "stack/tcp/auth/tcp_ao.h"

#include <errno.h>
#include <netinet/in.h>

/* Copies at most n bytes of the program's value; the rest of `to` is zero. */
static int take(void *to, size_t n, struct iovec from)
{
	const uint8_t *p = from.iov_base;

	memset(to, 0, n);
	memcpy(to, p, size_min(from.iov_len, n));
	for (size_t i = n; i < from.iov_len; i++)
		if (p[i] != 0)
			return -E2BIG;
	return 0;
}

/* True if all bits after the prefix are zero. */
static bool ends_in_zeros(const struct tcp_ao_peer *p)
{
	assert(p->prefix <= ip_addr_bits(&p->addr));
	for (unsigned i = 128 - ip_addr_bits(&p->addr) + p->prefix; i < 128; i++)
		if (p->addr.b[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

static in_port_t port_of(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)sa)->sin6_port
					 : ((const struct sockaddr_in *)sa)->sin_port;
}

/* Reads an address of the socket's family, including mapped ones. */
static int read_peer(struct tcp_ao_peer *out, const struct sock *s,
	const struct sockaddr_storage *sa, uint8_t prefix)
{
	struct addr_rules rules = {.domain = sock_domain(s)};
	struct endpoint e;

	if (sa->ss_family != rules.domain || port_of(sa) != 0 ||
		addr_read(&e, (const struct sockaddr *)sa, sizeof(*sa), rules) != 0)
		return -EINVAL;
	*out = (struct tcp_ao_peer){e.ip, ip_addr_is_v4(&e.ip), prefix};
	return prefix > (out->v4 ? 32 : 128) ? -EINVAL : 0;
}

static int peer_to_add(struct tcp_ao_peer *out, const struct sock *s,
	const struct sockaddr_storage *sa, uint8_t prefix)
{
	int err = read_peer(out, s, sa, prefix);

	if (err)
		return err;
	return !ends_in_zeros(out) || (prefix > 0 && ip_addr_is_any(&out->addr)) ? -EINVAL : 0;
}

int opt_ao_add(struct burble *b, struct sock *s, struct iovec value)
{
	struct burble_tcp_ao_add a;
	struct tcp_ao_new n;
	int err;

	if (value.iov_len < sizeof(a))
		return -EINVAL;
	err = take(&a, sizeof(a), value);
	if (err)
		return err;
	if (a.keylen > BURBLE_TCP_AO_MAXKEYLEN || a.reserved || a.reserved2)
		return -EINVAL;
	n = (struct tcp_ao_new){.sndid = a.sndid,
		.rcvid = a.rcvid,
		.maclen = a.maclen,
		.keyflags = a.keyflags,
		.alg_name = a.alg_name,
		.key = a.key,
		.len = a.keylen,
		.set_current = a.set_current,
		.set_rnext = a.set_rnext};
	err = peer_to_add(&n.peer, s, &a.addr, a.prefix);
	if (err)
		return err;
	/* An interface must be a VRF's, and there are none. */
	if (a.keyflags & ~(BURBLE_TCP_AO_KEYF_IFINDEX | BURBLE_TCP_AO_KEYF_EXCLUDE_OPT) ||
		a.ifindex)
		return -EINVAL;
	a.alg_name[sizeof(a.alg_name) - 1] = 0;
	return tcp_ao_add(b->stack, s->tcp, &n);
}

int opt_ao_del(struct burble *b, struct sock *s, struct iovec value)
{
	struct burble_tcp_ao_del d;
	struct tcp_ao_gone g;
	int err;

	if (value.iov_len < sizeof(d))
		return -EINVAL;
	err = take(&d, sizeof(d), value);
	if (err)
		return err;
	if (d.reserved || d.reserved2 || d.keyflags & ~BURBLE_TCP_AO_KEYF_IFINDEX)
		return -EINVAL;
	if (d.ifindex)
		return d.keyflags & BURBLE_TCP_AO_KEYF_IFINDEX ? -ENOENT : -EINVAL;
	g = (struct tcp_ao_gone){.sndid = d.sndid,
		.rcvid = d.rcvid,
		.keyflags = d.keyflags,
		.current = d.current_key,
		.rnext = d.rnext,
		.set_current = d.set_current,
		.set_rnext = d.set_rnext,
		.async = d.del_async};
	err = read_peer(&g.peer, s, &d.addr, d.prefix);
	return err ? err : tcp_ao_del(b->stack, s->tcp, &g);
}

int opt_ao_set(struct burble *b, struct sock *s, struct iovec value)
{
	struct burble_tcp_ao_info i;
	struct tcp_ao_status st;
	int err;

	if (value.iov_len < sizeof(i))
		return -EINVAL;
	err = take(&i, sizeof(i), value);
	if (err)
		return err;
	if (i.reserved || i.reserved2)
		return -EINVAL;
	st = (struct tcp_ao_status){.set_current = i.set_current,
		.set_rnext = i.set_rnext,
		.current = i.current_key,
		.rnext = i.rnext,
		.required = i.ao_required,
		.accept_icmps = i.accept_icmps,
		.set_counts = i.set_counters,
		.count = {i.pkt_good, i.pkt_bad, i.pkt_key_not_found, i.pkt_ao_required,
			i.pkt_dropped_icmp}};
	return tcp_ao_set(b->stack, s->tcp, &st);
}

int opt_ao_get(struct burble *b, struct sock *s, struct iovec *value)
{
	struct burble_tcp_ao_info i;
	struct tcp_ao_status st;
	int err = value->iov_len ? take(&i, sizeof(i), *value) : -EINVAL;

	if (!err && (i.reserved || i.reserved2))
		err = -EINVAL;
	if (!err)
		err = tcp_ao_get(b->stack, s->tcp, &st);
	if (err)
		return err;
	i = (struct burble_tcp_ao_info){.set_current = st.set_current,
		.set_rnext = st.set_rnext,
		.ao_required = st.required,
		.accept_icmps = st.accept_icmps,
		.current_key = st.current,
		.rnext = st.rnext,
		.pkt_good = st.count[TCP_AO_GOOD],
		.pkt_bad = st.count[TCP_AO_BAD],
		.pkt_key_not_found = st.count[TCP_AO_KEY_NOT_FOUND],
		.pkt_ao_required = st.count[TCP_AO_REQUIRED],
		.pkt_dropped_icmp = st.count[TCP_AO_DROPPED_ICMP]};
	return opt_put(value, &i, sizeof(i));
}

/* --- the list of keys: an array in the program's memory, with elements of the size that it set
 * --- */

struct listing {
	struct burble_tcp_ao_key ask;
	struct tcp_ao_peer peer;
	uint8_t *to;
	size_t each; /* size of an element in the program's array */
	uint32_t room, found;
};

static bool is_asked(const struct listing *l, const struct tcp_ao_shown *k)
{
	const struct tcp_ao_peer *p = &l->peer;
	unsigned bits = p->prefix < k->peer.prefix ? p->prefix : k->peer.prefix;

	if (l->ask.get_all)
		return true;
	if (l->ask.is_current || l->ask.is_rnext)
		return (l->ask.is_current && k->current) || (l->ask.is_rnext && k->rnext);
	return k->sndid == l->ask.sndid && k->rcvid == l->ask.rcvid && k->peer.v4 == p->v4 &&
	       ip_prefix_has(&k->peer.addr, bits, &p->addr);
}

static void show(const struct tcp_ao_shown *k, void *arg)
{
	struct listing *l = arg;
	struct endpoint e = {.ip = k->peer.addr};
	socklen_t len = sizeof(struct sockaddr_storage);
	struct burble_tcp_ao_key out;
	const char *name = tcp_ao_alg_name(k->alg);

	if (!is_asked(l, k) || l->found++ >= l->room)
		return;
	out = (struct burble_tcp_ao_key){.is_current = k->current,
		.is_rnext = k->rnext,
		.sndid = k->sndid,
		.rcvid = k->rcvid,
		.prefix = k->peer.prefix,
		.maclen = k->maclen,
		.keyflags = k->keyflags,
		.keylen = k->keylen,
		.pkt_good = k->good,
		.pkt_bad = k->bad};
	addr_write(&e, k->peer.v4 ? AF_INET : AF_INET6, (struct sockaddr *)&out.addr, &len);
	assert(strlen(name) < sizeof(out.alg_name) && l->found <= l->room);
	/* Linux reports the cipher, not the key derivation */
	strcpy(out.alg_name, k->alg == TCP_AO_CMAC_AES128 ? "cmac(aes)" : name);
	assert(k->keylen <= sizeof(out.key));
	memcpy(out.key, k->key, k->keylen);
	memcpy(l->to + (l->found - 1) * l->each, &out, size_min(l->each, sizeof(out)));
}

static int read_ask(struct listing *l, const struct sock *s)
{
	const struct burble_tcp_ao_key *a = &l->ask;
	bool by_place = a->get_all || a->is_current || a->is_rnext;
	int err;

	if (a->pkt_good || a->pkt_bad || a->reserved || a->keyflags & ~BURBLE_TCP_AO_KEYF_IFINDEX ||
		a->ifindex || (a->get_all && (a->is_current || a->is_rnext)))
		return -EINVAL;
	if (by_place)
		return a->addr.ss_family || a->prefix || a->sndid || a->rcvid ? -EINVAL : 0;
	if (a->addr.ss_family != AF_INET && a->addr.ss_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = peer_to_add(&l->peer, s, &a->addr, a->prefix);
	return err;
}

int opt_ao_keys(struct burble *b, struct sock *s, struct iovec *value)
{
	struct listing l = {.to = value->iov_base, .each = value->iov_len};
	struct tcp_ao_status st;
	int err = tcp_ao_get(b->stack, s->tcp, &st);

	if (!err)
		err = value->iov_len ? take(&l.ask, sizeof(l.ask), *value) : -EINVAL;
	if (!err)
		err = read_ask(&l, s);
	if (err)
		return err;
	l.room = l.ask.nkeys;
	err = tcp_ao_each(b->stack, s->tcp, show, &l);
	if (err)
		return err;
	if (l.each >= offsetof(struct burble_tcp_ao_key, nkeys) + sizeof(l.found))
		memcpy(l.to + offsetof(struct burble_tcp_ao_key, nkeys), &l.found, sizeof(l.found));
	value->iov_len = sizeof(struct burble_tcp_ao_key);
	return 0;
}
