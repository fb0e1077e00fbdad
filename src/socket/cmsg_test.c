/*
 * cmsg_test.c - control messages of datagrams: the kinds, sizes and values that sendmsg() accepts,
 * and what recvmsg() returns for an IPv4 datagram on an AF_INET6 socket, as on Linux.
 */
#include "base/test/test.h"
#include "socket/test/one_instance.h"

#include <errno.h>

enum {
	ROOM = 128,
};

/* Sends one byte with one control message of `size` bytes of data; 0 or the error. */
static int send_with(struct host *h, int fd, int level, int type, const void *data, size_t size)
{
	_Alignas(struct cmsghdr) char control[ROOM] = {0};
	struct iovec one = {"q", 1};
	struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = control};
	struct cmsghdr *c = (struct cmsghdr *)control;
	m.msg_controllen = CMSG_SPACE(size);
	*c = (struct cmsghdr){.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
	memcpy(CMSG_DATA(c), data, size);
	ssize_t n = burble_sendmsg_call(h->bs, fd, &m, 0, NULL);
	host_settle(h, NSEC_MSEC);
	return n == 1 ? 0 : (int)n;
}

static int send_int(struct host *h, int fd, int level, int type, int v)
{
	return send_with(h, fd, level, type, &v, sizeof(v));
}

static int sender(struct host *h, const char *to)
{
	int fd = host_socket(h, to, SOCK_DGRAM), sink = host_socket(h, to, SOCK_DGRAM);
	assert_int_equal(host_bind(h, sink, to, 5500), 0);
	assert_int_equal(host_connect(h, fd, to, 5500), 0);
	return fd;
}

HOST_TEST(numbers_of_ipv4)
{
	static const struct {
		int type, v, err;
	} rows[] = {{IP_TTL, -1, EINVAL}, {IP_TTL, 0, EINVAL}, {IP_TTL, 1, 0}, {IP_TTL, 255, 0},
		{IP_TTL, 256, EINVAL}, {IP_TOS, -1, EINVAL}, {IP_TOS, 0, 0}, {IP_TOS, 255, 0},
		{IP_TOS, 256, EINVAL}, {IP_RECVERR, 1, EINVAL}, {77, 1, EINVAL}};
	int fd = sender(h, "127.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(send_int(h, fd, SOL_IP, rows[i].type, rows[i].v), -rows[i].err);
}

HOST_TEST(numbers_of_ipv6)
{
	static const struct {
		int type, v, err;
	} rows[] = {{IPV6_HOPLIMIT, -2, EINVAL}, {IPV6_HOPLIMIT, -1, 0}, {IPV6_HOPLIMIT, 255, 0},
		{IPV6_HOPLIMIT, 256, EINVAL}, {IPV6_TCLASS, -2, EINVAL}, {IPV6_TCLASS, -1, 0},
		{IPV6_TCLASS, 255, 0}, {IPV6_TCLASS, 256, EINVAL}, {177, 1, EINVAL}};
	int fd = sender(h, "::1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(send_int(h, fd, SOL_IPV6, rows[i].type, rows[i].v), -rows[i].err);
}

/* Exactly an int; for IP_TOS also a byte. */
HOST_TEST(sizes)
{
	static const int ones[5] = {1, 1, 1, 1, 1}; /* read as an int, or as one byte */
	int four = sender(h, "127.0.0.1"), six = sender(h, "::1");
	for (size_t n = 0; n <= sizeof(ones); n++) {
		bool whole = n == sizeof(int);
		assert_int_equal(send_with(h, four, SOL_IP, IP_TTL, ones, n), whole ? 0 : -EINVAL);
		assert_int_equal(
			send_with(h, four, SOL_IP, IP_TOS, ones, n), whole || n == 1 ? 0 : -EINVAL);
		assert_int_equal(
			send_with(h, six, SOL_IPV6, IPV6_HOPLIMIT, ones, n), whole ? 0 : -EINVAL);
		assert_int_equal(
			send_with(h, six, SOL_IPV6, IPV6_TCLASS, ones, n), whole ? 0 : -EINVAL);
	}
}

HOST_TEST(a_missing_interface)
{
	int four = sender(h, "127.0.0.1"), six = sender(h, "::1");
	struct in_pktinfo info = {.ipi_ifindex = -1};
	struct in6_pktinfo info6 = {.ipi6_ifindex = 99};
	assert_int_equal(send_with(h, four, SOL_IP, IP_PKTINFO, &info, sizeof(info)), -ENODEV);
	assert_int_equal(send_with(h, six, SOL_IPV6, IPV6_PKTINFO, &info6, sizeof(info6)), -ENODEV);
}

HOST_TEST(a_source_that_is_not_ours)
{
	int four = sender(h, "127.0.0.1"), six = sender(h, "::1");
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x0a090909)};
	struct in6_pktinfo info6 = {.ipi6_addr.s6_addr = {0x20, 1}};
	assert_int_equal(send_with(h, four, SOL_IP, IP_PKTINFO, &info, sizeof(info)), -ENETUNREACH);
	assert_int_equal(send_with(h, six, SOL_IPV6, IPV6_PKTINFO, &info6, sizeof(info6)), -EINVAL);
}

