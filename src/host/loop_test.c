/*
 * loop_test.c - loops of a program's own: one descriptor and one deadline, wake-ups by other
 * threads and by signals, busy polling; captures through the API.
 */
#include "base/test/test.h"
#include "burble/socket.h"
#include "observe/pcap.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define SEC 1000000000LL

enum {
	WAKES = 1000,
};

static struct burble *instance(void)
{
	return burble_new(&(struct burble_config){.seed = 1, .now = burble_clock()});
}

static bool readable(int fd)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};

	return poll(&f, 1, 0) > 0;
}

TEST(a_wake_up_before_a_wait_ends_it_and_is_used_up)
{
	struct burble *b = instance();

	assert_int_equal(burble_wake(b), -EINVAL);
	int fd = burble_fd(b);

	assert_true(fd >= 0);
	assert_int_equal(burble_fd(b), fd);
	assert_false(readable(fd));
	assert_int_equal(burble_wake(b), 0);
	assert_int_equal(burble_wake(b), 0);
	assert_true(readable(fd));
	assert_int_equal(burble_wait(b, -1), 0);
	assert_false(readable(fd));
	burble_wake(b);
	assert_int_equal(burble_wait(b, 0), 0);
	assert_false(readable(fd));
	burble_free(b);
}

struct shared {
	struct burble *b;
	_Atomic int asked;
};

static void *wake_often(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < WAKES; i++) {
		s->asked++;
		burble_wake(s->b);
	}
	return NULL;
}

static void count_wakes_of_a_thread(struct burble *b)
{
	struct shared s = {.b = b};
	pthread_t other;

	assert_true(burble_fd(b) >= 0);
	assert_int_equal(pthread_create(&other, NULL, wake_often, &s), 0);
	while (s.asked < WAKES)
		assert_int_equal(burble_wait(b, -1), 0);
	pthread_join(other, NULL);
}

TEST(no_wake_up_of_another_thread_is_missed)
{
	struct burble *b = instance();

	count_wakes_of_a_thread(b);
	burble_free(b);
}

TEST(nor_while_it_polls_busily)
{
	struct burble *b = instance();

	assert_int_equal(burble_sysctl_set(b, "net.core.busy_poll", "1000000", NULL), 0);
	count_wakes_of_a_thread(b);
	burble_free(b);
}

TEST(busy_polling_takes_processor_time_and_ends)
{
	struct burble *b = instance();
	struct timespec cpu[2];
	int64_t start = burble_clock();

	burble_sysctl_set(b, "net.core.busy_poll", "20000", NULL);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu[0]);
	assert_int_equal(burble_wait(b, SEC / 10), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu[1]);
	assert_true(burble_clock() - start >= SEC / 10);
	assert_true(
		(cpu[1].tv_sec - cpu[0].tv_sec) * SEC + cpu[1].tv_nsec - cpu[0].tv_nsec < SEC / 20);
	burble_free(b);
}

static struct burble *of_handler;

static void on_alarm(int number)
{
	burble_wake(of_handler);
}

TEST(a_signal_handler_may_wake)
{
	struct sigaction act = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, before;
	struct burble *b = of_handler = instance();

	burble_fd(b);
	sigaction(SIGUSR1, &act, &before);
	raise(SIGUSR1);
	assert_int_equal(burble_wait(b, -1), 0);
	sigaction(SIGUSR1, &before, NULL);
	burble_free(b);
}

/* The loop that burble.h shows. */
static void turn(struct burble *b)
{
	struct pollfd f = {burble_fd(b), POLLIN, 0};
	int64_t left = burble_deadline(b) - burble_clock();

	poll(&f, 1, left <= 0 ? 0 : left > 3600 * SEC ? 3600000 : (int)(left / 1000000 + 1));
	burble_wait(b, 0);
}

static void *answer(void *arg)
{
	struct burble *b = arg;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
	int l = burble_socket(b, AF_INET, SOCK_STREAM, 0), fd;

	burble_bind(b, l, (struct sockaddr *)&at, sizeof(at));
	burble_listen(b, l, 1);
	while ((fd = burble_accept4(b, l, NULL, NULL, 0)) < 0)
		turn(b);
	burble_send(b, fd, "hello", 5, 0);
	burble_drain(b, SEC);
	return NULL;
}

TEST(a_loop_of_ones_own_needs_a_descriptor_and_a_deadline)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0x0a010002)};
	struct burble *a = instance(), *b = instance();
	int ifindex[2], fd;
	char data[8];
	pthread_t other;

	burble_fd(b); /* before the interface: it is added */
	assert_int_equal(burble_if_pipe(a, b, BURBLE_IF_IP, 1500, ifindex), 0);
	burble_addr_add(a, ifindex[0], "10.1.0.1/24");
	burble_addr_add(b, ifindex[1], "10.1.0.2/24");
	assert_int_equal(pthread_create(&other, NULL, answer, b), 0);
	fd = burble_socket(a, AF_INET, SOCK_STREAM, 0);
	burble_connect(a, fd, (struct sockaddr *)&at, sizeof(at));
	while (burble_recv(a, fd, data, sizeof(data), 0) != 5)
		turn(a);
	burble_close(a, fd);
	burble_drain(a, SEC);
	pthread_join(other, NULL);
	burble_free(a);
	burble_free(b);
}

