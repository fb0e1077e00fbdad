/*
 * dgram_test.c - datagram sockets over the real UDP, from one to the other through lo.
 */
#include "base/test/test.h"
#include "socket/errq.h"
#include "socket/instance.h"
#include "stack/sysctl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/ioctl.h>

struct world {
	struct stack *stack;
	struct burble *bs;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->stack = stack_new(&(struct stack_config){.seed = 1});
	assert_non_null(w->stack);
	w->bs = sockets_new(w->stack, &(struct burble_config){.fds_max = 64});
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	sockets_free(w->bs);
	stack_free(w->stack);
	free(w);
	return 0;
}

static struct sockaddr_in at(uint32_t ip, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	in.sin_addr.s_addr = htonl(ip);
	return in;
}

static int open_at(struct world *w, uint16_t port)
{
	struct sockaddr_in in = at(INADDR_LOOPBACK, port);
	int fd = burble_socket(w->bs, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(burble_bind(w->bs, fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static ssize_t send_to(struct world *w, int fd, uint16_t port, const char *text)
{
	struct sockaddr_in in = at(INADDR_LOOPBACK, port);
	struct iovec v = {(char *)text, strlen(text)};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	msg.msg_iovlen = 1;
	ssize_t n = burble_sendmsg_call(w->bs, fd, &msg, 0, NULL);
	stack_flush(w->stack, 0);
	return n;
}

static ssize_t recv_some(struct world *w, int fd, size_t n, int flags, struct burble_call *call)
{
	static char room[4096];
	return burble_recv_call(w->bs, fd, (struct iovec){room, n}, flags, call);
}

static int set_int(struct world *w, int fd, int level, int name, int v)
{
	return burble_setopt(w->bs, fd, level, name, (struct iovec){&v, sizeof(v)});
}

static int get_int(struct world *w, int fd, int level, int name)
{
	int v = -12345;
	struct iovec value = {&v, sizeof(v)};
	int err = burble_getopt(w->bs, fd, level, name, &value);
	return err ? err : v;
}

TEST_IN(a_datagram_arrives_whole_with_its_senders_address, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000), n;
	char room[16];
	struct sockaddr_in from;
	struct iovec v = {room, sizeof(room)};
	struct msghdr msg = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &v};
	msg.msg_iovlen = 1;
	assert_int_equal(send_to(w, a, 2000, "hello"), 5);
	assert_int_equal(burble_ready(w->bs, b) & EPOLLIN, EPOLLIN);
	assert_int_equal(burble_ioctl(w->bs, b, FIONREAD, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(burble_recvmsg_call(w->bs, b, &msg, 0, NULL), 5);
	assert_memory_equal(room, "hello", 5);
	assert_int_equal(from.sin_port, htons(1000));
	assert_int_equal(recv_some(w, b, 10, 0, NULL), -EAGAIN);
}

TEST_IN(what_does_not_fit_is_cut_and_msg_trunc_tells_the_length, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000);
	char room[2];
	struct iovec v = {room, 2};
	struct msghdr msg = {.msg_iov = &v, .msg_iovlen = 1};
	send_to(w, a, 2000, "hello");
	send_to(w, a, 2000, "world!");
	assert_int_equal(recv_some(w, b, 2, MSG_PEEK | MSG_TRUNC, NULL), 5);
	assert_int_equal(burble_recvmsg_call(w->bs, b, &msg, 0, NULL), 2);
	assert_int_equal(msg.msg_flags, MSG_TRUNC);
	assert_int_equal(recv_some(w, b, 10, 0, NULL), 6);
}

TEST_IN(a_connected_socket_has_one_peer_until_it_is_disconnected, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000), c = open_at(w, 3000);
	struct sockaddr_in in = at(INADDR_LOOPBACK, 2000), peer;
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);
	struct iovec v = {"hi", 2};
	assert_int_equal(burble_send_call(w->bs, a, v, 0, NULL), -EDESTADDRREQ);
	assert_int_equal(burble_getpeername(w->bs, a, (struct sockaddr *)&peer, &len), -ENOTCONN);
	assert_int_equal(
		burble_connect_call(w->bs, a, (struct sockaddr *)&in, sizeof(in), NULL), 0);
	assert_int_equal(burble_getpeername(w->bs, a, (struct sockaddr *)&peer, &len), 0);
	assert_int_equal(peer.sin_port, htons(2000));
	assert_int_equal(burble_send_call(w->bs, a, v, 0, NULL), 2);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 10, 0, NULL), 2);
	send_to(w, c, 1000, "stranger");
	assert_int_equal(recv_some(w, a, 10, 0, NULL), -EAGAIN);
	assert_int_equal(burble_connect_call(w->bs, a, &none, sizeof(none), NULL), 0);
	send_to(w, c, 1000, "stranger");
	assert_int_equal(recv_some(w, a, 10, 0, NULL), 8);
}

