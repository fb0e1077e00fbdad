/*
 * instance_test.c - the public API (include/burble) in use: interfaces, addresses, routes, steps,
 * parameters, counters, and the calls with POSIX's signatures.
 */
#include "burble/socket.h"

#include "base/base.h"
#include "base/test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

enum {
	FRAMES = 1000, /* queued for a step */
};

/* The frames sent by an interface of the test. */
struct sent {
	uint32_t count, sum;
	bool refuse;
};

static int transmit(void *ctx, const void *frame, size_t len)
{
	struct sent *s = ctx;
	const uint8_t *p = frame;

	if (s->refuse)
		return -ENOBUFS;
	s->count++;
	for (size_t i = 0; i < len; i++)
		s->sum = s->sum * 31 + p[i];
	return 0;
}

static struct burble *instance(uint64_t seed)
{
	struct burble *b = burble_new(&(struct burble_config){.seed = seed, .now = NSEC_SEC});

	assert_non_null(b);
	return b;
}

static struct burble_if_config config(struct sent *s)
{
	return (struct burble_if_config){
		.name = "p0", .kind = BURBLE_IF_IP, .mtu = 1500, .transmit = transmit, .ctx = s};
}

static struct sockaddr_in v4(const char *text, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, text, &a.sin_addr), 1);
	return a;
}

/* connect() of a non-blocking stream, and the segments that it sends. */
static int connect_to(struct burble *b, const char *text)
{
	struct sockaddr_in at = v4(text, 7);
	int fd = burble_socket(b, AF_INET, SOCK_STREAM, 0);
	int err = burble_connect(b, fd, (struct sockaddr *)&at, sizeof(at));

	burble_step(b, NSEC_SEC);
	return err;
}

TEST(an_interface_has_a_name_an_mtu_and_a_transmit_function)
{
	struct burble *b = instance(1);
	struct sent s = {0};
	struct burble_if_config good = config(&s), c;

	c = good, c.name = "";
	assert_int_equal(burble_if_add(b, &c), -EINVAL);
	c = good, c.name = "sixteen-bytes-xx";
	assert_int_equal(burble_if_add(b, &c), -EINVAL);
	c = good, c.mtu = 67;
	assert_int_equal(burble_if_add(b, &c), -EINVAL);
	c = good, c.mtu = 65536;
	assert_int_equal(burble_if_add(b, &c), -EINVAL);
	c = good, c.transmit = NULL;
	assert_int_equal(burble_if_add(b, &c), -EINVAL);
	assert_int_equal(burble_if_add(b, &good), 2);
	assert_int_equal(burble_if_fd(b, 2), -ENODEV);
	assert_int_equal(burble_if_del(b, 2), 0);
	assert_int_equal(burble_if_del(b, 2), -ENODEV);
	assert_int_equal(burble_if_del(b, 1), -ENODEV); /* lo belongs to the stack */
	for (int i = 0; i < 63; i++)
		assert_true(burble_if_add(b, &good) > 0);
	assert_int_equal(burble_if_add(b, &good), -ENOBUFS);
	burble_free(b);
}

TEST(an_address_is_text_with_bits_of_its_own_family)
{
	static const char *const bad[] = {"", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1",
		"192.0.2.1/+1", "192.0.2.1/1a", "192.0.2/24", "2001:db8::1/129", "name/24",
		"::/64"};
	struct burble *b = instance(1);
	struct sent s = {0};
	struct burble_if_config c = config(&s);
	int i = burble_if_add(b, &c);

	for (size_t n = 0; n < ARRAY_SIZE(bad); n++)
		assert_int_equal(burble_addr_add(b, i, bad[n]), -EINVAL);
	assert_int_equal(burble_addr_add(b, 9, "192.0.2.1/24"), -ENODEV);
	assert_int_equal(burble_addr_add(b, 0, "192.0.2.1/24"), -ENODEV);
	assert_int_equal(burble_addr_add(b, i, "192.0.2.1/24"), 0);
	assert_int_equal(burble_addr_add(b, i, "192.0.2.1/24"), -EEXIST);
	assert_int_equal(burble_addr_add(b, i, "2001:db8::1/64"), 0);
	assert_int_equal(connect_to(b, "192.0.2.200"), -EINPROGRESS);
	assert_int_equal(connect_to(b, "192.0.3.1"), -ENETUNREACH); /* /24 ends before it */
	assert_int_equal(burble_addr_del(b, i, "192.0.2.9"), -EADDRNOTAVAIL);
	assert_int_equal(burble_addr_del(b, i, "192.0.2.1"), 0);
	assert_int_equal(connect_to(b, "192.0.2.200"), -ENETUNREACH);
	burble_free(b);
}

