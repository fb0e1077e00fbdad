/*
 * starved_test.c - temporary lack of memory, after which everything continues: no connection waits
 * for an event that will never come. Both programs are edge-triggered, like the chat server: after
 * EAGAIN, or a short send, they wait for EPOLLOUT. Calls that were refused (ENOBUFS, ENOMEM,
 * ENFILE) they try again later.
 *
 *     every client    connect -> BULK bytes out, and BULK in -> shutdown -> end of the stream
 *     every child     accept  ->                 the same
 */
#include "base/test/failing_memory.h"
#include "base/test/test.h"
#include "socket/test/failing_pair.h"
#include "stack/pkt.h"
#include "stack/tcp/tcp.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>

enum {
	BULK = 40000, /* bytes of each connection, each way */
	PIECE = 7000,
	CONNS = 3,
	LOSS = 2, /* of 100 packets */
	PORT = 80,
	RANDOM_RUNS = 100,
	RUN_MAX = 60,     /* consecutive allocations that fail */
	PATIENCE_S = 240, /* of virtual time: a SYN is given up after 127 s */
	TURN_MS = 20, /* interval at which a program checks its events and retries refused calls */
};

/* One end of a connection, from its program's side. */
struct talk {
	int fd; /* -1: none yet */
	int side;
	bool watched, full, readable; /* full: EPOLLOUT is due */
	bool shut, ended, broken;
	size_t sent, got;
};

struct world {
	struct failing_pair p;
	int listener, epoll[2], children;
	struct talk client[CONNS], child[CONNS];
};

/* Refused for lack of memory: the same call may succeed later. */
static bool refused(ssize_t n)
{
	return n == -ENOBUFS || n == -ENOMEM || n == -ENFILE;
}

static void watch(struct world *w, struct talk *t)
{
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = t};
	int err = burble_epoll_ctl(w->p.bs[t->side], w->epoll[t->side], EPOLL_CTL_ADD, t->fd, &e);

	assert_true(err == 0 || refused(err));
	t->watched = err == 0;
}

static void start_client(struct world *w, struct talk *t)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(0x0a000002)};
	struct burble *b = w->p.bs[0];
	int fd = burble_socket(b, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), err;

	if (refused(fd))
		return;
	assert_true(fd >= 0);
	err = burble_connect_call(b, fd, (struct sockaddr *)&to, sizeof(to), NULL);
	if (refused(err)) {
		burble_close_call(b, fd, NULL);
		return;
	}
	assert_int_equal(err, -EINPROGRESS);
	*t = (struct talk){.fd = fd, .full = true};
}