TEST_IN(a_closed_port_is_econnrefused_once, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000);
	struct sockaddr_in in = at(INADDR_LOOPBACK, 2000);
	struct iovec v = {"hi", 2};
	burble_connect_call(w->bs, a, (struct sockaddr *)&in, sizeof(in), NULL);
	assert_int_equal(burble_send_call(w->bs, a, v, 0, NULL), 2);
	stack_flush(w->stack, 0);
	assert_int_equal(burble_ready(w->bs, a) & EPOLLERR, EPOLLERR);
	assert_int_equal(recv_some(w, a, 10, 0, NULL), -ECONNREFUSED);
	assert_int_equal(recv_some(w, a, 10, 0, NULL), -EAGAIN);
}

TEST_IN(ip_recverr_queues_the_error_with_its_cause, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000);
	char room[16];
	_Alignas(8) char control[256];
	struct sockaddr_in to;
	struct iovec v = {room, sizeof(room)};
	struct msghdr msg = {.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &v};
	msg.msg_iovlen = 1;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(w->bs, a, &msg, MSG_ERRQUEUE, NULL), -EAGAIN);
	assert_int_equal(set_int(w, a, IPPROTO_IP, IP_RECVERR, 1), 0);
	send_to(w, a, 2000, "lost");
	assert_int_equal(burble_recvmsg_call(w->bs, a, &msg, MSG_ERRQUEUE, NULL), 4);
	assert_memory_equal(room, "lost", 4);
	assert_int_equal(to.sin_port, htons(2000));
	assert_int_equal(msg.msg_flags & MSG_ERRQUEUE, MSG_ERRQUEUE);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	struct sock_extended_err ee;
	assert(c); /* the compiler does not know that assert_non_null() would end here */
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	assert_int_equal(c->cmsg_type, IP_RECVERR);
	assert_int_equal(ee.ee_errno, ECONNREFUSED);
	assert_int_equal(ee.ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(ee.ee_type, 3);
	assert_int_equal(ee.ee_code, 3);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ERROR), 0); /* read: taken */
}

TEST_IN(a_read_of_the_error_queue_leaves_the_next_error_pending, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000);
	struct msghdr msg = {0};
	set_int(w, a, IPPROTO_IP, IP_RECVERR, 1);
	send_to(w, a, 2000, "lost");
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	send_to(w, a, 2001, "lost");
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(burble_recvmsg_call(w->bs, a, &msg, MSG_ERRQUEUE, NULL), 0);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(burble_recvmsg_call(w->bs, a, &msg, MSG_ERRQUEUE, NULL), 0);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_ERROR), 0);
}

