/*
 * idle_test.c - law 3: the total memory of an idle established connection.
 */
#include "base/test/test.h"
#include "socket/test/two_instances.h"
#include "stack/tcp/tcp.h"

enum {
	CONNS = 2048, /* two full pages of descriptors, and a table at half load, the worst case */
	BUDGET = 256,
};

static int listener(struct two_instances *p)
{
	struct sockaddr_in a = two_addr(1, 80);
	int fd = burble_socket(p->bs[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(burble_bind(p->bs[1], fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(burble_listen(p->bs[1], fd, 4096), 0);
	return fd;
}

static void watch(struct two_instances *p, int side, int ep, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
	assert_int_equal(burble_epoll_ctl(p->bs[side], ep, EPOLL_CTL_ADD, fd, &ev), 0);
}

static size_t bytes_in_all(struct two_instances *p, int side)
{
	struct tcp_memory t;
	struct burble_memory b;
	tcp_memory(p->stack[side], &t);
	burble_memory(p->bs[side], &b);
	assert_int_equal(t.idle, CONNS);
	assert_in_range(t.awake, 0, 1); /* the listener */
	return t.idle_bytes + t.table_bytes + b.socks + b.descriptors + b.epoll_items;
}

TWO_TEST(an_idle_connection_with_socket_and_epoll_item_costs_at_most_256_bytes)
{
	struct sockaddr_in a = two_addr(1, 80);
	static int fd[2][CONNS];
	int ep[2], l = listener(p);
	char room[64];
	for (int i = 0; i < 2; i++)
		ep[i] = burble_epoll_create1(p->bs[i], 0);
	for (int i = 0; i < CONNS; i++) {
		fd[0][i] = burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		watch(p, 0, ep[0], fd[0][i]);
		burble_connect_call(p->bs[0], fd[0][i], (struct sockaddr *)&a, sizeof(a), NULL);
		two_run(p, p->now + 10 * NSEC_MSEC);
		fd[1][i] = burble_accept4_call(
			p->bs[1], l, (struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);
		assert_true(fd[1][i] >= 0);
		watch(p, 1, ep[1], fd[1][i]);
	}
	two_run(p, p->now + NSEC_SEC);
	for (int i = 0; i < 2; i++)
		assert_in_range(bytes_in_all(p, i) / CONNS, 1, BUDGET);
	/* and after both have sent */
	for (int i = 0; i < CONNS; i++)
		for (int from = 0; from < 2; from++) {
			struct iovec text = {room, 64};
			assert_int_equal(
				burble_send_call(p->bs[from], fd[from][i], text, 0, NULL), 64);
			two_run(p, p->now + 50 * NSEC_MSEC);
			assert_int_equal(
				burble_recv_call(p->bs[!from], fd[!from][i], text, 0, NULL), 64);
		}
	two_run(p, p->now + NSEC_SEC);
	for (int i = 0; i < 2; i++)
		assert_in_range(bytes_in_all(p, i) / CONNS, 1, BUDGET);
}