static void note_loss(void *ctx, int ifindex, int err)
{
	++*(int *)ctx;
}

TEST(a_lost_device_is_reported_to_such_a_loop_once_and_leaves_the_descriptor)
{
	int lost = 0, ifindex[2];
	struct burble_hooks hooks = {.ctx = &lost, .device_lost = note_loss};
	struct burble *a = instance();
	struct burble *b =
		burble_new(&(struct burble_config){.now = burble_clock(), .hooks = hooks});
	int fd = burble_fd(b);

	burble_if_pipe(a, b, BURBLE_IF_IP, 1500, ifindex);
	burble_free(a);
	for (int i = 0; i < 20; i++)
		burble_wait(b, 0);
	assert_int_equal(lost, 1);
	assert_false(readable(fd));
	burble_free(b);
}

/* --- captures --------------------------------------------------------------------------------- */

struct file {
	uint8_t bytes[65536];
	size_t len, limit;
};

static int keep(void *ctx, const void *bytes, size_t n)
{
	struct file *f = ctx;

	if (f->len + n > f->limit)
		return -1;
	memcpy(f->bytes + f->len, bytes, n);
	f->len += n;
	return 0;
}

static int packets(const struct file *f, int64_t from)
{
	struct pcap_reader r;
	struct pcapng_packet p;
	int n = 0;

	pcap_read(&r, f->bytes, f->len);
	for (; pcap_next(&r, &p); n++)
		assert_true(p.at >= from);
	return n;
}

/* A datagram from one end of a cable to the other. */
static void send_one(struct burble *b)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a010002)};
	int fd = burble_socket(b, AF_INET, SOCK_DGRAM, 0);

	burble_sendto(b, fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	burble_close(b, fd);
	burble_step(b, 1);
}

TEST(captures_show_each_frame_and_end_in_any_order)
{
	static struct file f[2];
	struct burble *a = burble_new(&(struct burble_config){.now = 1});
	struct burble *b = burble_new(&(struct burble_config){.now = 1});
	struct burble_capture *c[2];
	int ifindex[2], before;

	burble_if_pipe(a, b, BURBLE_IF_IP, 1500, ifindex);
	burble_addr_add(a, ifindex[0], "10.1.0.1/24");
	burble_step(a, 1);
	for (int i = 0; i < 2; i++) {
		f[i] = (struct file){.limit = sizeof(f[i].bytes)};
		c[i] = burble_capture_start(a, keep, &f[i], 5 * SEC);
		assert_non_null(c[i]);
	}
	send_one(a);
	before = packets(&f[0], 5 * SEC);
	assert_int_equal(before, 1);
	assert_int_equal(burble_capture_stop(c[0]), 0);
	send_one(a);
	assert_int_equal(packets(&f[0], 5 * SEC), 1);
	assert_int_equal(packets(&f[1], 5 * SEC), 2);
	assert_int_equal(burble_capture_stop(c[1]), 0);
	send_one(a);
	assert_int_equal(packets(&f[1], 5 * SEC), 2);
	burble_free(a);
	burble_free(b);
}

TEST(a_capture_that_cannot_be_written_says_so)
{
	static struct file f;
	struct burble *b = burble_new(&(struct burble_config){.now = 1});
	int ifindex[2];

	burble_if_pipe(b, b, BURBLE_IF_IP, 1500, ifindex);
	burble_addr_add(b, ifindex[0], "10.1.0.1/24");
	f = (struct file){.limit = 4};
	assert_null(burble_capture_start(b, keep, &f, 0));
	f = (struct file){.limit = 100};
	struct burble_capture *c = burble_capture_start(b, keep, &f, 0);

	send_one(b);
	send_one(b);
	assert_int_equal(burble_capture_stop(c), -EIO);
	burble_free(b);
}

/* --- names ------------------------------------------------------------------------------------ */

TEST(every_counter_and_parameter_that_is_named_can_be_read)
{
	struct burble *b = instance();
	const char *name;
	char value[256];
	uint64_t n;
	unsigned counters = 0, parameters = 0;

	for (; (name = burble_counter_name(counters)); counters++)
		assert_int_equal(burble_counter(b, name, &n), 0);
	for (; (name = burble_sysctl_name(parameters)); parameters++)
		assert_int_equal(burble_sysctl_get(b, name, value, sizeof(value)), 0);
	assert_true(counters > 100 && parameters > 100);
	burble_free(b);
}