TEST_IN(corked_writes_make_one_datagram_and_an_error_loses_them, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000);
	struct sockaddr_in in = at(INADDR_LOOPBACK, 2000);
	static char big[60000];
	struct iovec v = {big, sizeof(big)};
	assert_int_equal(
		burble_connect_call(w->bs, a, (struct sockaddr *)&in, sizeof(in), NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			burble_send_call(w->bs, a, (struct iovec){"more", 4}, MSG_MORE, NULL), 4);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 100, 0, NULL), -EAGAIN);
	assert_int_equal(burble_send_call(w->bs, a, (struct iovec){"end", 3}, 0, NULL), 3);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 100, 0, NULL), 15);
	assert_int_equal(set_int(w, a, IPPROTO_UDP, UDP_CORK, 1), 0);
	assert_int_equal(burble_send_call(w->bs, a, (struct iovec){"held", 4}, 0, NULL), 4);
	assert_int_equal(set_int(w, a, IPPROTO_UDP, UDP_CORK, 0), 0);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 100, 0, NULL), 4);
	assert_int_equal(burble_send_call(w->bs, a, v, MSG_MORE, NULL), sizeof(big));
	assert_int_equal(burble_send_call(w->bs, a, v, MSG_MORE, NULL), -EMSGSIZE);
	assert_int_equal(burble_send_call(w->bs, a, (struct iovec){"end", 3}, 0, NULL), 3);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 100, 0, NULL), 3);
	assert_int_equal(
		burble_send_call(w->bs, a, v, MSG_MORE, NULL), sizeof(big)); /* gone with close() */
}

TEST_IN(control_messages_tell_how_it_came_and_say_how_it_goes, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000), ttl = 9, seen = 0;
	char room[16];
	_Alignas(8) char control[256], out[CMSG_SPACE(sizeof(int))];
	struct sockaddr_in in = at(INADDR_LOOPBACK, 2000);
	struct iovec v = {"hi", 2};
	struct msghdr msg = {.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &v};
	msg.msg_iovlen = 1;
	msg.msg_control = out;
	msg.msg_controllen = sizeof(out);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	*c = (struct cmsghdr){CMSG_LEN(sizeof(ttl)), SOL_IP, IP_TTL};
	memcpy(CMSG_DATA(c), &ttl, sizeof(ttl));
	set_int(w, b, IPPROTO_IP, IP_RECVTTL, 1);
	set_int(w, b, IPPROTO_IP, IP_PKTINFO, 1);
	set_int(w, b, IPPROTO_IP, IP_RECVTOS, 1);
	set_int(w, a, IPPROTO_IP, IP_TOS, 0x10);
	set_int(w, b, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	assert_int_equal(burble_sendmsg_call(w->bs, a, &msg, 0, NULL), 2);
	stack_flush(w->stack, 0);
	v = (struct iovec){room, sizeof(room)};
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	assert_int_equal(burble_recvmsg_call(w->bs, b, &msg, 0, NULL), 2);
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		seen |= 1 << c->cmsg_type % 32;
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_TTL)
			assert_int_equal(*(int *)(void *)CMSG_DATA(c), 9);
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_TOS)
			assert_int_equal(*CMSG_DATA(c), 0x10);
	}
	assert_int_equal(
		seen, 1 << IP_TTL | 1 << IP_TOS | 1 << IP_PKTINFO | 1 << SO_TIMESTAMPNS % 32);
	*(struct cmsghdr *)(void *)out = (struct cmsghdr){4, SOL_IP, IP_TTL};
	msg.msg_control = out;
	msg.msg_controllen = sizeof(out);
	assert_int_equal(burble_sendmsg_call(w->bs, a, &msg, 0, NULL), -EINVAL);
}

TEST_IN(what_datagrams_do_not_have_is_refused, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000);
	static char big[65536];
	struct iovec v = {"hi", 2};
	assert_int_equal(burble_send_call(w->bs, a, v, MSG_OOB, NULL), -EOPNOTSUPP);
	assert_int_equal(
		burble_send_call(w->bs, a, (struct iovec){big, 65536}, 0, NULL), -EMSGSIZE);
	assert_int_equal(burble_listen(w->bs, a, 1), -EOPNOTSUPP);
	assert_int_equal(
		burble_accept4_call(w->bs, a, (struct burble_addr){0}, 0, NULL), -EOPNOTSUPP);
	assert_int_equal(set_int(w, a, IPPROTO_TCP, 1, 1), -ENOPROTOOPT);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
}

