/*
 * stream_opt_test.c - stream sockets on the real TCP: options, ioctl(), names, descriptors.
 */
#include "base/test/test.h"
#include "socket/test/scripted_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/time.h>

/* --- options ---------------------------------------------------------------------------------- */

STREAM_TEST(buffer_sizes_are_doubled_capped_and_not_too_small)
{
	int fd = open_socket(w);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 21000);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 42000);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, 1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 4608);
	set_int(w, fd, SOL_SOCKET, SO_RCVBUF, 1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_RCVBUF), 2304);
	set_int(w, fd, SOL_SOCKET, SO_RCVBUF, 100 << 20);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_RCVBUF), 2 * 4194304);
	set_int(w, fd, SOL_SOCKET, SO_SNDBUF, -1);
	assert_int_equal(get_int(w, fd, SOL_SOCKET, SO_SNDBUF), 2 * 4194304);
}

STREAM_TEST(options_that_cannot_be_honoured_are_enoprotoopt)
{
	int fd = open_socket(w);
	int none[] = {SO_DEBUG, SO_ATTACH_FILTER, SO_TYPE, SO_BUSY_POLL};
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(set_int(w, fd, SOL_SOCKET, none[i], 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_REPAIR, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_INFO, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, 999, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), -ENOPROTOOPT);
	assert_int_equal(set_int(w, fd, 77, 1, 1), -ENOPROTOOPT);
	assert_int_equal(get_int(w, fd, 77, 1), -EOPNOTSUPP);
}

STREAM_TEST(option_values_are_checked_as_linux_checks_them)
{
	int fd = open_socket(w), v = 1;
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPIDLE, 32768), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_KEEPCNT, 128), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 0), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, 7), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TTL), 7);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TTL, -1), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TOS, 0x13), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TOS), 0x10);
	assert_int_equal(set_int(w, fd, IPPROTO_IP, IP_TOS, -1), 0);
	assert_int_equal(get_int(w, fd, IPPROTO_IP, IP_TOS), 0xfc);
	assert_int_equal(
		burble_setopt(w->bs, fd, IPPROTO_TCP, TCP_NODELAY, (struct iovec){&v, 3}), -EINVAL);
	assert_int_equal(
		burble_setopt(w->bs, fd, IPPROTO_TCP, TCP_NODELAY, (struct iovec){NULL, 4}),
		-EFAULT);
}

