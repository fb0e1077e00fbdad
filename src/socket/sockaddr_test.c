/*
 * sockaddr_test.c - every kind of address given to bind(), connect() and sendto(), on every kind of
 * socket; addresses that are too short or have no family. The tables are Linux's answers on a host
 * as one_instance.h describes it.
 */
#include "base/test/test.h"
#include "socket/test/one_instance.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <arpa/inet.h>

/* Errors without their sign; 0: success. */
struct answer {
	const char *addr;
	int bind, connect;
	const char *src;     /* the local address then; NULL: none */
	int send, broadcast; /* sendto(), without and with SO_BROADCAST */
};

static const struct answer tcp4[] = {
	{"0.0.0.0", 0, EINPROGRESS, "127.0.0.1", 0, 0},
	{"127.0.0.1", 0, EINPROGRESS, "127.0.0.1", 0, 0},
	{"127.5.5.5", 0, EINPROGRESS, "127.0.0.1", 0, 0},
	{"10.0.0.1", 0, EINPROGRESS, "10.0.0.1", 0, 0},
	{"10.0.0.9", EADDRNOTAVAIL, EINPROGRESS, "10.0.0.1", 0, 0},
	{"10.0.0.0", EADDRNOTAVAIL, EINPROGRESS, "10.0.0.1", 0, 0},
	{"10.0.0.255", 0, ENETUNREACH, NULL, 0, 0},
	{"255.255.255.255", 0, ENETUNREACH, NULL, 0, 0},
	{"224.0.0.1", 0, ENETUNREACH, NULL, 0, 0},
	{"239.1.2.3", 0, ENETUNREACH, NULL, 0, 0},
	{"240.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
	{"0.0.0.5", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
	{"203.0.113.5", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
	{"::", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"fd00::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"fd00::9", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"2001:db8::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"fe80::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"ff02::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"ff0e::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:0.0.0.0", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:127.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:10.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:10.0.0.9", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:255.255.255.255", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::ffff:224.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
	{"::127.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, 0, 0},
};

static const struct answer tcp6[] = {
	{"0.0.0.0", EINVAL, EINVAL, NULL, 0, 0},
	{"127.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"127.5.5.5", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.9", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.0", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.255", EINVAL, EINVAL, NULL, 0, 0},
	{"255.255.255.255", EINVAL, EINVAL, NULL, 0, 0},
	{"224.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"239.1.2.3", EINVAL, EINVAL, NULL, 0, 0},
	{"240.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"0.0.0.5", EINVAL, EINVAL, NULL, 0, 0},
	{"203.0.113.5", EINVAL, EINVAL, NULL, 0, 0},
	{"::", 0, EINPROGRESS, "::1", 0, 0},
	{"::1", 0, EINPROGRESS, "::1", 0, 0},
	{"fd00::1", 0, EINPROGRESS, "fd00::1", 0, 0},
	{"fd00::9", EADDRNOTAVAIL, EINPROGRESS, "fd00::3", 0, 0},
	{"2001:db8::1", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
	{"fe80::1", EINVAL, EINVAL, NULL, 0, 0},
	{"ff02::1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"ff0e::1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:0.0.0.0", 0, EINPROGRESS, "::ffff:127.0.0.1", 0, 0},
	{"::ffff:127.0.0.1", 0, EINPROGRESS, "::ffff:127.0.0.1", 0, 0},
	{"::ffff:10.0.0.1", 0, EINPROGRESS, "::ffff:10.0.0.1", 0, 0},
	{"::ffff:10.0.0.9", EADDRNOTAVAIL, EINPROGRESS, "::ffff:10.0.0.1", 0, 0},
	{"::ffff:255.255.255.255", 0, ENETUNREACH, NULL, 0, 0},
	{"::ffff:224.0.0.1", 0, ENETUNREACH, NULL, 0, 0},
	{"::127.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
};

static const struct answer tcp6o[] = {
	{"0.0.0.0", EINVAL, EINVAL, NULL, 0, 0},
	{"127.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"127.5.5.5", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.9", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.0", EINVAL, EINVAL, NULL, 0, 0},
	{"10.0.0.255", EINVAL, EINVAL, NULL, 0, 0},
	{"255.255.255.255", EINVAL, EINVAL, NULL, 0, 0},
	{"224.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"239.1.2.3", EINVAL, EINVAL, NULL, 0, 0},
	{"240.0.0.1", EINVAL, EINVAL, NULL, 0, 0},
	{"0.0.0.5", EINVAL, EINVAL, NULL, 0, 0},
	{"203.0.113.5", EINVAL, EINVAL, NULL, 0, 0},
	{"::", 0, EINPROGRESS, "::1", 0, 0},
	{"::1", 0, EINPROGRESS, "::1", 0, 0},
	{"fd00::1", 0, EINPROGRESS, "fd00::1", 0, 0},
	{"fd00::9", EADDRNOTAVAIL, EINPROGRESS, "fd00::3", 0, 0},
	{"2001:db8::1", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
	{"fe80::1", EINVAL, EINVAL, NULL, 0, 0},
	{"ff02::1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"ff0e::1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:0.0.0.0", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:127.0.0.1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:10.0.0.1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:10.0.0.9", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:255.255.255.255", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::ffff:224.0.0.1", EINVAL, ENETUNREACH, NULL, 0, 0},
	{"::127.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, 0, 0},
};

static const struct answer udp4[] = {
	{"0.0.0.0", 0, 0, "127.0.0.1", 0, 0},
	{"127.0.0.1", 0, 0, "127.0.0.1", 0, 0},
	{"127.5.5.5", 0, 0, "127.0.0.1", 0, 0},
	{"10.0.0.1", 0, 0, "10.0.0.1", 0, 0},
	{"10.0.0.9", EADDRNOTAVAIL, 0, "10.0.0.1", 0, 0},
	{"10.0.0.0", EADDRNOTAVAIL, 0, "10.0.0.1", 0, 0},
	{"10.0.0.255", 0, EACCES, NULL, EACCES, 0},
	{"255.255.255.255", 0, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"224.0.0.1", 0, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"239.1.2.3", 0, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"240.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"0.0.0.5", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"203.0.113.5", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"fd00::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"fd00::9", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"2001:db8::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"fe80::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"ff02::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"ff0e::1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:0.0.0.0", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:127.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:10.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:10.0.0.9", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:255.255.255.255", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::ffff:224.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
	{"::127.0.0.1", EAFNOSUPPORT, EAFNOSUPPORT, NULL, EAFNOSUPPORT, EAFNOSUPPORT},
};

static const struct answer udp6[] = {
	{"0.0.0.0", EINVAL, 0, "::ffff:127.0.0.1", 0, 0},
	{"127.0.0.1", EINVAL, 0, "::ffff:127.0.0.1", 0, 0},
	{"127.5.5.5", EINVAL, 0, "::ffff:127.0.0.1", 0, 0},
	{"10.0.0.1", EINVAL, 0, "::ffff:10.0.0.1", 0, 0},
	{"10.0.0.9", EINVAL, 0, "::ffff:10.0.0.1", 0, 0},
	{"10.0.0.0", EINVAL, 0, "::ffff:10.0.0.1", 0, 0},
	{"10.0.0.255", EINVAL, EACCES, NULL, EACCES, 0},
	{"255.255.255.255", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"224.0.0.1", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"239.1.2.3", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"240.0.0.1", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"0.0.0.5", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"203.0.113.5", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::", 0, 0, "::1", 0, 0},
	{"::1", 0, 0, "::1", 0, 0},
	{"fd00::1", 0, 0, "fd00::1", 0, 0},
	{"fd00::9", EADDRNOTAVAIL, 0, "fd00::3", 0, 0},
	{"2001:db8::1", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"fe80::1", EINVAL, EINVAL, NULL, ENETUNREACH, ENETUNREACH},
	{"ff02::1", EINVAL, EINVAL, NULL, 0, 0},
	{"ff0e::1", 0, 0, "fd00::3", 0, 0},
	{"::ffff:0.0.0.0", 0, 0, "::ffff:127.0.0.1", 0, 0},
	{"::ffff:127.0.0.1", 0, 0, "::ffff:127.0.0.1", 0, 0},
	{"::ffff:10.0.0.1", 0, 0, "::ffff:10.0.0.1", 0, 0},
	{"::ffff:10.0.0.9", EADDRNOTAVAIL, 0, "::ffff:10.0.0.1", 0, 0},
	{"::ffff:255.255.255.255", 0, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:224.0.0.1", 0, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::127.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
};

static const struct answer udp6o[] = {
	{"0.0.0.0", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"127.0.0.1", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"127.5.5.5", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"10.0.0.1", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"10.0.0.9", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"10.0.0.0", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"10.0.0.255", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"255.255.255.255", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"224.0.0.1", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"239.1.2.3", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"240.0.0.1", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"0.0.0.5", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"203.0.113.5", EINVAL, EAFNOSUPPORT, NULL, ENETUNREACH, ENETUNREACH},
	{"::", 0, 0, "::1", 0, 0},
	{"::1", 0, 0, "::1", 0, 0},
	{"fd00::1", 0, 0, "fd00::1", 0, 0},
	{"fd00::9", EADDRNOTAVAIL, 0, "fd00::3", 0, 0},
	{"2001:db8::1", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"fe80::1", EINVAL, EINVAL, NULL, ENETUNREACH, ENETUNREACH},
	{"ff02::1", EINVAL, EINVAL, NULL, 0, 0},
	{"ff0e::1", 0, 0, "fd00::3", 0, 0},
	{"::ffff:0.0.0.0", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:127.0.0.1", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:10.0.0.1", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:10.0.0.9", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:255.255.255.255", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::ffff:224.0.0.1", EINVAL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
	{"::127.0.0.1", EADDRNOTAVAIL, ENETUNREACH, NULL, ENETUNREACH, ENETUNREACH},
};

/* A kind of socket and its options. */
struct kind {
	int domain, type;
	bool v6only;
};

static int open_one(struct host *h, const struct kind *k)
{
	int fd = burble_socket(h->bs, k->domain, k->type | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	if (k->v6only)
		assert_int_equal(host_set(h, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	return fd;
}

static void check(const char *addr, const char *call, int is, int expected)
{
	if (is != -expected)
		fail_msg("%s %s: %d, not %d", call, addr, is, -expected);
}

static void check_name(struct host *h, int fd, const struct answer *a)
{
	struct host_addr name = {.len = sizeof(name.in6)};
	char text[INET6_ADDRSTRLEN] = "";
	assert_int_equal(burble_getsockname(h->bs, fd, &name.sa, &name.len), 0);
	if (name.sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &name.in.sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &name.in6.sin6_addr, text, sizeof(text));
	if (!a->src)
		assert_true(strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0);
	else if (strcmp(text, a->src) != 0)
		fail_msg("connect %s: from %s, not %s", a->addr, text, a->src);
}

static int send_to(struct host *h, int fd, struct host_addr *a)
{
	struct iovec one = {"z", 1};
	struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_name = &a->sa};
	m.msg_namelen = a->len;
	ssize_t n = burble_sendmsg_call(h->bs, fd, &m, 0, NULL);
	return n == 1 ? 0 : (int)n;
}

static void check_sends(struct host *h, const struct kind *k, const struct answer *a)
{
	struct host_addr to = host_addr(a->addr, 7777);
	int fd = open_one(h, k);
	check(a->addr, "sendto", send_to(h, fd, &to), a->send);
	host_set(h, fd, SOL_SOCKET, SO_BROADCAST, 1);
	check(a->addr, "broadcast to", send_to(h, fd, &to), a->broadcast);
	burble_close_call(h->bs, fd, NULL);
}

static void check_table(struct host *h, const struct kind *k, const struct answer *a, size_t n)
{
	for (; n > 0; a++, n--) {
		int fd = open_one(h, k);
		check(a->addr, "bind", host_bind(h, fd, a->addr, 7777), a->bind);
		burble_close_call(h->bs, fd, NULL);
		fd = open_one(h, k);
		check(a->addr, "connect", host_connect(h, fd, a->addr, 7777), a->connect);
		check_name(h, fd, a);
		burble_close_call(h->bs, fd, NULL);
		if (k->type == SOCK_DGRAM)
			check_sends(h, k, a);
		host_settle(h, NSEC_MSEC);
	}
}

#define CHECK(table, ...) check_table(h, &(struct kind){__VA_ARGS__}, table, ARRAY_SIZE(table))

HOST_TEST(addresses_on_streams)
{
	CHECK(tcp4, AF_INET, SOCK_STREAM, false);
	CHECK(tcp6, AF_INET6, SOCK_STREAM, false);
	CHECK(tcp6o, AF_INET6, SOCK_STREAM, true);
}

HOST_TEST(addresses_on_datagram_sockets)
{
	CHECK(udp4, AF_INET, SOCK_DGRAM, false);
	CHECK(udp6, AF_INET6, SOCK_DGRAM, false);
	CHECK(udp6o, AF_INET6, SOCK_DGRAM, true);
}

/* An incomplete address, or one of another family; AF_UNSPEC may still be meaningful. */
struct odd {
	sa_family_t family;
	const char *addr;
	uint16_t port;
	socklen_t len;
	struct {
		int bind, connect, send;
	} v4, v6;
};

static const struct odd odds[] = {
	{AF_UNSPEC, "0.0.0.0", 0, 16, {0, 0, EINVAL}, {EINVAL, 0, EDESTADDRREQ}},
	{AF_UNSPEC, "0.0.0.0", 7400, 16, {0, 0, 0}, {EINVAL, 0, EDESTADDRREQ}},
	{AF_UNSPEC, "127.0.0.1", 7400, 16, {EAFNOSUPPORT, 0, 0}, {EINVAL, 0, EDESTADDRREQ}},
	{AF_UNSPEC, "0.0.0.0", 0, 8, {EINVAL, 0, EINVAL}, {EINVAL, 0, EDESTADDRREQ}},
	{AF_INET, "127.0.0.1", 7400, 8, {EINVAL, EINVAL, EINVAL}, {EINVAL, EINVAL, EINVAL}},
	{AF_INET6, "::", 7400, 24, {EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT}, {0, 0, 0}},
	{AF_INET6, "::", 7400, 20, {EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT},
		{EINVAL, EINVAL, EINVAL}},
	{AF_UNSPEC, "::", 0, 28, {0, 0, EINVAL}, {EAFNOSUPPORT, 0, EDESTADDRREQ}},
};

static void check_odd(struct host *h, const struct odd *o, bool v6)
{
	struct kind k = {v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, false};
	struct host_addr a = host_addr(o->addr, o->port);
	int fd = open_one(h, &k);
	a.sa.sa_family = o->family;
	a.len = o->len;
	check(o->addr, "bind", burble_bind(h->bs, fd, &a.sa, a.len), v6 ? o->v6.bind : o->v4.bind);
	burble_close_call(h->bs, fd, NULL);
	fd = open_one(h, &k);
	check(o->addr, "connect", burble_connect_call(h->bs, fd, &a.sa, a.len, NULL),
		v6 ? o->v6.connect : o->v4.connect);
	burble_close_call(h->bs, fd, NULL);
	fd = open_one(h, &k);
	check(o->addr, "sendto", send_to(h, fd, &a), v6 ? o->v6.send : o->v4.send);
	burble_close_call(h->bs, fd, NULL);
}

HOST_TEST(short_addresses_and_no_family)
{
	for (size_t i = 0; i < ARRAY_SIZE(odds); i++) {
		check_odd(h, &odds[i], false);
		check_odd(h, &odds[i], true);
	}
}

/* A datagram socket has a port after its first call, even a failed one. */
HOST_TEST(a_call_that_fails_leaves_a_port)
{
	int a = host_socket(h, "127.0.0.1", SOCK_DGRAM), b = host_socket(h, "::", SOCK_DGRAM);
	assert_int_equal(
		burble_send_call(h->bs, a, (struct iovec){"x", 1}, 0, NULL), -EDESTADDRREQ);
	assert_int_not_equal(host_port(h, a), 0);
	assert_int_equal(host_bind(h, a, "127.0.0.1", 7777), -EINVAL);
	assert_int_equal(host_connect(h, b, "fe80::1", 7777), -EINVAL);
	assert_int_not_equal(host_port(h, b), 0);
}

/* connect() checks the state of a stream before the address. */
HOST_TEST(a_stream_that_listens_takes_no_address)
{
	int l = host_socket(h, "127.0.0.1", SOCK_STREAM);
	assert_int_equal(burble_listen(h->bs, l, 1), 0);
	assert_int_equal(host_connect(h, l, "fe80::1", 7777), -EISCONN);
}

/* A socket bound to a broadcast address still sends from a unicast one. */
HOST_TEST(a_broadcast_address_is_no_source)
{
	int to = host_socket(h, "10.0.0.1", SOCK_DGRAM),
	    from = host_socket(h, "10.0.0.1", SOCK_DGRAM);
	struct host_addr dst = host_addr("10.0.0.1", 7777), src;
	char byte;
	struct iovec room = {&byte, 1};
	struct msghdr m = {.msg_iov = &room, .msg_iovlen = 1, .msg_name = &src.sa};
	m.msg_namelen = sizeof(src.in6);
	assert_int_equal(host_bind(h, to, "10.0.0.1", 7777), 0);
	assert_int_equal(host_bind(h, from, "10.0.0.255", 7778), 0);
	assert_int_equal(send_to(h, from, &dst), 0);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(burble_recvmsg_call(h->bs, to, &m, 0, NULL), 1);
	assert_int_equal(ntohl(src.in.sin_addr.s_addr), 0x0a000001);
}

/* ... and connects: its receive address is not used as the source in a route lookup. */
HOST_TEST(a_socket_with_a_broadcast_address_connects)
{
	int fd = host_socket(h, "10.0.0.1", SOCK_DGRAM);
	assert_int_equal(host_bind(h, fd, "10.0.0.255", 7778), 0);
	assert_int_equal(host_connect(h, fd, "10.0.0.255", 7777), -EACCES);
	assert_int_equal(host_connect(h, fd, "10.0.0.9", 7777), 0);
}

/* The peer of a socket bound to one address and connected to another. */
static void check_peer(
	struct host *h, int type, const char *bound, const char *to, const char *want)
{
	struct sockaddr_in6 peer = {0};
	socklen_t len = sizeof(peer);
	struct host_addr expected = host_addr(want, 7777);
	int l = host_socket(h, want, type), fd = host_socket(h, bound, type), err;
	assert_int_equal(host_bind(h, l, want, 7777), 0);
	burble_listen(h->bs, l, 1);
	assert_int_equal(host_bind(h, fd, bound, 0), 0);
	err = host_connect(h, fd, to, 7777);
	assert_true(err == 0 || err == -EINPROGRESS);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(burble_getpeername(h->bs, fd, (struct sockaddr *)&peer, &len), 0);
	assert_memory_equal(&peer, &expected.sa, len);
	burble_close_call(h->bs, fd, NULL);
	burble_close_call(h->bs, l, NULL);
}

/* The any address means this host: the socket's IPv4 address, if it has one, else loopback. */
HOST_TEST(the_any_address_is_the_one_that_the_socket_is_bound_to)
{
	const int types[] = {SOCK_STREAM, SOCK_DGRAM};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		check_peer(h, types[i], "10.0.0.3", "0.0.0.0", "10.0.0.3");
		check_peer(h, types[i], "0.0.0.0", "0.0.0.0", "127.0.0.1");
		check_peer(h, types[i], "::ffff:10.0.0.3", "::ffff:0.0.0.0", "::ffff:10.0.0.3");
		check_peer(h, types[i], "::ffff:10.0.0.3", "::", "::ffff:127.0.0.1");
		check_peer(h, types[i], "fd00::3", "::", "::1");
	}
}

HOST_TEST(datagrams_to_the_any_address_too)
{
	int to = host_socket(h, "10.0.0.1", SOCK_DGRAM),
	    from = host_socket(h, "10.0.0.1", SOCK_DGRAM);
	struct host_addr dst = host_addr("0.0.0.0", 7777);
	assert_int_equal(host_bind(h, to, "10.0.0.3", 7777), 0);
	assert_int_equal(host_bind(h, from, "10.0.0.3", 0), 0);
	assert_int_equal(send_to(h, from, &dst), 0);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(burble_ready(h->bs, to) & EPOLLIN, EPOLLIN);
}

/* getsockopt() of an unknown level: IPv4 and IPv6 differ. */
HOST_TEST(an_unknown_level)
{
	int four = host_socket(h, "10.0.0.1", SOCK_DGRAM), six = host_socket(h, "::", SOCK_DGRAM),
	    v;
	struct iovec value = {&v, sizeof(v)};
	assert_int_equal(burble_getopt(h->bs, four, 77, 1, &value), -EOPNOTSUPP);
	assert_int_equal(burble_getopt(h->bs, six, 77, 1, &value), -ENOPROTOOPT);
}

/* A link-local address without a scope is on the interface that the socket is bound to. */
HOST_TEST(the_interface_stands_for_a_scope)
{
	int fd = host_socket(h, "::", SOCK_DGRAM);
	assert_int_equal(host_connect(h, fd, "ff02::1", 7777), -EINVAL);
	assert_int_equal(host_set(h, fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)h->dev.ifindex), 0);
	assert_int_equal(host_connect(h, fd, "ff02::1", 7777), 0);
}

static int send_text(struct host *h, int fd, const char *text, uint16_t port)
{
	struct host_addr a = host_addr(text, port);
	return send_to(h, fd, &a);
}

HOST_TEST(a_group_is_on_the_link_of_the_source)
{
	int fd = host_socket(h, "10.0.0.1", SOCK_DGRAM), other = host_socket(h, "::", SOCK_DGRAM);
	assert_int_equal(host_connect(h, fd, "224.0.0.1", 7777), -ENETUNREACH);
	assert_int_equal(host_connect(h, fd, "10.0.0.1", 7777), 0);
	assert_int_equal(host_connect(h, fd, "224.0.0.1", 7777), 0);
	assert_int_equal(host_bind(h, other, "::ffff:10.0.0.1", 1234), 0);
	assert_int_equal(send_text(h, other, "::ffff:224.0.0.1", 7777), 0);
}

HOST_TEST(a_link_local_address_is_on_a_link_that_has_one)
{
	int fd = host_socket(h, "::", SOCK_DGRAM);
	struct ip_addr ours;
	assert_int_equal(send_text(h, fd, "fe80::1", 7777), -ENETUNREACH);
	assert_true(ip_addr_parse(&ours, "fe80::2"));
	assert_int_equal(stack_addr_add(h->stack, &h->dev, &ours, 64), 0);
	host_settle(h, 10 * NSEC_SEC);
	assert_int_equal(send_text(h, fd, "fe80::1", 7777), 0);
}

HOST_TEST(a_socket_bound_to_a_mapped_address_cannot_reach_ipv6)
{
	int tcp = host_socket(h, "::", SOCK_STREAM), udp = host_socket(h, "::", SOCK_DGRAM);
	assert_int_equal(host_bind(h, tcp, "::ffff:0.0.0.0", 1234), 0);
	assert_int_equal(host_connect(h, tcp, "fd00::9", 7777), -EAFNOSUPPORT);
	assert_int_equal(host_connect(h, tcp, "::", 7777), -EINPROGRESS); /* 127.0.0.1 */
	assert_int_equal(host_bind(h, udp, "::ffff:10.0.0.1", 1234), 0);
	assert_int_equal(send_text(h, udp, "fd00::9", 7777), -EAFNOSUPPORT);
	assert_int_equal(send_text(h, udp, "10.0.0.9", 7777), 0);
	struct host_addr any = host_addr("::", 7777);
	struct msghdr m = {.msg_name = &any.sa, .msg_namelen = any.len};
	assert_int_equal(burble_sendmsg_call(h->bs, udp, &m, MSG_OOB, NULL), -EOPNOTSUPP);
}

HOST_TEST(a_corked_datagram_takes_no_address)
{
	int fd = host_socket(h, "10.0.0.1", SOCK_DGRAM), six = host_socket(h, "::", SOCK_DGRAM);
	struct iovec text = {"begun", 5};
	int queued = 0;
	assert_int_equal(host_connect(h, fd, "10.0.0.1", 7777), 0);
	assert_int_equal(burble_send_call(h->bs, fd, text, MSG_MORE, NULL), 5);
	assert_int_equal(burble_ioctl(h->bs, fd, SIOCOUTQ, &queued), 0);
	assert_true(queued > 5);                                /* Linux: the memory used by it */
	assert_int_equal(send_text(h, fd, "fd00::1", 7777), 0); /* not even one of its own family */
	assert_int_equal(host_connect(h, six, "fd00::1", 7777), 0);
	assert_int_equal(burble_send_call(h->bs, six, text, MSG_MORE, NULL), 5);
	assert_int_equal(send_text(h, six, "10.0.0.1", 7777), -EINVAL);
}

HOST_TEST(a_failed_connect_leaves_no_port)
{
	int fd = host_socket(h, "::", SOCK_STREAM);
	assert_int_equal(host_connect(h, fd, "::1", 7777), -EINPROGRESS);
	assert_int_equal(host_set(h, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), -EINVAL);
	host_settle(h, NSEC_SEC);
	assert_true(host_port(h, fd) != 0);
	assert_int_equal(host_set(h, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
}
