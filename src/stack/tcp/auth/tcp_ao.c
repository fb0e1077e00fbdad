/*
 * tcp_ao.c - TCP-AO (RFC 5925) on segments. The traffic key of a direction is derived from the ISNs
 * of both sides, so that a segment of another connection fails verification; the upper half of the
 * sequence number (SNE) is signed too, so that one from 4 GiB ago fails as well.
 *
 *     for                ISNs                         SNE near
 *     a SYN              its own, 0                   0
 *     SYN-SENT           its own, ours                0
 *     a request          the request's                its ISNs, 0
 *     a cookie's ACK     one less than its numbers    0
 *     synchronized       the connection's             RCV.NXT, SND.UNA
 */
#include "stack/tcp/auth/tcp_ao.h"
#include "stack/tcp/auth/tcp_auth.h"

enum {
	UNSYNCHRONIZED =
		TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN) | TCPM(TCPS_SYN_SENT) | TCPM(TCPS_SYN_RCVD),
};

static void derive(uint8_t *out, const struct tcp_ao_key *k, const struct tcp_ao_flow *f)
{
	struct tcp_secret master = {k->key, k->len};

	assert(k->len <= sizeof(k->key));
	tcp_ao_traffic_key(out, k->alg, &master, f);
}

/* From us to the peer of a record. */
static struct tcp_ao_flow flow_out(const struct tcp_key *k, struct seq ours, struct seq theirs)
{
	return (struct tcp_ao_flow){
		.addr = {k->laddr, k->raddr}, k->lport, k->rport, ours.v, theirs.v};
}

static struct tcp_ao_flow flow_in(const struct tcp_in *in, struct seq theirs, struct seq ours)
{
	return (struct tcp_ao_flow){
		.addr = in->rx->addr, in->seg.sport, in->seg.dport, theirs.v, ours.v};
}

/* Derives both traffic keys of a connection with known ISNs. */
static void derive_both(const struct tcp_conn *c, struct tcp_ao_key *k)
{
	struct tcp_ao_flow f = flow_out(&c->key, c->iss, c->irs);

	if (k->derived && k->lisn == c->iss.v && k->risn == c->irs.v)
		return;
	derive(k->snd, k, &f);
	f = (struct tcp_ao_flow){.addr = {c->key.raddr, c->key.laddr},
		c->key.rport,
		c->key.lport,
		c->irs.v,
		c->iss.v};
	derive(k->rcv, k, &f);
	k->derived = true;
	k->lisn = c->iss.v;
	k->risn = c->irs.v;
}

/* The upper half of `now`, about so many bytes after the ISN. */
static uint32_t sne_after(struct seq isn, uint64_t bytes, struct seq now)
{
	uint64_t wide = isn.v + bytes;

	wide += (uint64_t)(int64_t)(int32_t)(now.v - (uint32_t)wide);
	return (uint32_t)(wide >> 32);
}

static uint32_t snd_sne(const struct tcp_conn *c, struct seq seq)
{
	uint32_t una = sne_after(c->iss, c->active->stats.bytes_acked, c->snd_una);

	return tcp_ao_sne(una, c->snd_una, seq);
}

static uint32_t rcv_sne(const struct tcp_conn *c, struct seq seq)
{
	uint32_t nxt = sne_after(c->irs, c->active->stats.bytes_received, c->rcv_nxt);

	return tcp_ao_sne(nxt, c->rcv_nxt, seq);
}

/* --- in --- */

static bool verify(const struct tcp_in *in, struct tcp_ao_key *k, uint32_t sne, const uint8_t *key)
{
	struct tcp_ao_way way = {k->alg, k->keyflags & TCP_AO_KEY_EXCLUDE, sne, key};
	struct tcp_ao *ao = in->extra->ao;
	uint8_t want[TCP_AO_DIGEST_MAX];
	bool good = in->o.ao_len == k->maclen;

	if (good) {
		assert(k->maclen <= sizeof(want));
		tcp_ao_mac(want, &way, &in->rx->addr, &in->seg);
		good = tcp_digest_eq(want, in->o.ao, k->maclen);
	}
	*(good ? &k->good : &k->bad) += 1;
	ao->count[good ? TCP_AO_GOOD : TCP_AO_BAD]++;
	stack_count(in->s, good ? MIB_TcpExtTCPAOGood : MIB_TcpExtTCPAOBad);
	return good;
}

