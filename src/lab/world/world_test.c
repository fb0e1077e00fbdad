/*
 * world_test.c - two hosts and a link: virtual time, configured faults, and records that depend on
 * the seed alone.
 */
#include "base/test/test.h"
#include "lab/world/host.h"
#include "lab/world/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

struct pair {
	struct world w;
	struct trace trace;
	struct host *a, *b;
	struct link *link;
	int listener, client, server;
};

static struct sockaddr_in address(const char *ip, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, ip, &a.sin_addr), 1);
	return a;
}

static void join(struct pair *p, struct host *h, int side, const char *addr)
{
	struct port port = host_interface(h, link_port(p->link, side), 1500);

	link_join(p->link, side, port);
	assert_int_equal(host_addr(h, port.port, addr), 0);
}

static void pair_new(struct pair *p, uint64_t seed, const struct link_config *c)
{
	trace_init(&p->trace);
	world_init(&p->w, seed, &p->trace);
	p->a = host_new(&p->w, "a");
	p->b = host_new(&p->w, "b");
	p->link = link_new(&p->w, "wire", c);
	join(p, p->a, 0, "10.0.0.1/24");
	join(p, p->b, 1, "10.0.0.2/24");
	p->client = p->server = -1;
}

static void pair_free(struct pair *p)
{
	world_free(&p->w);
	trace_free(&p->trace);
}

static void pass(struct pair *p, nsec_t span)
{
	world_run(&p->w, p->w.now + span, NULL);
}

