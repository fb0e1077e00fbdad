/*
 * option_test.c - options whose effect is visible at the other end: two programs on two instances.
 */
#include "base/test/test.h"
#include "socket/test/two_instances.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	PORT = 80,
};

/* --- helpers ---------------------------------------------------------------------------------- */

static int set_int(struct two_instances *p, int side, int fd, int level, int name, int v)
{
	return burble_setopt(p->bs[side], fd, level, name, (struct iovec){&v, sizeof(v)});
}

static int get_int(struct two_instances *p, int side, int fd, int level, int name)
{
	int v = -12345;
	struct iovec value = {&v, sizeof(v)};
	int err = burble_getopt(p->bs[side], fd, level, name, &value);
	return err ? err : v;
}

static int listener(struct two_instances *p)
{
	struct sockaddr_in in = two_addr(1, PORT);
	int fd = burble_socket(p->bs[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(burble_bind(p->bs[1], fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(burble_listen(p->bs[1], fd, 8), 0);
	return fd;
}

static int stream(struct two_instances *p)
{
	return burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

/* Starts connecting, and gives the other side a second. */
static void do_connect(struct two_instances *p, int fd)
{
	struct sockaddr_in in = two_addr(1, PORT);
	int err = burble_connect_call(p->bs[0], fd, (struct sockaddr *)&in, sizeof(in), NULL);
	assert_int_equal(err, -EINPROGRESS);
	two_run(p, p->now + NSEC_SEC / 2);
}

static int do_accept(struct two_instances *p, int l)
{
	return burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
}

static uint64_t counter(struct two_instances *p, int side, enum mib which)
{
	return mib_get(stack_mib(p->stack[side]), which);
}

/* --- tests ------------------------------------------------------------------------------------ */

TWO_TEST(ip_minttl_drops_and_counts_distant_packets)
{
	int l = listener(p), near = stream(p), far = stream(p);
	assert_int_equal(set_int(p, 1, l, IPPROTO_IP, IP_MINTTL, 256), -EINVAL);
	assert_int_equal(set_int(p, 1, l, IPPROTO_IP, IP_MINTTL, 100), 0);
	set_int(p, 0, near, IPPROTO_IP, IP_TTL, 100);
	set_int(p, 0, far, IPPROTO_IP, IP_TTL, 99);
	do_connect(p, far);
	assert_int_equal(do_accept(p, l), -EAGAIN);
	assert_int_equal(counter(p, 1, MIB_TcpExtTCPMinTTLDrop), 1);
	do_connect(p, near);
	int fd = do_accept(p, l);
	assert_true(fd >= 0);
	assert_int_equal(get_int(p, 1, fd, IPPROTO_IP, IP_MINTTL), 100);
	set_int(p, 0, near, IPPROTO_IP, IP_TTL, 10);
	char room[8];
	burble_send_call(p->bs[0], near, (struct iovec){"far", 3}, 0, NULL);
	two_run(p, p->now + NSEC_MSEC * 100);
	assert_int_equal(burble_recv_call(p->bs[1], fd, (struct iovec){room, 8}, 0, NULL), -EAGAIN);
	set_int(p, 0, near, IPPROTO_IP, IP_TTL, 255);
	two_run(p, p->now + NSEC_SEC);
	assert_int_equal(burble_recv_call(p->bs[1], fd, (struct iovec){room, 8}, 0, NULL), 3);
}

static size_t packets_held(struct stack *s)
{
	return stack_pkts(s)->small.live + stack_pkts(s)->large.live;
}

/* The SYN is saved with the request, then with its connection only. */
TWO_TEST(a_saved_syn_goes_with_its_connection)
{
	int l = listener(p), c = stream(p), fd;
	size_t before = packets_held(p->stack[1]);
	struct linger abort = {1, 0};

	assert_int_equal(set_int(p, 1, l, IPPROTO_TCP, TCP_SAVE_SYN, 1), 0);
	do_connect(p, c);
	fd = do_accept(p, l);
	assert_int_equal(packets_held(p->stack[1]), before + 1);
	burble_setopt(p->bs[1], fd, SOL_SOCKET, SO_LINGER, (struct iovec){&abort, sizeof(abort)});
	burble_close_call(p->bs[1], fd, NULL);
	two_run(p, p->now + NSEC_SEC);
	assert_int_equal(packets_held(p->stack[1]), before);
}

TWO_TEST(a_saved_syn_is_read_once_from_its_ip_header_on)
{
	int l = listener(p), c = stream(p);
	uint8_t syn[128];
	struct iovec value = {syn, 10};
	assert_int_equal(set_int(p, 1, l, IPPROTO_TCP, TCP_SAVE_SYN, 2), -EINVAL);
	assert_int_equal(set_int(p, 1, l, IPPROTO_TCP, TCP_SAVE_SYN, 1), 0);
	set_int(p, 0, c, IPPROTO_IP, IP_TOS, 0x10);
	do_connect(p, c);
	int fd = do_accept(p, l);
	assert_int_equal(burble_getopt(p->bs[1], fd, IPPROTO_TCP, TCP_SAVED_SYN, &value), -EINVAL);
	assert_int_equal(value.iov_len, 60); /* the required size */
	value.iov_len = sizeof(syn);
	assert_int_equal(burble_getopt(p->bs[1], fd, IPPROTO_TCP, TCP_SAVED_SYN, &value), 0);
	assert_int_equal(value.iov_len, 60);
	assert_int_equal(syn[0], 0x45);
	assert_int_equal(syn[1], 0x10);
	assert_int_equal(syn[33], 2); /* SYN */
	value.iov_len = sizeof(syn);
	assert_int_equal(burble_getopt(p->bs[1], fd, IPPROTO_TCP, TCP_SAVED_SYN, &value), 0);
	assert_int_equal(value.iov_len, 0);
}

TWO_TEST(ip_tos_sets_so_priority_which_is_not_inherited)
{
	int l = listener(p), c = stream(p);
	const int classes[][2] = {{0x08, 2}, {0x10, 6}, {0x18, 4}, {0x20, 0}};
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		assert_int_equal(set_int(p, 1, l, IPPROTO_IP, IP_TOS, classes[i][0]), 0);
		assert_int_equal(get_int(p, 1, l, SOL_SOCKET, SO_PRIORITY), classes[i][1]);
	}
	assert_int_equal(set_int(p, 1, l, SOL_SOCKET, SO_PRIORITY, 5), 0);
	do_connect(p, c);
	assert_int_equal(get_int(p, 1, l, SOL_SOCKET, SO_PRIORITY), 5);
	assert_int_equal(get_int(p, 1, do_accept(p, l), SOL_SOCKET, SO_PRIORITY), 0);
}

/* TCP_MAXSEG reads as the current segment size, like tcpi_snd_mss. */
TWO_TEST(with_probing_always_on_only_an_active_open_starts_small)
{
	for (int side = 0; side < 2; side++)
		stack_sysctl(p->stack[side])->tcp_mtu_probing = 2;
	int l = listener(p), c = stream(p);
	do_connect(p, c);
	assert_in_range(get_int(p, 0, c, IPPROTO_TCP, TCP_MAXSEG), 1000, 1024);
	assert_int_equal(get_int(p, 1, do_accept(p, l), IPPROTO_TCP, TCP_MAXSEG), 1448);
}

/* The socket's own port. */
static int port_of(struct two_instances *p, int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	assert_int_equal(burble_getsockname(p->bs[0], fd, (struct sockaddr *)&in, &len), 0);
	return ntohs(in.sin_port);
}

TWO_TEST(a_bind_without_a_port_leaves_the_choice_to_connect)
{
	struct sockaddr_in mine = two_addr(0, 0);
	int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
	listener(p);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sockaddr_in to = two_addr(1, PORT);
		int fd = burble_socket(p->bs[0], AF_INET, kinds[i] | SOCK_NONBLOCK, 0);
		assert_int_equal(set_int(p, 0, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1), 0);
		burble_bind(p->bs[0], fd, (struct sockaddr *)&mine, sizeof(mine));
		assert_int_equal(port_of(p, fd), 0);
		burble_connect_call(p->bs[0], fd, (struct sockaddr *)&to, sizeof(to), NULL);
		assert_in_range(port_of(p, fd), 32768, 60999);
	}
}

TWO_TEST(ip_local_port_range_narrows_the_choice)
{
	enum {
		RANGE = 51
	}; /* IP_LOCAL_PORT_RANGE */
	bool seen[3] = {false};
	listener(p);
	for (int i = 0; i < 3; i++) {
		int fd = stream(p);
		assert_int_equal(
			set_int(p, 0, fd, IPPROTO_IP, RANGE, 30000 << 16 | 40001), -EINVAL);
		uint32_t range = 40003u << 16 | 40001;
		assert_int_equal(set_int(p, 0, fd, IPPROTO_IP, RANGE, (int)range), 0);
		do_connect(p, fd);
		assert_in_range(port_of(p, fd), 40001, 40003);
		seen[port_of(p, fd) - 40001] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
}

TWO_TEST(every_port_is_found_even_if_half_were_just_taken)
{
	struct sysctl *sys = stack_sysctl(p->stack[0]);
	struct sockaddr_in to = two_addr(1, PORT);
	int fd[8], even = 0, last = stream(p);
	sys->ip_local_port_range[0] = 40000;
	sys->ip_local_port_range[1] = 40007;
	p->faults.cut = true; /* they stay in SYN-SENT */
	for (int i = 0; i < 8; i++) {
		do_connect(p, fd[i] = stream(p));
		assert_int_equal(port_of(p, fd[i]) % 2, i / 4); /* even ones first, as on Linux */
		even = port_of(p, fd[i]) % 2 ? even : i;
	}
	assert_int_equal(
		burble_connect_call(p->bs[0], last, (struct sockaddr *)&to, sizeof(to), NULL),
		-EADDRNOTAVAIL);
	int freed = port_of(p, fd[even]);
	burble_close_call(p->bs[0], fd[even], NULL);
	do_connect(p, last);
	assert_int_equal(port_of(p, last), freed);
}

TWO_TEST(so_bindtoifindex_is_so_bindtodevice_by_number)
{
	int fd = stream(p);
	char name[16];
	struct iovec v = {name, sizeof(name)};
	assert_int_equal(set_int(p, 0, fd, SOL_SOCKET, SO_BINDTOIFINDEX, 77), -ENODEV);
	assert_int_equal(set_int(p, 0, fd, SOL_SOCKET, SO_BINDTOIFINDEX, -1), -EINVAL);
	assert_int_equal(
		set_int(p, 0, fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)p->dev[0].ifindex), 0);
	assert_int_equal(burble_getopt(p->bs[0], fd, SOL_SOCKET, SO_BINDTODEVICE, &v), 0);
	assert_string_equal(name, "wire0");
}

TWO_TEST(so_bindtodevice_binds_streams_and_datagrams)
{
	int fds[] = {stream(p), burble_socket(p->bs[0], AF_INET, SOCK_DGRAM, 0)};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		char name[16] = "";
		struct iovec v = {name, sizeof(name)}, wire = {"wire0", 6};

		assert_int_equal(
			burble_setopt(p->bs[0], fds[i], SOL_SOCKET, SO_BINDTODEVICE, wire), 0);
		assert_int_equal(
			burble_getopt(p->bs[0], fds[i], SOL_SOCKET, SO_BINDTODEVICE, &v), 0);
		assert_string_equal(name, "wire0");
	}
}