static bool no_key(const struct tcp_in *in)
{
	if (in->extra && in->extra->ao)
		in->extra->ao->count[TCP_AO_KEY_NOT_FOUND]++;
	stack_count(in->s, MIB_TcpExtTCPAOKeyNotFound);
	return false;
}

static bool verify_with(
	const struct tcp_in *in, struct tcp_ao_key *k, uint32_t sne, const struct tcp_ao_flow *f)
{
	uint8_t traffic[TCP_AO_DIGEST_MAX];

	derive(traffic, k, f);
	return verify(in, k, sne, traffic);
}

static bool is_first_syn(const struct tcp_in *in)
{
	return (in->seg.flags & (SEG_SYN | SEG_ACK)) == SEG_SYN;
}

static bool check_synchronized(const struct tcp_in *in, const struct tcp_conn *c)
{
	struct tcp_ao *ao = in->extra->ao;
	struct tcp_ao_key *k = ao->rnext;

	if (k->rcvid != in->o.ao_keyid)
		k = tcp_ao_find(ao, &c->key.raddr, -1, in->o.ao_keyid);
	if (!k)
		return no_key(in);
	if (is_first_syn(in)) { /* a late duplicate */
		struct tcp_ao_flow f = flow_in(in, in->seg.seq, seq_of(0));

		return verify_with(in, k, 0, &f);
	}
	derive_both(c, k);
	if (!verify(in, k, rcv_sne(c, in->seg.seq), k->rcv))
		return false;
	if (in->o.ao_rnext != ao->current->sndid) { /* the peer requests another key */
		k = tcp_ao_find(ao, &c->key.raddr, in->o.ao_rnext, -1);
		if (k)
			ao->current = k;
	}
	return true;
}

/* ISNs and SNE for segments before the connection is synchronized. */
static bool numbers(const struct tcp_in *in, struct tcp_ao_flow *f, uint32_t *sne)
{
	const struct tcp_seg *g = &in->seg;
	const struct tcp_req *r = container_of(in->to, struct tcp_req, key);
	const struct tcp_conn *c = container_of(in->to, struct tcp_conn, key);

	*sne = 0;
	if (is_first_syn(in)) {
		*f = flow_in(in, g->seq, seq_of(0));
	} else if (in->to->kind == TCP_KIND_REQ) {
		*f = flow_in(in, r->irs, r->iss);
		*sne = tcp_ao_sne(0, r->irs, g->seq);
	} else if (in->to->state == TCPS_LISTEN) {
		*f = flow_in(in, seq_sub(g->seq, 1), seq_sub(g->ack, 1));
		*sne = tcp_ao_sne(0, seq_sub(g->seq, 1), g->seq);
		return (g->flags & (SEG_SYN | SEG_ACK)) == SEG_ACK;
	} else {
		*f = flow_in(in, g->flags & (SEG_SYN | SEG_RST) ? g->seq : c->irs, c->iss);
	}
	return true;
}

bool tcp_ao_verify(const struct tcp_in *in)
{
	struct tcp_ao *ao = in->extra ? in->extra->ao : NULL;
	struct tcp_ao_flow f;
	struct tcp_ao_key *k;
	uint32_t sne;

	if (!ao)
		return no_key(in);
	if (in->to->kind == TCP_KIND_CONN && !(1u << in->to->state & UNSYNCHRONIZED))
		return check_synchronized(in, container_of(in->to, struct tcp_conn, key));
	if (in->to->state == TCPS_CLOSED && in->to->kind == TCP_KIND_CONN)
		return false;
	k = tcp_ao_find(ao, &in->rx->addr.src, -1, in->o.ao_keyid);
	if (!k)
		return no_key(in);
	if (!numbers(in, &f, &sne)) {
		stack_count(in->s, MIB_TcpExtTCPAOBad);
		return false;
	}
	return verify_with(in, k, sne, &f);
}

/* --- out --- */

