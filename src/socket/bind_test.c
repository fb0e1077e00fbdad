/*
 * bind_test.c - bind conflicts. The tables are Linux's answers: every pair of nine addresses with
 * every pair of flags, where the first socket is only bound, listens, or is in TIME-WAIT.
 */
#include "base/test/test.h"
#include "socket/test/one_instance.h"
#include "stack/sysctl.h"

#include <errno.h>
#include <stdio.h>

/* "!": IPV6_V6ONLY */
static const char *const addrs[] = {"0.0.0.0", "10.0.0.1", "10.0.0.3", "::", "::!", "fd00::1",
	"fd00::3", "::ffff:10.0.0.1", "::ffff:0.0.0.0"};

enum {
	ADDRS = ARRAY_SIZE(addrs),
	REUSE = 4, /* SO_REUSEADDR: 1, SO_REUSEPORT: 2 */
};

/* #: they conflict; the row's socket is bound, the column's tries to bind. */
static const char *const meet[] = {
	"####...##", /* 0.0.0.0 */
	"##.#...##", /* 10.0.0.1 */
	"#.##....#", /* 10.0.0.3 */
	"#########", /* :: */
	"...####..", /* ::! */
	"...###...", /* fd00::1 */
	"...##.#..", /* fd00::3 */
	"##.#...##", /* ::ffff:10.0.0.1 */
	"####...##", /* ::ffff:0.0.0.0 */
};

/* #: EADDRINUSE. The row is the flags of the socket that has the port, the column those of the
 * other. */
static const char *const share[] = {"####", "#.#.", "##..", "#..."};
static const char *const share_listener[] = {"####", "####", "##..", "##.."};

static struct host_addr plain(const char *text, uint16_t port)
{
	char copy[IP_ADDR_TEXT_MAX + 1];
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "!")] = '\0';
	return host_addr(copy, port);
}

static int new_socket(struct host *h, int type, const char *text, unsigned reuse)
{
	int fd = host_socket(h, text, type);
	if (strchr(text, ':'))
		host_set(h, fd, IPPROTO_IPV6, IPV6_V6ONLY, strchr(text, '!') != NULL);
	host_set(h, fd, SOL_SOCKET, SO_REUSEADDR, reuse & 1);
	host_set(h, fd, SOL_SOCKET, SO_REUSEPORT, reuse >> 1);
	return fd;
}

static int bind_to(struct host *h, int fd, const char *text, uint16_t port)
{
	struct host_addr a = plain(text, port);
	return burble_bind(h->bs, fd, &a.sa, a.len);
}

/* Tries every address with all flags beside the one at `has`. Nothing is flushed in between: a
 * closed socket releases its port at once. */
static void try_all(struct host *h, int type, size_t has, const char *flags, uint16_t port)
{
	for (size_t a = 0; a < ADDRS; a++)
		for (unsigned r = 0; r < REUSE; r++) {
			int fd = new_socket(h, type, addrs[a], r);
			bool held = meet[has][a] == '#' && flags[r] == '#';
			int err = bind_to(h, fd, addrs[a], port);
			if (err != (held ? -EADDRINUSE : 0))
				fail_msg("%s, then %s with flags %u: %d", addrs[has], addrs[a], r,
					err);
			burble_close_call(h->bs, fd, NULL);
		}
}

static void every_pair(struct host *h, int type, bool listens)
{
	for (size_t a = 0; a < ADDRS; a++)
		for (unsigned r = 0; r < REUSE; r++) {
			int fd = new_socket(h, type, addrs[a], r);
			assert_int_equal(bind_to(h, fd, addrs[a], 5000), 0);
			if (listens)
				assert_int_equal(burble_listen(h->bs, fd, 3), 0);
			try_all(h, type, a, listens ? share_listener[r] : share[r], 5000);
			burble_close_call(h->bs, fd, NULL);
		}
}

HOST_TEST(pairs_of_bound_streams)
{
	every_pair(h, SOCK_STREAM, false);
}

HOST_TEST(pairs_with_a_listener)
{
	every_pair(h, SOCK_STREAM, true);
}

