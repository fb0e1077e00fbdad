/*
 * memory_test.c - out of memory. Two instances on a lossy wire: connections open, carry bulk data
 * both ways and close, datagrams in fragments, IPv6, options, epoll. The n-th allocation fails, for
 * every n; then runs of allocations fail, at random. Every call returns a result or an errno, every
 * queue stays consistent (stack_config.checked), everything is freed, and a new connection works
 * once there is memory again.
 */
#include "base/test/failing_memory.h"
#include "base/test/test.h"
#include "socket/test/failing_pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

enum {
	BULK = 60000, /* bytes of each connection */
	CONNS = 3,
	LOSS = 5, /* of 100 packets */
	RANDOM_RUNS = 60,
	RUN_MAX = 40, /* consecutive allocations that fail */
	ERRNO_MAX = 140,
	PORT = 80,
};

struct world {
	struct failing_pair p;
	int listener, epoll, conn[CONNS], child[CONNS], udp[2];
};

/* --- two programs ----------------------------------------------------------------------------- */

/* A result, or a known errno. */
static ssize_t sane(ssize_t r)
{
	assert_true(r >= -ERRNO_MAX);
	return r;
}

static struct sockaddr_in address(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(0x0a000002);
	return a;
}

static void set(struct burble *bs, int fd, int level, int name, int value)
{
	sane(burble_setopt(bs, fd, level, name, (struct iovec){&value, sizeof(value)}));
}

static void watch(struct world *w, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP};

	sane(burble_epoll_ctl(w->p.bs[1], w->epoll, EPOLL_CTL_ADD, fd, &ev));
}

