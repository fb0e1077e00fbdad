/* pipe_test.c - cables in memory: between instances, within one, between threads, cut. */
#include "base/test/test.h"
#include "burble/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT = 7,
	BULK = 8 << 20,
};

struct pair {
	struct burble *b[2];
	int ifindex[2];
	int64_t now;
};

static const char *const address[] = {"10.1.0.1/24", "10.1.0.2/24"};

static void pair_open(struct pair *p, enum burble_if_kind kind)
{
	*p = (struct pair){.now = 1};
	for (int i = 0; i < 2; i++)
		p->b[i] = burble_new(&(struct burble_config){.seed = (uint64_t)i, .now = p->now});
	assert_int_equal(burble_if_pipe(p->b[0], p->b[1], kind, 1500, p->ifindex), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(burble_addr_add(p->b[i], p->ifindex[i], address[i]), 0);
}

static void pair_close(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		burble_free(p->b[i]);
}

/* Virtual time goes on to the next event. */
static void step(struct pair *p)
{
	int64_t next = burble_step(p->b[0], p->now), other = burble_step(p->b[1], p->now);

	next = next < other ? next : other;
	p->now = next == BURBLE_NEVER ? p->now + 1 : next;
}

static struct sockaddr_in at(const char *host)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	inet_pton(AF_INET, host, &a.sin_addr);
	return a;
}

