/*
 * memory_test.c - memory runs out. Two instances on a wire that loses: connections come, carry bulk
 * both ways and go, datagrams in fragments, IPv6, options, epoll. The n-th allocation fails, for
 * every n; then runs of allocations fail, at random. Every call gives a result or an errno, every
 * queue stays consistent (stack_config.checked), everything is freed, and once there is memory
 * again a new connection works.
 *
 * The linker puts the functions below before malloc(), calloc(), realloc() and free() (--wrap).
 */
#include "base/prng.h"
#include "socket/instance.h"
#include "stack/stack.h"
#include "stack/tcp/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	BULK = 60000, /* bytes of each connection */
	CONNS = 3,
	LOSS = 5, /* of 100 packets */
	RANDOM_RUNS = 60,
	RUN_MAX = 40, /* allocations that fail one after the other */
	ERRNO_MAX = 140,
	PORT = 80,
};

/* --- an allocator that fails ------------------------------------------------------------------ */

static struct memory {
	long made, live;     /* allocations since `on`, and those not freed */
	long fail_at, fails; /* the first that fails, from 1 on (0: none), and how many */
	bool on;
} memory;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static bool fails(void)
{
	if (!memory.on)
		return false;
	memory.made++;
	return memory.fail_at > 0 && memory.made >= memory.fail_at &&
	       memory.made < memory.fail_at + memory.fails;
}

