/* random_traffic.c - programs on two instances that perform random actions. */
#include "socket/test/random_traffic.h"

#include "burble/socket.h"
#include "socket/test/drawn_option.h"
#include "socket/test/icmp_error.h"
#include "socket/test/recorder.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cmocka.h>

enum {
	PORT = 80,
	ENDS = 256, /* of a side */
	BLOCKED = 8,
	TEXT = 65536,
	EVENTS = 64,
	LOOK = 64, /* steps between two checks of everything */
};

#define CLOSING_SPAN (400 * NSEC_SEC) /* by which TIME-WAIT and everything in flight has ended */

/* A blocked call; its arguments must stay in place. */
struct blocked {
	enum {
		IDLE,
		SENDS,
		RECEIVES,
		ACCEPTS,
		WAITS
	} kind;
	struct burble_call call;
	int side, fd;
	struct iovec data;
	struct epoll_event events[EVENTS];
	uint8_t room[TEXT];
};

struct run {
	const struct traffic *t;
	struct two_instances *p;
	struct recorder seen;
	struct prng prng;
	nsec_t pace;
	int fd[2][ENDS]; /* of connections; -1: free */
	int listener[2], epoll[2];
	struct blocked blocked[BLOCKED];
	struct chunk *shared; /* sent by reference */
	uint8_t text[TEXT], room[TEXT];
};

static uint32_t below(struct run *r, uint32_t n)
{
	return (uint32_t)prng_below(&r->prng, n);
}

/* Records the counters, and every connection. */
static void see_all(struct run *r)
{
	for (int side = 0; side < 2; side++) {
		saw_counters(&r->seen, side);
		for (int i = 0; i < ENDS; i++)
			if (r->fd[side][i] >= 0)
				saw_end(&r->seen, side, r->fd[side][i]);
	}
}

/* --- ends ------------------------------------------------------------------------------------- */

static void watch(struct run *r, int side, int op, int fd)
{
	static const uint32_t how[] = {0, EPOLLET, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT};
	struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = (uint32_t)fd};

	ev.events |= how[below(r, ARRAY_SIZE(how))];
	ev.events |= below(r, 3) == 0 ? EPOLLOUT : 0;
	ev.events |= below(r, 8) == 0 ? EPOLLPRI : 0;
	saw_call(&r->seen, side, "epoll_ctl", fd,
		burble_epoll_ctl(r->p->bs[side], r->epoll[side], op, fd, &ev));
}

static void keep(struct run *r, int side, int fd)
{
	int i = 0;

	while (i < ENDS && r->fd[side][i] >= 0)
		i++;
	if (i == ENDS) {
		saw_call(&r->seen, side, "close", fd, burble_close_call(r->p->bs[side], fd, NULL));
		return;
	}
	r->fd[side][i] = fd;
	watch(r, side, EPOLL_CTL_ADD, fd);
}

/* A random open descriptor of either side; -1: none. */
static int pick(struct run *r, int *side)
{
	int from = (int)below(r, ENDS);

	*side = (int)below(r, 2);
	for (int i = 0; i < ENDS; i++) {
		/* mostly the low ones, if there are any */
		int at = i == 0 ? from % 16 : (from + i) % ENDS;

		if (r->fd[*side][at] >= 0)
			return r->fd[*side][at];
	}
	return -1;
}

static socklen_t address(const struct run *r, int side, struct sockaddr_storage *a)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in four = two_addr(side, PORT);

	six.sin6_addr.s6_addr[0] = 0xfd;
	six.sin6_addr.s6_addr[15] = (uint8_t)(1 + side);
	if (r->t->v6)
		memcpy(a, &six, sizeof(six));
	else
		memcpy(a, &four, sizeof(four));
	return r->t->v6 ? sizeof(six) : sizeof(four);
}

