/*
 * program.c - programs at both ends of every connection: program.h. Each runs in one task of the
 * world, as a loop: do everything possible, then wait in its own way.
 */
#include "lab/fuzz/program.h"

#include "lab/fuzz/acceptor.h"
#include "lab/fuzz/knob.h"
#include "lab/fuzz/noted.h"
#include "lab/fuzz/oracle.h"
#include "lab/fuzz/strand.h"
#include "lab/world/need.h"
#include "socket/instance.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdarg.h>
#include <stdio.h>

void fuzz_fail(struct run *r, const char *property, const char *format, ...)
{
	va_list args;

	if (r->failure.property[0])
		return;
	snprintf(r->failure.property, sizeof(r->failure.property), "%s", property);
	va_start(args, format);
	vsnprintf(r->failure.text, sizeof(r->failure.text), format, args);
	va_end(args);
}

struct end *program_peer(const struct end *e)
{
	return &e->run->end[(e - e->run->end) ^ 1];
}

static nsec_t now(const struct run *r)
{
	return r->net.world.now;
}

void program_due(struct end *e, nsec_t when)
{
	if (when < e->due)
		e->due = when;
	net_due(&e->run->net, when);
}

static void woken(struct burble_call *call)
{
	struct end *e = call->ctx;

	program_due(e, now(e->run));
}

/* --- waiting for readiness -------------------------------------------------------------------- */

static uint32_t wanted(const struct end *e)
{
	return (e->strand[READER].waiting ? EPOLLIN | EPOLLRDHUP : 0) |
	       (e->strand[WRITER].waiting ? EPOLLOUT : 0);
}

static void set_epoll(struct end *e, struct burble *b)
{
	struct epoll_event event = {.events = wanted(e)};

	if (e->how == WAIT_EDGE) {
		if (e->registered)
			return;
		event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	} else if (e->how == WAIT_ONESHOT) {
		event.events |= EPOLLONESHOT;
	}
	if (!e->registered)
		e->epoll = burble_epoll_create1(b, 0);
	burble_epoll_ctl(b, e->epoll, e->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, e->fd, &event);
	e->registered = true;
}

static uint32_t ask(struct end *e, struct burble *b)
{
	int n;

	if (e->how == WAIT_POLL) {
		e->poll = (struct pollfd){.fd = e->fd, .events = (short)wanted(e)};
		n = burble_poll_call(b, &e->poll, 1, &e->wait);
		e->waits = n == -BURBLE_BLOCKED;
		return n > 0 ? (uint32_t)(uint16_t)e->poll.revents : 0;
	}
	n = burble_epoll_wait_call(b, e->epoll, &e->event, 1, &e->wait);
	e->waits = n == -BURBLE_BLOCKED;
	return n > 0 ? e->event.events : 0;
}

