/*
 * pcap_test.c - captures as devices: a recorded host, given the same seed and the frames that it
 * got, sends the same frames again.
 */
#include "base/test/test.h"
#include "burble/socket.h"
#include "observe/pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MSEC 1000000LL

enum {
	ROUNDS = 20,
};

/* The frames that one host received and sent, in files. */
struct recording {
	FILE *file[2];
	struct pcapng_writer w[2];
	char path[2][32];
	int64_t now;
	struct burble *to[2]; /* of frames from the host, and to it */
	int ifindex;
	bool over; /* what closing sends is not recorded */
};

static bool sink(void *user, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, user) == n;
}

static void keep(struct recording *r, int way, const void *frame, size_t len)
{
	struct pcapng_packet p = {
		.at = 1000 * NSEC_SEC + r->now, .data = frame, .len = (uint32_t)len};

	assert_true(pcapng_write(&r->w[way], &p));
}

static int from_host(void *ctx, const void *frame, size_t len)
{
	struct recording *r = ctx;

	if (r->over)
		return 0;
	keep(r, 1, frame, len);
	return burble_if_input(r->to[1], r->ifindex, frame, len);
}

static int to_host(void *ctx, const void *frame, size_t len)
{
	struct recording *r = ctx;

	if (r->over)
		return 0;
	keep(r, 0, frame, len);
	return burble_if_input(r->to[0], r->ifindex, frame, len);
}

static void begin(struct recording *r, enum burble_if_kind kind)
{
	for (int i = 0; i < 2; i++) {
		strcpy(r->path[i], "/tmp/burble-pcap-XXXXXX");
		r->file[i] = fdopen(mkstemp(r->path[i]), "w");
		assert_non_null(r->file[i]);
		pcapng_begin(&r->w[i], sink, r->file[i]);
		pcapng_add_link(
			&r->w[i], kind == BURBLE_IF_IP ? PCAPNG_RAW_IP : PCAPNG_ETHERNET, "pcap");
	}
}

static struct sockaddr_in host_at(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(7)};

	inet_pton(AF_INET, "10.1.0.1", &a.sin_addr);
	return a;
}

/* The host: sends back what it receives, and nothing but what frames and timers cause. */
struct echo {
	struct burble *b;
	int listener, fd;
};

static struct echo echo_on(struct burble *b, int ifindex)
{
	struct echo e = {b, burble_socket(b, AF_INET, SOCK_STREAM, 0), -1};
	struct sockaddr_in a = host_at();

	assert_int_equal(burble_addr_add(b, ifindex, "10.1.0.1/24"), 0);
	assert_int_equal(burble_bind(b, e.listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(burble_listen(b, e.listener, 1), 0);
	return e;
}

static void echo_turn(struct echo *e)
{
	char data[256];
	ssize_t n;

	if (e->fd < 0)
		e->fd = burble_accept4(e->b, e->listener, NULL, NULL, 0);
	if (e->fd >= 0 && (n = burble_recv(e->b, e->fd, data, sizeof(data), 0)) > 0)
		burble_send(e->b, e->fd, data, (size_t)n, 0);
}

static struct burble *host_new(void)
{
	return burble_new(&(struct burble_config){.seed = 42, .now = 0});
}

static int cable(struct burble *b, struct burble_if_config c)
{
	c.name = "wire0";
	c.mtu = 1500;

	return burble_if_add(b, &c);
}

/* Lets time pass; the host's timers run when they are due, as in the replay. */
static void pass(struct recording *r, int64_t until)
{
	int64_t next;

	while ((next = burble_step(r->to[0], r->now)) < until)
		r->now = next > r->now ? next : r->now;
	r->now = until;
}

/* A conversation, a word every 10 ms, with the host at one end; both directions are kept. */
static void record(struct recording *r, enum burble_if_kind kind)
{
	struct burble *peer = burble_new(&(struct burble_config){.seed = 7, .now = 0});
	struct echo e;
	struct sockaddr_in a = host_at();

	begin(r, kind);
	r->to[0] = host_new();
	r->to[1] = peer;
	r->ifindex = cable(r->to[0],
		(struct burble_if_config){
			.kind = kind, .mac = {2, 0, 0, 0, 0, 9}, .transmit = from_host, .ctx = r});
	cable(peer,
		(struct burble_if_config){
			.kind = kind, .mac = {2, 0, 0, 0, 0, 8}, .transmit = to_host, .ctx = r});
	burble_addr_add(peer, r->ifindex, "10.1.0.2/24");
	e = echo_on(r->to[0], r->ifindex);
	int fd = burble_socket(peer, AF_INET, SOCK_STREAM, 0);

	assert_int_equal(burble_connect(peer, fd, (struct sockaddr *)&a, sizeof(a)), -EINPROGRESS);
	for (int i = 0; i < ROUNDS; i++) {
		burble_send(peer, fd, "word", 4, 0);
		burble_step(peer, r->now);
		burble_step(r->to[0], r->now);
		echo_turn(&e);
		pass(r, (i + 1) * 10 * MSEC);
	}
	r->over = true;
	burble_free(peer);
	burble_free(r->to[0]);
	for (int i = 0; i < 2; i++)
		fclose(r->file[i]);
}

static void remove_files(struct recording *r)
{
	for (int i = 0; i < 2; i++)
		unlink(r->path[i]);
}

/* The bytes of a file, or of as much as fits. */
static size_t contents(const char *path, uint8_t *bytes, size_t room)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, room, f);
	fclose(f);
	return n;
}

