/*
 * tcp_ao_conn_test.c - connections that TCP-AO signs: over a bad wire, across a wrap of sequence
 * numbers, with key changes, and the counters of dropped segments. Test vectors are in
 * wire/tcp_ao_test.c.
 */
#include "base/test/test.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_isn.h"
#include "stack/tcp/test/two_hosts.h"

#include <errno.h>

enum {
	CLIENT_PORT = 33000,
	SERVER_PORT = 179
};

static struct tcp_ao_new key_of(
	const struct pair *p, int host, const char *text, uint8_t snd, uint8_t rcv)
{
	const struct ip_addr *peer = &p->host[!host].addr;
	bool v4 = ip_addr_is_v4(peer);

	return (struct tcp_ao_new){.peer = {*peer, v4, v4 ? 32 : 128},
		.sndid = snd,
		.rcvid = rcv,
		.alg_name = "hmac(sha1)",
		.key = (const uint8_t *)text,
		.len = strlen(text)};
}

static void give(struct pair *p, int host, struct tcp_conn *c, const struct tcp_ao_new *n)
{
	assert_int_equal(tcp_ao_add(p->host[host].s, c, n), 0);
}

static void make(struct pair *p, struct pair_conn *pc)
{
	struct tcp_end e = {p->host[1].addr, SERVER_PORT, 0};
	struct tcp_end from = {p->host[0].addr, CLIENT_PORT, 0};
	bool v6 = !ip_addr_is_v4(&e.addr);

	*pc = (struct pair_conn){.l = tcp_new(p->host[1].s, &p->host[1], v6)};
	assert_int_equal(tcp_bind(p->host[1].s, pc->l, &e), 0);
	assert_int_equal(tcp_listen(p->host[1].s, pc->l, 10), 0);
	pc->c[0] = tcp_new(p->host[0].s, &p->host[0], v6);
	assert_int_equal(tcp_bind(p->host[0].s, pc->c[0], &from), 0);
}

static void open_up(struct pair *p, struct pair_conn *pc)
{
	struct tcp_end e = {p->host[1].addr, SERVER_PORT, 0};

	assert_int_equal(tcp_connect(p->host[0].s, pc->c[0], &e), 0);
	pair_run(p, 10 * p->delay);
	pc->c[1] = tcp_accept(p->host[1].s, pc->l, &p->host[1]);
}

/* Opens a connection with the same key on both sides. */
static void open_signed(struct pair *p, struct pair_conn *pc, const char *alg, uint8_t flags)
{
	make(p, pc);
	for (int i = 0; i < 2; i++) {
		struct tcp_ao_new n = key_of(p, i, "testvector", 100, 100);

		n.alg_name = alg;
		n.keyflags = flags;
		give(p, i, i ? pc->l : pc->c[0], &n);
	}
	open_up(p, pc);
	assert_non_null(pc->c[1]);
}

static void close_all(struct pair *p, struct pair_conn *pc)
{
	for (int i = 0; i < 2; i++)
		if (pc->c[i])
			tcp_close(p->host[i].s, pc->c[i], true);
	tcp_close(p->host[1].s, pc->l, true);
	pair_run(p, NSEC_SEC);
}

static uint64_t count(const struct pair *p, int host, enum mib which)
{
	return mib_get(&p->host[host].s->mib, which);
}

static void assert_clean(const struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		assert_true(count(p, i, MIB_TcpExtTCPAOGood) > 0);
		assert_int_equal(count(p, i, MIB_TcpExtTCPAOBad), 0);
		assert_int_equal(count(p, i, MIB_TcpExtTCPAOKeyNotFound), 0);
		assert_int_equal(count(p, i, MIB_TcpExtTCPAORequired), 0);
	}
}

TEST(signed_data_is_whole_after_a_bad_wire_with_each_algorithm)
{
	static const char *const algs[] = {"hmac(sha1)", "cmac(aes128)", "hmac(sha256)"};

	for (int i = 0; i < 12; i++) {
		struct pair *p = pair_new(7 + (uint64_t)i, i & 1);
		struct pair_conn pc;

		open_signed(p, &pc, algs[i / 4], i & 2 ? TCP_AO_KEY_EXCLUDE : 0);
		p->loss = p->dup = p->reorder = 300;
		pair_say(p, &pc, 0, 60000);
		pair_say(p, &pc, 1, 60000);
		p->loss = p->dup = p->reorder = 0;
		assert_clean(p);
		close_all(p, &pc);
		pair_free(p);
	}
}

/* Advances time until the next ISN of host is slightly below a wrap. */
static void wait_for_a_wrap(struct pair *p, int host)
{
	struct tcp_tuple t = {p->host[host].addr, p->host[!host].addr,
		host ? SERVER_PORT : CLIENT_PORT, host ? CLIENT_PORT : SERVER_PORT};
	uint32_t isn = tcp_isn(p->host[host].s, &t).v;

	p->now += ((nsec_t)(0xffffffff - 20000 - isn) << 6) - (host ? p->delay : 0);
	for (int i = 0; i < 2; i++)
		p->host[i].s->now = p->now;
}

