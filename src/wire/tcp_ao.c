/* tcp_ao.c - TCP-AO traffic keys and MACs (RFC 5925, RFC 5926). */
#include "wire/tcp_ao.h"

#include "wire/tcp_opt.h"

#include <nettle/cmac.h>
#include <nettle/hmac.h>

enum {
	CONTEXT_MAX = 7 + 2 * 16 + 12 + 2,
	AO_HEAD = 4, /* kind length KeyID RNextKeyID */
};

static const struct {
	const char *name;
	size_t len;
} algs[TCP_AO_ALGS] = {
	[TCP_AO_HMAC_SHA1] = {"hmac(sha1)", SHA1_DIGEST_SIZE},
	[TCP_AO_CMAC_AES128] = {"cmac(aes128)", CMAC128_DIGEST_SIZE},
	[TCP_AO_HMAC_SHA256] = {"hmac(sha256)", SHA256_DIGEST_SIZE},
};

const char *tcp_ao_alg_name(enum tcp_ao_alg alg)
{
	assert(alg < TCP_AO_ALGS);
	return algs[alg].name;
}

enum tcp_ao_alg tcp_ao_alg_find(const char *name)
{
	unsigned alg = 0;

	if (strcmp(name, "cmac(aes)") == 0)
		return TCP_AO_CMAC_AES128;
	while (alg < TCP_AO_ALGS && strcmp(algs[alg].name, name) != 0)
		alg++;
	return (enum tcp_ao_alg)alg;
}

size_t tcp_ao_digest_len(enum tcp_ao_alg alg)
{
	assert(alg < TCP_AO_ALGS);
	return algs[alg].len;
}

/* --- one keyed digest, of either algorithm --- */

struct mac {
	enum tcp_ao_alg alg;
	union {
		struct hmac_sha1_ctx sha1;
		struct hmac_sha256_ctx sha256;
		struct cmac_aes128_ctx aes;
	} u;
};

static void mac_begin(struct mac *m, enum tcp_ao_alg alg, const uint8_t *key, size_t len)
{
	m->alg = alg;
	switch (alg) {
	case TCP_AO_HMAC_SHA1: hmac_sha1_set_key(&m->u.sha1, len, key); break;
	case TCP_AO_HMAC_SHA256: hmac_sha256_set_key(&m->u.sha256, len, key); break;
	case TCP_AO_CMAC_AES128:
		assert(len == TCP_AO_AES_KEY);
		cmac_aes128_set_key(&m->u.aes, key);
		break;
	case TCP_AO_ALGS: assert(!"no algorithm");
	}
}

static void mac_add(struct mac *m, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	switch (m->alg) {
	case TCP_AO_HMAC_SHA1: hmac_sha1_update(&m->u.sha1, n, p); break;
	case TCP_AO_HMAC_SHA256: hmac_sha256_update(&m->u.sha256, n, p); break;
	case TCP_AO_CMAC_AES128: cmac_aes128_update(&m->u.aes, n, p); break;
	case TCP_AO_ALGS: break;
	}
}

static void mac_end(struct mac *m, uint8_t *out)
{
	size_t n = tcp_ao_digest_len(m->alg);

	switch (m->alg) {
	case TCP_AO_HMAC_SHA1: hmac_sha1_digest(&m->u.sha1, n, out); break;
	case TCP_AO_HMAC_SHA256: hmac_sha256_digest(&m->u.sha256, n, out); break;
	case TCP_AO_CMAC_AES128: cmac_aes128_digest(&m->u.aes, n, out); break;
	case TCP_AO_ALGS: break;
	}
}

/* --- keys --- */

void tcp_ao_fold_key(uint8_t *out, const struct tcp_secret *master)
{
	static const uint8_t zeros[TCP_AO_AES_KEY];
	struct mac m;

	mac_begin(&m, TCP_AO_CMAC_AES128, zeros, sizeof(zeros));
	mac_add(&m, master->p, master->len);
	mac_end(&m, out);
}

static size_t put_addrs(uint8_t *p, const struct ip_pair *a)
{
	if (ip_addr_is_v4(&a->src) && ip_addr_is_v4(&a->dst)) {
		put_be32(p, ip_addr_v4(&a->src));
		put_be32(p + 4, ip_addr_v4(&a->dst));
		return 8;
	}
	memcpy(p, a->src.b, 16);
	memcpy(p + 16, a->dst.b, 16);
	return 32;
}

void tcp_ao_traffic_key(uint8_t *out, enum tcp_ao_alg alg, const struct tcp_secret *master,
	const struct tcp_ao_flow *f)
{
	uint8_t in[CONTEXT_MAX] = {1, 'T', 'C', 'P', '-', 'A', 'O'};
	uint8_t *p = in + 7;
	struct mac m;

	p += put_addrs(p, &f->addr);
	put_be16(p, f->sport);
	put_be16(p + 2, f->dport);
	put_be32(p + 4, f->sisn);
	put_be32(p + 8, f->disn);
	put_be16(p + 12, (uint16_t)(8 * tcp_ao_digest_len(alg)));
	mac_begin(&m, alg, master->p, master->len);
	mac_add(&m, in, (size_t)(p + 14 - in));
	mac_end(&m, out);
}

/* --- segments --- */

/* The options with the MAC zeroed; without the others, if they are not covered. */
static size_t covered(uint8_t *out, const struct tcp_seg *s, bool exclude)
{
	const uint8_t *p = s->opt;
	size_t len = s->opt_len;
	struct tcp_opt o;

	memcpy(out, s->opt, s->opt_len);
	while (tcp_opt_next(&o, &p, &len) && o.kind != TCP_OPT_EOL) {
		size_t at = (size_t)(o.data - 2 - s->opt), mac = o.len - 2u;

		if (o.kind != TCP_OPT_AO || o.len < 2)
			continue;
		memset(out + at + AO_HEAD, 0, mac);
		if (!exclude)
			return s->opt_len;
		memmove(out, out + at, AO_HEAD + mac);
		return AO_HEAD + mac;
	}
	assert(!"no TCP-AO among the options");
	return 0;
}

void tcp_ao_mac(
	uint8_t *out, const struct tcp_ao_way *w, const struct ip_pair *a, const struct tcp_seg *s)
{
	uint8_t sne[4], head[TCP_SIGNED_HEAD_MAX], opts[TCP_OPTS_MAX];
	struct mac m;

	put_be32(sne, w->sne);
	mac_begin(&m, w->alg, w->traffic_key, tcp_ao_digest_len(w->alg));
	mac_add(&m, sne, sizeof(sne));
	mac_add(&m, head, tcp_signed_head(head, a, s));
	mac_add(&m, opts, covered(opts, s, w->exclude_opts));
	mac_add(&m, s->data, s->len);
	mac_end(&m, out);
}

uint32_t tcp_ao_sne(uint32_t near_sne, struct seq near, struct seq seq)
{
	int64_t wide = (int64_t)(((uint64_t)near_sne << 32) | near.v) + seq_diff(seq, near);

	return (uint32_t)((uint64_t)wide >> 32);
}
