/* tcp_auth.c - verification and signing of segments; tcp_auth.h lists the segments dropped. */
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"

enum {
	SIGNATURE_AT = 4, /* NOP NOP kind length, or kind length ids; before all other options */
};

static struct tcp_secret secret(const struct tcp_md5_key *k)
{
	return (struct tcp_secret){k->key, k->len};
}

static bool signed_with(const struct tcp_in *in, const struct tcp_md5_key *k)
{
	uint8_t want[TCP_MD5_LEN];
	struct tcp_secret key = secret(k);

	assert(in->o.has & TCP_HAS_MD5);
	tcp_md5_digest(want, &in->rx->addr, &in->seg, &key);
	return tcp_digest_eq(want, in->o.md5, TCP_MD5_LEN);
}

static bool unsigned_ok(const struct tcp_in *in)
{
	const struct tcp_extra *x = in->extra;

	if (tcp_ao_wanted(x, &in->rx->addr.src)) {
		x->ao->count[TCP_AO_REQUIRED]++;
		stack_count(in->s, MIB_TcpExtTCPAORequired);
		return false;
	}
	if (tcp_md5_find(x, &in->rx->addr.src)) {
		stack_count(in->s, MIB_TcpExtTCPMD5NotFound);
		return false;
	}
	return true; /* keys for other peers */
}

static bool md5_ok(const struct tcp_in *in)
{
	const struct tcp_md5_key *k = tcp_md5_find(in->extra, &in->rx->addr.src);

	if (k && signed_with(in, k))
		return true;
	stack_count(in->s, k ? MIB_TcpExtTCPMD5Failure : MIB_TcpExtTCPMD5Unexpected);
	return false;
}

/* RFC 5925 7.4: the SYN determines whether a connection is signed. */
static bool as_its_syn(const struct tcp_in *in)
{
	if (in->to->kind != TCP_KIND_REQ)
		return true;
	return container_of(in->to, struct tcp_req, key)->ao == ((in->o.has & TCP_HAS_AO) != 0);
}

bool tcp_auth_verify(const struct tcp_in *in)
{
	if (in->o.has & TCP_HAS_BAD_AUTH) {
		stack_count(in->s, MIB_TcpInErrs);
		return false;
	}
	if (!as_its_syn(in)) {
		stack_count(in->s, MIB_TcpExtTCPAOBad);
		return false;
	}
	if (in->o.has & TCP_HAS_AO)
		return tcp_ao_verify(in);
	return in->o.has & TCP_HAS_MD5 ? md5_ok(in) : unsigned_ok(in);
}

void tcp_auth_space(const struct tcp_sign *k, struct tcp_opts *o)
{
	static const uint8_t zeros[TCP_MD5_LEN];

	if (k->ao) {
		assert(k->ao->maclen <= TCP_AO_DIGEST_MAX);
		o->has |= TCP_HAS_AO;
		o->ao_keyid = k->keyid;
		o->ao_rnext = k->rnext;
		o->ao_len = k->ao->maclen;
		o->ao = NULL;
	} else if (k->md5) {
		o->has |= TCP_HAS_MD5;
		o->md5 = zeros;
	}
}

static bool speaks_ao(const struct tcp_conn *c)
{
	return c->extra->ao && c->extra->ao->current;
}

void tcp_auth_conn_space(const struct tcp_conn *c, struct tcp_opts *o)
{
	struct tcp_sign k = {0};

	if (speaks_ao(c)) {
		k.ao = c->extra->ao->current;
		k.keyid = k.ao->sndid;
		k.rnext = c->extra->ao->rnext->rcvid;
	} else {
		k.md5 = tcp_md5_find(c->extra, &c->key.raddr);
	}
	tcp_auth_space(&k, o);
}

void tcp_sign_conn(const struct tcp_conn *c, const struct tcp_seg *g, struct tcp_sign *out)
{
	*out = (struct tcp_sign){0};
	if (!tcp_auth_has(c))
		return;
	if (speaks_ao(c))
		tcp_ao_sign_conn(c, g, out);
	else
		out->md5 = tcp_md5_find(c->extra, &c->key.raddr);
}

bool tcp_sign_req(const struct tcp_req *r, const struct tcp_in *in, struct tcp_sign *out)
{
	const struct tcp_conn *owner = r->listener ? r->listener : r->child;

	assert(owner);
	*out = (struct tcp_sign){0};
	if (r->ao)
		return tcp_ao_sign_req(
			r, in && in->o.has & TCP_HAS_AO ? in->o.ao_rnext : r->ao_keyid, out);
	out->md5 = tcp_md5_find(owner->extra, &r->key.raddr);
	return true;
}

void tcp_auth_sign(
	const struct tcp_sign *k, const struct ip_pair *a, const struct tcp_seg *g, uint8_t *opt)
{
	if (k->ao) {
		struct tcp_ao_way way = {
			k->ao->alg, k->ao->keyflags & TCP_AO_KEY_EXCLUDE, k->sne, k->traffic};
		uint8_t mac[TCP_AO_DIGEST_MAX];

		tcp_ao_mac(mac, &way, a, g);
		assert(SIGNATURE_AT + k->ao->maclen <= g->opt_len);
		memcpy(opt + SIGNATURE_AT, mac, k->ao->maclen);
	} else if (k->md5) {
		struct tcp_secret key = secret(k->md5);

		assert(SIGNATURE_AT + TCP_MD5_LEN <= g->opt_len);
		tcp_md5_digest(opt + SIGNATURE_AT, a, g, &key);
	}
}

/* Our connection is gone: a listener of the same service may have the key. */
static const struct tcp_md5_key *key_of_a_listener(struct tcp_in *in)
{
	struct tcp_tuple t = {in->rx->addr.dst, in->rx->addr.src, in->seg.sport, in->seg.sport};
	const struct tcp_conn *l =
		tcp_find_listener(in->s, &t, in->rx->dev ? in->rx->dev->ifindex : 0);
	const struct tcp_md5_key *k = l ? tcp_md5_find(l->extra, &in->rx->addr.src) : NULL;

	return k && signed_with(in, k) ? k : NULL;
}

bool tcp_sign_rst(struct tcp_in *in, const struct tcp_seg *g, struct tcp_sign *out)
{
	*out = (struct tcp_sign){0};
	if (in->o.has & TCP_HAS_BAD_AUTH)
		return false;
	if (in->o.has & TCP_HAS_AO)
		return tcp_ao_sign_rst(in, g, out);
	out->md5 = tcp_md5_find(in->extra, &in->rx->addr.src);
	if (out->md5 || !(in->o.has & TCP_HAS_MD5))
		return true;
	out->md5 = key_of_a_listener(in);
	return out->md5 != NULL;
}