static int new_socket(struct run *r, int side)
{
	int fd = burble_socket(
		r->p->bs[side], r->t->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	return fd;
}

static void do_connect(struct run *r, int side)
{
	int to = r->t->loopback ? side : 1 - side, fd = new_socket(r, side);
	struct sockaddr_storage a;
	socklen_t len = address(r, to, &a);

	saw_call(&r->seen, side, "connect", fd,
		burble_connect_call(r->p->bs[side], fd, (struct sockaddr *)&a, len, NULL));
	keep(r, side, fd);
}

static void resume(struct run *r, struct blocked *k);

static void do_close(struct run *r, int side, int fd)
{
	struct burble *b = r->p->bs[side];

	saw_end(&r->seen, side, fd);
	for (int i = 0; i < ENDS; i++)
		if (r->fd[side][i] == fd)
			r->fd[side][i] = -1;
	saw_call(&r->seen, side, "close", fd, burble_close_call(b, fd, NULL));
	for (int i = 0; i < BLOCKED; i++)
		if (r->blocked[i].kind != IDLE && r->blocked[i].call.ready)
			resume(r, &r->blocked[i]);
}

/* --- data ------------------------------------------------------------------------------------- */

static ssize_t do_send(struct run *r, int side, int fd, uint32_t n, int flags)
{
	struct iovec v = {r->text + below(r, TEXT - n), n};

	return saw_call(&r->seen, side, "send", fd,
		burble_send_call(r->p->bs[side], fd, v, flags | MSG_NOSIGNAL, NULL));
}

static ssize_t do_recv(struct run *r, int side, int fd, uint32_t n, int flags)
{
	ssize_t got = burble_recv_call(r->p->bs[side], fd, (struct iovec){r->room, n}, flags, NULL);

	if (got > 0)
		saw_bytes(&r->seen, side, "recv", fd, (struct iovec){r->room, (size_t)got});
	else
		saw_call(&r->seen, side, "recv", fd, got);
	return got;
}

static void do_recvmsg(struct run *r, int side, int fd, int flags)
{
	uint8_t control[512] = {0};
	struct iovec v[2] = {{r->room, 1 + below(r, 300)}, {r->room + 1000, 1 + below(r, 3000)}};
	struct msghdr m = {
		.msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = 512};
	ssize_t got = burble_recvmsg_call(r->p->bs[side], fd, &m, flags, NULL);

	saw_call(&r->seen, side, "recvmsg", fd, got);
	if (got < 0)
		return;
	saw_call(&r->seen, side, "msg_flags", fd, m.msg_flags);
	saw_bytes(&r->seen, side, "control", fd, (struct iovec){control, m.msg_controllen});
	saw_bytes(&r->seen, side, "text", fd,
		(struct iovec){r->room, (size_t)got < v[0].iov_len ? (size_t)got : v[0].iov_len});
}

static void do_sendmsg(struct run *r, int side, int fd)
{
	static const int flags[] = {0, MSG_MORE, MSG_EOR, MSG_ZEROCOPY, MSG_ZEROCOPY | MSG_MORE};
	struct iovec v[2] = {{r->text, 1 + below(r, 3000)}, {r->text + 4000, 1 + below(r, 3000)}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 1 + below(r, 2)};

	saw_call(&r->seen, side, "sendmsg", fd,
		burble_sendmsg_call(r->p->bs[side], fd, &m,
			flags[below(r, ARRAY_SIZE(flags))] | MSG_NOSIGNAL, NULL));
}

static void do_peek(struct run *r, int side, int fd)
{
	switch (below(r, 4)) {
	case 0: do_recv(r, side, fd, 1 + below(r, 3000), MSG_PEEK); break;
	case 1: do_recv(r, side, fd, 1 + below(r, 3000), MSG_TRUNC); break;
	case 2: do_recvmsg(r, side, fd, MSG_ERRQUEUE); break;
	default: do_recvmsg(r, side, fd, 0); break;
	}
}

static void do_urgent(struct run *r, int side, int fd)
{
	if (below(r, 2))
		do_send(r, side, fd, 1 + below(r, 200), MSG_OOB);
	else
		do_recv(r, side, fd, 1, MSG_OOB);
}

/* --- options ---------------------------------------------------------------------------------- */

static void do_option(struct run *r, int side, int fd)
{
	int result;
	const char *name = draw_option(&r->prng, r->p->bs[side], fd, &result);

	saw_call(&r->seen, side, name, fd, result);
}

static void set_linger(struct run *r, int side, int fd)
{
	struct linger l = {1, 0};

	saw_call(&r->seen, side, "SO_LINGER", fd,
		burble_setopt(
			r->p->bs[side], fd, SOL_SOCKET, SO_LINGER, (struct iovec){&l, sizeof(l)}));
}

/* --- serving ---------------------------------------------------------------------------------- */

static void serve_listener(struct run *r, int side)
{
	int64_t fd;

	do {
		fd = saw_call(&r->seen, side, "accept4", r->listener[side],
			burble_accept4_call(r->p->bs[side], r->listener[side],
				(struct burble_addr){0}, SOCK_NONBLOCK, NULL));
		if (fd >= 0)
			keep(r, side, (int)fd);
	} while (fd >= 0);
}

static void serve_end(struct run *r, int side, const struct epoll_event *ev)
{
	int fd = ev->data.fd;
	ssize_t n = 0;

	while ((ev->events & EPOLLIN) && (n = do_recv(r, side, fd, 2048, 0)) > 0)
		if (r->t->echo && side == 1)
			do_send(r, side, fd, (uint32_t)n, 0);
	if ((ev->events & EPOLLIN) && n == 0)
		do_close(r, side, fd);
	else if (ev->events & (EPOLLERR | EPOLLHUP))
		do_close(r, side, fd);
}

static void serve(struct run *r, int side, const struct epoll_event *ev, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t said[] = {ev[i].events, ev[i].data.u64}; /* without padding */

		saw_bytes(
			&r->seen, side, "event", ev[i].data.fd, (struct iovec){said, sizeof(said)});
		if (ev[i].data.fd == r->listener[side])
			serve_listener(r, side);
		else
			serve_end(r, side, &ev[i]);
	}
}