TEST(the_upper_half_of_the_number_is_signed_across_a_wrap)
{
	for (int host = 0; host < 2; host++) {
		struct pair *p = pair_new(20, false);
		struct tcp_seg g = {.flags = SEG_ACK};
		struct tcp_sign sign;
		struct pair_conn pc;

		wait_for_a_wrap(p, host);
		open_signed(p, &pc, "hmac(sha1)", 0);
		assert_true(pc.c[host]->iss.v > 0xffff0000u);
		p->loss = p->reorder = 500;
		for (int i = 0; i < 4; i++)
			pair_say(p, &pc, host, 30000);
		pair_say(p, &pc, !host, 30000);
		assert_true(pc.c[host]->snd_una.v < 0x80000000u);
		g.seq = pc.c[host]->snd_nxt;
		tcp_ao_sign_conn(pc.c[host], &g, &sign);
		assert_int_equal(sign.sne, 1);
		g.seq = pc.c[host]->iss;
		tcp_ao_sign_conn(pc.c[host], &g, &sign);
		assert_int_equal(sign.sne, 0);
		p->loss = p->reorder = 0;
		assert_clean(p);
		close_all(p, &pc);
		pair_free(p);
	}
}

TEST(the_peer_signs_with_the_requested_key)
{
	struct pair *p = pair_new(30, false);
	struct pair_conn pc;
	struct tcp_ao_status st = {.set_rnext = true, .rnext = 21};

	make(p, &pc);
	for (int i = 0; i < 2; i++) {
		struct tcp_ao_new one = key_of(p, i, "first", i ? 11 : 10, i ? 10 : 11);
		struct tcp_ao_new two = key_of(p, i, "second", i ? 21 : 20, i ? 20 : 21);

		one.set_current = one.set_rnext = i == 0;
		give(p, i, i ? pc.l : pc.c[0], &one);
		give(p, i, i ? pc.l : pc.c[0], &two);
	}
	open_up(p, &pc);
	assert_non_null(pc.c[1]);
	pair_say(p, &pc, 0, 1000);
	assert_int_equal(pc.c[1]->extra->ao->current->sndid, 11);
	assert_int_equal(tcp_ao_set(p->host[0].s, pc.c[0], &st), 0);
	pair_say(p, &pc, 0, 1000);
	assert_int_equal(pc.c[1]->extra->ao->current->sndid, 21);
	assert_int_equal(tcp_ao_get(p->host[0].s, pc.c[0], &st), 0);
	assert_int_equal(st.current, 10);
	assert_int_equal(st.rnext, 21);
	pair_say(p, &pc, 1, 1000);
	assert_clean(p);
	close_all(p, &pc);
	pair_free(p);
}

TEST(each_reason_for_a_drop_has_its_counter)
{
	static const struct {
		const char *client;
		uint8_t id;
		enum mib which;
	} rows[] = {
		{"guess", 100, MIB_TcpExtTCPAOBad},
		{"secret", 101, MIB_TcpExtTCPAOKeyNotFound},
		{NULL, 0, MIB_TcpExtTCPAORequired},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pair *p = pair_new(40 + i, false);
		struct tcp_ao_new server = key_of(p, 1, "secret", 100, 100);
		struct tcp_ao_status st;
		struct pair_conn pc;

		make(p, &pc);
		give(p, 1, pc.l, &server);
		if (rows[i].client) {
			struct tcp_ao_new n = key_of(p, 0, rows[i].client, rows[i].id, rows[i].id);

			give(p, 0, pc.c[0], &n);
		}
		open_up(p, &pc);
		assert_null(pc.c[1]);
		assert_int_equal(count(p, 1, rows[i].which), 1);
		assert_int_equal(count(p, 1, MIB_TcpOutRsts), 0);
		assert_int_equal(tcp_ao_get(p->host[1].s, pc.l, &st), 0);
		assert_int_equal(st.count[TCP_AO_BAD] + st.count[TCP_AO_KEY_NOT_FOUND] +
					 st.count[TCP_AO_REQUIRED],
			1);
		close_all(p, &pc);
		pair_free(p);
	}
}

TEST(signed_segments_are_dropped_without_a_key)
{
	struct pair *p = pair_new(50, false);
	struct tcp_ao_new n = key_of(p, 0, "secret", 100, 100);
	struct pair_conn pc;

	make(p, &pc);
	give(p, 0, pc.c[0], &n);
	open_up(p, &pc);
	assert_null(pc.c[1]);
	assert_int_equal(count(p, 1, MIB_TcpExtTCPAOKeyNotFound), 1);
	close_all(p, &pc);
	pair_free(p);
}

