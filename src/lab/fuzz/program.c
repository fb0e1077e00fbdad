/*
 * program.c - programs at both ends of every connection: program.h. Each runs in one task of the
 * world, as a loop: do everything possible, then wait in its own way.
 */
#include "lab/fuzz/program.h"

#include "lab/fuzz/knob.h"
#include "lab/fuzz/noted.h"
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

static void due(struct end *e, nsec_t when)
{
	if (when < e->due)
		e->due = when;
	net_due(&e->run->net, when);
}

static void woken(struct burble_call *call)
{
	struct end *e = call->ctx;

	due(e, now(e->run));
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

static void set_options(struct run *r, struct burble *b, int fd, const struct end *e)
{
	const struct plan *p = r->net.plan;

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *row = &p->row[i];

		if (row->kind == ROW_OPTION && row->arg[OPTION_ID] == e->id &&
			row->arg[OPTION_END] == e->side)
			noted_setsockopt(&(struct caller){r, b, e->host}, fd,
				knob_option(row->arg[OPTION_NAME]), (int)row->arg[OPTION_VALUE]);
	}
}

static void give_up(struct end *e, int error)
{
	if (!e->error)
		e->error = error;
	for (int i = 0; i < STRANDS; i++)
		e->strand[i].over = true;
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
	e->fd = noted_socket(&(struct caller){e->run, b, e->host});
	set_options(e->run, b, e->fd, e);
	noted_bind(&(struct caller){e->run, b, e->host}, e->fd, (int)(PLAN_CLIENT_PORT + e->id));
	e->state = END_CONNECTING;
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
	if (e->state == END_OVER)
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
		due(e, strand_due(&e->strand[i]));
	host_wake(e->run->net.host[e->host]);
}

/* --- the acceptor ----------------------------------------------------------------------------- */

static void acceptor_due(struct acceptor *a, nsec_t when)
{
	if (when < a->due)
		a->due = when;
	net_due(&a->run->net, when);
}

static void acceptor_woken(struct burble_call *call)
{
	struct acceptor *a = call->ctx;

	acceptor_due(a, now(a->run));
}

static void acceptor_start(struct acceptor *a)
{
	struct run *r = a->run;
	struct burble *b = noted_begin(r, a->host);
	static const struct knob reuse = {
		.name = "SO_REUSEADDR", .level = SOL_SOCKET, .option = SO_REUSEADDR};
	char text[32];
	int err;

	a->fd = noted_socket(&(struct caller){r, b, a->host});
	noted_setsockopt(&(struct caller){r, b, a->host}, a->fd, &reuse, 1);
	for (int i = 0; i < r->ends; i++) {
		const struct row *c = plan_conn(r->net.plan, r->end[i].id);

		if (r->end[i].side == 1 && c->arg[CONN_SERVER] == a->host &&
			c->arg[CONN_PORT] == a->port)
			set_options(r, b, a->fd, &r->end[i]);
	}
	noted_bind(&(struct caller){r, b, a->host}, a->fd, PLAN_PORT + a->port);
	err = burble_listen(b, a->fd, a->backlog);
	noted_call(r, a->host, "listen(%d, %d) = %s", a->fd + DIALOGUE_FD, a->backlog,
		noted_result(err, text));
	a->call = burble_call_start();
	acceptor_due(a, now(r));
}

static void acceptor_stop(struct acceptor *a)
{
	if (a->fd >= 0)
		burble_interrupt(&a->call);
	a->fd = -1;
	a->due = NSEC_MAX;
}

/* The server of the client with this port; NULL: there is none. */
static struct end *server_of(struct run *r, const struct sockaddr_storage *peer)
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)peer; /* the port is at the same offset in both */
	int64_t id = ntohs(in->sin_port) - PLAN_CLIENT_PORT;

	for (int i = 1; i < r->ends; i += 2)
		if (r->end[i].id == id)
			return &r->end[i];
	return NULL;
}

static void accepted(struct acceptor *a, struct burble *b, int fd)
{
	struct end *e = server_of(a->run, &a->peer);

	fuzz_note(a->run, fd);
	noted_call(a->run, a->host, "accept(%d, ..., ...) = %d", a->fd + DIALOGUE_FD,
		fd + DIALOGUE_FD);
	if (!e || e->state != END_IDLE) {
		if (e)
			e->twin = true;
		noted_close(&(struct caller){a->run, b, a->host}, fd);
		return;
	}
	e->fd = fd;
	e->state = END_OPEN;
	due(e, now(a->run));
}

static void run_acceptor(struct acceptor *a)
{
	struct burble *b = noted_begin(a->run, a->host);

	while (a->fd >= 0 && b && !a->run->net.frozen[a->host]) {
		struct burble_addr peer = {(struct sockaddr *)&a->peer, &a->peer_len};
		int fd;

		if (a->call.phase && !a->call.ready)
			break;
		a->peer_len = sizeof(a->peer);
		a->call.wake = acceptor_woken;
		a->call.ctx = a;
		fd = burble_accept4_call(b, a->fd, peer, 0, &a->call);
		if (fd == -BURBLE_BLOCKED)
			break;
		if (fd >= 0)
			accepted(a, b, fd);
		a->call = burble_call_start();
	}
	host_wake(a->run->net.host[a->host]);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void run_all(void *ctx)
{
	struct run *r = ctx;
	nsec_t next = NSEC_MAX;

	for (int i = 0; i < r->acceptors; i++)
		if (r->acceptor[i].due <= now(r)) {
			r->acceptor[i].due = NSEC_MAX;
			run_acceptor(&r->acceptor[i]);
		}
	for (int i = 0; i < r->ends; i++)
		if (r->end[i].due <= now(r)) {
			r->end[i].due = NSEC_MAX;
			run_end(&r->end[i]);
		}
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
}

static void host_up(void *ctx, int host)
{
	struct run *r = ctx;

	for (int i = 0; i < r->acceptors && !r->ended; i++)
		if (r->acceptor[i].host == host)
			acceptor_start(&r->acceptor[i]);
}

static void host_thawed(void *ctx, int host)
{
	struct run *r = ctx;

	for (int i = 0; i < r->ends; i++)
		if (r->end[i].host == host && r->end[i].state != END_IDLE)
			due(&r->end[i], now(r));
	for (int i = 0; i < r->ends; i++)
		if (r->end[i].host == host && r->end[i].state == END_IDLE &&
			r->end[i].due == NSEC_MAX && r->end[i].side == 0)
			due(&r->end[i], now(r));
	for (int i = 0; i < r->acceptors; i++)
		if (r->acceptor[i].host == host)
			acceptor_due(&r->acceptor[i], now(r));
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
		due(e, WORLD_START + c->arg[CONN_AT]);
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
}

void program_end(struct run *r)
{
	r->ended = true;
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
	return true;
}