static void do_serve(struct run *r, int side)
{
	struct epoll_event ev[EVENTS];
	int n = burble_epoll_wait_call(
		r->p->bs[side], r->epoll[side], ev, 1 + (int)below(r, EVENTS), NULL);

	saw_call(&r->seen, side, "epoll_wait", r->epoll[side], n);
	serve(r, side, ev, n);
}

/* --- calls that block ------------------------------------------------------------------------- */

static int64_t try_call(struct run *r, struct blocked *k)
{
	struct burble *b = r->p->bs[k->side];

	switch (k->kind) {
	case SENDS: return burble_send_call(b, k->fd, k->data, MSG_NOSIGNAL, &k->call);
	case RECEIVES: return burble_recv_call(b, k->fd, k->data, MSG_WAITALL, &k->call);
	case ACCEPTS:
		return burble_accept4_call(
			b, k->fd, (struct burble_addr){0}, SOCK_NONBLOCK, &k->call);
	default: return burble_epoll_wait_call(b, k->fd, k->events, EVENTS, &k->call);
	}
}

static void resume(struct run *r, struct blocked *k)
{
	static const char *const names[] = {
		"", "blocking send", "blocking recv", "blocking accept", "blocking epoll_wait"};
	int64_t got = saw_call(&r->seen, k->side, names[k->kind], k->fd, try_call(r, k));
	int kind = k->kind;

	if (got == -BURBLE_BLOCKED)
		return;
	k->kind = IDLE;
	if (kind == RECEIVES && got > 0)
		saw_bytes(&r->seen, k->side, "text", k->fd, (struct iovec){k->room, (size_t)got});
	if (kind == ACCEPTS && got >= 0)
		keep(r, k->side, (int)got);
	if (kind == WAITS && got > 0)
		serve(r, k->side, k->events, (int)got);
}

static void set_blocking(struct run *r, int side, int fd, bool blocking)
{
	int on = !blocking;

	burble_ioctl(r->p->bs[side], fd, FIONBIO, &on);
}

static void do_blocked(struct run *r, int side, int fd)
{
	struct blocked *k = r->blocked;

	while (k < r->blocked + BLOCKED && k->kind != IDLE)
		k++;
	if (k == r->blocked + BLOCKED)
		return;
	k->call = burble_call_start();
	k->call.timeout = (int64_t)below(r, 50) * NSEC_MSEC;
	k->kind = (int)(SENDS + below(r, 4));
	k->side = side;
	k->fd = k->kind == ACCEPTS ? r->listener[side] : k->kind == WAITS ? r->epoll[side] : fd;
	k->data = (struct iovec){k->kind == SENDS ? r->text : k->room, 1 + below(r, TEXT)};
	if (k->kind == RECEIVES && below(r, 2))
		k->data.iov_len = 1 + below(r, 100);
	/* without O_NONBLOCK only for the attempt: other calls must not block */
	set_blocking(r, side, k->fd, true);
	resume(r, k);
	if (k->fd != r->epoll[side])
		set_blocking(r, side, k->fd, false);
}