TEST(a_route_applies_to_its_prefix)
{
	struct burble *b = instance(1);
	struct sent s = {0};
	struct burble_if_config c = config(&s);
	int i = burble_if_add(b, &c);

	assert_int_equal(burble_addr_add(b, i, "192.0.2.1/24"), 0);
	assert_int_equal(burble_route_add(b, i, "198.51.100.0/24", "192.0.2.254"), 0);
	assert_int_equal(burble_route_add(b, i, "198.51.100.0/24", "192.0.2.254"), -EEXIST);
	assert_int_equal(connect_to(b, "198.51.100.7"), -EINPROGRESS);
	assert_int_equal(s.count, 1);
	assert_int_equal(connect_to(b, "203.0.113.1"), -ENETUNREACH);
	assert_int_equal(burble_route_add(b, i, "0.0.0.0/0", NULL), 0);
	assert_int_equal(connect_to(b, "203.0.113.1"), -EINPROGRESS);
	assert_int_equal(burble_route_del(b, i, "0.0.0.0/0", NULL), 0);
	assert_int_equal(burble_route_del(b, i, "0.0.0.0/0", NULL), -ESRCH);
	assert_int_equal(burble_route_add(b, i, "0.0.0.0/0", "2001:db8::1"), -EINVAL);
	assert_int_equal(burble_route_add(b, i, "everywhere", NULL), -EINVAL);
	assert_int_equal(burble_route_add(b, 9, "0.0.0.0/0", NULL), -ENODEV);
	burble_free(b);
}

TEST(frames_are_queued_for_the_step_up_to_a_bound)
{
	struct burble *b = instance(1);
	struct sent s = {0};
	struct burble_if_config c = config(&s);
	int i = burble_if_add(b, &c);
	uint64_t received;
	uint8_t big[65536] = {0x45};

	for (int n = 0; n < FRAMES; n++)
		assert_int_equal(burble_if_input(b, i, "no packet", 9), 0);
	assert_int_equal(burble_if_input(b, i, "no packet", 9), -ENOBUFS);
	assert_int_equal(burble_if_input(b, i, big, sizeof(big)), -EMSGSIZE);
	assert_int_equal(burble_if_input(b, 1, "no packet", 9), -ENODEV);
	assert_int_equal(burble_if_input(b, 9, "no packet", 9), -ENODEV);
	assert_int_equal(burble_counter(b, "IpInReceives", &received), 0);
	assert_int_equal(received, 0);
	while (burble_step(b, 2 * NSEC_SEC) == 2 * NSEC_SEC) {
	}
	assert_int_equal(burble_if_input(b, i, "no packet", 9), 0); /* there is room again */
	burble_free(b);
}

TEST(a_step_returns_when_the_next_one_is_due)
{
	struct burble *b = instance(1);
	struct sent s = {0};
	struct burble_if_config c = config(&s);
	int64_t next, now;

	assert_int_equal(burble_step(b, NSEC_SEC), BURBLE_NEVER);
	assert_int_equal(burble_addr_add(b, burble_if_add(b, &c), "192.0.2.1/24"), 0);
	assert_int_equal(connect_to(b, "192.0.2.2"), -EINPROGRESS);
	assert_int_equal(s.count, 1);
	next = now = burble_step(b, NSEC_SEC);
	for (int n = 0; n < 8 && next != BURBLE_NEVER && s.count < 2; n++)
		next = burble_step(b, now = next);
	assert_int_equal(
		s.count, 2); /* the SYN retransmitted, after a second; early wake-ups are few */
	assert_in_range(now, 2 * NSEC_SEC, 2 * NSEC_SEC + NSEC_SEC / 100);
	assert_int_equal(next, now); /* it did something: check, and step again */
	assert_true(burble_step(b, now) > now);
	burble_free(b);
}

TEST(packets_depend_on_the_seed)
{
	uint32_t sum[3];

	for (int n = 0; n < 3; n++) {
		struct burble *b = instance(n < 2 ? 7 : 8);
		struct sent s = {0};
		struct burble_if_config c = config(&s);

		burble_addr_add(b, burble_if_add(b, &c), "192.0.2.1/24");
		for (int i = 0; i < 20; i++)
			connect_to(b, "192.0.2.2");
		assert_int_equal(s.count, 20);
		sum[n] = s.sum;
		burble_free(b);
	}
	assert_int_equal(sum[0], sum[1]);
	assert_int_not_equal(sum[0], sum[2]);
}