static void *given(void *p)
{
	memory.live += memory.on && p;
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : given(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : given(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	memory.live -= memory.on && p;
	return given(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
	memory.live -= memory.on && p;
	__real_free(p);
}

/* --- two instances on a wire ------------------------------------------------------------------ */

struct flying {
	struct flying *next;
	nsec_t at;
	int to;
	uint32_t len;
	uint8_t bytes[];
};

struct world {
	struct stack *s[2];
	struct burble *bs[2];
	struct netdev dev[2];
	struct flying *first; /* by time of arrival */
	nsec_t now;
	struct prng prng;
	bool loses;
	int listener, epoll, conn[CONNS], child[CONNS], udp[2];
};

static int wire_send(struct netdev *dev, struct pkt *p)
{
	struct world *w = dev->ctx;
	struct flying *f, **at = &w->first;

	if (!w->loses || prng_below(&w->prng, 100) >= LOSS) {
		f = __real_malloc(sizeof(*f) + pkt_total(p));
		assert_non_null(f);
		*f = (struct flying){.to = dev == &w->dev[0], .len = pkt_total(p)};
		f->at = w->now + NSEC_MSEC + (nsec_t)prng_below(&w->prng, NSEC_MSEC);
		pkt_bytes(p, f->bytes);
		while (*at && (*at)->at <= f->at)
			at = &(*at)->next;
		f->next = *at;
		*at = f;
	}
	pkt_free(p);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

static void arrive(struct world *w)
{
	struct flying *f = w->first;
	struct pkt *p = pkt_new(stack_pkts(w->s[f->to]), f->len);

	w->first = f->next;
	if (p) {
		p->len = f->len;
		memcpy(p->data, f->bytes, f->len);
		stack_input(w->s[f->to], &w->dev[f->to], p, w->now);
	}
	__real_free(f);
}

static void pass(struct world *w, nsec_t span)
{
	nsec_t until = w->now + span;

	for (;;) {
		nsec_t next = w->first ? w->first->at : NSEC_MAX;

		for (int i = 0; i < 2; i++)
			stack_flush(w->s[i], w->now);
		for (int i = 0; i < 2; i++)
			next = stack_next(w->s[i]) < next ? stack_next(w->s[i]) : next;
		w->now = next > until ? until : next > w->now ? next : w->now;
		for (int i = 0; i < 2; i++)
			stack_timers(w->s[i], w->now);
		while (w->first && w->first->at <= w->now)
			arrive(w);
		if (next > until)
			return;
	}
}

static bool end_open(struct world *w, int i, uint8_t kind)
{
	struct ip_addr four = ip_addr_from_v4(0x0a000001 + (uint32_t)i), six = {.b = {0xfe, 0x80}};

	six.b[15] = (uint8_t)(i + 1);
	w->s[i] = stack_new(
		&(struct stack_config){.seed = (uint64_t)i + 1, .now = w->now, .checked = true});
	if (!w->s[i])
		return false;
	w->dev[i] = (struct netdev){.ops = &wire_ops,
		.ctx = w,
		.name = "w0",
		.mtu = 1500,
		.kind = kind,
		.flags = NETDEV_UP,
		.mac = {{2, 0, 0, 0, 0, (uint8_t)i}}};
	if (stack_attach(w->s[i], &w->dev[i]) < 0 ||
		stack_addr_add(w->s[i], &w->dev[i], &four, 24) < 0 ||
		stack_addr_add(w->s[i], &w->dev[i], &six, 64) < 0)
		return false;
	w->bs[i] = sockets_new(w->s[i], &(struct burble_config){.fds_max = 64});
	return w->bs[i] != NULL;
}

static void close_all(struct world *w)
{
	for (int i = 0; i < 2; i++)
		if (w->bs[i])
			sockets_free(w->bs[i]);
	for (int i = 0; i < 2; i++) {
		if (!w->s[i])
			continue;
		stack_flush(w->s[i], w->now);
		if (w->dev[i].ifindex)
			stack_detach(w->s[i], &w->dev[i]);
		stack_free(w->s[i]);
	}
	while (w->first) {
		struct flying *f = w->first;

		w->first = f->next;
		__real_free(f);
	}
}

/* --- two programs ----------------------------------------------------------------------------- */

/* A result, or an errno that exists. */
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

	sane(burble_epoll_ctl(w->bs[1], w->epoll, EPOLL_CTL_ADD, fd, &ev));
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
	/* children inherit a record of options */
	set(bs, fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 60000);
	sane(burble_bind(bs, fd, (struct sockaddr *)&a, sizeof(a)));
	sane(burble_listen(bs, fd, 5));
	return fd;
}

static void open_streams(struct world *w)
{
	w->listener = listen_at(w->bs[1], PORT);
	w->epoll = (int)sane(burble_epoll_create1(w->bs[1], 0));
	watch(w, w->listener);
	for (int i = 0; i < CONNS; i++) {
		w->conn[i] = connect_to(w->bs[0], PORT);
		set(w->bs[0], w->conn[i], IPPROTO_TCP, TCP_NODELAY, 1);
		set(w->bs[0], w->conn[i], SOL_SOCKET, SO_KEEPALIVE, 1);
		set(w->bs[0], w->conn[i], IPPROTO_TCP, TCP_KEEPIDLE, 30);
	}
}

/* Text in fragments, and text that nobody awaits. */
static void datagrams(struct world *w)
{
	static uint8_t text[5000];
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(99)}, to = address(99);
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(99)};
	int fd6 = burble_socket(w->bs[0], AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	for (int i = 0; i < 2; i++)
		w->udp[i] = burble_socket(w->bs[i], AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	sane(burble_bind(w->bs[1], w->udp[1], (struct sockaddr *)&a, sizeof(a)));
	for (uint16_t port = 99; port > 97; port--) {
		to.sin_port = htons(port);
		sane(burble_connect_call(
			w->bs[0], w->udp[0], (struct sockaddr *)&to, sizeof(to), NULL));
		sane(burble_send_call(
			w->bs[0], w->udp[0], (struct iovec){text, sizeof(text)}, 0, NULL));
	}
	six.sin6_addr.s6_addr[0] = 0xfe;
	six.sin6_addr.s6_addr[1] = 0x80;
	six.sin6_addr.s6_addr[15] = 2;
	six.sin6_scope_id = w->dev[0].ifindex;
	sane(burble_connect_call(w->bs[0], fd6, (struct sockaddr *)&six, sizeof(six), NULL));
	sane(burble_send_call(w->bs[0], fd6, (struct iovec){text, sizeof(text)}, 0, NULL));
	pass(w, 3 * NSEC_SEC);
	sane(burble_recv_call(w->bs[1], w->udp[1], (struct iovec){text, sizeof(text)}, 0, NULL));
}

static void accept_all(struct world *w)
{
	for (int i = 0; i < CONNS; i++) {
		w->child[i] = burble_accept4_call(w->bs[1], w->listener,
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
				n = sane(burble_send_call(w->bs[0], w->conn[i],
					(struct iovec){text, sizeof(text)}, 0, NULL));
				sent[i] += n > 0 ? n : 0;
			}
			if (round % 3 == 0) {
				sane(burble_recv_call(w->bs[1], w->child[i],
					(struct iovec){room, sizeof(room)}, 0, NULL));
				sane(burble_send_call(
					w->bs[1], w->child[i], (struct iovec){text, 100}, 0, NULL));
			}
		}
		sane(burble_epoll_wait_call(w->bs[1], w->epoll, ev, 8, NULL));
		pass(w, NSEC_SEC / 5);
	}
}

static void close_some(struct world *w)
{
	int twin = burble_dup(w->bs[0], w->conn[0], 0, 0);

	sane(twin);
	sane(burble_shutdown(w->bs[0], w->conn[0], SHUT_WR));
	sane(burble_close_call(w->bs[0], w->conn[1], NULL));
	sane(burble_close_call(w->bs[0], twin, NULL));
	pass(w, 5 * NSEC_SEC);
	for (int i = 0; i < CONNS; i++)
		sane(burble_close_call(w->bs[1], w->child[i], NULL));
	pass(w, 100 * NSEC_SEC);
}

/* There is memory again: a new connection carries text. */
static void works(struct world *w)
{
	char text[] = "still here", room[sizeof(text)];
	int l, a, b;

	w->loses = false;
	l = listen_at(w->bs[1], PORT + 1);
	a = connect_to(w->bs[0], PORT + 1);
	pass(w, 5 * NSEC_SEC);
	b = burble_accept4_call(w->bs[1], l, (struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);
	assert_true(l >= 0 && a >= 0 && b >= 0);
	assert_int_equal(burble_send_call(w->bs[0], a, (struct iovec){text, sizeof(text)}, 0, NULL),
		sizeof(text));
	pass(w, NSEC_SEC);
	assert_int_equal(burble_recv_call(w->bs[1], b, (struct iovec){room, sizeof(room)}, 0, NULL),
		sizeof(text));
	assert_string_equal(room, text);
}

/* The whole story while allocations from `fail_at` on fail. Returns how many were asked for. */
static long play(uint8_t kind, long fail_at, long fails)
{
	static struct world world;
	struct world *w = &world;
	long made;

	*w = (struct world){.now = NSEC_SEC, .loses = true};
	prng_seed(&w->prng, 1);
	memory = (struct memory){.fail_at = fail_at, .fails = fails, .on = true};
	if (end_open(w, 0, kind) && end_open(w, 1, kind)) {
		pass(w, 2 * NSEC_SEC); /* duplicate addresses are looked for */
		open_streams(w);
		datagrams(w);
		accept_all(w);
		bulk(w);
		close_some(w);
		made = memory.made;
		memory.fail_at = 0;
		works(w);
		memory.made = made;
	}
	close_all(w);
	memory.on = false;
	assert_int_equal(memory.live, 0);
	return memory.made;
}

static void any_one_allocation_may_fail(void **state)
{
	(void)state;
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

static void any_run_of_allocations_may_fail(void **state)
{
	struct prng p;

	(void)state;
	prng_seed(&p, 2);
	for (int i = 0; i < RANDOM_RUNS; i++) {
		long n = 1 + (long)prng_below(&p, 250), run = 2 + (long)prng_below(&p, RUN_MAX);

		printf("allocations %ld to %ld fail\n", n, n + run - 1);
		fflush(stdout);
		play(i % 2 ? NETDEV_RAW : NETDEV_ETHER, n, run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_allocation_may_fail),
		cmocka_unit_test(any_run_of_allocations_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