/* Waits for the events wanted now; true if one of them is ready. */
static bool wait_ready(struct end *e, struct burble *b)
{
	uint32_t ready;

	if (e->waits)
		burble_interrupt(&e->wait);
	e->waits = false;
	if (wanted(e) == 0)
		return false;
	if (e->how != WAIT_POLL)
		set_epoll(e, b);
	e->wait = burble_call_start();
	e->wait.wake = woken;
	e->wait.ctx = e;
	ready = ask(e, b);
	if (ready & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		e->strand[READER].waiting = false;
	if (ready & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		e->strand[WRITER].waiting = false;
	return ready != 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

void program_options(struct run *r, struct burble *b, int fd, struct end *e)
{
	const struct plan *p = r->net.plan;

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *row = &p->row[i];

		if (row->kind == ROW_OPTION && row->arg[OPTION_ID] == e->id &&
			row->arg[OPTION_END] == e->side) {
			const struct knob *k = knob_option(row->arg[OPTION_NAME]);

			noted_setsockopt(&(struct caller){r, b, e->host}, fd, k,
				(int)row->arg[OPTION_VALUE]);
			e->fast_open |= k->level == IPPROTO_TCP &&
					k->option == TCP_FASTOPEN_CONNECT && e->side == 0;
		}
	}
}

static void give_up(struct end *e, int error)
{
	if (!e->error)
		e->error = error;
	for (int i = 0; i < STRANDS; i++)
		e->strand[i].over = true;
}

/* MSG_FASTOPEN takes the place of connect(): with a cookie the first bytes leave in the SYN. False:
 * connect() is next. */
static bool open_fast(
	struct end *e, struct burble *b, const struct sockaddr_storage *to, socklen_t len)
{
	int64_t sent = strand_open_fast(&e->strand[WRITER], b, to, len);

	if (e->strand[WRITER].blocked || e->strand[WRITER].waiting)
		return true;
	if (sent < 0 && e->fast_open)
		return false;
	e->state = END_OPEN;
	e->fast_open = true;
	if (sent < 0)
		give_up(e, (int)-sent);
	return true;
}

/* Retries connect(), until it is no longer in progress. */
static void connect_again(struct end *e, struct burble *b)
{
	struct strand *s = &e->strand[WRITER];
	struct sockaddr_storage to;
	uint16_t port = (uint16_t)(PLAN_PORT + plan_conn(e->run->net.plan, e->id)->arg[CONN_PORT]);
	socklen_t len = net_address(&e->run->net, program_peer(e)->host, port, &to);
	bool block = e->how == WAIT_BLOCK;
	char text[32], where[NOTED_ADDRESS];
	int err;

	if (block && s->blocked && !s->call.ready && now(e->run) < s->call.deadline)
		return;
	if (!s->blocked)
		strand_call(s);
	if (strand_opens_fast(s) && open_fast(e, b, &to, len))
		return;
	err = burble_connect_call(b, e->fd, (struct sockaddr *)&to, len, block ? &s->call : NULL);
	s->blocked = err == -BURBLE_BLOCKED;
	s->waiting = err == -EINPROGRESS || err == -EALREADY;
	noted_call(e->run, e->host, "connect(%d, %s, ...) = %s", e->fd + DIALOGUE_FD,
		noted_address(e->run, program_peer(e)->host, port, where), noted_result(err, text));
	if (s->blocked || s->waiting)
		return;
	fuzz_note(e->run, err);
	e->state = END_OPEN;
	if (err < 0)
		give_up(e, -err);
}

static void begin_client(struct end *e, struct burble *b)
{
	int err;

	e->fd = noted_socket(&(struct caller){e->run, b, e->host});
	program_options(e->run, b, e->fd, e);
	err = noted_bind(
		&(struct caller){e->run, b, e->host}, e->fd, (int)(PLAN_CLIENT_PORT + e->id));
	e->state = err < 0 ? END_OPEN : END_CONNECTING;
	if (err < 0) /* its address is gone */
		give_up(e, -err);
}

/* --- the loop of a program -------------------------------------------------------------------- */

/* TCP_INFO is part of what must be the same with and without fast paths. */
static void note_info(struct end *e, struct burble *b)
{
	uint64_t word[(sizeof(struct tcp_info) + 7) / 8] = {0};
	struct iovec v = {word, sizeof(word)};
	int err = e->fd < 0 ? -EBADF : burble_getopt(b, e->fd, IPPROTO_TCP, TCP_INFO, &v);

	fuzz_note(e->run, err);
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(word); i++)
		fuzz_note(e->run, (int64_t)word[i]);
}

/* close() with SO_LINGER, until it is over; what it promises is checked. */
static void linger(struct end *e, struct burble *b)
{
	int err;

	if (e->waits && !e->wait.ready && now(e->run) < e->wait.deadline)
		return;
	if (!e->waits) {
		e->closing = now(e->run);
		e->wait = burble_call_start();
		e->wait.wake = woken;
		e->wait.ctx = e;
	}
	err = burble_close_call(b, e->fd, &e->wait);
	e->fd = -1;
	e->waits = err == -BURBLE_BLOCKED;
	if (e->waits) {
		program_due(e, e->wait.deadline);
		return;
	}
	fuzz_note(e->run, err);
	e->state = END_OVER;
	oracle_lingered(e);
}

static void close_end(struct end *e, struct burble *b)
{
	note_info(e, b);
	if (e->waits)
		burble_interrupt(&e->wait);
	e->waits = false;
	for (int i = 0; i < STRANDS; i++)
		strand_stop(&e->strand[i]);
	e->state = END_OVER;
	if (e->registered)
		burble_close(b, e->epoll);
	if (e->lingers && !e->run->ended) {
		e->state = END_LINGERING;
		linger(e, b);
		return;
	}
	if (e->fd >= 0)
		noted_close(&(struct caller){e->run, b, e->host}, e->fd);
	e->fd = -1;
}

/* One round: true if there may be more to do at once. */
static bool turn(struct end *e, struct burble *b)
{
	bool moved = false;

	if (e->state == END_IDLE)
		begin_client(e, b);
	if (e->state == END_CONNECTING)
		connect_again(e, b);
	if (e->state == END_OPEN)
		for (int i = 0; i < STRANDS && !e->quit; i++)
			moved |= strand_step(&e->strand[i], b);
	if (e->state == END_OPEN && (e->quit || (e->strand[WRITER].over && e->strand[READER].over)))
		close_end(e, b);
	else if (e->state == END_LINGERING)
		linger(e, b);
	if (e->state == END_OVER || e->state == END_LINGERING)
		return false;
	return (e->how != WAIT_BLOCK && wait_ready(e, b)) || moved;
}

static bool too_often(struct end *e)
{
	if (e->turn != now(e->run))
		e->turns = 0;
	e->turn = now(e->run);
	return ++e->turns > TURNS_MAX;
}

static void run_end(struct end *e)
{
	struct burble *b;

	if (e->run->net.frozen[e->host] || e->state == END_OVER)
		return;
	b = noted_begin(e->run, e->host);
	if (!b || (e->side == 1 && e->state == END_IDLE))
		return;
	while (turn(e, b))
		if (too_often(e)) {
			fuzz_fail(e->run, "readiness",
				"connection %d, end %d: ready again and again, yet no call moves",
				(int)e->id, e->side);
			return;
		}
	for (int i = 0; i < STRANDS; i++)
		program_due(e, strand_due(&e->strand[i]));
	host_wake(e->run->net.host[e->host]);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void run_all(void *ctx)
{
	struct run *r = ctx;
	nsec_t next;

	for (int i = 0; i < r->acceptors; i++)
		if (r->acceptor[i].due <= now(r)) {
			r->acceptor[i].due = NSEC_MAX;
			acceptor_run(&r->acceptor[i]);
		}
	for (int i = 0; i < r->ends; i++)
		if (r->end[i].due <= now(r)) {
			r->end[i].due = NSEC_MAX;
			run_end(&r->end[i]);
		}
	next = datagram_run(r);
	for (int i = 0; i < r->ends; i++)
		next = r->end[i].due < next ? r->end[i].due : next;
	net_due(&r->net, next);
}

static void kill_end(struct end *e)
{
	if (e->state == END_OVER || (e->state == END_IDLE && e->side == 1))
		return;
	if (e->waits)
		burble_interrupt(&e->wait);
	e->waits = false;
	for (int i = 0; i < STRANDS; i++)
		strand_stop(&e->strand[i]);
	e->killed = true;
	e->fd = -1;
	e->state = END_OVER;
}

/* True if a host loses power, and with it all its sockets, silently. */
static bool loses_power(const struct plan *p, int host)
{
	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == ROW_POWER && p->row[i].arg[FAULT_WHERE] == host)
			return true;
	return false;
}

/* A recorded program that is killed closes its sockets one by one, so that a script can do the
 * same. */
static void close_killed(struct run *r, int host, const bool *open, int fds)
{
	struct burble *b;

	if (!r->dialogue || loses_power(r->net.plan, host))
		return;
	b = noted_begin(r, host);
	for (int fd = 0; fd < fds && b; fd++)
		if (open[fd])
			noted_close(&(struct caller){r, b, host}, fd);
}

static void host_down(void *ctx, int host)
{
	struct run *r = ctx;
	bool open[ARRAY_SIZE(r->end) + ARRAY_SIZE(r->acceptor)] = {false};

	for (int i = 0; i < r->ends; i++) {
		if (r->end[i].host != host)
			continue;
		if (r->end[i].fd >= 0 && r->end[i].fd < (int)ARRAY_SIZE(open))
			open[r->end[i].fd] = true;
		kill_end(&r->end[i]);
	}
	for (int i = 0; i < r->acceptors; i++) {
		if (r->acceptor[i].host != host)
			continue;
		if (r->acceptor[i].fd >= 0 && r->acceptor[i].fd < (int)ARRAY_SIZE(open))
			open[r->acceptor[i].fd] = true;
		acceptor_stop(&r->acceptor[i]);
	}
	close_killed(r, host, open, ARRAY_SIZE(open));
	datagram_down(r, host);
}

static void host_up(void *ctx, int host)
{
	struct run *r = ctx;

	for (int i = 0; i < r->acceptors && !r->ended; i++)
		if (r->acceptor[i].host == host)
			acceptor_start(&r->acceptor[i]);
	datagram_up(r, host);
}

static void host_thawed(void *ctx, int host)
{
	struct run *r = ctx;

	for (int i = 0; i < r->ends; i++)
		if (r->end[i].host == host && r->end[i].state != END_IDLE)
			program_due(&r->end[i], now(r));
	for (int i = 0; i < r->ends; i++)
		if (r->end[i].host == host && r->end[i].state == END_IDLE &&
			r->end[i].due == NSEC_MAX && r->end[i].side == 0)
			program_due(&r->end[i], now(r));
	for (int i = 0; i < r->acceptors; i++)
		if (r->acceptor[i].host == host)
			acceptor_due(&r->acceptor[i], now(r));
	datagram_thawed(r, host);
}

static void add_actions(struct end *e, const struct plan *p)
{
	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *row = &p->row[i];
		int which = row->kind == ROW_WRITE ? WRITER : READER;
		struct strand *s = &e->strand[which];

		if (row->kind == ROW_WAIT && row->arg[WAIT_ID] == e->id &&
			row->arg[WAIT_END] == e->side)
			e->how = (uint8_t)row->arg[WAIT_HOW];
		if (row->kind != ROW_WRITE && row->kind != ROW_READ)
			continue;
		if (row->arg[ACT_ID] == e->id && row->arg[ACT_END] == e->side &&
			s->rows < STRAND_ROWS)
			s->row[s->rows++] = row;
	}
}