static int listen_on(struct burble *b, const char *host)
{
	struct sockaddr_in a = at(host);
	int fd = burble_socket(b, AF_INET, SOCK_STREAM, 0);

	assert_int_equal(burble_bind(b, fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(burble_listen(b, fd, 1), 0);
	return fd;
}

static int connect_to(struct burble *b, const char *host)
{
	struct sockaddr_in a = at(host);
	int fd = burble_socket(b, AF_INET, SOCK_STREAM, 0);

	assert_int_equal(burble_connect(b, fd, (struct sockaddr *)&a, sizeof(a)), -EINPROGRESS);
	return fd;
}

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

/* Sends what fits; returns the new total. */
static size_t send_more(struct burble *b, int fd, size_t sent)
{
	uint8_t part[16384];
	ssize_t n;

	do {
		size_t len = BULK - sent < sizeof(part) ? BULK - sent : sizeof(part);

		for (size_t i = 0; i < len; i++)
			part[i] = byte_at(sent + i);
		n = len > 0 ? burble_send(b, fd, part, len, 0) : 0;
		sent += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	return sent;
}

static size_t receive_more(struct burble *b, int fd, size_t got)
{
	uint8_t part[16384];
	ssize_t n;

	while ((n = burble_recv(b, fd, part, sizeof(part), 0)) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(part[i], byte_at(got++));
	return got;
}

static void bulk_over(enum burble_if_kind kind)
{
	size_t sent[2] = {0}, got[2] = {0};
	struct pair p;
	int fd[2];

	pair_open(&p, kind);
	int l = listen_on(p.b[1], "10.1.0.2");

	fd[0] = connect_to(p.b[0], "10.1.0.2");
	while ((fd[1] = burble_accept4(p.b[1], l, NULL, NULL, 0)) < 0)
		step(&p);
	while (got[0] < BULK || got[1] < BULK) {
		for (int i = 0; i < 2; i++) {
			sent[i] = send_more(p.b[i], fd[i], sent[i]);
			got[i] = receive_more(p.b[i], fd[i], got[i]);
		}
		step(&p);
	}
	assert_true(p.now < 60000000000);
	pair_close(&p);
}

TEST(bytes_go_both_ways_over_ip)
{
	bulk_over(BURBLE_IF_IP);
}

TEST(bytes_go_both_ways_over_ethernet)
{
	bulk_over(BURBLE_IF_ETHER);
}

TEST(a_frame_wakes_the_other_end_once_a_batch)
{
	struct pair p;
	struct pollfd f;

	pair_open(&p, BURBLE_IF_IP);
	listen_on(p.b[1], "10.1.0.2");
	for (int i = 0; i < 8; i++)
		step(&p); /* what IPv6 has to say */
	f = (struct pollfd){.fd = burble_if_fd(p.b[1], p.ifindex[1]), .events = POLLIN};
	assert_int_equal(poll(&f, 1, 0), 0);
	connect_to(p.b[0], "10.1.0.2");
	burble_step(p.b[0], p.now);
	assert_int_equal(poll(&f, 1, 0), 1);
	burble_step(p.b[1], p.now);
	assert_int_equal(poll(&f, 1, 0), 0);
	pair_close(&p);
}

static void note_loss(void *ctx, int ifindex, int err)
{
	*(int *)ctx = err;
}

TEST(when_one_end_is_deleted_the_other_is_lost)
{
	int lost = 0, ifindex[2];
	struct burble_hooks hooks = {.ctx = &lost, .device_lost = note_loss};
	struct burble *a = burble_new(&(struct burble_config){.now = burble_clock()});
	struct burble *b =
		burble_new(&(struct burble_config){.now = burble_clock(), .hooks = hooks});

	assert_int_equal(burble_if_pipe(a, b, BURBLE_IF_IP, 1500, ifindex), 0);
	assert_int_equal(burble_if_del(a, ifindex[0]), 0);
	for (int i = 0; i < 100 && !lost; i++)
		burble_wait(b, 1000000);
	assert_int_equal(lost, -ENODEV);
	burble_free(a);
	burble_free(b);
}

TEST(more_than_the_ring_holds_is_refused)
{
	struct sockaddr_in to = at("10.1.0.2");
	static const char data[60000];
	struct pair p;
	int refused = 0;

	pair_open(&p, BURBLE_IF_IP);
	int fd = burble_socket(p.b[0], AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 40; i++) {
		burble_sendto(
			p.b[0], fd, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to));
		burble_step(p.b[0], p.now);
	}
	uint64_t n;

	assert_int_equal(burble_counter(p.b[0], "UdpSndbufErrors", &n), 0);
	refused = (int)n;
	assert_int_not_equal(refused, 0);
	pair_close(&p);
}

TEST(an_mtu_below_what_ip_needs_is_refused)
{
	struct burble *b = burble_new(&(struct burble_config){.now = 1});
	int ifindex[2];

	assert_int_equal(burble_if_pipe(b, b, BURBLE_IF_IP, 67, ifindex), -EINVAL);
	assert_int_equal(burble_if_pipe(b, b, BURBLE_IF_IP, 68, ifindex), 0);
	burble_free(b);
}

/* A thread with an instance of its own sends back what it receives, until the end of the stream. */
static void *echo(void *arg)
{
	struct burble *b = arg;
	char data[4096];
	int l = listen_on(b, "10.1.0.2"), fd;
	ssize_t n;

	while ((fd = burble_accept4(b, l, NULL, NULL, 0)) < 0)
		burble_wait(b, -1);
	while ((n = burble_recv(b, fd, data, sizeof(data), 0)) != 0) {
		for (ssize_t sent = 0; n > 0 && sent < n;) {
			ssize_t k = burble_send(b, fd, data + sent, (size_t)(n - sent), 0);

			if (k < 0)
				burble_wait(b, -1);
			sent += k > 0 ? k : 0;
		}
		if (n < 0)
			burble_wait(b, -1);
	}
	burble_drain(b, 1000000000);
	return NULL;
}

TEST(two_threads_talk_over_a_cable)
{
	struct burble *b[2];
	int ifindex[2], fd;
	size_t sent = 0, got = 0;
	pthread_t other;

	for (int i = 0; i < 2; i++)
		b[i] = burble_new(&(struct burble_config){.seed = 3, .now = burble_clock()});
	assert_int_equal(burble_if_pipe(b[0], b[1], BURBLE_IF_IP, 1500, ifindex), 0);
	for (int i = 0; i < 2; i++)
		burble_addr_add(b[i], ifindex[i], address[i]);
	assert_int_equal(pthread_create(&other, NULL, echo, b[1]), 0);
	fd = connect_to(b[0], "10.1.0.2");
	while (got < BULK) {
		sent = send_more(b[0], fd, sent);
		got = receive_more(b[0], fd, got);
		if (got < BULK)
			burble_wait(b[0], -1);
	}
	burble_shutdown(b[0], fd, SHUT_WR);
	burble_drain(b[0], 1000000000);
	pthread_join(other, NULL);
	burble_free(b[0]);
	burble_free(b[1]);
}
