/*
 * ao_test.c - TCP-AO from a program's side: Linux's structures through setsockopt, a signed
 * connection, and the keys read back.
 */
#include "base/test/test.h"
#include "socket/ao_api.h"
#include "socket/test/two_instances.h"

#include <errno.h>
#include <netinet/in.h>

static struct burble_tcp_ao_add key_for(int side, const char *alg, uint8_t id)
{
	struct sockaddr_in peer = two_addr(side, 0);
	struct burble_tcp_ao_add a = {.prefix = 32, .sndid = id, .rcvid = id, .keylen = 6};

	memcpy(&a.addr, &peer, sizeof(peer));
	memcpy(a.key, "secret", 6);
	strcpy(a.alg_name, alg);
	return a;
}

static int set(struct two_instances *p, int side, int fd, int name, const void *v, size_t len)
{
	return burble_setopt(
		p->bs[side], fd, IPPROTO_TCP, name, (struct iovec){(void *)(uintptr_t)v, len});
}

static int get(struct two_instances *p, int side, int fd, int name, void *v, size_t len)
{
	struct iovec value = {v, len};

	return burble_getopt(p->bs[side], fd, IPPROTO_TCP, name, &value);
}

static int stream(struct two_instances *p, int side)
{
	return burble_socket(p->bs[side], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

TWO_TEST(a_program_signs_its_connections_and_reads_its_keys)
{
	struct sockaddr_in at = two_addr(1, 179);
	int l = stream(p, 1), c = stream(p, 0), fd;
	struct burble_tcp_ao_add a;
	struct burble_tcp_ao_info info = {0};
	struct burble_tcp_ao_key keys[3] = {{.get_all = 1, .nkeys = 3}};

	for (uint8_t id = 7; id <= 8; id++) {
		a = key_for(0, id == 7 ? "hmac(sha1)" : "cmac(aes128)", id);
		assert_int_equal(set(p, 1, l, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a)), 0);
		a = key_for(1, id == 7 ? "hmac(sha1)" : "cmac(aes128)", id);
		a.set_current = a.set_rnext = id == 7;
		assert_int_equal(set(p, 0, c, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a)), 0);
	}
	assert_int_equal(burble_bind(p->bs[1], l, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(p->bs[1], l, 8), 0);
	burble_connect_call(p->bs[0], c, (struct sockaddr *)&at, sizeof(at), NULL);
	two_run(p, p->now + 50 * NSEC_MSEC);
	fd = burble_accept4_call(
		p->bs[1], l, (struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);
	assert_true(fd >= 0);

	assert_int_equal(get(p, 1, fd, BURBLE_TCP_AO_INFO, &info, sizeof(info)), 0);
	assert_int_equal(info.set_current + info.set_rnext, 2);
	assert_int_equal(info.current_key, 7);
	assert_int_equal(info.rnext, 7);
	assert_int_equal(info.pkt_bad + info.pkt_key_not_found + info.pkt_ao_required, 0);
	assert_int_equal(get(p, 0, c, BURBLE_TCP_AO_GET_KEYS, keys, sizeof(keys[0])), 0);
	assert_int_equal(keys[0].nkeys, 2);
	assert_string_equal(keys[0].alg_name, "cmac(aes)"); /* the newest first */
	assert_int_equal(keys[0].keylen, 16);
	assert_string_equal(keys[1].alg_name, "hmac(sha1)");
	assert_memory_equal(keys[1].key, "secret", 6);
	assert_int_equal(keys[1].is_current + keys[1].is_rnext, 2);
	assert_true(keys[1].pkt_good > 0);
	assert_int_equal(
		((struct sockaddr_in *)&keys[1].addr)->sin_addr.s_addr, at.sin_addr.s_addr);
}

TWO_TEST(structures_are_checked_as_linux_does)
{
	int fd = stream(p, 0);
	struct burble_tcp_ao_add a = key_for(1, "hmac(sha1)", 1), bad[2];
	struct burble_tcp_ao_info info = {.ao_required = 1};

	assert_int_equal(get(p, 0, fd, BURBLE_TCP_AO_INFO, &info, sizeof(info)), -ENOENT);
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a) - 1), -EINVAL);
	bad[0] = a;
	memset(&bad[1], 0, sizeof(bad[1]));
	bad[1].prefix = 1;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(bad)), -E2BIG);
	bad[0].reserved = 1;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	bad[0].keylen = 81;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	bad[0].prefix = 24; /* the address has more bits */
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0].prefix = 0;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	((struct sockaddr_in *)&bad[0].addr)->sin_port = 1;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	bad[0].keyflags = 4;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	bad[0].ifindex = 1;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -EINVAL);
	bad[0] = a;
	strcpy(bad[0].alg_name, "rot13");
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, bad, sizeof(a)), -ENOENT);
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a)), 0);
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a)), -EEXIST);
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_INFO, &info, sizeof(info)), 0);
	info = (struct burble_tcp_ao_info){0};
	assert_int_equal(get(p, 0, fd, BURBLE_TCP_AO_INFO, &info, sizeof(info)), 0);
	assert_int_equal(info.ao_required, 1);
}

TWO_TEST(a_key_is_deleted_by_its_ids_and_its_peer)
{
	int fd = stream(p, 0);
	struct burble_tcp_ao_add a = key_for(1, "hmac(sha256)", 9);
	struct burble_tcp_ao_del d = {.addr = a.addr, .prefix = 32, .sndid = 9, .rcvid = 9};
	struct burble_tcp_ao_key ask = {.addr = a.addr, .prefix = 32, .sndid = 9, .rcvid = 9};

	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_ADD_KEY, &a, sizeof(a)), 0);
	d.prefix = 24;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_DEL_KEY, &d, sizeof(d)), -ENOENT);
	d.prefix = 32;
	assert_int_equal(get(p, 0, fd, BURBLE_TCP_AO_GET_KEYS, &ask, sizeof(ask)), 0);
	assert_int_equal(ask.nkeys, 1);
	d.del_async = 1;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_DEL_KEY, &d, sizeof(d)), -EINVAL);
	d.del_async = 0;
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_DEL_KEY, &d, sizeof(d)), 0);
	assert_int_equal(set(p, 0, fd, BURBLE_TCP_AO_DEL_KEY, &d, sizeof(d)), -ENOENT);
}