static void add_end(struct run *r, const struct row *c, int side)
{
	struct end *e = &r->end[r->ends++];

	*e = (struct end){.run = r,
		.id = c->arg[CONN_ID],
		.side = side,
		.host = (int)c->arg[side ? CONN_SERVER : CONN_CLIENT],
		.fd = -1,
		.due = NSEC_MAX};
	for (int i = 0; i < STRANDS; i++)
		e->strand[i].end = e;
	add_actions(e, r->net.plan);
	if (side == 0)
		program_due(e, WORLD_START + c->arg[CONN_AT]);
}

static void add_acceptor(struct run *r, const struct row *c)
{
	int host = (int)c->arg[CONN_SERVER], port = (int)c->arg[CONN_PORT];

	for (int i = 0; i < r->acceptors; i++)
		if (r->acceptor[i].host == host && r->acceptor[i].port == port)
			return;
	r->acceptor[r->acceptors++] = (struct acceptor){.run = r,
		.host = host,
		.port = port,
		.fd = -1,
		.backlog = (int)c->arg[CONN_BACKLOG],
		.due = NSEC_MAX};
}

void program_init(struct run *r)
{
	const struct plan *p = r->net.plan;

	r->net.hooks = (struct net_hooks){.ctx = r,
		.run = run_all,
		.arrives = r->arrives,
		.sends = r->sends,
		.down = host_down,
		.up = host_up,
		.thawed = host_thawed};
	for (uint32_t i = 0; i < p->rows && r->ends < 2 * PLAN_CONNS; i++) {
		if (p->row[i].kind != ROW_CONN)
			continue;
		add_end(r, &p->row[i], 0);
		add_end(r, &p->row[i], 1);
		add_acceptor(r, &p->row[i]);
	}
	for (int i = 0; i < r->acceptors; i++)
		acceptor_start(&r->acceptor[i]);
	datagram_init(r);
}

void program_end(struct run *r)
{
	r->ended = true;
	datagram_end(r);
	for (int i = 0; i < r->ends; i++) {
		struct burble *b = noted_begin(r, r->end[i].host);

		if (b && r->end[i].fd >= 0 && r->end[i].state != END_OVER)
			close_end(&r->end[i], b);
		host_wake(r->net.host[r->end[i].host]);
		for (int k = 0; k < STRANDS; k++)
			strand_stop(&r->end[i].strand[k]);
	}
	for (int i = 0; i < r->acceptors; i++) {
		struct acceptor *a = &r->acceptor[i];
		struct burble *b = noted_begin(r, a->host);
		int fd = a->fd;

		acceptor_stop(a);
		if (b && fd >= 0)
			noted_close(&(struct caller){r, b, a->host}, fd);
		host_wake(r->net.host[a->host]);
	}
}

bool program_over(const struct run *r)
{
	for (int i = 0; i < r->ends; i++)
		if (r->end[i].state != END_OVER &&
			!(r->end[i].side == 1 && r->end[i].state == END_IDLE))
			return false;
	return datagram_over(r);
}