HOST_TEST(pairs_of_datagram_sockets)
{
	every_pair(h, SOCK_DGRAM, false);
}

/* The end at `port` closes first and enters TIME-WAIT; nothing else of the connection remains. */
static void make_time_wait(
	struct host *h, const char *me, unsigned reuse, bool accepted, uint16_t port)
{
	uint16_t at = accepted ? port : 4999;
	int l = new_socket(h, SOCK_STREAM, me, accepted ? reuse : 1);
	int c = new_socket(h, SOCK_STREAM, me, accepted ? 0 : reuse);
	assert_int_equal(bind_to(h, l, me, at), 0);
	assert_int_equal(burble_listen(h->bs, l, 5), 0);
	if (!accepted)
		assert_int_equal(bind_to(h, c, me, port), 0);
	assert_int_equal(host_connect(h, c, me, at), -EINPROGRESS);
	host_settle(h, NSEC_MSEC);
	int s = burble_accept4_call(h->bs, l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
	assert_true(s >= 0);
	burble_close_call(h->bs, accepted ? s : c, NULL);
	host_settle(h, NSEC_MSEC);
	burble_close_call(h->bs, accepted ? c : s, NULL);
	burble_close_call(h->bs, l, NULL);
	host_settle(h, NSEC_MSEC);
}

HOST_TEST(time_wait_holds_the_port_with_its_flags)
{
	uint16_t port = 6000;
	for (size_t a = 1; a <= 5; a += 4) /* 10.0.0.1, fd00::1 */
		for (unsigned r = 0; r < REUSE; r++)
			for (int accepted = 0; accepted < 2; accepted++) {
				make_time_wait(h, addrs[a], r, accepted, ++port);
				try_all(h, SOCK_STREAM, a, share[r], port);
			}
}

static void set_range(struct host *h, int low, int high)
{
	stack_sysctl(h->stack)->ip_local_port_range[0] = low;
	stack_sysctl(h->stack)->ip_local_port_range[1] = high;
}

/* With any flags, a port chosen by the stack is unused: four ports serve four streams. */
HOST_TEST(a_chosen_port_is_not_shared)
{
	set_range(h, 40000, 40003);
	for (unsigned r = 0; r < REUSE; r++) {
		int fd[5], seen = 0;
		for (int i = 0; i < 5; i++) {
			fd[i] = new_socket(h, SOCK_STREAM, "10.0.0.1", r);
			int err = bind_to(h, fd[i], "10.0.0.1", 0);
			assert_int_equal(err, i < 4 ? 0 : -EADDRINUSE);
			if (err == 0)
				seen |= 1 << (host_port(h, fd[i]) - 40000);
		}
		assert_int_equal(seen, 15);
		for (int i = 0; i < 5; i++)
			burble_close_call(h->bs, fd[i], NULL);
	}
}

HOST_TEST(a_named_port_is_never_chosen)
{
	set_range(h, 40000, 40000);
	for (unsigned r = 0; r < REUSE; r++) {
		int has = new_socket(h, SOCK_STREAM, "10.0.0.1", r);
		int asks = new_socket(h, SOCK_STREAM, "10.0.0.1", r);
		assert_int_equal(bind_to(h, has, "10.0.0.1", 40000), 0);
		assert_int_equal(bind_to(h, asks, "10.0.0.1", 0), -EADDRINUSE);
		burble_close_call(h->bs, has, NULL);
		burble_close_call(h->bs, asks, NULL);
	}
}

/* Linux searches ports in pairs: of three, the last is only used if requested explicitly. */
HOST_TEST(an_odd_port_out_is_not_chosen)
{
	set_range(h, 40000, 40002);
	for (int i = 0; i < 3; i++) {
		int fd = new_socket(h, SOCK_STREAM, "10.0.0.1", 0);
		assert_int_equal(bind_to(h, fd, "10.0.0.1", 0), i < 2 ? 0 : -EADDRINUSE);
	}
}

static int listener(struct host *h, const char *text, uint16_t port)
{
	int fd = new_socket(h, SOCK_STREAM, text, 1);
	assert_int_equal(bind_to(h, fd, text, port), 0);
	assert_int_equal(burble_listen(h->bs, fd, 8), 0);
	return fd;
}

/* connect() may use a port for several peers, but not while a socket is bound to it. */
HOST_TEST(a_port_can_be_chosen_again_when_its_bound_socket_is_closed)
{
	listener(h, "127.0.0.1", 81);
	listener(h, "127.0.0.1", 82);
	set_range(h, 42001, 42001);
	int a = host_socket(h, "127.0.0.1", SOCK_STREAM);
	assert_int_equal(host_connect(h, a, "127.0.0.1", 81), -EINPROGRESS);
	int b = new_socket(h, SOCK_STREAM, "10.0.0.3", 1);
	assert_int_equal(bind_to(h, b, "10.0.0.3", 42001), 0);
	int c = host_socket(h, "127.0.0.1", SOCK_STREAM);
	assert_int_equal(host_connect(h, c, "127.0.0.1", 82), -EADDRNOTAVAIL);
	burble_close_call(h->bs, b, NULL);
	assert_int_equal(host_connect(h, c, "127.0.0.1", 82), -EINPROGRESS);
	assert_int_equal(host_port(h, c), 42001);
}

/* ... and one held by the TIME-WAIT of a bound socket is not used. */
HOST_TEST(time_wait_of_a_bound_socket_keeps_the_port_from_connect)
{
	make_time_wait(h, "10.0.0.1", 0, false, 42003);
	listener(h, "10.0.0.3", 81);
	set_range(h, 42003, 42003);
	int c = host_socket(h, "10.0.0.3", SOCK_STREAM);
	assert_int_equal(host_connect(h, c, "10.0.0.3", 81), -EADDRNOTAVAIL);
	host_settle(h, 61 * NSEC_SEC);
	assert_int_equal(host_connect(h, c, "10.0.0.3", 81), -EINPROGRESS);
}

/* ::ffff:0.0.0.0 is the IPv4 wildcard: no IPv6 connection reaches it. */
HOST_TEST(the_mapped_wildcard_receives_ipv4_only)
{
	int l = listener(h, "::ffff:0.0.0.0", 90);
	int u = host_socket(h, "::", SOCK_DGRAM), from = host_socket(h, "::", SOCK_DGRAM);
	int six = host_socket(h, "::", SOCK_STREAM), four = host_socket(h, "::", SOCK_STREAM);
	char byte;
	assert_int_equal(host_connect(h, six, "fd00::1", 90), -EINPROGRESS);
	assert_int_equal(host_connect(h, four, "::ffff:10.0.0.1", 90), -EINPROGRESS);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(host_connect(h, six, "fd00::1", 90), -ECONNREFUSED);
	assert_true(burble_accept4_call(h->bs, l, (struct burble_addr){0}, 0, NULL) >= 0);
	assert_int_equal(burble_accept4_call(h->bs, l, (struct burble_addr){0}, 0, NULL), -EAGAIN);
	assert_int_equal(host_bind(h, u, "::ffff:0.0.0.0", 91), 0);
	assert_int_equal(host_connect(h, from, "fd00::1", 91), 0);
	assert_int_equal(burble_send_call(h->bs, from, (struct iovec){"x", 1}, 0, NULL), 1);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(burble_recv_call(h->bs, u, (struct iovec){&byte, 1}, 0, NULL), -EAGAIN);
}

/* A socket bound to an IPv6 address cannot be reached by IPv4, and reports V6ONLY. */
HOST_TEST(an_ipv6_address_makes_v6only)
{
	int fd = host_socket(h, "::", SOCK_STREAM), v = 7;
	struct iovec value = {&v, sizeof(v)};
	assert_int_equal(host_bind(h, fd, "fd00::1", 92), 0);
	assert_int_equal(burble_getopt(h->bs, fd, IPPROTO_IPV6, IPV6_V6ONLY, &value), 0);
	assert_int_equal(v, 1);
}