TEST_IN(a_blocking_receive_waits_and_shutdown_wakes_it, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000), b = open_at(w, 2000);
	struct burble_call call = burble_call_start();
	assert_int_equal(recv_some(w, b, 10, 0, &call), -BURBLE_BLOCKED);
	send_to(w, a, 2000, "x");
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, b, 10, 0, &call), 1);
	call = burble_call_start();
	assert_int_equal(recv_some(w, b, 10, 0, &call), -BURBLE_BLOCKED);
	assert_int_equal(burble_shutdown(w->bs, b, SHUT_RD), -ENOTCONN);
	assert_int_not_equal(call.ready, 0);
	assert_int_equal(recv_some(w, b, 10, 0, &call), 0);
	assert_int_equal(burble_ready(w->bs, b) & (EPOLLIN | EPOLLRDHUP), EPOLLIN | EPOLLRDHUP);
}

TEST_IN(options_of_datagrams_are_read_back, set_up, tear_down)
{
	struct world *w = *state;
	int a = open_at(w, 1000);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_RCVBUF), 212992);
	set_int(w, a, SOL_SOCKET, SO_RCVBUF, 5000);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_RCVBUF), 10000);
	assert_int_equal(set_int(w, a, SOL_SOCKET, SO_BROADCAST, 1), 0);
	assert_int_equal(get_int(w, a, SOL_SOCKET, SO_BROADCAST), 1);
	assert_int_equal(get_int(w, a, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(set_int(w, a, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	assert_int_equal(get_int(w, a, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
	assert_int_equal(set_int(w, a, IPPROTO_IP, IP_MTU_DISCOVER, 9), -EINVAL);
	assert_int_equal(get_int(w, a, IPPROTO_IP, IP_MTU), -ENOTCONN);
	assert_int_equal(
		burble_setopt(w->bs, a, SOL_SOCKET, SO_BINDTODEVICE, (struct iovec){NULL, 0}), 0);
	assert_int_equal(
		burble_setopt(w->bs, a, SOL_SOCKET, SO_BINDTODEVICE, (struct iovec){"lo", 3}), 0);
	assert_int_equal(
		burble_setopt(w->bs, a, SOL_SOCKET, SO_BINDTODEVICE, (struct iovec){"xx", 3}),
		-ENODEV);
}

TEST_IN(an_ipv6_socket_talks_ipv4_by_mapped_and_by_plain_addresses, set_up, tear_down)
{
	struct world *w = *state;
	int a = burble_socket(w->bs, AF_INET6, SOCK_DGRAM, 0), b = open_at(w, 2000);
	struct sockaddr_in6 from = {0}, mapped = {.sin6_family = AF_INET6};
	struct ip_addr lo = ip_addr_from_v4(INADDR_LOOPBACK);
	socklen_t len = sizeof(from);
	assert_int_equal(send_to(w, a, 2000, "plain"), 5);
	memcpy(mapped.sin6_addr.s6_addr, lo.b, 16);
	mapped.sin6_port = htons(2000);
	struct sockaddr *sa = (struct sockaddr *)&mapped;
	assert_int_equal(burble_connect_call(w->bs, a, sa, sizeof(mapped), NULL), 0);
	assert_int_equal(burble_send_call(w->bs, a, (struct iovec){"mapped", 6}, 0, NULL), 6);
	stack_flush(w->stack, 0);
	assert_int_equal(recv_some(w, b, 10, 0, NULL), 5);
	assert_int_equal(recv_some(w, b, 10, 0, NULL), 6);
	assert_int_equal(burble_getpeername(w->bs, a, (struct sockaddr *)&from, &len), 0);
	assert_memory_equal(from.sin6_addr.s6_addr, lo.b, 16);
}