/* Messages of the other version are ignored. */
HOST_TEST(the_other_version_is_ignored)
{
	int four = sender(h, "127.0.0.1"), six = sender(h, "::1");
	assert_int_equal(send_int(h, four, SOL_IPV6, IPV6_HOPLIMIT, 999), 0);
	assert_int_equal(send_int(h, six, SOL_IP, IP_TTL, 999), 0);
	assert_int_equal(send_int(h, four, SOL_SOCKET, 999, 1), -EINVAL);
}

/* For an IPv4 datagram of an AF_INET6 socket IPv4's messages apply, and of IPv6's a mapped
 * source. */
HOST_TEST(ipv4_from_an_ipv6_socket)
{
	int fd = sender(h, "::ffff:127.0.0.1");
	struct in6_pktinfo info = {.ipi6_addr = IN6ADDR_ANY_INIT};
	struct host_addr mapped = host_addr("::ffff:127.0.0.1", 0);
	assert_int_equal(send_int(h, fd, SOL_IPV6, IPV6_HOPLIMIT, 999), 0);
	assert_int_equal(send_int(h, fd, SOL_IP, IP_TTL, 999), -EINVAL);
	assert_int_equal(send_with(h, fd, SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info)), -EINVAL);
	info.ipi6_addr = mapped.in6.sin6_addr;
	assert_int_equal(send_with(h, fd, SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info)), 0);
}

/* The messages received, as (level, type, length) in order. */
struct got {
	int level, type;
	size_t len;
};

static size_t receive(struct host *h, int fd, struct got *got)
{
	_Alignas(struct cmsghdr) char control[2 * ROOM];
	char byte;
	struct iovec room = {&byte, 1};
	struct msghdr m = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control};
	size_t n = 0;
	m.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(h->bs, fd, &m, 0, NULL), 1);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		got[n++] = (struct got){c->cmsg_level, c->cmsg_type, c->cmsg_len - CMSG_LEN(0)};
	return n;
}

static void ask_for_all(struct host *h, int fd)
{
	static const int four[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS};
	static const int six[] = {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(host_set(h, fd, SOL_IP, four[i], 1), 0);
		assert_int_equal(host_set(h, fd, SOL_IPV6, six[i], 1), 0);
	}
}

static void check_got(struct host *h, const char *from, const struct got *want, size_t n)
{
	struct got got[8] = {0};
	int fd = host_socket(h, "::", SOCK_DGRAM), peer = host_socket(h, from, SOCK_DGRAM);
	assert_int_equal(host_bind(h, fd, "::", 5600), 0);
	ask_for_all(h, fd);
	assert_int_equal(host_connect(h, peer, from, 5600), 0);
	assert_int_equal(burble_send_call(h->bs, peer, (struct iovec){"x", 1}, 0, NULL), 1);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(receive(h, fd, got), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].level, want[i].level);
		assert_int_equal(got[i].type, want[i].type);
		assert_int_equal(got[i].len, want[i].len);
	}
}

HOST_TEST(an_ipv4_datagram_says_both)
{
	static const struct got want[] = {{SOL_IPV6, IPV6_PKTINFO, 20}, {SOL_IP, IP_PKTINFO, 12},
		{SOL_IP, IP_TTL, 4}, {SOL_IP, IP_TOS, 1}};
	check_got(h, "127.0.0.1", want, ARRAY_SIZE(want));
}

HOST_TEST(an_ipv6_datagram_says_its_own)
{
	static const struct got want[] = {{SOL_IPV6, IPV6_PKTINFO, 20},
		{SOL_IPV6, IPV6_HOPLIMIT, 4}, {SOL_IPV6, IPV6_TCLASS, 4}};
	check_got(h, "::1", want, ARRAY_SIZE(want));
}

HOST_TEST(only_requested_messages_are_delivered)
{
	static const int asked[] = {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS};
	static const int said[] = {IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS};

	for (uint16_t i = 0; i < 3; i++) {
		struct got got[8] = {0};
		int fd = host_socket(h, "::", SOCK_DGRAM), peer = host_socket(h, "::1", SOCK_DGRAM);

		assert_int_equal(host_bind(h, fd, "::", 5600 + i), 0);
		assert_int_equal(host_set(h, fd, SOL_IPV6, asked[i], 1), 0);
		assert_int_equal(host_connect(h, peer, "::1", 5600 + i), 0);
		assert_int_equal(burble_send_call(h->bs, peer, (struct iovec){"x", 1}, 0, NULL), 1);
		host_settle(h, NSEC_MSEC);
		assert_int_equal(receive(h, fd, got), 1);
		assert_int_equal(got[0].type, said[i]);
	}
}

/* A stream reads messages of SOL_SOCKET only, once it is connected. */
HOST_TEST(on_a_stream)
{
	int l = host_socket(h, "127.0.0.1", SOCK_STREAM);
	int c = host_socket(h, "127.0.0.1", SOCK_STREAM);
	assert_int_equal(host_bind(h, l, "127.0.0.1", 80), 0);
	assert_int_equal(burble_listen(h->bs, l, 1), 0);
	assert_int_equal(send_int(h, c, SOL_SOCKET, 999, 1), -EPIPE);
	assert_int_equal(host_connect(h, c, "127.0.0.1", 80), -EINPROGRESS);
	host_settle(h, NSEC_MSEC);
	assert_int_equal(send_int(h, c, SOL_SOCKET, 999, 1), -EINVAL);
	assert_int_equal(send_int(h, c, SOL_IP, IP_TTL, 999), 0);
	assert_int_equal(send_int(h, c, SOL_SOCKET, SCM_RIGHTS, 0), 0);
}