static void connect_pair(struct pair *p)
{
	struct sockaddr_in at = address("10.0.0.2", 80);
	struct burble *b = host_instance(p->b), *a = host_instance(p->a);

	p->listener = burble_socket(b, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(burble_bind(b, p->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(b, p->listener, 5), 0);
	p->client = burble_socket(a, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
		burble_connect(a, p->client, (struct sockaddr *)&at, sizeof(at)), -EINPROGRESS);
	host_wake(p->a);
	pass(p, 10 * NSEC_SEC);
	p->server = burble_accept4(host_instance(p->b), p->listener, NULL, NULL, 0);
	assert_true(p->server >= 0);
}

static ssize_t say(struct pair *p, struct host *h, int fd, const char *what)
{
	ssize_t n = burble_send(host_instance(h), fd, what, strlen(what), 0);

	host_wake(h);
	return n;
}

static ssize_t hear(struct host *h, int fd)
{
	char buf[65536];

	return burble_recv(host_instance(h), fd, buf, sizeof(buf), 0);
}

static size_t count(const struct pair *p, enum trace_kind kind, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < p->trace.count; i++) {
		const struct trace_event *e = &p->trace.event[i];

		n += e->kind == kind && (!text || (e->text && strcmp(e->text, text) == 0));
	}
	return n;
}

/* The time of the first event of a kind with this text, from the start. */
static nsec_t when(const struct pair *p, enum trace_kind kind, const char *text)
{
	for (size_t i = 0; i < p->trace.count; i++) {
		const struct trace_event *e = &p->trace.event[i];

		if (e->kind == kind && (!text || (e->text && strcmp(e->text, text) == 0)))
			return e->at - WORLD_START;
	}
	return -1;
}

static const struct link_config plain = {.delay = 10 * NSEC_MSEC};

TEST(bytes_cross_a_link_after_its_delay)
{
	struct pair p;

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	assert_int_equal(say(&p, p.a, p.client, "hello"), 5);
	pass(&p, 9 * NSEC_MSEC);
	assert_int_equal(hear(p.b, p.server), -EAGAIN);
	pass(&p, NSEC_MSEC);
	assert_int_equal(hear(p.b, p.server), 5);
	pair_free(&p);
}

TEST(a_host_without_power_sends_nothing_and_drops_arrivals)
{
	struct pair p;
	size_t sent;

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	sent = p.w.packets;
	host_power_off(p.b);
	pass(&p, NSEC_SEC);
	assert_int_equal(p.w.packets, sent);
	say(&p, p.a, p.client, "anybody there?");
	pass(&p, 2000 * NSEC_SEC);
	assert_int_equal(hear(p.a, p.client), -ETIMEDOUT);
	assert_int_equal(count(&p, TRACE_DROP, "host is off"), p.w.packets - sent);
	pair_free(&p);
}

TEST(a_rebooted_host_resets_its_former_connections)
{
	struct pair p;

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	host_reboot(p.b);
	say(&p, p.a, p.client, "still there?");
	pass(&p, NSEC_SEC);
	assert_int_equal(hear(p.a, p.client), -ECONNRESET);
	pair_free(&p);
}

TEST(a_killed_programs_connections_are_closed_as_by_the_kernel)
{
	struct pair p;

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	host_crash(p.b);
	pass(&p, NSEC_SEC);
	assert_int_equal(hear(p.a, p.client), 0);
	pair_free(&p);
}

TEST(a_cut_cable_loses_packets_in_transit)
{
	struct pair p;
	struct link_config cut = {.down = true};

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	say(&p, p.a, p.client, "lost");
	pass(&p, NSEC_MSEC);
	link_set(p.link, 0, &cut);
	pass(&p, NSEC_SEC);
	assert_int_equal(hear(p.b, p.server), -EAGAIN);
	assert_true(count(&p, TRACE_DROP, "link down") >= 2);
	link_set(p.link, 0, &plain);
	pass(&p, 10 * NSEC_SEC);
	assert_int_equal(hear(p.b, p.server), 4);
	pair_free(&p);
}

TEST(a_rate_is_kept_to_the_nanosecond)
{
	static const struct link_config slow = {.rate = 8000}; /* a byte a millisecond */
	struct pair p;

	pair_new(&p, 1, &slow);
	connect_pair(&p);
	/* the SYN: 20 of IPv4, 40 of TCP with its options */
	assert_int_equal(when(&p, TRACE_RECEIVE, NULL), 60 * NSEC_MSEC);
	pair_free(&p);
}

TEST(a_full_queue_drops_the_newest)
{
	static const struct link_config narrow = {
		.rate = 1000000, .delay = NSEC_MSEC, .queue.limit = 4};
	static char data[60000];
	struct pair p;

	pair_new(&p, 1, &narrow);
	connect_pair(&p);
	memset(data, 'x', sizeof(data));
	burble_send(host_instance(p.a), p.client, data, sizeof(data), 0);
	host_wake(p.a);
	pass(&p, 100 * NSEC_MSEC);
	assert_true(count(&p, TRACE_DROP, "queue full") > 0);
	pair_free(&p);
}

TEST(codel_keeps_the_delay_of_a_long_queue_short)
{
	struct link_config c = {.rate = 10000000, .delay = 10 * NSEC_MSEC};
	uint32_t packets[2], bytes;

	for (int codel = 0; codel < 2; codel++) {
		struct pair p;

		c.queue = (struct queue_config){.limit = 1000, .codel = codel};
		pair_new(&p, 1, &c);
		connect_pair(&p);
		for (int i = 0; i < 300; i++) { /* 3 s of continuous data */
			static char data[1 << 16];

			burble_send(host_instance(p.a), p.client, data, sizeof(data), 0);
			while (hear(p.b, p.server) > 0)
				;
			host_wake(p.a);
			host_wake(p.b);
			pass(&p, 10 * NSEC_MSEC);
		}
		link_waiting(p.link, 0, &packets[codel], &bytes);
		assert_int_equal(count(&p, TRACE_DROP, "CoDel") > 0, codel);
		pair_free(&p);
	}
	assert_true(packets[1] * 4 < packets[0]);
}

/* A filter that loses every SYN-ACK but the second. */
static enum link_verdict lose_first(void *ctx, struct link *l, int side, struct packet *p)
{
	int *seen = ctx;
	bool synack = (p->bytes[20 + 13] & 0x12) == 0x12;

	return synack && ++*seen == 1 ? LINK_DROP : LINK_PASS;
}

TEST(a_filter_loses_the_packets_that_it_selects)
{
	struct pair p;
	int seen = 0;

	pair_new(&p, 1, &plain);
	link_set_filter(p.link, lose_first, &seen);
	connect_pair(&p);
	assert_true(seen >= 2);
	assert_int_equal(count(&p, TRACE_DROP, "filter"), 1);
	pair_free(&p);
}

TEST(losses_come_in_bursts_by_gilbert_and_elliott)
{
	/* good to bad 1 %, back 25 %, all lost when bad: 3.8 % in runs of 4 */
	static const struct link_config bursts = {.ge_p = 0.01, .ge_r = 0.25, .ge_h = 0, .ge_k = 1};
	struct world w;
	struct trace t;
	struct link *l;
	size_t runs = 0;
	uint64_t last = 0;

	trace_init(&t);
	world_init(&w, 5, &t);
	l = link_new(&w, "wire", &bursts);
	for (int i = 0; i < 100000; i++) {
		struct packet *p = packet_new(&w, 40);

		memset(p->bytes, 0, 40);
		node_forward(link_port(l, 0), p);
		world_run(&w, w.now + 1, NULL);
	}
	for (size_t i = 0; i < t.count; i++) {
		runs += t.event[i].id != last + 1;
		last = t.event[i].id;
	}
	assert_in_range(t.count, 3400, 4300);
	assert_in_range(t.count * 10 / runs, 35, 45);
	world_free(&w);
	trace_free(&t);
}

TEST(duplicates_corruption_and_disorder_do_not_hurt_a_stream)
{
	static const struct link_config bad = {.delay = 5 * NSEC_MSEC,
		.jitter = 2 * NSEC_MSEC,
		.loss = 0.02,
		.duplicate = 0.05,
		.corrupt = 0.02,
		.reorder = 0.1};
	static char out[200000], in[sizeof(out)];
	size_t sent = 0, got = 0;
	struct pair p;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + i / 251);
	pair_new(&p, 3, &bad);
	connect_pair(&p);
	for (int i = 0; i < 20000 && got < sizeof(out); i++) {
		ssize_t n = burble_send(
			host_instance(p.a), p.client, out + sent, sizeof(out) - sent, 0);

		sent += n > 0 ? (size_t)n : 0;
		n = burble_recv(host_instance(p.b), p.server, in + got, sizeof(in) - got, 0);
		got += n > 0 ? (size_t)n : 0;
		host_wake(p.a);
		host_wake(p.b);
		pass(&p, 10 * NSEC_MSEC);
	}
	assert_int_equal(got, sizeof(out));
	assert_memory_equal(in, out, sizeof(out));
	pair_free(&p);
}

