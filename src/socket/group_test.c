/*
 * group_test.c - datagrams to multicast groups: receivers on the same host and on the other.
 */
#include "base/test/test.h"
#include "socket/test/two_instances.h"
#include "stack/ip/ip.h"

#include <errno.h>

#include <arpa/inet.h>

enum {
	PORT = 5000,
	GROUP = 0xef010101, /* 239.1.1.1 */
};

static struct ip_mreqn mreq(uint32_t group, int ifindex)
{
	return (struct ip_mreqn){.imr_multiaddr.s_addr = htonl(group), .imr_ifindex = ifindex};
}

static int set(struct two_instances *p, int side, int fd, int name, int v)
{
	return burble_setopt(p->bs[side], fd, IPPROTO_IP, name, (struct iovec){&v, sizeof(v)});
}

static int member(struct two_instances *p, int side, int fd, int name, struct ip_mreqn m)
{
	return burble_setopt(p->bs[side], fd, IPPROTO_IP, name, (struct iovec){&m, sizeof(m)});
}

static int wire(struct two_instances *p, int side)
{
	return (int)p->dev[side].ifindex;
}

static int join(struct two_instances *p, int side, int fd)
{
	return member(p, side, fd, IP_ADD_MEMBERSHIP, mreq(GROUP, wire(p, side)));
}