void tcp_ao_sign_conn(const struct tcp_conn *c, const struct tcp_seg *g, struct tcp_sign *out)
{
	struct tcp_ao *ao = c->extra->ao;
	struct tcp_ao_key *k = ao->current;

	assert(k && ao->rnext);
	out->ao = k;
	out->keyid = k->sndid;
	out->rnext = ao->rnext->rcvid;
	if ((g->flags & (SEG_SYN | SEG_ACK)) == SEG_SYN || c->key.state == TCPS_SYN_SENT) {
		struct tcp_ao_flow f = flow_out(&c->key, c->iss, seq_of(0));

		derive(out->traffic, k, &f);
		return;
	}
	derive_both(c, k);
	memcpy(out->traffic, k->snd, sizeof(k->snd));
	out->sne = snd_sne(c, g->seq);
}

/* A TIME-WAIT record does not keep the ISNs: its keys were derived on entry. */
void tcp_ao_sign_tw(const struct tcp_tw *tw, const struct tcp_in *in, const struct tcp_seg *g,
	struct tcp_sign *out)
{
	struct tcp_ao *ao = tw->ao;
	struct tcp_ao_key *k = NULL;

	assert(ao->current && ao->rnext);
	if (in && in->o.has & TCP_HAS_AO)
		k = tcp_ao_find(ao, &tw->key.raddr, in->o.ao_rnext, -1);
	if (!k)
		k = ao->current;
	out->ao = k;
	out->keyid = k->sndid;
	out->rnext = ao->rnext->rcvid;
	out->sne = tcp_ao_sne(tw->snd_sne, tw->snd_nxt, g->seq);
	memcpy(out->traffic, k->snd, sizeof(k->snd));
}

void tcp_ao_time_wait(const struct tcp_conn *c, struct tcp_tw *tw)
{
	struct tcp_ao *ao = c->extra ? c->extra->ao : NULL;

	if (!ao || !ao->current)
		return;
	for (struct tcp_ao_key *k = ao->keys; k; k = k->next)
		derive_both(c, k);
	ao->refs++;
	tw->ao = ao;
	tw->snd_sne = snd_sne(c, c->snd_nxt);
}

bool tcp_ao_sign_req(const struct tcp_req *r, uint8_t sndid, struct tcp_sign *out)
{
	const struct tcp_conn *owner = r->listener ? r->listener : r->child;
	const struct tcp_ao *ao = owner->extra ? owner->extra->ao : NULL;
	struct tcp_ao_flow f = flow_out(&r->key, r->iss, r->irs);

	out->ao = ao ? tcp_ao_find(ao, &r->key.raddr, sndid, -1) : NULL;
	if (!out->ao)
		return false;
	out->keyid = sndid;
	out->rnext = r->ao_rnext;
	derive(out->traffic, out->ao, &f);
	return true;
}

/* The RST for a signed segment. With Linux's bits, but for requests as in RFC 5925. */
bool tcp_ao_sign_rst(const struct tcp_in *in, const struct tcp_seg *g, struct tcp_sign *out)
{
	const struct tcp_conn *c;

	if (!in->to)
		return false;
	c = container_of(in->to, struct tcp_conn, key);
	if (in->to->kind == TCP_KIND_TW) {
		const struct tcp_tw *tw = container_of(in->to, struct tcp_tw, key);

		if (tw->ao)
			tcp_ao_sign_tw(tw, in, g, out);
		return tw->ao != NULL;
	}
	if (in->to->kind == TCP_KIND_REQ) {
		const struct tcp_req *r = container_of(in->to, struct tcp_req, key);

		out->sne = tcp_ao_sne(0, r->iss, g->seq);
		return tcp_ao_sign_req(r, in->o.ao_rnext, out);
	}
	if (in->to->state == TCPS_LISTEN || !c->extra || !c->extra->ao)
		return false;
	tcp_ao_sign_conn(c, g, out);
	if (c->key.state ==
		TCPS_SYN_SENT) { /* the segment being answered contained the peer's ISN */
		struct tcp_ao_flow f = flow_out(&c->key, c->iss, in->seg.seq);

		derive(out->traffic, out->ao, &f);
	}
	return true;
}