/* Checks the segments on the wire independently, by RFC 5925: ISNs are those of the SYNs. */
struct watch {
	struct seq isn[2];
	unsigned seen, signed_well;
};

static void judge(struct watch *w, int from, const struct ip_pair *a, const struct tcp_seg *g)
{
	static const struct tcp_secret key = {(const uint8_t *)"testvector", 10};
	bool first = (g->flags & (SEG_SYN | SEG_ACK)) == SEG_SYN;
	uint8_t traffic[TCP_AO_DIGEST_MAX], mac[TCP_AO_DIGEST_MAX];
	struct tcp_ao_way way = {.traffic_key = traffic};
	struct tcp_ao_flow f = {.addr = *a, .sport = g->sport, .dport = g->dport};
	struct tcp_opts o;

	if (g->flags & SEG_SYN)
		w->isn[from] = g->seq;
	f.sisn = w->isn[from].v;
	f.disn = first ? 0 : w->isn[!from].v;
	way.sne = (uint32_t)((f.sisn + (uint64_t)(uint32_t)seq_diff(g->seq, w->isn[from])) >> 32);
	tcp_opts_parse(&o, g->opt, g->opt_len, true);
	w->seen++;
	if (!(o.has & TCP_HAS_AO) || o.ao_len != 12)
		return;
	tcp_ao_traffic_key(traffic, TCP_AO_HMAC_SHA1, &key, &f);
	tcp_ao_mac(mac, &way, a, g);
	w->signed_well += tcp_digest_eq(mac, o.ao, 12);
}

static bool watch_wire(struct pair *p, int from, struct pkt *pkt)
{
	uint8_t bytes[PAIR_BYTES];
	struct tcp_seg g;
	struct ip_pair addr;

	pair_read(pkt, bytes, &addr, &g);
	judge(p->arg, from, &addr, &g);
	return false;
}

TEST(every_segment_on_the_wire_is_signed_rfc5925)
{
	struct watch w = {0};
	struct pair *p = pair_new(61, false);
	struct pair_conn pc;

	p->arg = &w;
	p->tamper = watch_wire;
	wait_for_a_wrap(p, 0);
	open_signed(p, &pc, "hmac(sha1)", 0);
	p->loss = p->reorder = 300;
	pair_say(p, &pc, 0, 60000);
	pair_say(p, &pc, 1, 60000);
	p->loss = 3000; /* so that TIME-WAIT has to answer */
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc.c[i], false);
	pair_run(p, 200 * NSEC_SEC);
	tcp_close(p->host[1].s, pc.l, true);
	pair_free(p);

	p = pair_new(62, false);
	p->arg = &w;
	p->tamper = watch_wire;
	open_signed(p, &pc, "hmac(sha1)", 0);
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], "unread", 6, 0), 6);
	pair_run(p, 10 * p->delay);
	close_all(p, &pc); /* RST */
	assert_true(w.seen > 100);
	assert_int_equal(w.seen, w.signed_well);
	pair_free(p);
}

TEST(resets_and_the_close_are_signed)
{
	struct pair *p = pair_new(60, false);
	struct pair_conn pc;
	struct tcp_status f;

	open_signed(p, &pc, "hmac(sha1)", 0);
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], "unread", 6, 0), 6);
	pair_run(p, 10 * p->delay);
	tcp_close(p->host[1].s, pc.c[1], false);
	pair_run(p, 10 * p->delay);
	tcp_get_status(pc.c[0], &f);
	assert_int_equal(f.err, ECONNRESET);
	assert_clean(p);
	tcp_close(p->host[0].s, pc.c[0], false);
	tcp_close(p->host[1].s, pc.l, true);
	pair_run(p, NSEC_SEC);

	open_signed(p, &pc, "hmac(sha1)", 0);
	p->loss = 3000; /* also loses the last FIN and ACKs */
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc.c[i], false);
	pc.c[0] = pc.c[1] = NULL;
	pair_run(p, 300 * NSEC_SEC);
	assert_clean(p);
	close_all(p, &pc);
	assert_int_equal(p->host[0].s->tcp->aos.live + p->host[1].s->tcp->aos.live, 0);
	pair_free(p);
}

TEST(cookies_and_signatures_go_together)
{
	struct pair *p = pair_new(70, false);
	struct pair_conn pc;

	p->host[1].s->sysctl.tcp_syncookies = 2;
	open_signed(p, &pc, "cmac(aes128)", 0);
	pair_say(p, &pc, 0, 5000);
	pair_say(p, &pc, 1, 5000);
	assert_clean(p);
	assert_int_equal(count(p, 1, MIB_TcpExtSyncookiesRecv), 1);
	close_all(p, &pc);
	pair_free(p);
}

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	*(struct tcp_conn **)owner = c;
}