static void accept_children(struct world *w)
{
	while (w->children < CONNS) {
		int fd = burble_accept4_call(w->p.bs[1], w->listener,
			(struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL);

		if (fd == -EAGAIN || refused(fd))
			return;
		assert_true(fd >= 0);
		w->child[w->children++] = (struct talk){.fd = fd, .side = 1};
	}
}

static void send_more(struct burble *b, struct talk *t)
{
	static char text[PIECE];

	while (!t->full && t->sent < BULK) {
		size_t n = size_min(PIECE, BULK - t->sent);
		ssize_t done = burble_send_call(b, t->fd, (struct iovec){text, n}, 0, NULL);

		if (refused(done))
			return;
		t->broken |= done < 0 && done != -EAGAIN;
		t->full = done < (ssize_t)n;
		t->sent += done > 0 ? (size_t)done : 0;
	}
	if (!t->full && !t->shut) {
		int err = burble_shutdown(b, t->fd, SHUT_WR);

		t->shut = err == 0;
		t->broken |= err < 0 && !refused(err);
	}
}

static void receive_all(struct burble *b, struct talk *t)
{
	static char room[PIECE];

	while (t->readable && !t->ended) {
		ssize_t n = burble_recv_call(b, t->fd, (struct iovec){room, sizeof(room)}, 0, NULL);

		t->readable = n > 0;
		t->ended = n == 0;
		t->broken |= n < 0 && n != -EAGAIN;
		t->got += n > 0 ? (size_t)n : 0;
	}
}

static bool over(const struct talk *t)
{
	return t->broken || (t->shut && t->ended);
}

static void talk(struct world *w, struct talk *t)
{
	if (t->fd < 0 || over(t))
		return;
	if (!t->watched) {
		watch(w, t);
		return;
	}
	send_more(w->p.bs[t->side], t);
	if (!t->broken)
		receive_all(w->p.bs[t->side], t);
}

static void take_events(struct world *w, int side)
{
	struct epoll_event e[2 * CONNS];
	int n = burble_epoll_wait(w->p.bs[side], w->epoll[side], e, 2 * CONNS);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		struct talk *t = e[i].data.ptr;

		if (e[i].events & EPOLLOUT)
			t->full = false;
		if (e[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			t->readable = true;
	}
}

static bool all_over(const struct world *w)
{
	for (int i = 0; i < CONNS; i++)
		if (w->client[i].fd < 0 || !over(&w->client[i]))
			return false;
	for (int i = 0; i < w->children; i++)
		if (!over(&w->child[i]))
			return false;
	return true;
}

static void turn(struct world *w)
{
	accept_children(w);
	for (int i = 0; i < CONNS; i++) {
		if (w->client[i].fd < 0)
			start_client(w, &w->client[i]);
		talk(w, &w->client[i]);
		talk(w, &w->child[i]);
	}
	failing_pair_run(&w->p, TURN_MS * NSEC_MSEC);
	for (int side = 0; side < 2; side++)
		take_events(w, side);
}

static bool nobody_broken(const struct world *w)
{
	for (int i = 0; i < CONNS; i++)
		if (w->client[i].broken || w->child[i].broken)
			return false;
	return true;
}

static void tell(const char *name, const struct talk *t)
{
	print_error("%s %d: watched %d full %d shut %d ended %d broken %d, %zu sent, %zu got\n",
		name, t->fd, t->watched, t->full, t->shut, t->ended, t->broken, t->sent, t->got);
}

/* A single failure breaks nothing; after a long run of them a handshake may time out. */
static void check(const struct world *w)
{
	if (all_over(w) && (nobody_broken(w) || failing_memory.fails > 1))
		return;
	for (int i = 0; i < CONNS; i++) {
		tell("client", &w->client[i]);
		tell("child", &w->child[i]);
	}
	fail_msg("after %d s of patience", PATIENCE_S);
}

/* Two instances and a listener, without connections. */
static void open_world(struct world *w)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	failing_memory = (struct failing_memory){0};
	*w = (struct world){.p = {.now = NSEC_SEC, .loss = LOSS}};
	prng_seed(&w->p.prng, 1);
	for (int i = 0; i < CONNS; i++)
		w->client[i].fd = w->child[i].fd = -1;
	assert_true(failing_pair_open(&w->p, NETDEV_RAW));
	for (int side = 0; side < 2; side++)
		w->epoll[side] = burble_epoll_create1(w->p.bs[side], 0);
	w->listener = burble_socket(w->p.bs[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		burble_bind(w->p.bs[1], w->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(burble_listen(w->p.bs[1], w->listener, CONNS), 0);
}

/* From the first connect() on, allocations fail from `fail_at`. Returns how many were made. */
static long play(long fail_at, long fails)
{
	static struct world world;
	struct world *w = &world;

	open_world(w);
	failing_memory = (struct failing_memory){.fail_at = fail_at, .fails = fails, .on = true};
	for (int i = 0; i < PATIENCE_S * 1000 / TURN_MS && !all_over(w); i++)
		turn(w);
	failing_memory.on = false;
	check(w);
	failing_pair_close(&w->p);
	return failing_memory.made;
}

TEST(no_connection_waits_for_ever_whichever_allocation_failed)
{
	long all = play(0, 0);

	assert_in_range(all, 20, 10000);
	for (long n = 1; n <= all; n++) {
		printf("allocation %ld fails\n", n);
		fflush(stdout);
		play(n, 1);
	}
}

TEST(no_connection_waits_for_ever_after_a_run_of_failures)
{
	struct prng p;

	prng_seed(&p, 3);
	for (int i = 0; i < RANDOM_RUNS; i++) {
		long n = 1 + (long)prng_below(&p, 60), run = 2 + (long)prng_below(&p, RUN_MAX);

		printf("allocations %ld to %ld fail\n", n, n + run - 1);
		fflush(stdout);
		play(n, run);
	}
}

/* --- the result of a send
 * ---------------------------------------------------------------------- */

static void no_memory(bool none)
{
	failing_memory = (struct failing_memory){.fail_at = 1, .fails = LONG_MAX, .on = none};
}

/* One connection whose client has received the event of its handshake. */
static struct talk *connected(struct world *w)
{
	open_world(w);
	w->p.loss = 0;
	start_client(w, &w->client[0]);
	watch(w, &w->client[0]);
	failing_pair_run(&w->p, NSEC_SEC);
	take_events(w, 0);
	assert_false(w->client[0].full);
	return &w->client[0];
}

static ssize_t send_bulk(struct world *w, struct talk *t)
{
	static char text[BULK];

	return burble_send_call(w->p.bs[0], t->fd, (struct iovec){text, BULK}, 0, NULL);
}

TEST(without_memory_and_without_data_in_flight_a_send_is_refused)
{
	static struct world world;
	struct world *w = &world;
	struct talk *t = connected(w);
	struct burble_call call = burble_call_start();
	struct iovec text = {"x", 1};
	struct chunk *ref = chunk_new(1);

	no_memory(true);
	assert_int_equal(send_bulk(w, t), -ENOBUFS);
	assert_int_equal(burble_send_call(w->p.bs[0], t->fd, text, 0, &call), -ENOBUFS);
	assert_int_equal(burble_send_ref(w->p.bs[0], t->fd, ref, ref->data, 1), -ENOBUFS);
	no_memory(false);
	assert_int_equal(send_bulk(w, t), BULK);
	chunk_drop(ref);
	failing_pair_close(&w->p);
}

TEST(without_memory_the_ack_of_data_in_flight_causes_epollout)
{
	static struct world world;
	struct world *w = &world;
	struct talk *t = connected(w);

	static char first[300]; /* more than a little record, which has no chunk */
	struct iovec text = {first, sizeof(first)};

	assert_int_equal(burble_send_call(w->p.bs[0], t->fd, text, 0, NULL), sizeof(first));
	no_memory(true);
	assert_in_range(send_bulk(w, t), 1, BULK - 1); /* the room in the last chunk */
	assert_int_equal(send_bulk(w, t), -EAGAIN);
	no_memory(false);
	t->full = true;
	failing_pair_run(&w->p, NSEC_SEC);
	take_events(w, 0);
	assert_false(t->full);
	failing_pair_close(&w->p);
}

/* Sockets are opened without memory until the pools of their records are empty. */
TEST(without_memory_a_hibernating_connection_stays_asleep_and_refuses_the_send)
{
	static struct world world;
	struct world *w = &world;
	struct talk *t = connected(w);
	struct tcp_memory m;

	failing_pair_run(&w->p, NSEC_SEC);
	tcp_memory(w->p.s[0], &m);
	assert_int_equal(m.idle, 1);
	no_memory(true);
	while (burble_socket(w->p.bs[0], AF_INET, SOCK_STREAM, 0) >= 0)
		;
	assert_int_equal(send_bulk(w, t), -ENOBUFS);
	tcp_memory(w->p.s[0], &m);
	assert_int_equal(m.idle, 1);
	no_memory(false);
	assert_int_equal(send_bulk(w, t), BULK);
	failing_pair_close(&w->p);
}