TEST(the_record_depends_on_the_seed_alone)
{
	static const struct link_config lossy = {
		.delay = 5 * NSEC_MSEC, .jitter = NSEC_MSEC, .loss = 0.1};
	struct pair p[3];

	for (int i = 0; i < 3; i++) {
		pair_new(&p[i], i < 2 ? 7 : 8, &lossy);
		p[i].listener = 0;
		connect_pair(&p[i]);
		say(&p[i], p[i].a, p[i].client, "the same again");
		pass(&p[i], 60 * NSEC_SEC);
	}
	assert_int_equal(p[0].trace.count, p[1].trace.count);
	for (size_t i = 0; i < p[0].trace.count; i++) {
		const struct trace_event *x = &p[0].trace.event[i], *y = &p[1].trace.event[i];

		assert_int_equal(x->at, y->at);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->len, y->len);
		if (x->bytes)
			assert_memory_equal(x->bytes, y->bytes, x->len);
	}
	assert_memory_not_equal(p[0].trace.event[0].bytes, p[2].trace.event[0].bytes,
		p[0].trace.event[0].len); /* another ISN at least */
	for (int i = 0; i < 3; i++)
		pair_free(&p[i]);
}

TEST(the_record_names_the_counter_of_a_discarded_segment)
{
	struct pair p;
	struct sockaddr_in at = address("10.0.0.2", 80);

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	for (int i = 0; i < 8; i++) { /* the accept queue holds 6 */
		int fd = burble_socket(host_instance(p.a), AF_INET, SOCK_STREAM, 0);

		burble_connect(host_instance(p.a), fd, (struct sockaddr *)&at, sizeof(at));
	}
	host_wake(p.a);
	pass(&p, 100 * NSEC_MSEC);
	assert_true(count(&p, TRACE_RECEIVE, "TcpExtListenOverflows") > 0);
	pair_free(&p);
}

TEST(states_are_recorded_when_they_change)
{
	/* a: SYN-SENT, ESTABLISHED; b: LISTEN, SYN-RECEIVED, ESTABLISHED */
	static const int want[2][3] = {{2, 1, 0}, {10, 3, 1}};
	struct pair p;
	size_t seen[2] = {0};

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	for (size_t i = 0; i < p.trace.count; i++) {
		const struct trace_event *e = &p.trace.event[i];

		if (e->kind == TRACE_STATE)
			assert_int_equal(e->value, want[e->node][seen[e->node]++]);
	}
	assert_int_equal(seen[0], 2);
	assert_int_equal(seen[1], 3);
	pair_free(&p);
}

TEST(two_hours_of_keepalive_pass_at_once)
{
	struct pair p;
	int on = 1;

	pair_new(&p, 1, &plain);
	connect_pair(&p);
	burble_setsockopt(host_instance(p.a), p.client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	host_wake(p.a);
	host_power_off(p.b);
	pass(&p, 7200 * NSEC_SEC + 9 * 75 * NSEC_SEC + NSEC_SEC);
	assert_int_equal(hear(p.a, p.client), -ETIMEDOUT);
	assert_true(p.w.steps < 200);
	pair_free(&p);
}