static void wake(struct run *r)
{
	for (int i = 0; i < BLOCKED; i++) {
		struct blocked *k = &r->blocked[i];

		if (k->kind == IDLE || (!k->call.ready && k->call.deadline > r->p->now))
			continue;
		set_blocking(r, k->side, k->fd, true);
		resume(r, k);
		set_blocking(r, k->side, k->fd, false);
	}
}

static void end_blocked(struct run *r)
{
	for (int i = 0; i < BLOCKED; i++) {
		struct blocked *k = &r->blocked[i];

		if (k->kind != IDLE)
			saw_call(&r->seen, k->side, "interrupt", k->fd, burble_interrupt(&k->call));
		k->kind = IDLE;
	}
}

/* --- actions
 * ----------------------------------------------------------------------------------- */

static enum deed draw(struct run *r)
{
	uint32_t sum = 0, at;
	int d = 0;

	for (int i = 0; i < DEEDS; i++)
		sum += r->t->often[i];
	for (at = below(r, sum); at >= r->t->often[d]; d++)
		at -= r->t->often[d];
	return (enum deed)d;
}

/* Performs an action with one descriptor. */
static void do_to(struct run *r, enum deed d, int side, int fd)
{
	struct burble *b = r->p->bs[side];

	switch (d) {
	case DO_SEND: do_send(r, side, fd, 1 + below(r, 200), 0); break;
	case DO_BULK: do_send(r, side, fd, 1 + below(r, TEXT - 1), 0); break;
	case DO_REF:
		saw_call(&r->seen, side, "send_ref", fd,
			burble_send_ref(b, fd, r->shared, r->shared->data, 1 + below(r, 600)));
		break;
	case DO_FLAGS: do_sendmsg(r, side, fd); break;
	case DO_URGENT: do_urgent(r, side, fd); break;
	case DO_RECV: do_recv(r, side, fd, 1 + below(r, TEXT), 0); break;
	case DO_PEEK: do_peek(r, side, fd); break;
	case DO_BLOCKED: do_blocked(r, side, fd); break;
	case DO_OPTION: do_option(r, side, fd); break;
	case DO_ASK: saw_end(&r->seen, side, fd); break;
	case DO_EPOLL: watch(r, side, EPOLL_CTL_MOD, fd); break;
	case DO_SHUTDOWN:
		saw_call(&r->seen, side, "shutdown", fd, burble_shutdown(b, fd, (int)below(r, 3)));
		break;
	case DO_ABORT:
		set_linger(r, side, fd);
		do_close(r, side, fd);
		break;
	default: do_close(r, side, fd); break;
	}
}

/* A router sends an error about the newest packet of a side. */
static void do_icmp(struct run *r, int side)
{
	const uint8_t *frame;
	const struct log_entry *e = log_newest_frame(r->seen.log, side, &frame);
	struct stack *s = r->p->stack[side];
	struct pkt *p;
	size_t n;

	p = pkt_new(stack_pkts(s), ETH_HDR_LEN + ICMP_ERROR_MAX);
	assert_non_null(p);
	n = e ? icmp_error(
			&r->prng, frame + e->value, e->len - (size_t)e->value, p->data + e->value)
	      : 0;
	if (n == 0) {
		pkt_free(p);
		return;
	}
	if (e->value > 0) { /* from its neighbour: swap the addresses */
		memcpy(p->data, frame + ETH_ADDR_LEN, ETH_ADDR_LEN);
		memcpy(p->data + ETH_ADDR_LEN, frame, ETH_ADDR_LEN);
		memcpy(p->data + 12, frame + 12, 2);
	}
	p->len = (uint32_t)(n + (size_t)e->value);
	stack_input(s, &r->p->dev[side], p, r->p->now);
}