static int connect_to(struct burble *bs, uint16_t port)
{
	struct sockaddr_in a = address(port);
	int fd = burble_socket(bs, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	sane(fd);
	sane(burble_connect_call(bs, fd, (struct sockaddr *)&a, sizeof(a), NULL));
	return fd;
}

static int listen_at(struct burble *bs, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = burble_socket(bs, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	sane(fd);
	/* accepted sockets inherit a record of options */
	set(bs, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 60000);
	sane(burble_bind(bs, fd, (struct sockaddr *)&a, sizeof(a)));
	sane(burble_listen(bs, fd, 5));
	return fd;
}

static void open_streams(struct world *w)
{
	w->listener = listen_at(w->p.bs[1], PORT);
	w->epoll = (int)sane(burble_epoll_create1(w->p.bs[1], 0));
	watch(w, w->listener);
	for (int i = 0; i < CONNS; i++) {
		w->conn[i] = connect_to(w->p.bs[0], PORT);
		set(w->p.bs[0], w->conn[i], IPPROTO_TCP, TCP_NODELAY, 1);
		set(w->p.bs[0], w->conn[i], SOL_SOCKET, SO_KEEPALIVE, 1);
		set(w->p.bs[0], w->conn[i], IPPROTO_TCP, TCP_KEEPIDLE, 30);
	}
}

/* Datagrams in fragments, and datagrams to a closed port. */
static void datagrams(struct world *w)
{
	static uint8_t text[5000];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(99)}, to = address(99);
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(99)};
	int fd6 = burble_socket(w->p.bs[0], AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	for (int i = 0; i < 2; i++)
		w->udp[i] = burble_socket(w->p.bs[i], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	sane(burble_bind(w->p.bs[1], w->udp[1], (struct sockaddr *)&a, sizeof(a)));
	for (uint16_t port = 99; port > 97; port--) {
		to.sin_port = htons(port);
		sane(burble_connect_call(
			w->p.bs[0], w->udp[0], (struct sockaddr *)&to, sizeof(to), NULL));
		sane(burble_send_call(
			w->p.bs[0], w->udp[0], (struct iovec){text, sizeof(text)}, 0, NULL));
	}
	six.sin6_addr.s6_addr[0] = 0xfe;
	six.sin6_addr.s6_addr[1] = 0x80;
	six.sin6_addr.s6_addr[15] = 2;
	six.sin6_scope_id = w->p.dev[0].ifindex;
	sane(burble_connect_call(w->p.bs[0], fd6, (struct sockaddr *)&six, sizeof(six), NULL));
	sane(burble_send_call(w->p.bs[0], fd6, (struct iovec){text, sizeof(text)}, 0, NULL));
	failing_pair_run(&w->p, 3 * NSEC_SEC);
	sane(burble_recv_call(w->p.bs[1], w->udp[1], (struct iovec){text, sizeof(text)}, 0, NULL));
}

static void accept_all(struct world *w)
{
	for (int i = 0; i < CONNS; i++) {
		w->child[i] = burble_accept4_call(w->p.bs[1], w->listener,
			(struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);
		sane(w->child[i]);
		watch(w, w->child[i]);
	}
}

static void bulk(struct world *w)
{
	static uint8_t text[7000], room[30000];
	struct epoll_event ev[8];
	ssize_t sent[CONNS] = {0}, n;

	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < CONNS; i++) {
			if (sent[i] < BULK) {
				n = sane(burble_send_call(w->p.bs[0], w->conn[i],
					(struct iovec){text, sizeof(text)}, 0, NULL));
				sent[i] += n > 0 ? n : 0;
			}
			if (round % 3 == 0) {
				sane(burble_recv_call(w->p.bs[1], w->child[i],
					(struct iovec){room, sizeof(room)}, 0, NULL));
				sane(burble_send_call(w->p.bs[1], w->child[i],
					(struct iovec){text, 100}, 0, NULL));
			}
		}
		sane(burble_epoll_wait_call(w->p.bs[1], w->epoll, ev, 8, NULL));
		failing_pair_run(&w->p, NSEC_SEC / 5);
	}
}

static void close_some(struct world *w)
{
	int twin = burble_dup(w->p.bs[0], w->conn[0], 0, 0);

	sane(twin);
	sane(burble_shutdown(w->p.bs[0], w->conn[0], SHUT_WR));
	sane(burble_close_call(w->p.bs[0], w->conn[1], NULL));
	sane(burble_close_call(w->p.bs[0], twin, NULL));
	failing_pair_run(&w->p, 5 * NSEC_SEC);
	for (int i = 0; i < CONNS; i++)
		sane(burble_close_call(w->p.bs[1], w->child[i], NULL));
	failing_pair_run(&w->p, 100 * NSEC_SEC);
}

/* With memory again, a new connection carries data. */
static void works(struct world *w)
{
	char text[] = "still here", room[sizeof(text)];
	int l, a, b;

	w->p.loss = 0;
	l = listen_at(w->p.bs[1], PORT + 1);
	a = connect_to(w->p.bs[0], PORT + 1);
	failing_pair_run(&w->p, 5 * NSEC_SEC);
	b = burble_accept4_call(
		w->p.bs[1], l, (struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);
	assert_true(l >= 0 && a >= 0 && b >= 0);
	assert_int_equal(
		burble_send_call(w->p.bs[0], a, (struct iovec){text, sizeof(text)}, 0, NULL),
		sizeof(text));
	failing_pair_run(&w->p, NSEC_SEC);
	assert_int_equal(
		burble_recv_call(w->p.bs[1], b, (struct iovec){room, sizeof(room)}, 0, NULL),
		sizeof(text));
	assert_string_equal(room, text);
}

/* The whole run, with allocations failing from `fail_at`. Returns how many were made. */
static long play(uint8_t kind, long fail_at, long fails)
{
	static struct world world;
	struct world *w = &world;
	long made;

	*w = (struct world){.p = {.now = NSEC_SEC, .loss = LOSS}};
	prng_seed(&w->p.prng, 1);
	failing_memory = (struct failing_memory){.fail_at = fail_at, .fails = fails, .on = true};
	if (failing_pair_open(&w->p, kind)) {
		/* streams of side 0 begin with a record of options */
		stack_sysctl(w->p.s[0])->ip_no_pmtu_disc = 1;
		failing_pair_run(&w->p, 2 * NSEC_SEC); /* duplicate address detection */
		open_streams(w);
		datagrams(w);
		accept_all(w);
		bulk(w);
		close_some(w);
		made = failing_memory.made;
		failing_memory.fail_at = 0;
		works(w);
		failing_memory.made = made;
	}
	failing_pair_close(&w->p);
	failing_memory.on = false;
	assert_int_equal(failing_memory.live, 0);
	return failing_memory.made;
}

TEST(any_one_allocation_may_fail)
{
	for (uint8_t kind = NETDEV_ETHER; kind <= NETDEV_RAW; kind++) {
		long all = play(kind, 0, 0);

		assert_in_range(all, 100, 10000);
		for (long n = 1; n <= all; n++) {
			printf("device %d, allocation %ld fails\n", kind, n);
			fflush(stdout);
			play(kind, n, 1);
		}
	}
}

TEST(any_run_of_allocations_may_fail)
{
	struct prng p;

	prng_seed(&p, 2);
	for (int i = 0; i < RANDOM_RUNS; i++) {
		long n = 1 + (long)prng_below(&p, 250), run = 2 + (long)prng_below(&p, RUN_MAX);

		printf("allocations %ld to %ld fail\n", n, n + run - 1);
		fflush(stdout);
		play(i % 2 ? NETDEV_RAW : NETDEV_ETHER, n, run);
	}
}
