/*
 * tcp_auth.c - signatures on segments: what comes in is compared, what goes out is signed; see
 * tcp_auth.h for what is dropped and why.
 */
#include "stack/tcp/tcp_auth.h"

#include "stack/tcp/tcp_calls.h"

enum {
	DIGEST_AT = 4, /* NOP NOP kind length, before all other options */
};

static struct tcp_secret secret(const struct tcp_md5_key *k)
{
	return (struct tcp_secret){k->key, k->len};
}

static bool signed_with(const struct tcp_in *in, const struct tcp_md5_key *k)
{
	uint8_t want[TCP_MD5_LEN];
	struct tcp_secret key = secret(k);

	tcp_md5_digest(want, &in->rx->addr, &in->seg, &key);
	return tcp_digest_eq(want, in->o.md5, TCP_MD5_LEN);
}

bool tcp_auth_check(const struct tcp_in *in)
{
	const struct tcp_md5_key *k = tcp_md5_find(in->who, &in->rx->addr.src);

	if (in->o.has & TCP_HAS_BAD_AUTH)
		stack_count(in->s, MIB_TcpInErrs);
	else if (!(in->o.has & TCP_HAS_MD5) && !k)
		return true; /* a key for somebody else */
	else if (!(in->o.has & TCP_HAS_MD5))
		stack_count(in->s, MIB_TcpExtTCPMD5NotFound);
	else if (!k)
		stack_count(in->s, MIB_TcpExtTCPMD5Unexpected);
	else if (!signed_with(in, k))
		stack_count(in->s, MIB_TcpExtTCPMD5Failure);
	else
		return true;
	return false;
}

void tcp_auth_space(const struct tcp_md5_key *key, struct tcp_opts *o)
{
	static const uint8_t zeros[TCP_MD5_LEN];

	if (!key)
		return;
	o->has |= TCP_HAS_MD5;
	o->md5 = zeros;
}

void tcp_auth_sign(const struct tcp_md5_key *key, const struct ip_pair *a, const struct tcp_seg *g,
	uint8_t *opt)
{
	struct tcp_secret k = secret(key);

	tcp_md5_digest(opt + DIGEST_AT, a, g, &k);
}

bool tcp_auth_rst(struct tcp_in *in, const struct tcp_md5_key **key)
{
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.sport, in->seg.sport};
	const struct tcp_conn *l;

	*key = tcp_md5_find(in->who, &in->rx->addr.src);
	if (in->o.has & TCP_HAS_BAD_AUTH)
		return false;
	if (*key || !(in->o.has & TCP_HAS_MD5))
		return true;
	/* Our side has lost the connection: a listener of the same service may know the key. */
	l = tcp_find_listener(in->s, &t, in->rx->dev ? in->rx->dev->ifindex : 0);
	*key = l ? tcp_md5_find(l->extra, &in->rx->addr.src) : NULL;
	return *key && signed_with(in, *key);
}