static uint32_t frames_of(const uint8_t *bytes, size_t len)
{
	struct pcap_reader r;
	struct pcapng_packet p;
	uint32_t n = 0;

	pcap_read(&r, bytes, len);
	while (pcap_next(&r, &p))
		n++;
	return n;
}

static void replay_gives_the_same(enum burble_if_kind kind)
{
	static uint8_t was[1 << 16], is[1 << 16];
	struct recording r = {.now = 0};
	char device[128];
	int64_t now = 0, next;

	record(&r, kind);
	snprintf(device, sizeof(device), "pcap:%s,%s.out", r.path[0], r.path[1]);
	struct burble *b = host_new();
	int ifindex = burble_if_open(b, device);

	assert_true(ifindex > 0);
	struct echo e = echo_on(b, ifindex);

	while ((next = burble_step(b, now)) <= (ROUNDS - 1) * 10 * MSEC) {
		echo_turn(&e);
		burble_step(b, now);
		now = next > now ? next : now;
	}
	size_t before = contents(r.path[1], was, sizeof(was));

	snprintf(device, sizeof(device), "%s.out", r.path[1]);
	size_t after = contents(device, is, sizeof(is));

	assert_true(frames_of(is, after) >= ROUNDS);
	assert_int_equal(before, after);
	assert_memory_equal(was, is, after);
	burble_free(b);
	unlink(device);
	remove_files(&r);
}

TEST(the_same_packets_and_seed_give_the_same_packets_out)
{
	replay_gives_the_same(BURBLE_IF_IP);
}

TEST(so_do_frames_to_the_address_that_the_host_had)
{
	replay_gives_the_same(BURBLE_IF_ETHER);
}

TEST(all_at_once_if_told_so)
{
	struct recording r = {.now = 0};
	uint64_t segments;
	char device[64];

	record(&r, BURBLE_IF_IP);
	snprintf(device, sizeof(device), "pcap-fast:%s", r.path[0]);
	struct burble *b = host_new();

	echo_on(b, burble_if_open(b, device));
	burble_step(b, 0);
	assert_int_equal(burble_counter(b, "TcpInSegs", &segments), 0);
	assert_true(segments >= ROUNDS);
	assert_true(burble_step(b, 1) > 1);
	burble_free(b);
	remove_files(&r);
}

TEST(what_cannot_be_replayed_is_refused_with_the_reason)
{
	struct burble *b = host_new();
	char path[] = "/tmp/burble-pcap-XXXXXX", device[64];
	int fd = mkstemp(path);

	assert_int_equal(burble_if_open(b, "pcap:/nonexistent"), -ENOENT);
	assert_int_equal(burble_if_open(b, "pcap:"), -ENOENT);
	assert_int_equal(burble_if_open(b, "pcap:/tmp"), -EISDIR);
	snprintf(device, sizeof(device), "pcap:%s", path);
	assert_int_equal(burble_if_open(b, device), -EINVAL); /* empty */
	assert_int_equal(write(fd, "not a capture at all, but longer than a header", 46), 46);
	assert_int_equal(burble_if_open(b, device), -EINVAL);
	assert_int_equal(burble_if_open(b, "tape:x"), -EINVAL);
	close(fd);
	unlink(path);
	burble_free(b);
}

static void note_loss(void *ctx, int ifindex, int err)
{
	*(int *)ctx = err;
}

TEST(a_full_disk_loses_the_device)
{
	struct recording r = {.now = 0};
	int lost = 0;
	char device[64];

	record(&r, BURBLE_IF_IP);
	snprintf(device, sizeof(device), "pcap-fast:%s,/dev/full", r.path[0]);
	struct burble *b = burble_new(&(struct burble_config){
		.now = burble_clock(), .hooks = {.ctx = &lost, .device_lost = note_loss}});

	assert_true(burble_if_open(b, device) > 0);
	for (int i = 0; i < 5 && !lost; i++)
		burble_wait(b, MSEC);
	assert_int_equal(lost, -EIO);
	burble_free(b);
	remove_files(&r);
}