TEST(keys_stay_with_an_idle_connection)
{
	struct pair *p = pair_new(80, false);
	struct pair_conn pc;

	open_signed(p, &pc, "hmac(sha1)", 0);
	for (int i = 0; i < 2; i++) {
		pc.c[i]->owner = &pc.c[i];
		tcp_set_events(p->host[i].s, &(struct tcp_events){.moved = on_moved});
		tcp_idle_schedule(p->host[i].s, pc.c[i]);
	}
	pair_run(p, NSEC_SEC);
	for (int i = 0; i < 3; i++) {
		assert_true(tcp_is_idle(pc.c[0]) && tcp_is_idle(pc.c[1]));
		pair_say(p, &pc, i & 1, 100);
		pair_run(p, NSEC_SEC);
	}
	assert_clean(p);
	close_all(p, &pc);
	pair_free(p);
}

TEST(keys_are_refused_as_linux_does)
{
	struct pair *p = pair_new(90, false);
	struct stack *s = p->host[0].s;
	struct tcp_ao_new n = key_of(p, 0, "secret", 1, 2);
	struct tcp_ao_gone g = {.peer = n.peer, .sndid = 1, .rcvid = 2};
	struct tcp_md5_set md5 = {n.peer.addr, 32, (const uint8_t *)"k", 1};
	struct tcp_end e = {p->host[1].addr, SERVER_PORT, 0};
	struct tcp_ao_status st;
	struct pair_conn pc;

	make(p, &pc);
	assert_int_equal(tcp_ao_get(s, pc.c[0], &st), -ENOENT);
	assert_int_equal(tcp_ao_del(s, pc.c[0], &g), -ENOENT);
	n.alg_name = "rot13";
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -ENOENT);
	n.alg_name = "cmac(aes)";
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -EINVAL);
	n.alg_name = "hmac(sha1)";
	n.maclen = 17;
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -EMSGSIZE);
	n.maclen = 16;
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), 0);
	n.rcvid = 3;
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -EEXIST); /* the same SendID */
	assert_int_equal(tcp_set_md5(s, pc.c[0], &md5), -EKEYREJECTED);
	assert_int_equal(tcp_ao_del(s, pc.c[0], &g), 0);
	assert_int_equal(tcp_set_md5(s, pc.c[0], &md5), 0);
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -EKEYREJECTED);
	md5.len = 0;
	assert_int_equal(tcp_set_md5(s, pc.c[0], &md5), 0);
	n.peer.addr = ip_addr_from_v4(0x0a636363);
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), 0);
	assert_int_equal(tcp_connect(s, pc.c[0], &e), -EKEYREJECTED); /* no key for that peer */
	tcp_close(s, pc.c[0], true);

	pc.c[0] = tcp_new(s, &p->host[0], false);
	open_up(p, &pc);
	n = key_of(p, 0, "late", 1, 2);
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), -EISCONN);
	close_all(p, &pc);
	pair_free(p);
}

TEST(a_key_in_use_is_not_deleted)
{
	struct pair *p = pair_new(91, false);
	struct stack *s = p->host[0].s;
	struct tcp_ao_new n = key_of(p, 0, "second", 50, 50);
	struct tcp_ao_gone g = {.peer = n.peer, .sndid = 100, .rcvid = 100};
	struct pair_conn pc;

	open_signed(p, &pc, "hmac(sha1)", 0);
	assert_int_equal(tcp_ao_del(s, pc.c[0], &g), -EBUSY);
	assert_int_equal(tcp_ao_add(s, pc.c[0], &n), 0);
	g.set_current = g.set_rnext = true;
	g.current = g.rnext = 50;
	assert_int_equal(tcp_ao_del(s, pc.c[0], &g), 0);
	assert_int_equal(tcp_ao_del(s, pc.c[0], &g), -ENOENT);
	close_all(p, &pc);
	pair_free(p);
}

TEST(hard_icmp_errors_do_not_end_a_signed_connection_rfc5925_7_8)
{
	struct pair *p = pair_new(92, false);
	struct ip_error port = {.type = 3, .code = 3, .ttl = 64}, host = {.type = 3, .code = 1};
	struct pair_conn pc;

	open_signed(p, &pc, "hmac(sha1)", 0);
	assert_true(tcp_ao_ignores(p->host[0].s, pc.c[0], &port));
	assert_false(tcp_ao_ignores(p->host[0].s, pc.c[0], &host));
	assert_int_equal(count(p, 0, MIB_TcpExtTCPAODroppedIcmps), 1);
	pc.c[0]->extra->ao->accept_icmps = true;
	assert_false(tcp_ao_ignores(p->host[0].s, pc.c[0], &port));
	close_all(p, &pc);
	pair_free(p);
}
