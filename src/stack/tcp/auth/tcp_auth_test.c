/*
 * tcp_auth_test.c - signed connections: over a bad wire, while hibernated, and the counters of
 * dropped segments.
 */
#include "base/test/test.h"
#include "stack/tcp/auth/tcp_auth.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/test/two_hosts.h"

#include <errno.h>

static int key_for(struct pair *p, int host, struct tcp_conn *c, const char *key)
{
	const struct ip_addr *peer = &p->host[!host].addr;
	struct tcp_md5_set set = {.addr = *peer,
		.prefix = ip_addr_is_v4(peer) ? 32 : 128,
		.key = (const uint8_t *)key,
		.len = strlen(key)};

	return tcp_set_md5(p->host[host].s, c, &set);
}

static void open_signed(
	struct pair *p, struct pair_conn *pc, const char *client, const char *server)
{
	struct tcp_end e = {p->host[1].addr, 179, 0};
	bool v6 = !ip_addr_is_v4(&e.addr);

	pc->l = tcp_new(p->host[1].s, &p->host[1], v6);
	assert_int_equal(tcp_bind(p->host[1].s, pc->l, &e), 0);
	assert_int_equal(tcp_listen(p->host[1].s, pc->l, 10), 0);
	assert_int_equal(key_for(p, 1, pc->l, server), 0);
	pc->c[0] = tcp_new(p->host[0].s, &p->host[0], v6);
	assert_int_equal(key_for(p, 0, pc->c[0], client), 0);
	assert_int_equal(tcp_connect(p->host[0].s, pc->c[0], &e), 0);
	pair_run(p, 10 * p->delay);
	pc->c[1] = tcp_accept(p->host[1].s, pc->l, &p->host[1]);
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

TEST(a_key_leaves_path_mtu_discovery_on)
{
	struct pair *p = pair_new(1, false);
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);
	int64_t how;

	assert_int_equal(key_for(p, 0, c, "key"), 0);
	assert_int_equal(tcp_get_opt(p->host[0].s, c, TCPO_PMTUDISC, &how), 0);
	assert_int_equal(how, TCP_PMTUDISC_WANT);
	tcp_close(p->host[0].s, c, true);
	pair_free(p);
}

TEST(signed_data_is_whole_after_a_bad_wire)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct pair *p = pair_new(7, v6);
		struct pair_conn pc;

		open_signed(p, &pc, "secret", "secret");
		assert_non_null(pc.c[1]);
		p->loss = p->dup = p->reorder = 300;
		pair_say(p, &pc, 0, 60000);
		pair_say(p, &pc, 1, 60000);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(count(p, i, MIB_TcpExtTCPMD5Failure), 0);
			assert_int_equal(count(p, i, MIB_TcpExtTCPMD5NotFound), 0);
			assert_int_equal(count(p, i, MIB_TcpExtTCPMD5Unexpected), 0);
		}
		p->loss = p->dup = p->reorder = 0;
		close_all(p, &pc);
		pair_free(p);
	}
}

TEST(each_reason_for_a_drop_has_its_counter)
{
	struct pair *p = pair_new(8, false);
	struct pair_conn pc;

	open_signed(p, &pc, "guess", "secret");
	assert_null(pc.c[1]);
	assert_int_equal(count(p, 1, MIB_TcpExtTCPMD5Failure), 1);
	assert_int_equal(key_for(p, 0, pc.c[0], ""), 0);
	pair_run(p, 1100 * NSEC_MSEC);
	assert_in_range(count(p, 1, MIB_TcpExtTCPMD5NotFound), 1, 2);
	assert_int_equal(key_for(p, 0, pc.c[0], "secret"), 0);
	assert_int_equal(key_for(p, 1, pc.l, ""), 0);
	assert_int_equal(key_for(p, 1, pc.l, ""), -ENOENT);
	pair_run(p, 2100 * NSEC_MSEC);
	assert_in_range(count(p, 1, MIB_TcpExtTCPMD5Unexpected), 1, 3);
	close_all(p, &pc);
	pair_free(p);
}

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	*(struct tcp_conn **)owner = c;
}

TEST(a_key_stays_with_an_idle_connection)
{
	struct pair *p = pair_new(9, false);
	struct pair_conn pc;
	uint64_t bad;

	open_signed(p, &pc, "secret", "secret");
	for (int i = 0; i < 2; i++) {
		pc.c[i]->owner = &pc.c[i];
		tcp_set_events(p->host[i].s, &(struct tcp_events){.moved = on_moved});
		tcp_idle_schedule(p->host[i].s, pc.c[i]);
	}
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(pc.c[0]) && tcp_is_idle(pc.c[1]));
	pair_say(p, &pc, 0, 100);
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(pc.c[0]) && tcp_is_idle(pc.c[1]));
	/* Set another key on a hibernating connection. */
	assert_int_equal(key_for(p, 0, pc.c[0], "other"), 0);
	bad = count(p, 1, MIB_TcpExtTCPMD5Failure);
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], "x", 1, 0), 1);
	pair_run(p, 10 * NSEC_MSEC);
	assert_int_equal(count(p, 1, MIB_TcpExtTCPMD5Failure), bad + 1);
	close_all(p, &pc);
	pair_free(p);
}

TEST(the_keys_of_a_socket_are_bounded)
{
	struct pair *p = pair_new(10, false);
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);
	struct tcp_md5_set set = {.prefix = 32, .key = (const uint8_t *)"k", .len = 1};

	for (uint32_t i = 0; i < TCP_MD5_KEYS; i++) {
		set.addr = ip_addr_from_v4(0x0a000000 + i);
		assert_int_equal(tcp_set_md5(p->host[0].s, c, &set), 0);
	}
	set.addr = ip_addr_from_v4(0x0b000000);
	assert_int_equal(tcp_set_md5(p->host[0].s, c, &set), -ENOMEM);
	set.addr = ip_addr_from_v4(0x0a000001);
	assert_int_equal(tcp_set_md5(p->host[0].s, c, &set), 0);
	tcp_close(p->host[0].s, c, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

TEST(an_ipv6_network_does_not_include_ipv4)
{
	struct pair *p = pair_new(11, false);
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], true);
	struct ip_addr v4 = ip_addr_from_v4(0x01020304);
	struct tcp_md5_set set = {
		.addr = IP_ADDR_ANY6, .prefix = 0, .key = (const uint8_t *)"six", .len = 3};

	assert_int_equal(tcp_set_md5(p->host[0].s, c, &set), 0);
	assert_null(tcp_md5_find(c->extra, &v4));
	set.addr = IP_ADDR_ANY4;
	set.key = (const uint8_t *)"four";
	set.len = 4;
	assert_int_equal(tcp_set_md5(p->host[0].s, c, &set), 0);
	assert_int_equal(tcp_md5_find(c->extra, &v4)->len, 4);
	tcp_close(p->host[0].s, c, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}