STREAM_TEST(v6only_can_be_changed_until_the_socket_has_a_port)
{
	int fd = burble_socket(w->bs, AF_INET6, SOCK_STREAM, 0);
	int reused = burble_socket(w->bs, AF_INET6, SOCK_STREAM, 0), v4 = open_socket(w);
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(80)};
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(set_int(w, fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(set_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY, 0), -EINVAL);
	assert_int_equal(get_int(w, fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_int_equal(burble_bind(w->bs, v4, (struct sockaddr *)&in4, sizeof(in4)), 0);
	assert_int_equal(
		burble_bind(w->bs, reused, (struct sockaddr *)&in, sizeof(in)), -EADDRINUSE);
	set_int(w, reused, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	assert_int_equal(
		burble_bind(w->bs, reused, (struct sockaddr *)&in, sizeof(in)), -EADDRINUSE);
	set_int(w, reused, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(burble_bind(w->bs, reused, (struct sockaddr *)&in, sizeof(in)), 0);
}

STREAM_TEST(values_are_cut_to_the_callers_room)
{
	int fd = connected(w);
	struct tcp_info info;
	struct iovec value = {&info, 8};
	assert_int_equal(burble_getopt(w->bs, fd, IPPROTO_TCP, TCP_INFO, &value), 0);
	assert_int_equal(value.iov_len, 8);
	assert_int_equal(info.tcpi_state, TCPS_ESTABLISHED);
	char name[32];
	value = (struct iovec){name, sizeof(name)};
	assert_int_equal(burble_getopt(w->bs, fd, IPPROTO_TCP, TCP_CONGESTION, &value), 0);
	assert_int_equal(value.iov_len, 16);
	assert_string_equal(name, "cubic");
	assert_int_equal(
		burble_setopt(w->bs, fd, IPPROTO_TCP, TCP_CONGESTION, (struct iovec){"vegas", 5}),
		-ENOENT);
}

STREAM_TEST(times_are_checked_and_read_back)
{
	int fd = open_socket(w);
	struct timeval tv = {1, 1000000};
	struct iovec value = {&tv, sizeof(tv)};
	assert_int_equal(burble_setopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, value), -EDOM);
	tv = (struct timeval){1, 250000};
	assert_int_equal(burble_setopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, value), 0);
	tv = (struct timeval){0};
	assert_int_equal(burble_getopt(w->bs, fd, SOL_SOCKET, SO_RCVTIMEO, &value), 0);
	assert_int_equal(tv.tv_sec, 1);
	assert_int_equal(tv.tv_usec, 250000);
}

STREAM_TEST(ioctl_returns_the_queue_lengths)
{
	int fd = connected(w), l = open_socket(w), v = 0;
	send_text(w, fd, "12", NULL);
	set_int(w, fd, IPPROTO_TCP, TCP_CORK, 1);
	send_text(w, fd, "34567", NULL);
	data(w, 1, 3);
	assert_int_equal(burble_ioctl(w->bs, fd, FIONREAD, &v), 0);
	assert_int_equal(v, 3);
	assert_int_equal(burble_ioctl(w->bs, fd, SIOCOUTQ, &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(burble_ioctl(w->bs, fd, SIOCOUTQNSD, &v), 0);
	assert_int_equal(v, 5);
	burble_listen(w->bs, l, 1);
	assert_int_equal(burble_ioctl(w->bs, l, FIONREAD, &v), -EINVAL);
	assert_int_equal(burble_ioctl(w->bs, fd, 0x1234, &v), -ENOTTY);
	v = 1;
	assert_int_equal(burble_ioctl(w->bs, fd, FIONBIO, &v), 0);
	assert_int_equal(burble_fcntl(w->bs, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
}

STREAM_TEST(getsockname_and_getpeername_return_the_addresses)
{
	struct sockaddr_in in = {0};
	socklen_t len = sizeof(in);
	int fd = open_socket(w);
	assert_int_equal(burble_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), -ENOTCONN);
	do_connect(w, fd, NULL);
	assert_int_equal(burble_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), -ENOTCONN);
	syn_ack(w);
	assert_int_equal(burble_getpeername(w->bs, fd, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(in.sin_port, htons(50000));
	assert_int_equal(burble_getsockname(w->bs, fd, NULL, &len), -EFAULT);
}

STREAM_TEST(descriptors_are_copied_and_flagged)
{
	int fd = open_socket(w);
	int copy = burble_fcntl(w->bs, fd, F_DUPFD_CLOEXEC, 10);
	assert_int_equal(copy, 10);
	assert_int_equal(burble_fcntl(w->bs, copy, F_GETFD, 0), FD_CLOEXEC);
	assert_int_equal(burble_fcntl(w->bs, fd, F_GETFD, 0), 0);
	assert_int_equal(burble_fcntl(w->bs, fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(burble_fcntl(w->bs, copy, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	assert_int_equal(burble_fcntl(w->bs, fd, F_SETFL, O_ASYNC), -EINVAL);
	assert_int_equal(burble_fcntl(w->bs, fd, F_SETOWN, 42), 0);
	assert_int_equal(burble_fcntl(w->bs, copy, F_GETOWN, 0), 42);
	assert_int_equal(burble_fcntl(w->bs, fd, F_DUPFD, 1024), -EINVAL);
	assert_int_equal(burble_fcntl(w->bs, 99, F_GETFL, 0), -EBADF);
}