/* A socket on any address and PORT. */
static int receiver(struct two_instances *p, int side)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = burble_socket(p->bs[side], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1;
	burble_setopt(p->bs[side], fd, SOL_SOCKET, SO_REUSEADDR, (struct iovec){&one, 4});
	assert_int_equal(burble_bind(p->bs[side], fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

/* A socket of side 0 that sends to groups on the wire. */
static int sender(struct two_instances *p)
{
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(member(p, 0, fd, IP_MULTICAST_IF, mreq(0, wire(p, 0))), 0);
	return fd;
}

static void send_to(struct two_instances *p, int fd, uint32_t addr)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct iovec v = {"all", 3};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	msg.msg_iovlen = 1;
	in.sin_addr.s_addr = htonl(addr);
	assert_int_equal(burble_sendmsg_call(p->bs[0], fd, &msg, 0, NULL), 3);
	two_run(p, p->now + NSEC_MSEC * 10);
}

static void send_to_group(struct two_instances *p, int fd)
{
	send_to(p, fd, GROUP);
}

static bool got(struct two_instances *p, int side, int fd)
{
	char room[8];
	ssize_t n = burble_recv_call(p->bs[side], fd, (struct iovec){room, sizeof(room)}, 0, NULL);
	assert_true(n == 3 || n == -EAGAIN);
	return n == 3;
}

TWO_TEST(a_group_reaches_members_and_other_sockets_of_the_host_unless_they_refuse)
{
	int s = sender(p), joined = receiver(p, 1), other = receiver(p, 1), none = receiver(p, 1);
	send_to_group(p, s);
	assert_false(got(p, 1, joined) || got(p, 1, other)); /* the host is not a member yet */
	assert_int_equal(join(p, 1, joined), 0);
	assert_int_equal(set(p, 1, none, IP_MULTICAST_ALL, 0), 0);
	send_to_group(p, s);
	assert_true(got(p, 1, joined));
	assert_true(got(p, 1, other));
	assert_false(got(p, 1, none));
	assert_int_equal(member(p, 1, joined, IP_DROP_MEMBERSHIP, mreq(GROUP, 0)), -ENODEV);
	assert_int_equal(member(p, 1, joined, IP_DROP_MEMBERSHIP, mreq(GROUP, wire(p, 1))), 0);
	send_to_group(p, s);
	assert_false(got(p, 1, joined) || got(p, 1, other));
}

/* Neither a group nor broadcast has a route: the bound address of the socket selects the link. */
TWO_TEST(without_a_route_the_source_selects_the_link)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
	int fd = burble_socket(p->bs[0], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1;
	int there = receiver(p, 1);
	join(p, 1, there);
	burble_setopt(p->bs[0], fd, SOL_SOCKET, SO_BROADCAST, (struct iovec){&one, sizeof(one)});
	assert_int_equal(burble_bind(p->bs[0], fd, (struct sockaddr *)&in, sizeof(in)), 0);
	send_to_group(p, fd);
	assert_true(got(p, 1, there));
	send_to(p, fd, INADDR_BROADCAST);
	assert_true(got(p, 1, there));
}

TWO_TEST(closing_the_last_member_leaves_the_group)
{
	int s = sender(p), a = receiver(p, 1), b = receiver(p, 1), other = receiver(p, 1);
	join(p, 1, a);
	join(p, 1, b);
	burble_close_call(p->bs[1], a, NULL);
	send_to_group(p, s);
	assert_true(got(p, 1, other));
	burble_close_call(p->bs[1], b, NULL);
	send_to_group(p, s);
	assert_false(got(p, 1, other));
}

TWO_TEST(local_members_receive_unless_ip_multicast_loop_is_off)
{
	int s = sender(p), here = receiver(p, 0), there = receiver(p, 1);
	join(p, 0, here);
	join(p, 1, there);
	send_to_group(p, s);
	assert_true(got(p, 0, here) && got(p, 1, there));
	assert_int_equal(set(p, 0, s, IP_MULTICAST_TTL, 0), 0); /* only on this host */
	send_to_group(p, s);
	assert_true(got(p, 0, here));
	assert_false(got(p, 1, there));
	assert_int_equal(set(p, 0, s, IP_MULTICAST_TTL, -1), 0);
	assert_int_equal(set(p, 0, s, IP_MULTICAST_LOOP, 0), 0);
	send_to_group(p, s);
	assert_false(got(p, 0, here));
	assert_true(got(p, 1, there));
}

TWO_TEST(memberships_are_refused_as_linux_refuses_them)
{
	int fd = receiver(p, 0), i;
	struct ip_mreqn here = mreq(GROUP, 0);
	assert_int_equal(member(p, 0, fd, IP_ADD_MEMBERSHIP, mreq(0x0a000001, 1)), -EINVAL);
	assert_int_equal(member(p, 0, fd, IP_ADD_MEMBERSHIP, mreq(GROUP, 77)), -ENODEV);
	assert_int_equal(join(p, 0, fd), 0);
	assert_int_equal(join(p, 0, fd), -EADDRINUSE);
	here.imr_address.s_addr = htonl(0x0a000001); /* the same interface, by its address */
	assert_int_equal(member(p, 0, fd, IP_ADD_MEMBERSHIP, here), -EADDRINUSE);
	assert_int_equal(member(p, 0, fd, IP_DROP_MEMBERSHIP, here), 0);
	assert_int_equal(member(p, 0, fd, IP_DROP_MEMBERSHIP, here), -EADDRNOTAVAIL);
	for (i = 0; i < 20; i++)
		assert_int_equal(
			member(p, 0, fd, IP_ADD_MEMBERSHIP, mreq(GROUP + (uint32_t)i, wire(p, 0))),
			0);
	assert_int_equal(member(p, 0, fd, IP_ADD_MEMBERSHIP, mreq(GROUP + (uint32_t)i, wire(p, 0))),
		-ENOBUFS);
	assert_int_equal(set(p, 0, fd, IP_MULTICAST_TTL, 256), -EINVAL);
	assert_int_equal(member(p, 0, fd, IP_MULTICAST_IF, mreq(0, 77)), -EADDRNOTAVAIL);
}

/* Side 0's device is replaced by another with the same index. */
static void replace_device(struct two_instances *p)
{
	int before = wire(p, 0);

	stack_detach(p->stack[0], &p->dev[0]);
	assert_int_equal(stack_attach(p->stack[0], &p->dev[0]), 0);
	assert_int_equal(wire(p, 0), before);
}

/* The errors are those of Linux 6.18 for a veth that was deleted, and one with its index. */
TWO_TEST(groups_of_a_deleted_device_are_gone_and_their_sockets_may_leave_them)
{
	struct ip_addr group = ip_addr_from_v4(GROUP);
	int gone = receiver(p, 0), other = receiver(p, 0), index = wire(p, 0);

	assert_int_equal(join(p, 0, gone), 0);
	assert_int_equal(join(p, 0, other), 0);
	stack_detach(p->stack[0], &p->dev[0]);
	assert_int_equal(member(p, 0, gone, IP_ADD_MEMBERSHIP, mreq(GROUP, index)), -ENODEV);
	assert_int_equal(member(p, 0, gone, IP_DROP_MEMBERSHIP, mreq(GROUP, 0)), -ENODEV);
	assert_int_equal(member(p, 0, gone, IP_DROP_MEMBERSHIP, mreq(GROUP, index)), 0);
	assert_int_equal(
		member(p, 0, gone, IP_DROP_MEMBERSHIP, mreq(GROUP, index)), -EADDRNOTAVAIL);
	assert_int_equal(stack_attach(p->stack[0], &p->dev[0]), 0);
	assert_int_equal(wire(p, 0), index);
	assert_false(ip_group_has(p->stack[0], (uint32_t)index, &group));
	assert_int_equal(join(p, 0, other), -EADDRINUSE);
	assert_int_equal(join(p, 0, gone), 0);
	assert_int_equal(member(p, 0, other, IP_DROP_MEMBERSHIP, mreq(GROUP, index)), 0);
	assert_true(ip_group_has(p->stack[0], (uint32_t)index, &group)); /* gone's */
}

TWO_TEST(a_socket_may_be_closed_after_the_device_of_its_group)
{
	int fd = receiver(p, 0);

	join(p, 0, fd);
	replace_device(p);
	assert_int_equal(burble_close_call(p->bs[0], fd, NULL), 0);
}

TWO_TEST(ipv6_groups_are_joined_by_index)
{
	int fd = burble_socket(p->bs[0], AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct ipv6_mreq m = {.ipv6mr_interface = (unsigned)wire(p, 0)};
	struct iovec v = {&m, sizeof(m)};
	assert_int_equal(
		burble_setopt(p->bs[0], fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, v), -EINVAL);
	m.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	m.ipv6mr_multiaddr.s6_addr[1] = 0x15;
	assert_int_equal(burble_setopt(p->bs[0], fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, v), 0);
	assert_int_equal(
		burble_setopt(p->bs[0], fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, v), -EADDRINUSE);
	assert_int_equal(burble_setopt(p->bs[0], fd, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, v), 0);
	assert_int_equal(
		burble_setopt(p->bs[0], fd, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, v), -EADDRNOTAVAIL);
}

static int set6(struct two_instances *p, int fd, int name, int v)
{
	return burble_setopt(p->bs[0], fd, IPPROTO_IPV6, name, (struct iovec){&v, sizeof(v)});
}

static void send_mapped(struct two_instances *p, int fd)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct iovec v = {"all", 3};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};

	msg.msg_iovlen = 1;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:239.1.1.1", &in.sin6_addr), 1);
	assert_int_equal(burble_sendmsg_call(p->bs[0], fd, &msg, 0, NULL), 3);
	two_run(p, p->now + NSEC_MSEC * 10);
}

/* Each IP version has its own options, except IP_MULTICAST_LOOP: the one of the socket's version
 * applies, as in Linux. */
TWO_TEST(a_mapped_group_takes_the_options_of_ip_and_the_loop_of_ipv6)
{
	int s = burble_socket(p->bs[0], AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int here = receiver(p, 0), there = receiver(p, 1);

	join(p, 0, here);
	join(p, 1, there);
	assert_int_equal(set6(p, s, IPV6_MULTICAST_IF, 1), 0);
	assert_int_equal(set6(p, s, IPV6_MULTICAST_HOPS, 0), 0);
	assert_int_equal(member(p, 0, s, IP_MULTICAST_IF, mreq(0, wire(p, 0))), 0);
	assert_int_equal(set(p, 0, s, IP_MULTICAST_LOOP, 0), 0);
	send_mapped(p, s);
	assert_true(got(p, 0, here) && got(p, 1, there));
	assert_int_equal(set6(p, s, IPV6_MULTICAST_LOOP, 0), 0);
	assert_int_equal(set(p, 0, s, IP_MULTICAST_LOOP, 1), 0);
	send_mapped(p, s);
	assert_false(got(p, 0, here));
	assert_true(got(p, 1, there));
	assert_int_equal(set(p, 0, s, IP_MULTICAST_TTL, 0), 0);
	send_mapped(p, s);
	assert_false(got(p, 1, there));
}