static void step(struct run *r)
{
	enum deed d = draw(r);
	int side, fd = pick(r, &side);
	nsec_t pass = r->pace;

	if (d == DO_WAIT)
		pass = r->t->wait;
	else if (d == DO_CUT)
		r->p->faults.cut = !r->p->faults.cut;
	else if (d == DO_ICMP)
		do_icmp(r, side);
	else if (d == DO_SERVE)
		do_serve(r, side);
	else if (d == DO_CONNECT)
		do_connect(r, r->t->loopback);
	else if (fd >= 0)
		do_to(r, d, side, fd);
	if (below(r, 4) > 0)
		two_run(r->p,
			r->p->now + (nsec_t)below(r, (uint32_t)(pass / NSEC_USEC) + 1) * NSEC_USEC);
	wake(r);
}

/* --- a run ------------------------------------------------------------------------------------ */

static void set_sysctls(const struct run *r, int side)
{
	struct sysctl *c = stack_sysctl(r->p->stack[side]);
	const char *why;

	c->ipv6_dad_transmits = 0;
	for (size_t i = 0; i < ARRAY_SIZE(r->t->sysctls) && r->t->sysctls[i][0]; i++)
		assert_int_equal(sysctl_set(c, r->t->sysctls[i][0], r->t->sysctls[i][1], &why), 0);
}

static void begin_side(struct run *r, int side, bool slow)
{
	struct ip_addr six = {.b = {0xfd}};
	struct epoll_event ev = {.events = EPOLLIN};
	struct stack *s = r->p->stack[side];
	struct sockaddr_storage a;
	socklen_t len = address(r, side, &a);
	int fd;

	if (slow)
		stack_slow_path(s);
	if (r->t->checked)
		stack_check_queues(s);
	set_sysctls(r, side);
	six.b[15] = (uint8_t)(1 + side);
	assert_int_equal(stack_addr_add(s, &r->p->dev[side], &six, 64), 0);
	r->epoll[side] = burble_epoll_create1(r->p->bs[side], 0);
	r->listener[side] = fd = new_socket(r, side);
	assert_int_equal(burble_bind(r->p->bs[side], fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(burble_listen(r->p->bs[side], fd, 128), 0);
	ev.data.fd = fd;
	assert_int_equal(
		burble_epoll_ctl(r->p->bs[side], r->epoll[side], EPOLL_CTL_ADD, fd, &ev), 0);
}

static struct run *begin(
	const struct traffic *t, uint64_t seed, const bool slow[2], struct run_log *log)
{
	static const nsec_t paces[] = {1, 1, 10, 100};
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->t = t;
	r->pace = t->pace * paces[seed % ARRAY_SIZE(paces)];
	prng_seed(&r->prng, seed);
	prng_fill(&r->prng, r->text, TEXT);
	r->shared = chunk_new(1024);
	assert_non_null(r->shared);
	prng_fill(&r->prng, r->shared->data, 1024);
	r->p = two_new_on(seed, t->ether ? NETDEV_ETHER : NETDEV_RAW);
	r->p->faults = t->faults;
	for (int side = 0; side < 2; side++)
		r->p->dev[side].flags |= t->offload;
	recorder_begin(&r->seen, r->p, log);
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < ENDS; i++)
			r->fd[side][i] = -1;
		begin_side(r, side, slow[side]);
	}
	return r;
}

static void open_all(struct run *r)
{
	for (int i = 0; i < r->t->conns; i++)
		do_connect(r, r->t->loopback);
	for (int i = 0; i < 20; i++) {
		two_run(r->p, r->p->now + r->t->faults.delay + NSEC_MSEC);
		do_serve(r, 1);
		do_serve(r, 0);
	}
}

static void end(struct run *r)
{
	r->p->faults.cut = false;
	end_blocked(r);
	see_all(r);
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < ENDS; i++)
			if (r->fd[side][i] >= 0)
				do_close(r, side, r->fd[side][i]);
	two_run(r->p, r->p->now + CLOSING_SPAN);
	saw_counters(&r->seen, 0);
	saw_counters(&r->seen, 1);
	chunk_drop(r->shared);
	two_free(r->p);
	free(r);
}

void traffic_run(const struct traffic *t, uint64_t seed, const bool slow[2], struct run_log *log)
{
	struct run *r = begin(t, seed, slow, log);

	open_all(r);
	for (uint32_t i = 0; i < t->steps; i++) {
		step(r);
		if (i % LOOK == 0)
			see_all(r);
	}
	end(r);
}