TEST(a_full_device_is_no_loss_for_a_syn)
{
	struct burble *b = instance(1);
	struct sent s = {.refuse = true};
	struct burble_if_config c = config(&s);

	burble_addr_add(b, burble_if_add(b, &c), "192.0.2.1/24");
	assert_int_equal(connect_to(b, "192.0.2.2"), -EINPROGRESS);
	s.refuse = false;
	for (int64_t at = NSEC_SEC; s.count == 0 && at < 10 * NSEC_SEC;)
		at = burble_step(b, at);
	assert_int_equal(s.count, 1);
	burble_free(b);
}

TEST(parameters_and_counters_have_linuxs_names)
{
	struct burble *b = instance(1);
	const char *why = NULL;
	char value[16];
	uint64_t n;

	assert_int_equal(burble_sysctl_set(b, "net.ipv4.tcp_retries2", "5", NULL), 0);
	assert_int_equal(burble_sysctl_get(b, "net.ipv4.tcp_retries2", value, sizeof(value)), 0);
	assert_string_equal(value, "5");
	assert_int_equal(burble_sysctl_get(b, "net.ipv4.tcp_retries2", value, 1), -ENOSPC);
	assert_int_equal(burble_sysctl_set(b, "net.ipv4.tcp_retries2", "many", &why), -EINVAL);
	assert_non_null(why);
	assert_int_equal(burble_sysctl_set(b, "net.ipv4.no_such_name", "1", &why), -ENOENT);
	connect_to(b, "127.0.0.1");
	assert_int_equal(burble_counter(b, "TcpActiveOpens", &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(burble_counter(b, "TcpNoSuchCounter", &n), -ENOENT);
	burble_free(b);
}

TEST(datagrams_and_options_in_posixs_signatures)
{
	struct burble *b = instance(1);
	struct sockaddr_in at = v4("127.0.0.1", 7), from;
	socklen_t len = sizeof(from), size = sizeof(int);
	int server = burble_socket(b, AF_INET, SOCK_DGRAM, 0);
	int client = burble_socket(b, AF_INET, SOCK_DGRAM, 0);
	int one = 1, value = 0;
	char data[8];

	assert_int_equal(burble_bind(b, server, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_recv(b, server, data, sizeof(data), 0), -EAGAIN);
	assert_int_equal(
		burble_sendto(b, client, "hello", 5, 0, (struct sockaddr *)&at, sizeof(at)), 5);
	burble_step(b, NSEC_SEC);
	assert_int_equal(burble_ready(b, server) & EPOLLIN, EPOLLIN);
	assert_int_equal(
		burble_recvfrom(b, server, data, sizeof(data), 0, (struct sockaddr *)&from, &len),
		5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(len, sizeof(from));
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(
		burble_setsockopt(b, server, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)), 0);
	assert_int_equal(burble_getsockopt(b, server, SOL_SOCKET, SO_BROADCAST, &value, &size), 0);
	assert_int_equal(value, 1);
	assert_int_equal(size, sizeof(int));
	burble_free(b);
}

TEST(a_stream_over_loopback_in_posixs_signatures)
{
	struct burble *b = instance(1);
	struct sockaddr_in at = v4("127.0.0.1", 7);
	struct iovec v[2] = {{"he", 2}, {"llo", 3}};
	struct epoll_event e = {.events = EPOLLIN}, out;
	struct pollfd p = {.events = POLLIN};
	char data[8];
	int l = burble_socket(b, AF_INET, SOCK_STREAM, 0), c, s, ep;

	burble_bind(b, l, (struct sockaddr *)&at, sizeof(at));
	burble_listen(b, l, 8);
	assert_int_equal(burble_accept4(b, l, NULL, NULL, 0), -EAGAIN);
	c = burble_socket(b, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(burble_connect(b, c, (struct sockaddr *)&at, sizeof(at)), -EINPROGRESS);
	burble_step(b, NSEC_SEC);
	s = burble_accept4(b, l, NULL, NULL, 0);
	assert_true(s >= 0);
	ep = burble_epoll_create1(b, 0);
	assert_int_equal(burble_epoll_ctl(b, ep, EPOLL_CTL_ADD, s, &e), 0);
	assert_int_equal(burble_epoll_wait(b, ep, &out, 1), 0);
	assert_int_equal(burble_writev(b, c, v, 2), 5);
	p.fd = s;
	assert_int_equal(burble_poll(b, &p, 1), 0); /* it has not left yet */
	burble_step(b, NSEC_SEC);
	assert_int_equal(burble_poll(b, &p, 1), 1);
	assert_int_equal(burble_epoll_wait(b, ep, &out, 1), 1);
	assert_int_equal(burble_recv(b, s, data, sizeof(data), 0), 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(burble_close(b, c), 0);
	burble_step(b, NSEC_SEC);
	assert_int_equal(burble_recv(b, s, data, sizeof(data), 0), 0);
	assert_int_equal(burble_close(b, c), -EBADF);
	burble_free(b);
}
